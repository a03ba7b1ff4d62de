"""The figures: SQL over the history's records, one file with a definition for each figure.

base.sql derives production runs, problems, incidents and code releases; every other file computes
one figure of a period. Nothing is stored that can be derived.
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
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Figure:
    """One figure of a period.

    Attributes:
        name: its file's name.
        title: its title.
        definition: one or two sentences.
        unit: number, share (0 to 1), seconds, or per week.
        better: lower or higher.
        value: None if there is no data.
        part: the numerator: errors, late days, …; for time to restore, the open incidents.
        whole: the denominator; weeks for a frequency.
        absent: why there is no value; empty if there is one.
        enough: the least `whole` from which the value says something about the team.
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
    enough: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether there is a value, with enough behind it: 1 of 1 is no rate of 100 %."""
        return self.value is not None and self.whole >= self.enough


@dataclass(frozen=True)
class Ledger:
    """A history and the tables derived from it, in a DuckDB database.

    Attributes:
        connection: the tables of base.sql, in memory.
        at: the time of the derivation, by the product's clock.
    """

    connection: Connection
    at: datetime

    def figure(self, name: str, start: datetime, end: datetime) -> Figure:
        """One figure of the period from `start` up to, not including, `end`."""
        (figure_,) = self.trend(name, ((start, end),))
        return figure_

    def figures(self, days: int = 90) -> tuple[Figure, ...]:
        """Every figure of the last `days` days, including now."""
        end = self.at + timedelta(seconds=1)
        return tuple(self.figure(name, self.at - timedelta(days=days), end) for name in NAMES)

    def trend(self, name: str, spans: Sequence[tuple[datetime, datetime]]) -> tuple[Figure, ...]:
        """One figure of each period."""
        # One query for all: planning takes longer than execution.
        query = " union all ".join(
            f"select {n} as n, value, part, whole "
            f"from {name}(timestamp '{_naive(start)}', timestamp '{_naive(end)}')"
            for n, (start, end) in enumerate(spans)
        )
        rows = self.connection.execute(f"{query} order by n").fetchall() if spans else []
        return tuple(_figure(name, *row[1:]) for row in rows)


@contextmanager
def ledger(
    history: History, deadline: str, at: datetime, also: Record | None = None
) -> Iterator[Ledger]:
    """Derive the tables of the figures.

    Args:
        history: the records.
        deadline: time of day in UTC, HH:MM; empty if there is none.
        at: the product's clock.
        also: a run that is not recorded yet.
    """
    connection = history.connect(also)
    try:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set variable clock = ?::timestamp", [_naive(at)])
        connection.execute("set variable deadline = ?", [deadline])
        connection.execute((_FOLDER / "base.sql").read_text(encoding="utf-8"))
        for name in NAMES:
            sql = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
            connection.execute(f"create temp macro {name}(since, until) as table {sql}")
        yield Ledger(connection, at)
    finally:
        connection.close()


def weeks(at: datetime, count: int, days: int = 7) -> tuple[tuple[datetime, datetime], ...]:
    """The last `count` periods of `days` days up to `at`, oldest first."""
    span = timedelta(days=days)
    end = at + timedelta(seconds=1)
    return tuple((end - span * (n + 1), end - span * n) for n in reversed(range(count)))


def value_text(figure: Figure) -> str:
    """A figure's value as text, or why there is none that says something."""
    if figure.value is not None and not figure.is_enough:
        return f"too few for a rate, {figure.enough} needed"
    return number_text(figure)


def number_text(figure: Figure) -> str:
    """A figure's value as text, whatever is behind it, or why there is none."""
    if figure.value is None:
        return figure.absent
    if figure.unit == SHARE:
        return f"{100 * figure.value:.1f} %"
    if figure.unit == SECONDS:
        return duration(figure.value)
    return f"{figure.value:.2f}" + (" a week" if figure.unit == PER_WEEK else "")


def basis_text(figure: Figure) -> str:
    """The numbers behind a figure, as text."""
    if figure.value is None:
        return ""
    numerator, denominator = f"{figure.part:g}", f"{figure.whole:g}"
    if figure.unit == SHARE:
        return f"{numerator} of {denominator}"

    def count_of(number: float, noun: str) -> str:
        return f"{number:g} {noun}{'s' * (number != 1)}"

    releases = count_of(figure.part, "release")
    return {
        "errors_per_run": f"{count_of(figure.part, 'error')} in {count_of(figure.whole, 'run')}",
        "deployment_frequency": f"{releases} with new commits in {figure.whole:.1f} weeks",
        "lead_time": f"median of {count_of(figure.whole, 'commit')}",
        "time_to_restore": (
            f"median of {count_of(figure.whole, 'incident')}, {numerator} of them open"
        ),
    }[figure.name]


def duration(seconds: float) -> str:
    """A duration as text, in the largest suitable unit."""
    years = 365.25 * 86_400
    for unit, size in (("years", years * 2), ("days", 86_400 * 2), ("h", 3_600 * 2), ("min", 120)):
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
        int(head.get("enough", 0)),
    )


@functools.cache
def _head(name: str) -> dict[str, str]:
    """The metadata in the first lines of a figure's file."""
    lines = (_FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    pairs = (line[3:].partition(": ") for line in lines if line.startswith("-- "))
    return {key: text for key, _, text in pairs}


def _naive(moment: datetime) -> datetime:
    """In UTC without a zone, for DuckDB's timestamps."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None)
