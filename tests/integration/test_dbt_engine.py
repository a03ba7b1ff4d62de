"""dbt's interface on a real dbt and a real database file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from first_light.dbt.engine import Engine, open_engine
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


def test_a_project_that_cannot_be_read_is_said_in_dbts_words(shop: Path) -> None:
    (shop / "models/orders.sql").write_text("select * from {{ ref('nowhere') }}\n")
    run = open_engine(shop, "ci", shop / "target", {"DATAOPS_DB": "shop.duckdb"}).parse()
    assert not run.ok
    assert "nowhere" in run.problem
    assert run.nodes == ()
