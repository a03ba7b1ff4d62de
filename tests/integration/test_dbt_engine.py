"""dbt's interface on a real dbt and a real database file."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from first_light.dbt.engine import Engine, forget_last_run, open_engine
from first_light.dbt.folders import packages_missing
from first_light.dbt.manifest import read_manifest
from first_light.utils.errors import DataopsError

PROFILE = """
shop:
  target: ci
  outputs:
    ci: {type: duckdb, path: "{{ env_var('DATAOPS_DB') }}", threads: 1}
"""
MODELS = {
    "orders": "select 1 as order_id, 1.5::double as price",
    "totals": "select count(*) as orders from {{ ref('orders') }}",
    "broken": "select no_such_column from {{ ref('orders') }}",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: shop\nversion: 1.0.0\nprofile: shop\n")
    (tmp_path / "profiles.yml").write_text(PROFILE)
    for name, sql in MODELS.items():
        (tmp_path / f"models/{name}.sql").write_text(f"{sql}\n")
    return tmp_path


def test_commands_results_and_queries(shop: Path) -> None:
    progress: list[str] = []
    first, second = shop / "first/shop.duckdb", shop / "second/shop.duckdb"
    for database in (first, second):
        database.parent.mkdir()
    dbt = open_engine(shop, "ci", shop / "target", {"DATAOPS_DB": str(first)}, progress.append)
    assert dbt.parse().ok

    selected, listed = dbt.select("--select", "orders+")
    assert listed.ok
    assert set(selected) == {f"model.shop.{name}" for name in MODELS}

    built = dbt.build()
    assert not built.ok
    assert {node.name: node.status for node in built.nodes} == {
        "orders": "success",
        "totals": "success",
        "broken": "error",
    }
    (broken,) = built.failed
    assert (broken.kind, broken.path) == ("model", "models/broken.sql")
    assert broken.depends_on == ("model.shop.orders",)
    assert "no_such_column" in broken.message
    assert len(progress) == len(MODELS)
    assert is_unlocked(first)

    check_queries(dbt)
    assert is_unlocked(first)

    again = dbt.with_environment({"DATAOPS_DB": str(second)})
    assert again.build("--select", "orders").ok
    assert is_unlocked(second)
    assert dbt.environment == {"DATAOPS_DB": str(first)}


def check_queries(dbt: Engine) -> None:
    """A failed query does not spoil the connection."""
    with dbt.connect() as queries:
        assert queries.name == "duckdb"
        assert queries.run("select * from main.totals") == (["orders"], [(1,)])
        with pytest.raises(DataopsError, match="query failed"):
            queries.run("select nothing_of_the_sort")
        assert queries.run("select order_id from main.orders").rows == [(1,)]


def is_unlocked(database: Path) -> bool:
    """Whether another process can open the file while this one lives."""
    command = f"import duckdb; duckdb.connect({str(database)!r})"
    return subprocess.run([sys.executable, "-c", command], check=False).returncode == 0


def test_nobody_else_opens_the_folder_of_a_check_or_a_release(tmp_path: Path) -> None:
    new, old = tmp_path / "new" / "check", tmp_path / "old"
    old.mkdir(mode=0o755)
    (old / "warehouse.duckdb").touch()
    for folder in (new, old):
        forget_last_run(folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert not list(folder.iterdir())


def test_only_a_release_writes_the_files_of_external_models(shop: Path) -> None:
    file = shop / "for_readers.csv"
    file.write_text("what readers use\n")
    (shop / "models/export.sql").write_text(
        "{{ config(materialized='external', location='for_readers.csv', format='csv') }}\n"
        "select * from {{ ref('orders') }}\n"
    )
    for writes_files, content in ((False, "what readers use\n"), (True, "order_id,price\n1,1.5\n")):
        environment = {"DATAOPS_DB": str(shop / f"{writes_files}.duckdb")}
        dbt = open_engine(
            shop, "ci", shop / "target", environment, files=shop, writes_files=writes_files
        )
        assert dbt.parse().ok
        assert dbt.build("--select", "+export").ok
        assert file.read_text() == content
        with dbt.connect() as queries:
            assert queries.run("select order_id from main.export").rows == [(1,)]


def test_a_project_that_cannot_be_read_is_said_in_dbts_words(shop: Path) -> None:
    (shop / "models/orders.sql").write_text("select * from {{ ref('nowhere') }}\n")
    run = open_engine(shop, "ci", shop / "target", {"DATAOPS_DB": "shop.duckdb"}).parse()
    assert not run.ok
    assert "nowhere" in run.problem
    assert run.nodes == ()


VERSIONS = """\
models:
  - name: orders
    latest_version: {latest}
    versions:
      - v: 1
        config: {{alias: orders}}
      - v: 2
"""
REFERENCE = """\
models:
  - name: lines
    columns:
      - name: order_id
        data_tests:
          - relationships: {arguments: {to: ref('orders'), field: order_id}}
"""


@pytest.mark.slow
def test_references_in_unchanged_files_follow_the_versions_of_a_model(shop: Path) -> None:
    (shop / "models/broken.sql").unlink()
    (shop / "models/lines.sql").write_text("select 1 as order_id\n")
    (shop / "models/lines.yml").write_text(REFERENCE)
    versions, second = shop / "models/orders.yml", shop / "models/orders_v2.sql"
    environment = {"DATAOPS_DB": str(shop / "shop.duckdb")}

    def referenced() -> set[str]:
        dbt = open_engine(shop, "ci", shop / "target", environment)
        assert dbt.parse().ok
        assert dbt.build("--select", "+totals", "+lines").nodes
        manifest = read_manifest(shop / "target/manifest.json")
        nodes = (manifest.nodes["model.shop.totals"], *manifest.of("test"))
        return {name for node in nodes for name in node.depends_on if "orders" in name}

    assert referenced() == {"model.shop.orders"}
    second.write_text("select 1 as order_id\n")
    (shop / "models/orders.sql").rename(shop / "models/orders_v1.sql")
    versions.write_text(VERSIONS.format(latest=1))
    assert referenced() == {"model.shop.orders.v1"}
    versions.write_text(VERSIONS.format(latest=2))
    assert referenced() == {"model.shop.orders.v2"}
    pinned = shop / "models/pinned.sql"
    pinned.write_text("select * from {{ ref('orders', v=1) }}\n")
    for date in ("2020-01-01", "2999-01-01"):
        deprecated = VERSIONS.replace("v: 1\n", f"v: 1\n        deprecation_date: {date}\n")
        versions.write_text(deprecated.format(latest=2))
        parsed = open_engine(shop, "ci", shop / "target", environment).parse()
        assert parsed.ok, "a version that is deprecated may still be used"
    pinned.unlink()
    versions.unlink()
    second.unlink()
    (shop / "models/orders_v1.sql").rename(shop / "models/orders.sql")
    assert referenced() == {"model.shop.orders"}


def test_packages_that_are_half_there_are_missing(tmp_path: Path) -> None:
    (tmp_path / "packages.yml").write_text("packages: [{package: a/one}, {package: a/two}]\n")
    (tmp_path / "package-lock.yml").write_text(
        "packages:\n- {name: one, package: a/one}\n- {name: two, package: a/two}\n"
    )
    assert packages_missing(tmp_path)
    for name in ("one", "two"):
        (tmp_path / "dbt_packages" / name).mkdir(parents=True)
    assert packages_missing(tmp_path)
    (tmp_path / "dbt_packages/one/dbt_project.yml").write_text("name: one\n")
    assert packages_missing(tmp_path)
    (tmp_path / "dbt_packages/two/dbt_project.yml").write_text("name: two\n")
    assert not packages_missing(tmp_path)
