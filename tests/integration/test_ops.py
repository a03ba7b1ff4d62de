"""The schema `ops` of a release says what the history says, this run included."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

import harness
import ops_history as ops
import release_worker as worker
from first_light.catalog.columns import ColumnFacts, NodeColumns, Place
from first_light.catalog.facts import Relation
from first_light.dbt.manifest import Manifest, Node
from first_light.figures.compute import ledger, weeks
from first_light.history.log import History
from first_light.incidents.derive import incidents
from first_light.project.product import Product, now
from first_light.release.ops_tables import SCHEMA, tables
from first_light.release.trust_tables import Facts, trust_tables
from first_light.warehouse.base import Label, Table
from first_light.warehouse.duckdb.warehouse import DuckDbWarehouse
from first_light.warehouse.postgres.warehouse import PostgresWarehouse
from postgres import server


def _now_trusted() -> str:
    """The query that the guide gives to agents."""
    guide = (harness.TEMPLATE / "docs/guides/agents.md").read_text(encoding="utf-8")
    return guide.partition("```sql\n")[2].partition("```")[0]


def test_each_release_holds_runs_errors_incidents_and_figures_as_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = worker.make_product(tmp_path / "shop")
    for hour, fails in ((6, ""), (8, "test"), (9, "")):
        monkeypatch.setenv("DATAOPS_NOW", f"2026-03-02T{hour:02}:00:00+00:00")
        monkeypatch.setenv("DBT_FAILS", fails)
        worker.quick_release(root)
    with duckdb.connect(str(root / "store/current/warehouse.duckdb"), read_only=True) as reader:

        def ask(query: str) -> list[tuple[Any, ...]]:
            return reader.execute(query).fetchall()

        assert ask("select number, outcome, errors from ops.runs") == [
            (1, "published", 0), (2, "rejected", 1), (3, "published", 0),
        ]  # fmt: skip
        assert ask('select number, "check" from ops.errors') == [(2, "test.shop.unique_one")]
        assert ask("select detected_by, seconds, open, owner from ops.incidents") == [
            ("check", 3600.0, False, "Data team <data@example.com>")
        ]
        assert ask("select count(*) from ops.relations where number = 3")[0][0] > 0
        figures = ask(
            "select figure, value from ops.figures where period = '90 days' and value is not null"
        )
        assert ask("select count(*) from ops.figures where period = 'week'")[0][0] % 13 == 0
        assert ask(f"select relation, trusted_now from ({_now_trusted()})") == [
            (f"marts.{name}", True) for name in ("log", *worker.TABLES)
        ]
        assert ask("select count(*) from ops.columns where relation = 'marts.one'") == [(3,)]
        assert ask(
            "select comment from duckdb_tables() where schema_name = 'ops' and comment is null"
        ) == []  # fmt: skip
    with ledger(History(root / "store/history"), "07:00", now()) as book:
        (span,) = weeks(book.at, 1, 90)
        assert dict(figures) == {
            name: value
            for name in dict(figures)
            if (value := book.figure(name, *span).value) is not None
        }
        assert len(incidents(book)) == 1
    assert len(figures) >= 5


def test_a_release_is_published_without_them_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = worker.make_product(tmp_path / "shop")
    write = DuckDbWarehouse.write

    def full(self: DuckDbWarehouse, run: str, schema: str, tables: Sequence[Table]) -> None:
        # The label of the release is written the same way.
        write(self, run, *(("no\0name", ()) if schema == SCHEMA else (schema, tables)))

    monkeypatch.setattr(DuckDbWarehouse, "write", full)
    done = worker.quick_release(root)
    assert done.exit_code == 0
    assert any("the release has no schema ops" in warning for warning in done.warnings)
    assert Product(root).root == root


def test_on_postgresql_readers_find_the_same_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = ops.Simulation()
    team.code(ops.START, *ops.MODELS)
    team.run(ops.START)
    team.run(ops.START, failing=["test.shop.orders"])
    product = Product(worker.make_product(tmp_path / "shop"))
    with ledger(ops.write(tmp_path / "h", team.records), ops.DEADLINE, ops.START) as book:
        result = tables(book, None)
    relation = Relation(
        Node("model.shop.one", "model", "one", "", schema="candidate_marts", alias="one"),
        "one",
        NodeColumns((ColumnFacts(Place("model.shop.one", "i"), "", "", *(False, True, (), ()),
                                 (), True),)),
        (), (), (), None, 0,
    )  # fmt: skip
    run = team.records[0].run
    with server() as postgres:
        for name, value in postgres.environment().items():
            monkeypatch.setenv(name, value)
        warehouse = PostgresWarehouse(product)
        manifest = Manifest({relation.node.unique_id: relation.node}, {})
        result += trust_tables(
            Facts(team.records[0], manifest, [relation], warehouse.reader_schema, (), (), ops.START)
        )
        warehouse.lock()
        warehouse.begin(run, "", ())
        warehouse.write(run, SCHEMA, result)
        warehouse.write(run, SCHEMA, result)
        warehouse.seal(run, Label(run, "release", "raw", "", False, "", "2026-03-02T06:00:00Z"))
        warehouse.publish(run)
        for table in result:
            assert postgres.ask(f"select * from ops.{table.name}") == list(table.rows)
        assert postgres.ask(_now_trusted()) == [("marts.one", "", None, "", True)]
        assert postgres.ask("select outcome, errors from ops.runs order by number") == [
            ("published", 0),
            ("rejected", 1),
        ]
