"""The example, as other people's reviewers see it: dbt-bouncer, dbt-score, dbt_project_evaluator.

Each finding that stays has its reason here; one that is gone must leave the list.
dbt_project_evaluator is a package of dbt's hub, not of a package index: it runs where
DBT_PACKAGES is `hub`, as in the weekly run, or a folder with it, without its packages.yml, and
with dbt_utils, each under its name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

import harness

CHECKS = """
    column_descriptions_are_consistent duplicate_sources exposure_based_on_model
    exposure_based_on_non_public_models exposure_based_on_view exposure_description_populated
    exposure_has_owner macro_description_populated macro_name_matches_file_name
    macro_property_file_location model_column_description_populated
    model_contract_enforced_for_public_model model_depends_on_multiple_sources
    model_description_populated model_documented_in_same_directory
    model_does_not_directly_join_to_source model_does_not_rejoin_upstream_concepts
    model_does_not_use_cartesian_join model_hard_coded_references
    model_has_no_upstream_dependencies model_has_properties_file model_has_semi_colon
    model_has_unique_test model_incremental_has_unique_key model_max_chained_views
    model_max_fanout model_property_file_location model_single_primary_key
    semantic_model_based_on_non_public_models snapshot_description_populated
    snapshot_has_unique_key source_description_populated source_freshness_populated
    source_loader_populated source_not_orphaned source_property_file_location
    source_top_level_description_populated source_used_by_models_in_same_directory
    source_used_by_only_one_model
"""
# By check, the resources that it finds; None: it may find any. The reason stands behind.
BOUNCER: dict[str, set[str] | None] = {
    # A macro of a warehouse stands beside the general one; dbt finds it by its name.
    "macro_name_matches_file_name": None,
    # One YAML file a model, of the same name, beside it: it moves and is found with the model.
    "macro_property_file_location": None,
    "model_property_file_location": None,
    "source_property_file_location": None,
    # Amounts are computed apart from the order's other columns, and joined by its key.
    "model_does_not_rejoin_upstream_concepts": {"orders"},
    # The date dimension is made of no data.
    "model_has_no_upstream_dependencies": {"days"},
}
SCORE = {
    # Owners are groups, which dbt knows; this rule asks for a key in meta.
    "has_owner",
    # A description says what a row is; boards and docs show queries.
    "has_example_sql",
    # Overrides have dbt's arguments; those of tests are described where they are defined.
    "macro_arguments_have_description",
}

# By table of dbt_project_evaluator, the resources that it finds. It has a row for what it measures.
EVALUATOR = {
    # All models are described, and tested.
    "fct_documentation_coverage": {"100.0"},
    "fct_test_coverage": {"100.0"},
    # It asks for a folder of the source's name, raw; here a folder is a system.
    "fct_model_directories": {
        "stg_customers", "stg_order_lines", "stg_orders", "stg_payments", "stg_returns",
    },
    "fct_source_directories": {
        "raw.customers", "raw.order_lines", "raw.orders", "raw.payments", "raw.returns",
    },
    # Marts have the names that their readers use.
    "fct_model_naming_conventions": {"customers", "orders", "orders_daily"},
    # Amounts are computed apart from the order's other columns, and joined by its key.
    "fct_rejoining_of_upstream_concepts": {"orders"},
}  # fmt: skip
_RESOURCES = ("resource_name", "child", "documentation_coverage_pct", "test_coverage_pct")
DBT_PACKAGES = os.environ.get("DBT_PACKAGES", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.version_info < (3, 11), reason="both need Python 3.11"),
]


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    product = harness.product(tmp_path_factory.mktemp("reviewed") / "shop", repository=False)
    product.dbt("parse")
    return product.root / "target" / "manifest.json"


def run(tool: str, *arguments: str, folder: Path) -> str:
    command = [str(Path(sys.executable).parent / tool), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout


def test_dbt_bouncer_finds_what_is_meant(manifest: Path, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    shutil.copy(manifest, tmp_path / "target")
    more = {"model_has_unique_test": {"accepted_uniqueness_tests": [
        "unique", "unique_combination_of_columns",
    ]}}  # fmt: skip
    checks = [{"name": f"check_{name}", **more.get(name, {})} for name in CHECKS.split()]
    config = {"dbt_artifacts_dir": "target", "manifest_checks": checks}
    (tmp_path / "dbt-bouncer.yml").write_text(json.dumps(config))
    run("dbt-bouncer", "run", "--output-file", "found.json", folder=tmp_path)
    results = json.loads((tmp_path / "found.json").read_text())
    results = results if isinstance(results, list) else results["results"]
    assert len(results) > 200
    found: dict[str, set[str]] = {}
    for result in results:
        if result["outcome"] != "success":
            name, _, resource = result["check_run_id"].partition(":")
            resources = found.setdefault(name.removeprefix("check_"), set())
            resources.add(resource.partition(":")[2])
    assert {name: set() for name in found if BOUNCER.get(name, set()) is None} | {
        name: resources for name, resources in found.items() if BOUNCER.get(name, set()) is not None
    } == {name: resources or set() for name, resources in BOUNCER.items()}


def test_dbt_score_finds_what_is_meant(manifest: Path, tmp_path: Path) -> None:
    printed = run("dbt-score", "lint", "--manifest", str(manifest), folder=tmp_path)
    assert len(re.findall(r"(?:Model|Macro|Snapshot): ", printed)) > 20
    warned = set(re.findall(r"WARN.*?dbt_score\.rules\.\w+\.(\w+):", printed))
    assert warned == SCORE


@pytest.mark.gauntlet
@pytest.mark.skipif(not DBT_PACKAGES, reason="DBT_PACKAGES is not set: dbt's hub is not asked")
def test_dbt_project_evaluator_finds_what_is_meant(tmp_path: Path) -> None:
    product = harness.product(tmp_path / "shop", repository=False)
    packages: list[dict[str, object]] = [
        {"local": f"{DBT_PACKAGES}/{name}"} for name in ("dbt_project_evaluator", "dbt_utils")
    ]
    if DBT_PACKAGES == "hub":
        packages = [{"package": "dbt-labs/dbt_project_evaluator", "version": [">=1.1.0", "<2.0.0"]}]
    (product.root / "packages.yml").write_text(json.dumps({"packages": packages}))
    path = product.root / "dbt_project.yml"
    project = yaml.safe_load(path.read_text("utf-8"))
    # The combination of columns that is unique is tested by a macro of the product's own.
    tests = [["dbt.test_unique", "dbt.test_not_null"]]
    tests.append([f"{project['name']}.test_unique_combination_of_columns"])
    project["vars"]["dbt_project_evaluator"] = {"primary_key_test_macros": tests}
    path.write_text(yaml.safe_dump(project), "utf-8")
    product.dbt("deps")
    product.dbt("build", "--select", "package:dbt_project_evaluator")
    reported = {}
    with duckdb.connect(str(product.root / "target/warehouse.duckdb"), read_only=True) as built:
        tables = built.execute(
            "select schema_name, table_name from duckdb_tables() where table_name like 'fct_%'"
        ).fetchall()
        for schema, table in tables:
            rows = built.execute(f'from "{schema}"."{table}"')
            columns = [column[0] for column in rows.description or ()]
            (resource,) = [columns.index(name) for name in _RESOURCES if name in columns][:1] or [0]
            if values := {str(row[resource]) for row in rows.fetchall()}:
                reported[table] = values
    assert len(tables) > 25
    assert reported == EVALUATOR
