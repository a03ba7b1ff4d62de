"""Filters of charts and tables: every choice is rendered, so that no script is needed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from first_light.boards.blocks import Filter
from first_light.dbt.engine import QueryResult
from first_light.utils.formats import formatted

MOST_VALUES = 12  # board.css shows as many, and the choice of all


@dataclass(frozen=True)
class Choice:
    """One choice of a filter: its name for readers, and the rows that it leaves."""

    label: str
    result: QueryResult


def values_of(filter_: Filter, results: Sequence[QueryResult]) -> list[Any]:
    """The values of a filter's column in rows that have it, in order, without null."""
    values = _values(filter_, results)
    try:
        return sorted(values)
    except TypeError:  # values of several types
        return sorted(values, key=formatted)


def choices(filter_: Filter, result: QueryResult, values: Sequence[Any]) -> tuple[Choice, ...]:
    """The choices of a filter: all rows first, then each value.

    Rows in which the column is null belong to no value.
    """
    at = result.columns.index(filter_.column)
    every = [Choice(filter_.every, result)] if filter_.every else []
    parts = (
        Choice(
            formatted(value),
            QueryResult(result.columns, [row for row in result.rows if row[at] == value]),
        )
        for value in values
    )
    return (*every, *parts)


def filter_problem(title: str, filter_: Filter, results: Sequence[QueryResult]) -> str:
    """Why readers could not use a filter; empty if they can.

    Args:
        title: of what it filters.
        filter_: the filter.
        results: the rows, all with its column.
    """
    try:
        count = len(_values(filter_, results))
    except TypeError:
        return f"The filter of {title} cannot use {filter_.column}: it holds lists."
    if not count:
        return f"The filter of {title} has no values: {filter_.column} is null in every row."
    if count > MOST_VALUES:
        return (
            f"The filter of {title} has {count:,} values of {filter_.column}: "
            f"{MOST_VALUES} are possible."
        )
    return ""


def _values(filter_: Filter, results: Sequence[QueryResult]) -> Collection[Any]:
    return {
        value
        for result in results
        for row in result.rows
        if (value := row[result.columns.index(filter_.column)]) is not None
    }
