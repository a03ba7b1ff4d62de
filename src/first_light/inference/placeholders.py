"""Values that stand for none: the first or last day that a program knows, -999, 9999; far from all
others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from first_light.inference import names
from first_light.inference.profile import ScratchDatabase
from first_light.inference.values import Column, Doubt, Table
from first_light.utils.sql_names import quoted

_FIRST = frozenset({
    "0001-01-01", "1000-01-01", "1582-10-15", "1601-01-01", "1753-01-01", "1800-01-01",
    "1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "1904-01-01", "1970-01-01",
})  # fmt: skip
_LAST = frozenset({
    "2099-12-31", "2100-01-01", "2199-12-31", "2200-01-01", "2262-04-11", "2299-12-31",
    "2999-12-31", "3000-01-01", "9999-01-01", "9999-12-30", "9999-12-31",
})  # fmt: skip
_FAR = 366  # days
_NINES = re.compile(r"-?9{2,}([.]0+|[.]9+)?|-32768|-?2147483647|-2147483648")
"""Numbers that programs and questionnaires write where there is none."""
_LEAST = 2  # rows with the number: a single one may be an error of another kind


def placeholder_dates(scratch: ScratchDatabase, table: Table) -> Iterator[Doubt]:
    """An open question for each column whose first or last day stands a year apart from the rest.

    Args:
        scratch: has the typed rows of the table.
        table: the table with its statistics.
    """
    for column in table.columns:
        if column.cast.kind in {"date", "timestamp"} and column.stats.low and column.stats.high:
            if column.stats.low[:10] in _FIRST:
                yield from _about(scratch, table, column, column.stats.low[:10], "min", ">")
            if column.stats.high[:10] in _LAST:
                yield from _about(scratch, table, column, column.stats.high[:10], "max", "<")


def _about(
    scratch: ScratchDatabase, table: Table, column: Column, day: str, nearest: str, side: str
) -> Iterator[Doubt]:
    value, at = f"cast({quoted(column.name)} as date)", f"date '{day}'"
    ((count, distance),) = scratch.rows(
        f"select count(*) filter (where {value} = {at}), "
        f"abs(date_diff('day', {at}, {nearest}({value}) filter (where {value} {side} {at}))) "
        f"from {quoted(f'stg {table.name}')}"
    )
    if distance is None or int(str(distance)) >= _FAR:
        rows = int(str(count))
        why = f"{day} in {rows:,} {'row' if rows == 1 else 'rows'}, which may stand for no date: "
        yield Doubt(table.name, column.name, f"{why}kept as a date")


def placeholder_numbers(scratch: ScratchDatabase, table: Table) -> Iterator[Doubt]:
    """An open question for each column of numbers in which -999 or the like is far from the rest.

    Far is further than the others are from each other.

    Args:
        scratch: has the typed rows of the table.
        table: the table with its statistics.
    """
    for column in table.columns:
        is_number = column.cast.kind in {"integer", "decimal", "double"}
        if not is_number or column.personal or names.identifies(column.name):
            continue
        for bound in (column.stats.low, column.stats.high):
            if bound and _NINES.fullmatch(bound):
                yield from _about_number(scratch, table, column, bound)


def _about_number(
    scratch: ScratchDatabase, table: Table, column: Column, bound: str
) -> Iterator[Doubt]:
    value = f"cast({quoted(column.name)} as double)"
    others = f"filter (where {value} <> {bound})"
    ((count, low, high, different),) = scratch.rows(
        f"select count(*) filter (where {value} = {bound}), min({value}) {others}, "
        f"max({value}) {others}, count(distinct {value}) {others} "
        f"from {quoted(f'stg {table.name}')}"
    )
    rows = int(str(count))
    if rows < _LEAST or int(str(different)) < _LEAST:
        return
    nearest, furthest = float(str(low)), float(str(high))
    distance = max(nearest - float(bound), float(bound) - furthest)
    if distance > furthest - nearest:
        plain = re.sub("[.]0+$", "", bound)
        why = f"{plain} in {rows:,} rows, far from all others, which may stand for no value: "
        yield Doubt(table.name, column.name, f"{why}kept as a number")
