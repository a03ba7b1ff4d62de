"""dbt's own switches work by hand in a product, as docs/guides/changes.md says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest

import harness


def rows(database: Path) -> dict[str, int]:
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name <> 'ops'"
        )
        return {
            table: connection.execute(f'select count(*) from "{schema}"."{table}"').fetchall()[0][0]
            for schema, table in tables.fetchall()
        }


@pytest.mark.slow
def test_empty_sample_and_defer(tmp_path: Path) -> None:
    product = harness.product(tmp_path / "shop")
    root = product.root
    shutil.copytree(root / "sample", root / "raw")
    product.commit("First light")
    clock = (root / "sample/as_of.txt").read_text().strip()
    product.dataops("release", env={"DATAOPS_NOW": clock})
    current = root / "store/current/warehouse.duckdb"
    released, before = rows(current), current.read_bytes()
    path = root / "models/staging/shop/stg_orders.yml"
    cut = "    config: {event_time: ordered_at}\n    data_tests:\n"
    path.write_text(path.read_text("utf-8").replace("    data_tests:\n", cut, 1), "utf-8")

    page = (harness.TEMPLATE / "docs/guides/changes.md").read_text("utf-8")
    commands = re.findall(r"^DATAOPS_DB=.*$", page, flags=re.MULTILINE)
    assert [c for c in commands if re.search(" --(empty|sample|defer)", c)] == commands
    assert len(commands) == 3
    for command in commands:
        product.run("bash", "-c", command)

    empty = rows(root / "target/empty.duckdb")
    assert set(empty) == set(released) - {"release"}
    assert empty.pop("days") == released["days"]  # it reads no other model
    assert set(empty.values()) == {0}
    days = rows(root / "target/days.duckdb")
    assert 0 < days["orders"] < released["orders"]
    assert days["customers"] == released["customers"]
    assert days["stg_payments"] == released["stg_payments"]
    assert rows(root / "target/mine.duckdb") == {"customers": released["customers"]}
    assert current.read_bytes() == before


@pytest.mark.slow
@pytest.mark.gauntlet
def test_a_fresh_clone(tmp_path: Path) -> None:
    """What people type first, before anything is built, and after it."""
    product = harness.product(tmp_path / "shop")
    shutil.copytree(product.root / "sample", product.root / "raw")
    product.commit("First light")
    clock = (product.root / "sample/as_of.txt").read_text().strip()
    product.dataops("release", env={"DATAOPS_NOW": clock})
    harness.git(tmp_path, "clone", "-q", str(product.root), "clone")
    clone = harness.Product(tmp_path / "clone", product.environment)
    state = str(product.root / "store/current")
    hits = clone.dbt("ls", "-q", "--select", "state:modified+", "--state", state).stdout
    assert "No nodes selected" in hits or not hits.strip()
    clone.dbt("source", "freshness")
    clone.dbt("build", "--select", "+orders_daily")
    shown = clone.dbt("show", "--select", "orders_daily", "--limit", "2").stdout
    assert "2025-12-0" in shown
