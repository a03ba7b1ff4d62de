"""The changes that test strength is measured with, on SQL in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.unit_tests import input_node
from first_light.mutation.draft import Row, smallest
from first_light.mutation.operators import UnreadableSQLError, mutants, normalized
from first_light.mutation.run import source_line

QUERY = """\
with lines as (
    select distinct
        order_id,
        coalesce(amount, 0) as amount,
        row_number() over (partition by order_id order by sold_at desc) as place
    from sold
    where status = 'paid' and quantity >= 2
)

select
    orders.order_id,
    sum(lines.amount) / 100 as total,
    count(distinct lines.amount) as amounts,
    case when orders.channel in ('web', 'app') then 'online' when orders.channel is null
        then 'unknown' else 'store' end as channel
from orders
left join lines on orders.order_id = lines.order_id and lines.place = 1
where orders.ordered_at < date '2026-01-01' + interval '1 day'
group by 1, 4
"""

CHANGES = [
    ("filter dropped", "status = 'paid' AND quantity >= 2", "quantity >= 2", 7),
    ("join kind", "LEFT JOIN lines", "JOIN lines", 17),
    ("join condition dropped", "lines.place = 1", "orders.order_id = lines.order_id", 17),
    ("fan-out", "lines", "(SELECT * FROM lines UNION ALL SELECT * FROM lines) AS lines", 17),
    ("arithmetic", "SUM(lines.amount) / 100", "SUM(lines.amount) * 100", 12),
    ("boundary", "quantity >= 2", "quantity > 2", 7),
    ("comparison", "status = 'paid'", "status <> 'paid'", 7),
    ("comparison", "orders.channel IS NULL", "NOT orders.channel IS NULL", 14),
    ("and, or", "status = 'paid' AND quantity >= 2", "(status = 'paid' OR quantity >= 2)", 7),
    ("coalesce removed", "COALESCE(amount, 0)", "amount", 4),
    ("distinct removed", "DISTINCT", "", 2),
    ("distinct removed", "DISTINCT lines.amount", "lines.amount", 13),
    ("aggregate", "SUM(lines.amount)", "MAX(lines.amount)", 12),
    ("window order", "sold_at DESC", "sold_at ASC", 5),
    ("window partition", "PARTITION BY order_id", "OVER (ORDER BY sold_at DESC)", 5),
    ("case", "ELSE 'store'", "THEN 'unknown' END", 14),
    ("unit", "SUM(lines.amount)", "(SUM(lines.amount) * 100)", 12),
    ("constant", "'paid'", "'not paid'", 7),
    ("interval", "INTERVAL '1' DAY", "INTERVAL '2' DAY", 18),
]


@pytest.fixture
def shop() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create table sold as select 1 as order_id, 5 as amount, 'paid' as status, "
        "timestamp '2026-01-01' as sold_at, 3 as quantity; "
        "create table orders as select 1 as order_id, "
        "'web' as channel, date '2025-12-31' as ordered_at"
    )
    return connection


@pytest.mark.parametrize(("operator", "before", "after", "line"), CHANGES)
def test_each_kind_of_mistake_is_made(operator: str, before: str, after: str, line: int) -> None:
    assert any(
        mutant.operator == operator
        and before in mutant.before
        and after in mutant.after
        and (mutant.line == line or operator == "distinct removed")
        for mutant in mutants(QUERY, "duckdb")
    )


def test_each_mutant_is_a_query_with_one_place_changed(shop: duckdb.DuckDBPyConnection) -> None:
    made = mutants(QUERY, "duckdb")
    texts = [mutant.sql for mutant in made]
    assert len(set(texts)) == len(texts)
    assert normalized(QUERY, "duckdb") not in texts
    for mutant in made:
        shop.execute(mutant.sql)


def test_two_relations_are_still_joined_by_their_keys() -> None:
    """A comparison of keys that says the opposite is no mistake that anybody makes."""
    joined = "select a.x from a join b on a.k = b.k"
    assert {m.operator for m in mutants(joined, "duckdb")} == {"join kind", "fan-out"}


@pytest.mark.parametrize("sql", ["", "select from where", "drop table x", "select 1; select 2"])
def test_what_is_no_query_is_refused(sql: str) -> None:
    with pytest.raises(UnreadableSQLError):
        mutants(sql, "duckdb")


def test_the_smallest_rows_are_found() -> None:
    rows: list[Row] = [("a", number) for number in range(1000)]
    needed = {("a", 17), ("a", 18), ("a", 911)}
    trials = 0

    def shows(kept: Sequence[Row]) -> bool:
        nonlocal trials
        trials += 1
        return needed <= set(kept)

    assert set(smallest(rows, shows)) == needed
    assert trials < 200


def test_a_line_of_compiled_sql_is_found_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "m.sql").write_text(
        "{{ config(materialized='table') }}\n\n{% set a = 1 %}\nselect\n    x,\n    {{ a }} as y,\n"
        "    x\nfrom {{ ref('t') }}\n"
    )
    node = Node("model.s.m", "model", "m", "m.sql", code="\n\nselect\n    x,\n    1 as y,\n    x\n")
    prepared = cast(Any, SimpleNamespace(root=tmp_path))
    lines = {line: source_line(prepared, node, line) for line in range(8)}
    # What Jinja wrote has no line in the file.
    assert lines == {0: 0, 1: 2, 2: 0, 3: 4, 4: 5, 5: 0, 6: 7, 7: 0}


def test_the_input_of_a_unit_test_is_found() -> None:
    nodes = {
        "source.s.crm.people": Node("source.s.crm.people", "source", "people", ""),
        "model.s.people": Node("model.s.people", "model", "people", ""),
        "model.s.people.v2": Node("model.s.people.v2", "model", "people", "", version="2"),
    }
    model = Node("model.s.m", "model", "m", "", depends_on=tuple(nodes))
    manifest = Manifest(nodes, {}, {}, {})
    found = {
        call: node.unique_id if (node := input_node(call, manifest, model)) else None
        for call in (
            "source('crm', 'people')", "source('erp', 'people')", 'ref("people")',
            "ref('people', v=2)", "this", "ref('nobody')",
        )
    }  # fmt: skip
    assert list(found.values()) == [
        "source.s.crm.people", None, "model.s.people", "model.s.people.v2", None, None,
    ]  # fmt: skip
