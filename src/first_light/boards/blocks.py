"""The parts of a board that show rows of its queries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Value:
    """One value of a query that has one row: the column, and how its number is written."""

    query: str
    column: str
    format: str = ""


@dataclass(frozen=True)
class Filter:
    """A choice among the values of a column, for readers.

    Attributes:
        column: of the query.
        label: what is chosen.
        every: the choice of all rows; empty where there is none.
    """

    column: str
    label: str
    every: str = "All"


@dataclass(frozen=True)
class Chart:
    """A block ```yaml chart.

    Attributes:
        query: whose rows it draws.
        title: what it shows.
        description: for those who don't see it; empty: made from the values.
        empty: what readers see where there are no rows; empty where there must be some.
        spec: the rest: Vega-Lite.
        line: of its fence.
        filter: what readers can choose; None without a choice of its own.
        follows: whether the filter of the page, if there is one, applies to it.
    """

    query: str
    title: str
    description: str
    empty: str
    spec: Mapping[str, Any]
    line: int
    filter: Filter | None = None
    follows: bool = True


@dataclass(frozen=True)
class TableColumn:
    """A column of a table: its name in the query, its heading, and how its numbers are written."""

    name: str
    label: str
    format: str = ""


@dataclass(frozen=True)
class Table:
    """A block ```yaml table; without columns those of the query. The rest is as in a chart."""

    query: str
    title: str
    empty: str
    columns: tuple[TableColumn, ...]
    line: int
    filter: Filter | None = None
    follows: bool = True


@dataclass(frozen=True)
class Figure:
    """A big number.

    Attributes:
        label: what it is.
        value: the number.
        unit: written after it.
        before: the number that it is compared with; None without one.
    """

    label: str
    value: Value
    unit: str = ""
    before: Value | None = None


@dataclass(frozen=True)
class Numbers:
    """A block ```yaml numbers."""

    figures: tuple[Figure, ...]
    line: int


Block = Chart | Table | Numbers
