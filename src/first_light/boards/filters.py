"""Filters of charts and tables: every choice is rendered, so that no script is needed."""

from __future__ import annotations

from dataclasses import dataclass

from first_light.boards.blocks import Chart, Filter, Table
from first_light.dbt.engine import QueryResult
from first_light.utils.formats import formatted

MOST_VALUES = 12  # board.css shows as many, and the choice of all


@dataclass(frozen=True)
class Choice:
    """One choice of a filter: its name for readers, and the rows that it leaves."""

    label: str
    result: QueryResult


def choices(filter_: Filter, result: QueryResult) -> tuple[Choice, ...]:
    """The choices of a filter: all rows first, then each value, in order.

    Rows in which the column is null belong to no value.
    """
    at = result.columns.index(filter_.column)
    values = {row[at] for row in result.rows if row[at] is not None}
    try:
        ordered = sorted(values)
    except TypeError:  # values of several types
        ordered = sorted(values, key=formatted)
    every = [Choice(filter_.every, result)] if filter_.every else []
    parts = (
        Choice(
            formatted(value),
            QueryResult(result.columns, [row for row in result.rows if row[at] == value]),
        )
        for value in ordered
    )
    return (*every, *parts)


def filter_problem(block: Chart | Table, filter_: Filter, result: QueryResult) -> str:
    """Why readers could not use a filter; empty if they can."""
    at = result.columns.index(filter_.column)
    try:
        count = len({row[at] for row in result.rows if row[at] is not None})
    except TypeError:
        return f"The filter of {block.title} cannot use {filter_.column}: it holds lists."
    if not count:
        return f"The filter of {block.title} has no values: {filter_.column} is null in every row."
    if count > MOST_VALUES:
        return (
            f"The filter of {block.title} has {count:,} values of {filter_.column}: "
            f"{MOST_VALUES} are possible."
        )
    return ""
