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
from first_light.mutation import check_step
from first_light.mutation.draft import Row, smallest
from first_light.mutation.operators import Mutant, UnreadableSQLError, mutants, normalized
from first_light.mutation.plan import Plan, chosen_models, measurable_models
from first_light.mutation.result import DATA_TEST, DECLARATION, Judged, Stop, Strength
from first_light.mutation.run import source_line
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, PASSED, SKIPPED, WARNED

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


def _measured(*stops: tuple[Stop, ...]) -> Strength:
    mutant = Mutant("filter dropped", "channel = 'web'", "", 3, "select 1")
    path = "models/marts/orders.sql"
    judged = tuple(Judged("orders", path, 3, mutant, stopped) for stopped in stops)
    return Strength(judged, 0, 2, {"orders_py": "needs a snapshot or Python", "other": "why"})


def test_a_check_names_what_nothing_stops_and_fails_where_a_team_wants_it() -> None:
    tested, declared = (Stop(DATA_TEST, "unique"),), (Stop(DECLARATION, "orders"),)
    names = ("orders", "orders_py")
    passed = check_step.judge(_measured(tested, declared), names, fails=True)
    assert (passed.verdict, passed.problems, passed.repeat) == (PASSED, (), "")
    assert passed.summary == (
        "2 of 2 changes are stopped, 1 only by a declaration; 2 were not tried; "
        "orders_py is not measured: needs a snapshot or Python"
    )
    survived = _measured(tested, ())
    failed = check_step.judge(survived, names, fails=True)
    (problem,) = failed.problems
    assert (failed.verdict, problem.where) == (FAILED, "models/marts/orders.sql:3")
    assert problem.message == "Nothing stops filter dropped: `channel = 'web'` becomes nothing"
    assert "target/mutate/unit_tests.yml" in problem.fix
    assert failed.repeat == "uv run dataops mutate orders orders_py"
    assert check_step.judge(survived, names, fails=False).verdict == WARNED


def test_a_check_measures_only_changed_models_of_a_product_that_passes(tmp_path: Path) -> None:
    nodes = [
        Node("model.a.orders", "model", "orders", "models/orders.sql"),
        Node("model.a.days", "model", "days", "models/days.sql"),
        Node("model.a.forecast", "model", "forecast", "models/forecast.py"),
        Node("test.a.orders", "test", "orders_test", "tests/orders.sql"),
    ]
    manifest = Manifest({node.unique_id: node for node in nodes}, {})
    files = {"models/orders.sql", "models/days.yml", "models/forecast.py", "tests/orders.sql"}
    assert check_step.changed_models(manifest, files) == ("orders",)
    skipped = check_step.step(Product(tmp_path), tmp_path, files, True, print)
    assert (skipped.verdict, skipped.summary) == (SKIPPED, "measured once the other steps pass")


def test_a_model_that_is_typed_must_be_there_and_one_that_changed_may_be_left_out() -> None:
    orders = Node("model.a.orders", "model", "orders", "models/orders.sql")
    left_out = {"forecast": "needs a snapshot or Python"}
    plan = Plan(Path(), Manifest({}, {}), (orders,), (), (), {}, left_out)
    assert chosen_models(plan, ["orders"]) == [orders]
    for name, problem in (("order", "no model order"), ("forecast", "cannot be built from SQL")):
        with pytest.raises(DataopsError, match=problem):
            chosen_models(plan, [name])
    assert measurable_models(plan, ["forecast", "orders"]) == [orders]
    assert measurable_models(plan, []) == []
