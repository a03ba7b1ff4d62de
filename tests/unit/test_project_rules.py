"""Rules of a product: contracts of Python models, layers, and rules of a company."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from first_light.dbt.manifest import Column, Manifest, Node
from first_light.hooks.installed_rules import GROUP
from first_light.hooks.project_rules import (
    contract,
    layer_names,
    mart_names,
    numbers,
    python_contract,
    rule_findings,
    rule_violations,
    rules,
    sources_only_in_staging,
)
from first_light.project.settings import Settings, use
from first_light.utils.errors import DataopsError

SCORES = Node(
    "model.s.scores", "model", "scores", "models/marts/scores.py", access="public",
    columns=(Column("id", "", "bigint", ""), Column("score", "", "", "")),
)  # fmt: skip


def broken(node: Node) -> list[str]:
    manifest = Manifest({node.unique_id: node}, {})
    return [reason for rule in (contract, python_contract) for _, reason in rule(manifest)]


def test_a_public_python_model_types_its_columns_and_tests_its_key() -> None:
    assert broken(SCORES) == [
        "is public: give `data_type` to score",
        "is public: add `data_tests: [not_null, unique]` to its key",
    ]
    typed = replace(SCORES, columns=SCORES.columns[:1], primary_key=("id",))
    assert broken(typed) == []
    assert broken(replace(typed, columns=())) == ["is public: give `data_type` to its columns"]
    assert broken(replace(SCORES, access="protected")) == []


def test_a_public_sql_model_enforces_a_contract() -> None:
    sql = replace(SCORES, path="models/marts/scores.sql")
    assert [reason[:30] for reason in broken(sql)] == ["is public without a contract: "]
    assert broken(replace(sql, contract=True)) == []


PATH = "models/bronze/stg_a.sql"
STAGED = Node("model.s.stg_a", "model", "stg_a", PATH, depends_on=("source.s",))
MEDALLION = {"bronze": ["base_", "stg_"], "bronze/raw": ["raw_"], "gold": ["fct_", "dim_"]}


@pytest.mark.parametrize(
    ("layers", "path", "name", "rules"),
    [
        (MEDALLION, "models/bronze/base_a.sql", "base_a", set()),
        (MEDALLION, "models/bronze/crm/stg_a.sql", "stg_a", set()),
        (MEDALLION, "models/bronze/a.sql", "a", {"layer_names"}),
        (MEDALLION, "models/bronze/raw/raw_a.sql", "raw_a", set()),
        (MEDALLION, "models/bronze/raw/stg_a.sql", "stg_a", {"layer_names"}),
        (MEDALLION, "models/gold/dim_a.sql", "dim_a", {"sources_only_in_staging"}),
        (MEDALLION, "models/gold/a.sql", "a", {"layer_names", "sources_only_in_staging"}),
        (MEDALLION, "models/staging/a.sql", "a", {"sources_only_in_staging"}),
        ({}, "models/staging/stg_a.sql", "stg_a", set()),
        ({}, "models/staging/a.sql", "a", {"layer_names"}),
        ({}, "models/marts/fct_a.sql", "fct_a", {"mart_names", "sources_only_in_staging"}),
    ],
)
def test_layers_and_prefixes_are_a_setting(
    layers: dict[str, list[str]], path: str, name: str, rules: set[str]
) -> None:
    node = replace(STAGED, name=name, path=path)
    settings = Settings(layers=layers) if layers else Settings()
    about_names = (layer_names, mart_names, sources_only_in_staging)
    with use(settings):
        broken = {
            rule.__name__
            for rule in about_names
            if list(rule(Manifest({node.unique_id: node}, {})))
        }
    assert broken == rules


ACME = """
from first_light.dbt.manifest import Manifest

def cost_centre(manifest: Manifest):
    for model in manifest.of("model"):
        if not model.meta.get("cost_centre"):
            yield model, "has no cost centre"

def wrong(manifest):
    yield "orders", 1
"""


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Installs a package of a company with one rule, as pip does."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "acme_rules.py").write_text(ACME, encoding="utf-8")

    def install(rule: str) -> None:
        metadata = tmp_path / "acme_rules-1.0.dist-info"
        metadata.mkdir(exist_ok=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0")
        (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{rule}\n")

    return install


def test_a_company_adds_a_rule_with_a_package(acme: Callable[[str], None]) -> None:
    manifest = Manifest({STAGED.unique_id: STAGED}, {})
    assert "cost_centre" not in rules()
    acme("cost_centre = acme_rules:cost_centre")
    assert "model stg_a has no cost centre (models/bronze/stg_a.sql) [cost_centre]" in (
        rule_violations(manifest)
    )
    assert numbers(rule_findings(manifest))["rules/cost_centre"] == {STAGED.path: 1}
    met = replace(STAGED, meta={"cost_centre": "4711"})
    findings = rule_findings(Manifest({met.unique_id: met}, {}))
    assert numbers(findings)["rules/cost_centre"] == {}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("cost_centre = acme_rules:gone", "AttributeError"),
        ("cost_centre = acme_rules:wrong", "TypeError"),
        ("owner = acme_rules:cost_centre", "name of a rule of dataops"),
    ],
)
def test_a_rule_that_fails_names_its_package(
    acme: Callable[[str], None], rule: str, words: str
) -> None:
    acme(rule)
    with pytest.raises(DataopsError, match=words) as raised:
        rule_findings(Manifest({STAGED.unique_id: STAGED}, {}))
    assert "acme" in raised.value.where


def test_what_the_guide_says_of_a_resource_exists() -> None:
    page = (Path(__file__).parents[2] / "docs/guides/rules.md").read_text("utf-8")
    for row, kind in (("| of a resource |", Node), ("| of a column |", Column)):
        (line,) = (line for line in page.splitlines() if line.startswith(row))
        names = set(re.findall("`([a-z_]+)`", line))
        assert names <= {field.name for field in fields(kind)}
