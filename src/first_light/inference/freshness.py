"""Freshness: which column says when a row was made or changed, judged by its values. Pure.

A name may say so (`updated_at`), but must not: `ts` is as good when its days follow each other, or
when it is as new as the other tables are. Days that were agreed on or lie in a person's life
(due, birth, hiring) say nothing about a delivery, whatever their values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from first_light.inference import sql
from first_light.inference.values import Column, Doubt, Freshness, Table

LONGEST = 45
"""Days that usually lie between two days of a column, at most: rarer ones warn of nothing."""

IN_ORDER = 0.9
"""The share of rows, in the order of the files, from which a column is in order."""

_MADE = (
    re.compile(r"(^|_)(loaded|ingested|extracted|exported|synced|etl|inserted|delivered_on)(_|$)"),
    re.compile(r"(^|_)(updated|modified|changed|last_update|last_modified|geaendert)(_|$)"),
    re.compile(r"(^|_)(created|entered|recorded|received|logged|event|timestamp|erstellt)(_|$)"),
)
_TIMED = (
    re.compile(r"(_at|_on|_ts|_time|_timestamp)$|^(ts|at|timestamp|time|datetime)$"),
    re.compile(r"(^|_)(date|time|datetime|day|when|hour|datum)(_|$)"),
)
_NEVER = re.compile(
    r"(^|_)(due|expir\w*|birth\w*|dob|born|geb\w*|start\w*|end\w*|valid\w*|until|planned|plan|"
    r"sched\w*|target|expected|estimated|eta|etd|deadline|next|closing|hire\w*|hiring|founded|"
    r"joined|joining|employed|retire\w*|terminat\w*|death|died|deceased|faellig\w*|gueltig\w*|"
    r"eintritt\w*|austritt\w*|opened|opening|established|anniversary|required|renewal|maturity|"
    r"promised|arrival|departure|check_in|check_out|release\w*|since)(_|$)"
)


@dataclass(frozen=True)
class Times:
    """How the days of a column lie.

    Attributes:
        gap: days between successive days that occur, at 95 %; None with fewer than two days.
        days: different days.
        in_order: share of rows that are not older than the row before, in the order of the files.
    """

    gap: float | None
    days: int
    in_order: float


def candidates(table: Table, today: date) -> list[Column]:
    """Columns that may say when a row was made or changed, the most telling names first.

    No row was made in the future: days of a calendar or of an agreement lie there.

    Args:
        table: the table.
        today: a day later is allowed, since clocks and time zones differ.
    """
    ranked = [
        (_rank(c.name), at, c)
        for at, c in enumerate(table.columns)
        if c.cast.kind in {"date", "timestamp"}
        and not c.personal
        and len(c.leaf.path) == 1
        and table.rows > 0
        and c.stats.nulls * 20 <= table.rows
        and c.stats.distinct > 1
        and (_day(c) or date.max) <= today + timedelta(days=1)
    ]
    return [c for rank, _, c in sorted(ranked, key=lambda r: r[:2]) if not _NEVER.search(c.name)]


def _rank(name: str) -> int:
    patterns = (*_MADE, *_TIMED)
    return next((at for at, p in enumerate(patterns) if p.search(name)), len(patterns))


def newest(tables: Sequence[Table], today: date) -> date | None:
    """The newest day on which anything was made, over all tables: how new the others may be."""
    days = [
        day
        for table in tables
        for column in candidates(table, today)
        if _rank(column.name) < len(_MADE) + len(_TIMED)
        for day in [_day(column)]
        if day
    ]
    return max(days, default=None)


def chosen(
    table: Table, columns: Sequence[Column], times: Mapping[str, Times], reference: date | None
) -> Column | Doubt | None:
    """The column that says how new a table is; a doubt with the candidates where none does.

    Args:
        table: the table.
        columns: its candidates, see `candidates`.
        times: how their days lie, by name.
        reference: the newest day of all tables, see `newest`.
    """
    for column in columns:
        if _is_made(column, times[column.name], reference):
            return column
    dated = [
        c.name for c in table.columns if c.cast.kind in {"date", "timestamp"} and not c.personal
    ]
    if not dated:
        return None
    why = "no column clearly says when a row was made or changed, so its freshness is not checked"
    return Doubt(table.name, "", f"{why}; candidates: {', '.join(dated)}")


def _is_made(column: Column, times: Times, reference: date | None) -> bool:
    if times.gap is None or times.gap > LONGEST:
        return False
    rank, last = _rank(column.name), _day(column)
    if rank < len(_MADE):
        return True
    in_order = times.days >= 3 and max(times.in_order, 1 - times.in_order) >= IN_ORDER
    if rank == len(_MADE) or in_order:
        return True
    recent = (
        last is not None
        and reference is not None
        and abs((reference - last).days) <= 2 * max(times.gap, 1)
    )
    named = rank < len(_MADE) + len(_TIMED)
    return recent and times.days >= (3 if named else 20)


def _day(column: Column) -> date | None:
    try:
        return date.fromisoformat((column.stats.high or "")[:10])
    except ValueError:  # years beyond 9999, or before Christ
        return None


def freshness(
    table: Table, column: Column, gap: float | None, spelled: Callable[[sql.Sql], sql.Sql]
) -> Freshness:
    """How long a source may rest: twice the gap that is usual between its days, two at least.

    Args:
        table: the table.
        column: the column that says when a row was made or changed.
        gap: days between its days, see `Times`.
        spelled: puts an expression into the warehouse's words.
    """
    usual = max(int(gap or 1), 1)
    expression = sql.flat(spelled(sql.column_sql(column.cast, column.leaf, rendered=True)))
    if column.cast.type != "timestamp":
        expression = f"cast({expression} as timestamp)"
    every = "a day" if usual == 1 else f"{usual} days"
    return Freshness(
        expression,
        2 * usual,
        f"newest {column.stats.high}, mostly {every} or less between days",
    )
