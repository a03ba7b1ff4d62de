"""What the metrics are on one build: in total, and by each of their dimensions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from first_light.dbt.engine import QueryRunner
from first_light.metrics.definitions import Metric, Semantics
from first_light.utils.errors import DataopsError, QueryError
from first_light.utils.formats import formatted, number

MOST_VALUES = 50
"""A dimension with more values than this is not looked at."""
_MOST_DIMENSIONS = 12


@dataclass(frozen=True)
class MetricValue:
    """A metric on one build.

    Attributes:
        total: its value; None where it has none, such as a ratio of nothing. That of the last
            whole period where it has one for each period only.
        parts: dimension → its values, each with the metric; of the dimensions with few values.
        problem: why it could not be computed; empty if it was.
    """

    total: float | None = None
    parts: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    problem: str = ""


def compute(
    semantics: Semantics,
    metrics: Sequence[Metric],
    queries: QueryRunner,
    hidden: Callable[[tuple[str, str]], Collection[str]] = lambda place: (),
    parts: bool = True,
    reason: Callable[[DataopsError], str] = lambda error: "",
) -> dict[str, MetricValue]:
    """The values of some metrics, by name.

    Args:
        semantics: all that dbt knows of them.
        metrics: those to compute.
        queries: the build.
        hidden: the personal columns of a relation, by schema and name: neither a dimension nor a
            metric shows what is in them.
        parts: also by each dimension.
        reason: what may be shown of a query's error; it may quote values of rows.
    """
    if not metrics:
        return {}
    from first_light.metrics import expressions
    from first_light.metrics.queries import MetricQueries  # MetricFlow takes a second to import

    try:
        writer = MetricQueries(semantics, queries.name)
    except DataopsError as error:
        return {metric.name: MetricValue(problem=_problem(error, reason)) for metric in metrics}
    values = {}
    for metric in metrics:
        try:
            if expressions.is_query(_texts(metric)):  # of any column of any relation
                values[metric.name] = MetricValue(problem=expressions.OTHER)
                continue
            personal = {name for place in metric.places for name in hidden(place)}
            if expressions.is_personal(metric.expressions, personal):
                values[metric.name] = MetricValue(problem=expressions.PERSONAL)
                continue
            if metric.period:
                values[metric.name] = MetricValue(_of_period(metric, writer.sql, queries))
                continue
            rows = queries.run(writer.sql(metric.name)).rows
            total = number(rows[0][0]) if rows else None
            split = _parts(metric, writer.sql, queries, hidden) if parts else {}
            values[metric.name] = MetricValue(total, split)
        except DataopsError as error:
            values[metric.name] = MetricValue(problem=_problem(error, reason))
    return values


def _of_period(
    metric: Metric, sql: Callable[[str, str], str], queries: QueryRunner
) -> float | None:
    """The value of the last whole period: the newest one is not over yet."""
    time = f"metric_time__{metric.period}"
    query = f"select * from (\n{sql(metric.name, time)}\n) as metric_query"
    known = f"where {metric.name} is not null order by {time} desc limit 2"
    rows = queries.run(f"{query} {known}").rows
    return number(rows[-1][1]) if rows else None


def _parts(
    metric: Metric,
    sql: Callable[[str, str], str],
    queries: QueryRunner,
    hidden: Callable[[tuple[str, str]], Collection[str]],
) -> dict[str, dict[str, float | None]]:
    from first_light.metrics import expressions  # likewise: status must start without sqlglot

    parts = {}
    for dimension in metric.dimensions[:_MOST_DIMENSIONS]:
        if expressions.is_personal([dimension.expression], hidden(dimension.place)):
            continue
        query = f"select * from (\n{sql(metric.name, dimension.name)}\n) as metric_query"
        rows = queries.run(f"{query} limit {MOST_VALUES + 1}").rows
        if len(rows) <= MOST_VALUES:
            parts[dimension.label] = {_label(row[0]): number(row[1]) for row in rows}
    return parts


def _texts(metric: Metric) -> tuple[str, ...]:
    return (*metric.expressions, *(dimension.expression for dimension in metric.dimensions))


def _label(value: Any) -> str:
    return "empty" if value is None else formatted(value)


def _problem(error: DataopsError, reason: Callable[[DataopsError], str]) -> str:
    if isinstance(error, QueryError):
        shown = reason(error)
        return f"Its query failed{': ' if shown else '.'}{shown}"
    return f"{error.message} {error.where}".strip()
