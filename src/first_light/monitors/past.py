"""One relation's past: the earlier values of its measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from first_light.history.record import RelationProfile
from first_light.monitors.baseline import Memory, Release, as_remembered
from first_light.monitors.measures import Measure, Value, measure

_TURN_DAYS = 3  # days before and after the turn of a month that may be unlike others


@dataclass
class Series:
    """Earlier values of one measure, oldest first."""

    times: list[float] = field(default_factory=list)
    weekdays: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, time: float, weekday: int, value: float) -> None:
        self.times.append(time)
        self.weekdays.append(weekday)
        self.values.append(value)


@dataclass(frozen=True)
class RelationPast:
    """One relation's past.

    Attributes:
        steps: its profiles, one a delivery, oldest first.
        series: its measures.
        turns: those at the turn of a month, by the day counted from it; also what was told there,
            for a month's end that was published is what such an end looks like.
        last: its newest profile, also of a release built from the candidate's own raw.
    """

    steps: tuple[Mapping[str, Any], ...]
    series: Mapping[Measure, Series]
    turns: Mapping[tuple[Measure, int], Sequence[float]]
    last: Mapping[str, Any] | None


def past_of(memory: Memory, unique_id: str) -> RelationPast:
    """What earlier deliveries let expect of one relation, without what was found strange."""
    series: dict[Measure, Series] = {}
    turns: dict[tuple[Measure, int], list[float]] = {}
    steps = []
    before: Mapping[str, Any] | None = None
    since: datetime | None = None
    for step in memory.steps:
        now = step.release.relations.get(unique_id)
        if now is None or now.get("problem"):
            continue
        periods = memory.periods(step.since, since) if since else 1
        _add_values(series, turns, step.release, now, before, periods, unique_id)
        steps.append(now)
        before, since = now, step.since
    last = before
    for release in _same_raw(memory):
        now = release.relations.get(unique_id)
        if now is not None and not now.get("problem") and now.get("files") is None:
            _add_values(series, turns, release, now, None, 1, unique_id)
            last = now
    return RelationPast(tuple(steps), series, turns, last)


def _same_raw(memory: Memory) -> Iterable[Release]:
    """Releases that were built from the candidate's own state of raw."""
    if memory.since is None:
        return ()
    fingerprint = memory.releases[-1].fingerprint
    return (release for release in memory.releases if release.fingerprint == fingerprint)


def _add_values(
    series: dict[Measure, Series],
    turns: dict[tuple[Measure, int], list[float]],
    release: Release,
    now: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    periods: int,
    unique_id: str,
) -> None:
    turn, anomalies = days_from_month_turn(release.at), release.anomalies
    time, weekday = release.at.timestamp(), release.at.weekday()
    for measure_, value in measure(now, before, periods, release.at).items():
        if not anomalies or (measure_.check, unique_id, measure_.column) not in anomalies:
            if measure_ not in series:
                series[measure_] = Series()
            series[measure_].add(time, weekday, value.value)
        if turn is not None:
            turns.setdefault((measure_, turn), []).append(value.value)


def days_from_month_turn(at: datetime) -> int | None:
    """Days from the turn of a month: -3 to -1 before it, 1 to 3 after it; None far from it."""
    if at.day <= _TURN_DAYS:
        return at.day
    later_day = (at + timedelta(days=_TURN_DAYS)).day
    return later_day - _TURN_DAYS - 1 if later_day <= _TURN_DAYS else None


def measures_of(
    profile: RelationProfile, memory: Memory, past: RelationPast, at: datetime
) -> dict[Measure, Value]:
    """Everything that is compared of a candidate's relation."""
    before = past.steps[-1] if past.steps else None
    periods = memory.periods(memory.since or at, memory.before.since) if memory.before else 1
    return measure(as_remembered(profile), before, periods, at)
