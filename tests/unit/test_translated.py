"""Boards in the SQL of checks, on warehouses where only releases are built."""

from __future__ import annotations

from dataclasses import replace

import pytest

from first_light.dbt.driver import load_kind
from first_light.dbt.engine import QueryResult
from first_light.utils.errors import DataopsError
from first_light.warehouse.translated import translated
from shop_manifest import MANIFEST

BOARD = """with "orders" as (select "order_id", "at" from {relation})
select * from (
select date_trunc('week', at) as week, count(order_id) as orders from "orders" group by 1 order by 1
) as board_query limit 10"""


class Recorder:
    """A warehouse that keeps what it is asked, and answers with names as it stores them."""

    def __init__(self, name: str) -> None:
        self.name, self.asked = name, ""

    def run(self, query: str) -> QueryResult:
        self.asked = query
        names = ["week", "orders"]
        return QueryResult(
            [name.upper() for name in names] if load_kind(self.name).setup.in_capitals else names,
            [],
        )


@pytest.mark.parametrize(
    ("name", "relation", "words"),
    [
        ("snowflake", "shop_r000001.marts.orders", ['"ORDER_ID"', "'WEEK'", "shop_r000001.marts"]),
        (
            "bigquery",
            "`p`.`shop_r000001_marts`.`orders`",
            ["`order_id`", "week(monday)", "`p`."],
        ),
        ("spark", "shop_r000001_marts.orders", ["`order_id`", "'WEEK'", "NULLS LAST"]),
    ],
)
def test_a_board_is_asked_in_the_words_of_the_warehouse(
    name: str, relation: str, words: list[str]
) -> None:
    unique_id, node = next(iter(MANIFEST.nodes.items()))
    manifest = replace(MANIFEST, nodes={unique_id: replace(node, relation=relation)})
    recorder = Recorder(name)
    runner, named = translated(recorder, manifest, "duckdb")
    assert runner.name == "duckdb", "metrics are written for it too"
    result = runner.run(BOARD.format(relation=named.nodes[unique_id].relation))
    assert result.columns == ["week", "orders"]
    assert not [word for word in words if word not in recorder.asked], recorder.asked
    with pytest.raises(DataopsError, match="cannot be translated"):
        runner.run("select from where")


def test_where_checks_run_on_the_same_warehouse_nothing_is_translated() -> None:
    for name, checked_on in (("duckdb", "duckdb"), ("postgres", "postgres"), ("snowflake", "")):
        recorder = Recorder(name)
        assert translated(recorder, MANIFEST, checked_on) == (recorder, MANIFEST)
