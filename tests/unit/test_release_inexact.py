"""The message of a failed `converts_exactly`: column, count, file and an example."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import duckdb

from first_light.dbt.engine import DbtRun, Engine, NodeResult, QueryResult
from first_light.privacy.messages import masked
from first_light.release.inexact import with_values


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
    return NodeResult(**values)


SQL = """select * from (values ('qty', 'orders_2.csv', 24, '1.5'), ('born', null, 2, '…'))
as found(column_name, file_name, n_values, example)"""


def test_the_failure_names_column_count_file_and_example() -> None:
    engine = cast(Engine, FakeEngine())
    (node,) = with_values(DbtRun(False, (failed_test("t_converts_exactly", SQL),)), engine).nodes
    assert node.message.splitlines() == [
        "column born: 2 values that its type cannot hold, such as …",
        "column qty: 24 values that its type cannot hold in orders_2.csv, such as 1.5",
        "Got 26",
    ]


def test_what_a_record_keeps_of_the_message() -> None:
    """A number or a time is shown, text is not."""
    engine = cast(Engine, FakeEngine())
    sql = SQL.replace("2, '…'", "2, 'Ada Lovelace'")
    (node,) = with_values(DbtRun(False, (failed_test("t_converts_exactly", sql),)), engine).nodes
    message = f"{node.message} results, configured to fail if != 0"
    assert masked(message).splitlines() == [
        "column born: 2 values that its type cannot hold",
        "column qty: 24 values that its type cannot hold in orders_2.csv, such as 1.5",
        "Got 26 results, configured to fail if != 0",
    ]


def test_other_failures_stay_as_they_are() -> None:
    run = DbtRun(False, (failed_test("unique_orders_id", SQL),))
    assert with_values(run, cast(Engine, FakeEngine())) == run
