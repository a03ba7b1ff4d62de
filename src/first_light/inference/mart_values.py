"""The values that describe marts, from their drafting to their files; nothing here decides."""

from __future__ import annotations

from dataclasses import dataclass

from first_light.inference.values import Column, Key, Reference, Table
from first_light.utils.sql_names import RESERVED


@dataclass(frozen=True)
class Join:
    """A left join of a parent on its unique key, under an alias."""

    alias: str
    reference: Reference


@dataclass(frozen=True)
class MartColumn:
    """One column of a mart.

    Attributes:
        name: its name.
        source: alias of the relation that it comes from.
        column: its name there.
        type: its SQL type; `date` where the day of a timestamp is taken.
        description: as the YAML has it.
        is_day: whether it is the day of a timestamp.
        nulls: rows without a value; only of the mart's own columns.
        is_sum: whether it counts or adds up rows of a fact, and is 0 where there are none.
    """

    name: str
    source: str
    column: str
    type: str
    description: str
    is_day: bool = False
    nulls: int = 0
    is_sum: bool = False


@dataclass(frozen=True)
class Figures:
    """The figures of a dimension: of which fact, and which.

    Attributes:
        reference: from the fact to the dimension.
        time: the column of the fact that says when a row happened.
        sums: its columns that may be added up.
    """

    reference: Reference
    time: Column
    sums: tuple[Column, ...]


@dataclass(frozen=True)
class Summary:
    """The rows of a fact, summed up for each row of a dimension.

    Attributes:
        alias: the name of its CTE.
        figures: which fact, and what of it.
        items: SQL over the fact with the name that each has, in the order of the mart's columns.
    """

    alias: str
    figures: Figures
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Mart:
    """A mart of one table: its columns that aren't personal, and some of its parents'.

    Attributes:
        name: of the model.
        table: the table whose rows it has.
        is_fact: whether it is a fact, else a dimension.
        key: what identifies a row; None where that isn't known or personal.
        columns: in the order of the model.
        joins: parents that lend columns.
        day: the column with the day on which a row of a fact happened; empty without one.
        lent: what the joins add, in words.
        references: from its table to others.
        summary: the rows of a fact, summed up for each of its rows; None for most.
    """

    name: str
    table: Table
    is_fact: bool
    key: Key | None
    columns: tuple[MartColumn, ...]
    joins: tuple[Join, ...] = ()
    day: str = ""
    lent: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    summary: Summary | None = None


@dataclass(frozen=True)
class Dates:
    """The date dimension: one row for each day between the first and the last of the facts.

    Attributes:
        name: of the model.
        facts: the facts that have a day.
    """

    name: str
    facts: tuple[Mart, ...]


def import_name(table: str) -> str:
    """The name of the import CTE of a staging model."""
    return f"stg_{table}" if table in RESERVED or table in {"final", "bounds"} else table
