"""The figures: SQL over the history's records, one file a figure, each with its definition.

base.sql derives production runs, problems, incidents and code releases; every other file computes
one figure of a span of time. Nothing is stored that can be derived.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from first_light.history.log import History
from first_light.history.record import Record

if TYPE_CHECKING:
    from first_light.warehouse.scratch import Connection

NAMES = (
    "errors_per_run",
    "production_error_rate",
    "on_time_rate",
    "deployment_frequency",
    "lead_time",
    "change_failure_rate",
    "time_to_restore",
    "rework_rate",
    "detection_rate",
    "test_coverage",
)
NUMBER, SHARE, SECONDS, PER_WEEK = "number", "share", "seconds", "per week"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Figure:
    """One figure of a span of time.

    Attributes:
        name: its file's name.
        title: for people.
        definition: one or two sentences.
        unit: number, share (0 to 1), seconds, or per week.
        better: lower or higher.
        value: None when there is nothing to compute it from.
        part: what was counted: errors, late days, …; of time to restore, what is still open.
        whole: of how many; weeks for a frequency.
        absent: why there is no value; empty when there is one.
    """

    name: str
    title: str
    definition: str
    unit: str
    better: str
    value: float | None
    part: float
    whole: float
    absent: str = ""


@dataclass(frozen=True)
class Ledger:
    """A history with everything that figures and incidents derive from it, in a DuckDB.

    Attributes:
        connection: the tables of base.sql, in memory; nothing is written anywhere.
        at: the product's clock when it was derived.
    """

    connection: Connection
    at: datetime

    def figure(self, name: str, since: datetime, until: datetime) -> Figure:
        """One figure of the time from `since` up to, not including, `until`."""
        (found,) = self.trend(name, ((since, until),))
        return found

    def figures(self, days: int = 90) -> tuple[Figure, ...]:
        """Every figure of the last `days` days, up to and with now."""
        until = self.at + timedelta(seconds=1)
        return tuple(self.figure(name, self.at - timedelta(days=days), until) for name in NAMES)

    def trend(self, name: str, spans: Sequence[tuple[datetime, datetime]]) -> tuple[Figure, ...]:
        """One figure of each span."""
        # One query for all: planning one takes longer than answering it.
        asked = " union all ".join(
            f"select {n} as n, value, part, whole "
            f"from {name}(timestamp '{_naive(since)}', timestamp '{_naive(until)}')"
            for n, (since, until) in enumerate(spans)
        )
        found = self.connection.execute(f"{asked} order by n").fetchall() if spans else []
        return tuple(_figure(name, *row[1:]) for row in found)


@contextmanager
def ledger(
    history: History, deadline: str, at: datetime, also: Record | None = None
) -> Iterator[Ledger]:
    """Derive the tables that figures stand on.

    Args:
        history: the records.
        deadline: time of day in UTC, HH:MM; empty when releases are not expected at any time.
        at: the product's clock.
        also: a run that is not recorded yet.
    """
    connection = history.connect(also)
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set variable clock = ?::timestamp", [_naive(at)])
        connection.execute("set variable deadline = ?", [deadline])
        connection.execute((_HERE / "base.sql").read_text(encoding="utf-8"))
        for name in NAMES:
            sql = (_HERE / f"{name}.sql").read_text(encoding="utf-8")
            connection.execute(f"create temp macro {name}(since, until) as table {sql}")
        yield Ledger(connection, at)
    finally:
        connection.close()


def weeks(at: datetime, count: int, days: int = 7) -> tuple[tuple[datetime, datetime], ...]:
    """The last `count` spans of `days` days up to `at`, oldest first."""
    span = timedelta(days=days)
    end = at + timedelta(seconds=1)
    return tuple((end - span * (n + 1), end - span * n) for n in reversed(range(count)))


def shown(figure: Figure) -> str:
    """A figure's value for people; why there is none, when there is none."""
    if figure.value is None:
        return figure.absent
    if figure.unit == SHARE:
        return f"{100 * figure.value:.1f} %"
    if figure.unit == SECONDS:
        return duration(figure.value)
    return f"{figure.value:.2f}" + (" a week" if figure.unit == PER_WEEK else "")


def counted(figure: Figure) -> str:
    """What a figure was computed from, in a few words."""
    if figure.value is None:
        return ""
    part, whole = f"{figure.part:g}", f"{figure.whole:g}"
    if figure.unit == SHARE:
        return f"{part} of {whole}"

    def some(number: float, what: str) -> str:
        return f"{number:g} {what}{'s' * (number != 1)}"

    releases = some(figure.part, "release")
    return {
        "errors_per_run": f"{some(figure.part, 'error')} in {some(figure.whole, 'run')}",
        "deployment_frequency": f"{releases} with new commits in {figure.whole:.1f} weeks",
        "lead_time": f"median of {some(figure.whole, 'commit')}",
        "time_to_restore": f"median of {some(figure.whole, 'incident')}, {part} of them open",
    }[figure.name]


def duration(seconds: float) -> str:
    """A span of time for people, in its largest unit that fits."""
    for unit, size in (("days", 86_400 * 2), ("h", 3_600 * 2), ("min", 120)):
        if seconds >= size:
            return f"{seconds / (size / 2):.1f} {unit}"
    return f"{seconds:.0f} s"


def _figure(name: str, value: float | None, part: float | None, whole: float | None) -> Figure:
    head = _head(name)
    return Figure(
        name,
        head["title"],
        head["definition"],
        head["unit"],
        head["better"],
        None if value is None or not math.isfinite(value) else float(value),
        float(part or 0),
        float(whole or 0),
        head["absent"] if value is None else "",
    )


@functools.cache
def _head(name: str) -> dict[str, str]:
    """What a figure's file says of itself in its first lines."""
    lines = (_HERE / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    pairs = (line[3:].partition(": ") for line in lines if line.startswith("-- "))
    return {key: text for key, _, text in pairs}


def _naive(moment: datetime) -> datetime:
    """In UTC without a zone, as DuckDB's plain timestamps are."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None)
