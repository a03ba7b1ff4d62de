"""Which tables are facts and which are the dimensions that they refer to. Pure.

A fact is something that happened or was counted: its rows refer to other tables, and have a time or
amounts. A dimension is what facts refer to. A table that is both, such as orders with lines, is a
fact when its own time says when it happened; customers that were created at some time stay a
dimension.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from first_light.inference import names
from first_light.inference.values import Column, Key, Reference, Table
from first_light.privacy import kinds

_NO_EVENT = re.compile(
    r"(^|_)(birth\w*|dob|born|geb\w*|hire\w*|hiring|due|deadline|expir\w*|valid\w*|until|updated|"
    r"modified|changed|last|loaded|ingested|etl|synced|exported|founded|established|joined|"
    r"required|planned|expected|estimated|died|death|next)(_|$)"
)
_OF_A_THING = re.compile(
    r"(^|_)(created|registered|registration|signup|signed_up|opened|opening|added|start\w*|end\w*|"
    r"release\w*|published|launched|activated|discontinued|since|member\w*|enrol\w*)(_|$)"
)
_AMOUNT = re.compile(
    r"(^|_)(amount|total|subtotal|quantity|qty|price|cost|revenue|tax|fee|freight|discount|sales|"
    r"betrag|menge|summe|umsatz|paid|payment)(_|$)"
)
_NO_MEASURE = re.compile(
    r"(^|_)(lat|latitude|lon|lng|long|longitude|year|yr|month|day|hour|minute|week|weekday|quarter|"
    r"rank|version|position|pos|seq|sequence|line|zip|plz|postcode|phone|period|yearmonth|yearweek|"
    r"yyyymm|julian_date)(_no|_nr|_number|_code)?$"
)
_PEOPLE = frozenset({kinds.EMAIL, kinds.PHONE, kinds.USER_NAME, kinds.BIRTH_DATE})


@dataclass(frozen=True)
class Star:
    """Facts and the dimensions that they refer to, in the order of the tables."""

    facts: tuple[Table, ...]
    dimensions: tuple[Table, ...]


def star(tables: Sequence[Table], keys: Mapping[str, Key], references: Sequence[Reference]) -> Star:
    """The facts whose rows are identified by a key, and their dimensions.

    Args:
        tables: the tables.
        keys: the key of each table that has one.
        references: references between the tables; those to a column that repeats count for nothing,
            because a join would double rows.
    """
    by_name = {table.name: table for table in tables}
    certain = [r for r in references if r.unique and r.child != r.parent]
    parents = {t.name: [r.parent for r in certain if r.child == t.name] for t in tables}
    children = {t.name: [r.child for r in certain if r.parent == t.name] for t in tables}
    facts: set[str] = set()
    before = -1
    while before != len(facts):
        before = len(facts)
        for table in tables:
            mine = parents[table.name]
            if mine and _is_fact(
                table,
                {r.column for r in references if r.child == table.name},
                bool(children[table.name]),
                bool(facts & set(mine)),
                keys.get(table.name),
            ):
                facts.add(table.name)
    drafted = {name for name in facts if name in keys and _is_told(by_name[name], keys[name])}
    dimensions = {parent for name in drafted for parent in parents[name]} - facts
    return Star(
        tuple(t for t in tables if t.name in drafted),
        tuple(
            t
            for t in tables
            if t.name in dimensions and t.name in keys and _is_told(t, keys[t.name])
        ),
    )


def _is_fact(
    table: Table, refers: set[str], is_referenced: bool, has_fact: bool, key: Key | None
) -> bool:
    if is_referenced:
        return is_event(table, key, refers)
    own = [c for c in table.columns if c.name not in refers]
    return bool(event_times(table) or measures(table, key, refers) or (has_fact and own))


def is_event(table: Table, key: Key | None, refers: Collection[str] = ()) -> bool:
    """Whether the rows happened at a time: not people, nor things that were made at some time.

    Args:
        table: the table.
        key: its key.
        refers: its columns that refer to other tables.
    """
    times, amounts = event_times(table), measures(table, key, refers)
    if any(c.pii in _PEOPLE for c in table.columns):
        return False
    return any(not _OF_A_THING.search(c.name) for c in times) or bool(
        times and any(_AMOUNT.search(c.name) for c in amounts)
    )


def event_times(table: Table) -> list[Column]:
    """Columns that say when something happened, the most telling one first."""
    stem = names.singular(table.name)
    columns = [
        c
        for c in table.columns
        if c.cast.kind in {"date", "timestamp"}
        and not c.personal
        and len(c.leaf.path) == 1
        and c.stats.distinct > 0
        and not _NO_EVENT.search(c.name)
    ]

    def order(column: Column) -> tuple[object, ...]:
        own = column.name.startswith((f"{stem}_", f"{stem}ed_"))
        thing = _OF_A_THING.search(column.name) is not None
        return column.stats.nulls > 0, not own, thing, table.columns.index(column)

    return sorted(columns, key=order)


def measures(table: Table, key: Key | None, refers: Collection[str]) -> list[Column]:
    """Columns with numbers that are measured or counted, not those that identify or place a row."""
    keyed = key.columns if key else ()
    return [
        c
        for c in table.columns
        if c.cast.kind in {"integer", "decimal", "double"}
        and c.name not in refers
        and c.name not in keyed
        and not c.personal
        and not names.identifies(c.name)
        and not _NO_MEASURE.search(c.name)
    ]


def categories(table: Table, key: Key | None, refers: set[str], most: int) -> list[Column]:
    """Columns with few values that tell kinds of rows apart, not those that identify a row.

    Args:
        table: the table.
        key: its key.
        refers: its columns that refer to other tables.
        most: values that such a column may have.
    """
    keyed = key.columns if key else ()
    return [
        c
        for c in table.columns
        if c.cast.kind in {"text", "boolean"}
        and c.name not in refers
        and c.name not in keyed
        and not c.personal
        and 1 < c.stats.distinct <= most
    ]


def _is_told(table: Table, key: Key) -> bool:
    """Whether the key may be shown: readers get no personal columns."""
    return not any(table.column(name).personal for name in key.columns)


def is_telling(table: Table, key: Key) -> bool:
    """Whether readers get anything but the key of a dimension."""
    return any(c.name not in key.columns and not c.personal for c in table.columns)
