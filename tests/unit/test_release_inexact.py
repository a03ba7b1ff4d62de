"""The message of a failed `converts_exactly`: column, count, file and an example."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import duckdb
import pytest

from first_light.dbt.engine import DbtRun, Engine, NodeResult, QueryResult
from first_light.privacy.messages import masked
from first_light.release.inexact import Seen, retype_command, wider_type, with_values


class Queries:
    """Answers queries as a warehouse does."""

    def run(self, query: str) -> QueryResult:
        relation = duckdb.sql(query)
        return QueryResult(relation.columns, relation.fetchall())


class FakeEngine:
    @contextmanager
    def connect(self) -> Iterator[Queries]:
        yield Queries()


def failed_test(name: str, sql: str) -> NodeResult:
    values: dict[str, Any] = dict.fromkeys(NodeResult.__dataclass_fields__, "")
    values |= {"kind": "test", "name": name, "status": "fail", "sql": sql, "message": "Got 26"}
    values["depends_on"] = ("source.shop.raw.orders",)
    return NodeResult(**values)


SQL = """select * from (values
    ('qty', 'orders_2.csv', 24, '1.5', 'integer', 24, 0, 1, 1),
    ('qty', 'orders_3.csv', 1, '1.255', 'integer', 1, 0, 1, 3),
    ('born', null, 2, '…', 'date', 0, 2, null, null)
) as inexact(column_name, file_name, n_values, example, type_name, n_numbers, n_times, n_digits,
    n_decimals)"""
COMMAND = 'uv run dataops retype "raw.orders.born=timestamp" "raw.orders.qty=decimal(18,3)"'


def test_the_failure_names_column_count_file_and_example() -> None:
    engine = cast(Engine, FakeEngine())
    (node,) = with_values(DbtRun(False, (failed_test("t_converts_exactly", SQL),)), engine).nodes
    assert node.message.splitlines() == [
        "column born: 2 values that its type cannot hold, such as …",
        "column qty: 24 values that its type cannot hold in orders_2.csv, such as 1.5",
        "column qty: 1 value that its type cannot hold in orders_3.csv, such as 1.255",
        f"to hold these values: {COMMAND}",
        "Got 26",
    ]
    assert retype_command(node.message) == COMMAND


def test_what_a_record_keeps_of_the_message() -> None:
    """A number or a time is shown, text is not."""
    engine = cast(Engine, FakeEngine())
    sql = SQL.replace("2, '…'", "2, 'Ada Lovelace'")
    (node,) = with_values(DbtRun(False, (failed_test("t_converts_exactly", sql),)), engine).nodes
    message = f"{node.message} results, configured to fail if != 0"
    assert masked(message).splitlines() == [
        "column born: 2 values that its type cannot hold",
        "column qty: 24 values that its type cannot hold in orders_2.csv, such as 1.5",
        "column qty: 1 value that its type cannot hold in orders_3.csv, such as 1.255",
        f"to hold these values: {COMMAND}",
        "Got 26 results, configured to fail if != 0",
    ]


def test_other_failures_stay_as_they_are() -> None:
    run = DbtRun(False, (failed_test("unique_orders_id", SQL),))
    assert with_values(run, cast(Engine, FakeEngine())) == run


@pytest.mark.parametrize(
    ("seen", "wider"),
    [
        (Seen("integer", 2, 2, 0, 1, 1), "decimal(18,2)"),
        (Seen("integer", 1, 1, 0, 10, 0), "bigint"),
        (Seen("smallint", 1, 1, 0, 5, 0), "integer"),
        (Seen("bigint", 1, 1, 0, 20, 0), "decimal(38,0)"),
        (Seen("bigint", 1, 1, 0, 1, 2), "decimal(38,2)"),
        (Seen("decimal(18, 2)", 1, 1, 0, 0, 4), "decimal(38,4)"),
        (Seen("decimal(10, 2)", 1, 1, 0, 0, 4), "decimal(18,4)"),
        (Seen("decimal(38, 2)", 1, 1, 0, 0, 4), "varchar"),
        (Seen("double", 1, 1, 0, 1, 18), "varchar"),
        (Seen("date", 2, 0, 2, 0, 0), "timestamp"),
        (Seen("date", 2, 0, 1, 0, 0), "varchar"),
        (Seen("timestamp", 1, 0, 0, 0, 0), "varchar"),
        (Seen("integer", 2, 1, 0, 5, 0), "varchar"),
        (Seen("boolean", 1, 1, 0, 1, 0), "varchar"),
    ],
)
def test_the_type_that_holds_old_and_new_values(seen: Seen, wider: str) -> None:
    assert wider_type(seen) == wider
