"""Labels: columns with one value in each delivery, such as its month or the number of a price list.

A new value is no fault where it follows the one before: the month of another day, a number that
counts on, or the next of values that never come back. The first one that comes with another month
of the delivery warns: nobody knows yet whether it is of the month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import NamedTuple

from first_light.history.record import FindingRun, RelationProfile
from first_light.monitors.distributions import difference
from first_light.monitors.levels import ERROR, WARN
from first_light.monitors.measures import Measure, Value
from first_light.monitors.past import RelationPast
from first_light.monitors.prediction import AT_LEAST
from first_light.utils.timestamps import day_named

_CHECKS = frozenset({"category", "mean", "range", "length", "distinct", "format"})
_SINGLE = 0.9  # the share of deliveries with one value
_CHANGES = 3  # different values from which another one is no surprise
_STEP = 7  # numbers of days go on by a week at most
_SHIFTS = tuple(timedelta(days=days) for days in range(3))
_NUMBERS = re.compile(r"\d+")


class _Label(NamedTuple):
    """A value of all rows of a delivery, as text or as a number, and the day; None for several."""

    day: date
    value: str | int | None


def followed(
    findings: Sequence[FindingRun],
    profile: RelationProfile,
    measures: Mapping[Measure, Value],
    past: RelationPast,
    at: datetime,
) -> list[FindingRun]:
    """The findings without those about a label that follows the one before.

    Args:
        findings: of one relation.
        profile: what is judged.
        measures: its measures.
        past: earlier deliveries.
        at: when it is judged.
    """
    levels: dict[str, str] = {}
    kept = []
    for finding in findings:
        name = finding.column
        if not name or finding.check not in _CHECKS:
            kept.append(finding)
            continue
        if name not in levels:
            levels[name] = min(
                map(_level, _sequences(profile, name, measures, past, at)),
                key=("", WARN, ERROR).index,
                default=ERROR,
            )
        if levels[name] == ERROR:
            kept.append(finding)
        elif levels[name] == WARN:
            kept.append(replace(finding, level=WARN))
    return kept


def _level(labels: Sequence[_Label]) -> str:
    """How bad the last of some labels can be at most: nothing, a warning, or an error."""
    *before, now = labels
    known = [label for label in before if label.value is not None]
    if now.value is None or len(known) < max(AT_LEAST, _SINGLE * len(before)):
        return ERROR
    last = known[-1]
    values = [label.value for label in known]
    if now.value == last.value:
        return "" if len(set(values)) > 1 else ERROR
    if _is_of_calendar(last, now) or _counts_on(values, now.value):
        return ""
    if not _turned(last, now):
        return ERROR
    changes = [(a, b) for a, b in pairwise(known) if a.value != b.value]
    return "" if changes and all(_turned(a, b) for a, b in changes) else WARN


def _turned(last: _Label, now: _Label) -> bool:
    """Whether another month began: of the day of a release, or of the day before."""
    months = [
        [((label.day - shift).year, (label.day - shift).month) for label in (last, now)]
        for shift in _SHIFTS[:2]
    ]
    return any(before != after for before, after in months)


def _counts_on(values: Sequence[str | int | None], now: str | int) -> bool:
    """Whether a value is the next one: of words, one that never came, like those before it."""
    last, different = values[-1], set(values)
    runs = 1 + sum(before != after for before, after in pairwise(values))
    if isinstance(now, str):
        is_next = isinstance(last, str) and _is_successor(last, now)
        return now not in different and (is_next or len(different) == runs >= _CHANGES)
    steps = [after - before for before, after in pairwise(values) if after != before]  # type: ignore[operator]
    if len(different) < _CHANGES or not isinstance(last, int):
        return False
    most = max(_STEP, *steps)
    is_counter = all(0 < step <= most for step in steps)
    return is_counter and 0 < now - last <= most


def _is_successor(last: str, now: str) -> bool:
    """Whether two texts are the same but for one number that counts on by 1; those behind it may
    begin anew (`2025-W52`, `2026-W01`), or those before it (`Q4 2025`, `Q1 2026`)."""
    if _NUMBERS.sub("0", last) != _NUMBERS.sub("0", now):
        return False
    before, after = ([int(digits) for digits in _NUMBERS.findall(text)] for text in (last, now))
    for order in (1, -1):
        for old, new in zip(before[::order], after[::order]):
            if new != old:
                if new == old + 1:
                    return True
                break
    return False


def _is_of_calendar(last: _Label, now: _Label) -> bool:
    """Whether both numbers say the same of their days: month, quarter, week, year, …"""
    if not isinstance(last.value, int) or not isinstance(now.value, int):
        return False
    for shift in _SHIFTS:  # a release is about yesterday, or the day before
        parts = zip(_parts(last.day - shift), _parts(now.day - shift))
        if any((last.value, now.value) == pair for pair in parts):
            return True
    return False


def _parts(day: date) -> tuple[int, ...]:
    year, week, weekday = day.isocalendar()
    quarter = (day.month + 2) // 3
    return (
        day.year, day.year % 100, quarter, day.month, week, weekday, weekday % 7, weekday - 1,
        day.day, day.timetuple().tm_yday, day.year * 100 + day.month, year * 100 + week,
        day.year * 10 + quarter,
    )  # fmt: skip


# ── What there was ───────────────────────────────────────────────────────────────────────────────


def _sequences(
    profile: RelationProfile,
    name: str,
    measures: Mapping[Measure, Value],
    past: RelationPast,
    at: datetime,
) -> Iterator[list[_Label]]:
    """The labels of a column, oldest first, the one that is judged last: as text, as numbers."""
    column = next((column for column in profile.columns if column.name == name), None)
    if column is None:
        return
    if column.counts:
        day = day_named(profile.delivery) or at.date()
        steps = [
            (day_named(step.get("delivery") or "") or release.at.date(), counts)
            for release, step in past.pairs
            if (counts := (step["columns"].get(name) or {}).get("counts"))
        ]
        steps.append((day, column.counts))
        if profile.files is None:  # what came is what there is more of
            steps = [
                (day, difference(after, before)) for (_, before), (day, after) in pairwise(steps)
            ]
        if steps:
            yield _texts(steps)
    measure = Measure("mean", "came" if profile.files is None else "mean", name)
    if measure in measures and measure in past.series:
        entries = [*past.series[measure].entries]
        if measure in past.strange:
            entries += past.strange[measure].entries
        numbers = [
            _Label(datetime.fromtimestamp(time, timezone.utc).date(), _whole(value))
            for time, _, value in sorted(entries)
        ]
        yield [*numbers, _Label(at.date(), _whole(measures[measure].value))]


def _texts(steps: Sequence[tuple[date, Mapping[str, int]]]) -> list[_Label]:
    labels: list[_Label] = []
    for day, counts in steps:
        has_lost = min(counts.values()) < 0  # its rows change: what came is no difference
        values = [] if has_lost else [value for value, count in counts.items() if count > 0]
        last = next((label.value for label in reversed(labels) if label.value is not None), None)
        if len(values) == 2 and last in values:  # the day on which it changed
            values.remove(str(last))
        labels.append(_Label(day, values[0] if len(values) == 1 else None))
    return labels


def _whole(value: float) -> int | None:
    """The number that all rows have, if their mean is a whole one."""
    nearest = round(value)
    return nearest if abs(value - nearest) <= 1e-6 * max(1.0, abs(value)) else None
