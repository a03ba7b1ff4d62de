"""The tables of a release that say what to trust: state, columns, joins, no personal column."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from first_light.catalog.columns import ColumnFacts, NodeColumns, Place
from first_light.catalog.facts import Relation
from first_light.dbt.manifest import CalledTest, Column, Manifest, Node
from first_light.history.record import FindingRun, NodeRun, Record
from first_light.incidents.derive import Incident
from first_light.release.trust_tables import Facts, trust_tables
from first_light.status.freshness import SourceAge
from first_light.warehouse.base import Table

AT = datetime(2026, 3, 2, 6, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
SOURCE = Node("source.shop.raw.orders", "source", "orders", "", fresh=(None, 7200.0))


def model(name: str, *parents: str, built: str = "table", **more: Any) -> Node:
    return Node(
        f"model.shop.{name}", "model", name, "", schema="candidate_marts", alias=name,
        depends_on=parents, group="team", materialized=built, **more,
    )  # fmt: skip


CUSTOMERS = model("customers", access="public", contract=True, description="One row a customer.",
                  columns=(Column("id", "", "bigint", "", ("not_null",)),))  # fmt: skip
ORDERS = model("orders", SOURCE.unique_id, columns=(Column("id", "Its id", "", ""),))
DAILY = model("Daily", ORDERS.unique_id)
BRIDGE = model("bridge", built="ephemeral")
MODELS = (CUSTOMERS, ORDERS, DAILY, BRIDGE)


def generic(name: str, on: Node, column: str, to: Node | None = None, **more: Any) -> Node:
    arguments = {"field": "id"} if to else {}
    parents = (on.unique_id, to.unique_id) if to else (on.unique_id,)
    return Node(
        f"test.shop.{name}_{on.name}_{column}", "test", f"{name}_{on.name}_{column}", "",
        depends_on=parents, attached_to=on.unique_id, call=CalledTest(name, column, arguments),
        **more,
    )  # fmt: skip


UNIQUE = generic("unique", CUSTOMERS, "id")
LEADS = generic("relationships", ORDERS, "customer_id", CUSTOMERS)
COLUMNS = {"customers": ("id", "mail"), "orders": ("id", "customer_id"), "Daily": ("day",),
           "bridge": ("id",)}  # fmt: skip


def relation(node: Node) -> Relation:
    columns = tuple(
        ColumnFacts(
            Place(node.unique_id, name), "BIGINT", "", name == "mail", name != "mail", (), (), (),
            True,
        )
        for name in COLUMNS[node.name]
    )  # fmt: skip
    return Relation(node, node.name, NodeColumns(columns), (), (), (), None, 0, rows=7)


def ran(test: Node, status: str = "pass", failures: int = 0) -> NodeRun:
    return NodeRun(
        test.unique_id, "test", test.name, "", "", test.attached_to, test.depends_on, status, 0.1,
        failures=failures,
    )  # fmt: skip


def tables(
    tests: tuple[Node, ...] = (UNIQUE, LEADS),
    runs: tuple[NodeRun, ...] = (ran(UNIQUE), ran(LEADS)),
    **more: Any,
) -> dict[str, list[dict[str, Any]]]:
    """The rows of each table."""
    record = Record("r", 1, "shop", "release", "manual", "published", "", nodes=runs)
    record = replace(record, findings=more.pop("findings", ()))
    manifest = Manifest({node.unique_id: node for node in (SOURCE, *MODELS, *tests)}, {})
    facts = Facts(
        record, manifest, [relation(node) for node in MODELS],
        lambda schema: schema.removeprefix("candidate_"), more.pop("incidents", ()),
        more.pop("sources", ()), AT,
    )  # fmt: skip

    def rows(table: Table) -> list[dict[str, Any]]:
        names = [name for name, _ in table.columns]
        return [dict(zip(names, row, strict=True)) for row in table.rows]

    return {table.name: rows(table) for table in trust_tables(facts)}


def incident(subject: str, kind: str = "reported") -> Incident:
    return Incident(
        f"{kind}@4", kind, kind, "", subject, "", "wrong since 'Ada'", "", AT, "", 1, "", 1.0, "",
        None, "", False, False,
    )  # fmt: skip


def test_relations_are_spelled_as_readers_spell_them_and_withheld_columns_are_nowhere() -> None:
    every = tables()
    assert [row["relation"] for row in every["trust"]] == [
        "marts.customers", "marts.orders", 'marts."Daily"',
    ]  # fmt: skip
    assert all(row["trusted"] and row["rows"] == 7 for row in every["trust"])
    (id_,) = [row for row in every["columns"] if row["relation"] == "marts.customers"]
    assert id_ == {
        "relation": "marts.customers", "position": 1, "column_name": "id", "data_type": "bigint",
        "description": "", "contract": True, "not_null": True, "is_unique": True,
        "personal": False,
    }  # fmt: skip
    assert "mail" not in str(every)
    assert "bridge" not in str(every)


def test_a_join_is_safe_only_if_tests_of_all_rows_passed_in_this_release() -> None:
    (join,) = tables()["joins"]
    assert join == {
        "from_relation": "marts.orders", "from_column": "customer_id",
        "to_relation": "marts.customers", "to_column": "id",
        "cardinality": "many to one", "tested": True, "safe": True,
    }  # fmt: skip
    part = replace(UNIQUE, filtered=True)
    for tests, runs in (
        ((part, LEADS), (ran(part), ran(LEADS))),  # unique in a part of the rows
        ((UNIQUE, LEADS), (ran(UNIQUE, "warn", 3), ran(LEADS))),
        ((UNIQUE, LEADS), (ran(UNIQUE, "pass", 3), ran(LEADS))),  # below its threshold
        ((UNIQUE, LEADS), (ran(UNIQUE),)),  # not run
        ((LEADS,), (ran(LEADS),)),
    ):
        (join,) = tables(tests, runs)["joins"]
        assert not join["safe"], runs
    assert tables((LEADS,), (ran(LEADS),))["joins"][0]["cardinality"] == "unknown"
    hidden = generic("relationships", CUSTOMERS, "mail", ORDERS)
    assert tables((hidden,), (ran(hidden),))["joins"] == []


@pytest.mark.parametrize(
    ("facts", "untrusted"),
    [
        ({"incidents": [incident("model.shop.orders")]}, ["marts.orders", 'marts."Daily"']),
        (
            {"incidents": [incident("")]},
            ["marts.customers", "marts.orders", 'marts."Daily"'],
        ),
        (
            {"findings": (FindingRun("nulls", SOURCE.unique_id, "orders", "", "warn", "'Ada'"),)},
            ["marts.orders", 'marts."Daily"'],
        ),
        (
            {"runs": (ran(UNIQUE, "warn", 2),)},
            ["marts.customers"],
        ),
        (
            {"sources": [SourceAge("orders", SOURCE.unique_id, problem="old")]},
            ["marts.orders", 'marts."Daily"'],
        ),
    ],
)
def test_what_is_wrong_upstream_takes_the_trust_and_is_named_without_values(
    facts: dict[str, Any], untrusted: list[str]
) -> None:
    trust = tables(**facts)["trust"]
    assert [row["relation"] for row in trust if not row["trusted"]] == untrusted
    assert all(bool(row["reasons"]) is not row["trusted"] for row in trust)
    assert "Ada" not in str(trust)


def test_data_counts_as_fresh_until_the_first_source_behind_it_is_due_or_too_old() -> None:
    def source(due_at: datetime) -> SourceAge:
        return SourceAge("orders", SOURCE.unique_id, newest_at=AT - HOUR, due_at=due_at)

    for due, end in ((AT + 9 * HOUR, AT + HOUR), (AT + HOUR / 2, AT + HOUR / 2)):
        customers, orders, _ = tables(sources=[source(due)])["trust"]
        assert orders["data_until"] == (AT - HOUR).replace(tzinfo=None)
        assert orders["fresh_until"] == end.replace(tzinfo=None)
        assert orders["as_of"] == AT.replace(tzinfo=None)
        assert customers["fresh_until"] is None
