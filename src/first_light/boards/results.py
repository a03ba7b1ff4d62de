"""What the queries of a board give, and what readers would miss on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from first_light.boards.blocks import Chart, Figure, Filter, Numbers, Table, Value
from first_light.boards.document import Board
from first_light.boards.fields import produced_fields, series_fields, used_fields, value_fields
from first_light.boards.filters import filter_problem, values_of
from first_light.boards.metric_tables import MetricTables
from first_light.boards.sql import MOST_ROWS, readers_query
from first_light.dbt.engine import QueryResult
from first_light.dbt.manifest import Manifest, Node
from first_light.utils.errors import DataopsError
from first_light.utils.formats import formatted, number

ERROR, WARN = "error", "warn"
BROKEN, BLANK, SERIES = "broken", "blank", "series"
_MISSED = 2  # a series that misses fewer of the last steps may just have had nothing in them


@dataclass(frozen=True)
class Problem:
    """What is wrong with a board.

    Attributes:
        kind: broken: its definition or a query; blank: readers would see nothing; series: one
            ends before the others.
        query: whose it is.
        message: one sentence; it may quote values of public columns only.
        line: in the board's file.
    """

    kind: str
    query: str
    message: str
    line: int

    @property
    def level(self) -> str:
        """Whether it rejects a release."""
        return WARN if self.kind == SERIES else ERROR


@dataclass(frozen=True)
class Results:
    """A board with the rows of its queries; those that failed have none.

    Attributes:
        board: the board.
        rows: by query.
        problems: in the order of the page.
    """

    board: Board
    rows: Mapping[str, QueryResult]
    problems: tuple[Problem, ...] = field(default=())

    def value(self, value: Value) -> Any:
        """The value; None where there is none."""
        result = self.rows.get(value.query)
        if result is None or len(result.rows) != 1 or value.column not in result.columns:
            return None
        return result.rows[0][result.columns.index(value.column)]

    def filter_of(self, block: Chart | Table) -> Filter | None:
        """What readers choose by: the block's own filter, else the page's if it has the column."""
        page, result = self.board.filter, self.rows.get(block.query)
        if block.filter or page is None or not block.follows or result is None:
            return block.filter
        return page if page.column in result.columns else None

    def filter_values(self, block: Chart | Table) -> list[Any]:
        """The choices in a block: its own values, or those of all that follow the page's filter."""
        if block.filter:
            return values_of(block.filter, [self.rows[block.query]])
        return self.page_values

    @cached_property
    def page_values(self) -> list[Any]:
        """The values of the page's filter; none if there is no filter, or nobody could use it."""
        if self.board.filter is None or _page_filter_problem(self):
            return []
        return values_of(self.board.filter, [self.rows[b.query] for b in self.followers])

    @cached_property
    def followers(self) -> list[Chart | Table]:
        """The charts and tables that the page's filter applies to."""
        return [
            block
            for block in self.board.blocks.values()
            if not isinstance(block, Numbers) and not block.filter and self.filter_of(block)
        ]


def run(
    board: Board,
    manifest: Manifest,
    columns: Callable[[Node], Sequence[str]],
    ask: Callable[[str], QueryResult],
    metrics: MetricTables,
    reason: Callable[[DataopsError], str] = str,
) -> Results:
    """Run the queries of a board, and judge what readers would see.

    Args:
        board: the board.
        manifest: the project.
        columns: the columns of a model that readers get.
        ask: the result of a query.
        metrics: what `metric()` in a query stands for.
        reason: an error as it may be shown.
    """
    rows: dict[str, QueryResult] = {}
    problems: list[Problem] = []
    for query in board.queries.values():
        try:
            result = ask(readers_query(board, query, manifest, columns, metrics))
        except DataopsError as error:
            message = f"The query {query.name} failed: {reason(error)}"
            problems.append(Problem(BROKEN, query.name, message, query.line))
            continue
        if len(result.rows) > MOST_ROWS:
            message = (
                f"The query {query.name} has more than {MOST_ROWS:,} rows: aggregate them, "
                "or limit them."
            )
            problems.append(Problem(BROKEN, query.name, message, query.line))
            continue
        rows[query.name] = result
    return Results(board, rows, (*problems, *_problems(Results(board, rows))))


def _problems(results: Results) -> list[Problem]:
    board = results.board
    problems = [
        problem
        for value, line in board.values
        if (problem := _value_problem(results, value, line)) is not None
    ]
    if (problem := _page_filter_problem(results)) is not None:
        problems.append(problem)
    for block in board.blocks.values():
        if isinstance(block, Numbers):
            problems += _figure_problems(results, block)
        elif block.query in results.rows:
            problems += _rows_problems(results.rows[block.query], block)
    unique = {(problem.kind, problem.query, problem.message): problem for problem in problems}
    return sorted(unique.values(), key=lambda problem: problem.line)


def _page_filter_problem(results: Results) -> Problem | None:
    filter_, followers = results.board.filter, results.followers
    if filter_ is None:
        return None
    if followers:
        query = followers[0].query
        message = filter_problem("the page", filter_, [results.rows[b.query] for b in followers])
        return Problem(BLANK, query, message, 1) if message else None
    if len(results.rows) < len(results.board.queries):
        return None  # a query has failed, which is said already
    message = f"The filter of the page has no effect: no chart or table has {filter_.column}."
    return Problem(BROKEN, "filter", message, 1)


def _figure_problems(results: Results, block: Numbers) -> list[Problem]:
    problems = []
    for figure in block.figures:
        for value in (figure.value, figure.before):
            if value is not None:
                problem = _value_problem(results, value, block.line, figure)
                problems += [problem] if problem else []
    return problems


def _value_problem(
    results: Results, value: Value, line: int, figure: Figure | None = None
) -> Problem | None:
    result = results.rows.get(value.query)
    if result is None:
        return None  # the query has failed, which is said already
    name = f"The number {figure.label}" if figure else f"{value.query}.{value.column}"
    if value.column not in result.columns:
        return _no_column(value.query, value.column, result, line)
    if not result.rows:
        return Problem(BLANK, value.query, f"{name} has no value: the query has no row.", line)
    if len(result.rows) > 1:
        message = f"{name} needs a query with one row; {value.query} has {len(result.rows):,}."
        return Problem(BROKEN, value.query, message, line)
    if formatted(results.value(value)) == formatted(None):
        return Problem(BLANK, value.query, f"{name} is null.", line)
    if value.format and number(results.value(value)) is None:
        message = f"{name} is no number, so it cannot be written as {value.format}."
        return Problem(BROKEN, value.query, message, line)
    return None


def _rows_problems(result: QueryResult, block: Chart | Table) -> list[Problem]:
    kind = "chart" if isinstance(block, Chart) else "table"
    needed = (
        used_fields(block.spec) - produced_fields(block.spec)
        if isinstance(block, Chart)
        else {column.name for column in block.columns}
    )
    needed |= {block.filter.column} if block.filter else set()
    problems = [
        _no_column(block.query, name, result, block.line)
        for name in sorted(needed - set(result.columns))
    ]
    if problems:
        return problems
    if not result.rows:
        if block.empty:
            return []
        message = f"The {kind} {block.title} is empty: {block.query} has no rows."
        return [Problem(BLANK, block.query, message, block.line)]
    if block.filter and (message := filter_problem(block.title, block.filter, [result])):
        return [Problem(BLANK, block.query, message, block.line)]
    if isinstance(block, Chart):
        for name in sorted(value_fields(block.spec) & set(result.columns)):
            at = result.columns.index(name)
            if all(row[at] is None for row in result.rows):
                message = f"The chart {block.title} is blank: {name} is null in every row."
                problems.append(Problem(BLANK, block.query, message, block.line))
        if not problems and (message := _ended_series(result, block)):
            problems.append(Problem(SERIES, block.query, message, block.line))
    return problems


def _no_column(query: str, name: str, result: QueryResult, line: int) -> Problem:
    known = ", ".join(result.columns)
    message = f"The query {query} has no column {name} (columns: {known})."
    return Problem(BROKEN, query, message, line)


def _ended_series(result: QueryResult, chart: Chart) -> str:
    """Which series of a chart over time ends before the others; empty if none does."""
    found = series_fields(chart.spec)
    if found is None:
        return ""
    x, values, parts = found
    if not {x, *values, *parts} <= set(result.columns):
        return ""
    at = {name: i for i, name in enumerate(result.columns)}
    last: dict[str, Any] = {}
    steps = set()
    for row in result.rows:
        moment = row[at[x]]
        if moment is None or not isinstance(moment, date | datetime | int | float):
            continue
        steps.add(moment)
        for name in values:
            if row[at[name]] is None:
                continue
            label = [formatted(row[at[part]]) for part in parts]
            series = ", ".join([*label, *([name] if len(values) > 1 else [])])
            last[series] = max(last.get(series, moment), moment)
    if len(last) < 2:
        return ""
    end = max(last.values())
    ended = {
        name: moment
        for name, moment in last.items()
        if sum(moment < step <= end for step in steps) >= _MISSED
    }
    if not ended:
        return ""
    name, moment = min(ended.items(), key=lambda item: (item[1], item[0]))
    more = f", and {len(ended) - 1} more" if len(ended) > 1 else ""
    return (
        f"In the chart {chart.title} the series {name or 'without a name'} ends at "
        f"{formatted(moment)}{more}; the others go on to {formatted(end)}."
    )
