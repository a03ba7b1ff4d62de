"""One relation's past: the earlier values of its measures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from first_light.history.record import FindingRun, RelationProfile
from first_light.monitors.baseline import Memory, Release, as_remembered
from first_light.monitors.levels import ERROR, LIMITS, LONG, WARN, off_by
from first_light.monitors.measures import Measure, Value, amounts, measure
from first_light.monitors.prediction import AT_LEAST, RHYTHM_FROM, Expected, expect_at
from first_light.utils.timestamps import day_named

# What is counted, so that two deliveries that come together have twice as much of it.
COUNTED = frozenset(
    {("volume", "came"), ("volume", "delivered"), ("delivery", "files"), ("gaps", "days")}
)
# Values by check and column that are as they should be.
Normal = Mapping[tuple[str, str], Sequence[float]]
_NEAR = 0.1  # the share by which values differ that are alike
_DELIVERIES = 60  # of a source, in its past
_AS_HIGH = 0.8  # the share of a value from which another is about as high
_PEAK, _FEW_PEAKS = 1.6, 0.1  # a peak is so far above the median, and at most so many are
_ANY_DAY = 3  # on so many days of the week, what is strange comes on any
# Days before and after the turn of a month that may be unlike others; a day more after it, for the
# last of them may be released in the morning after.
_TURN_DAYS, _AFTER_TURN = 3, 4


@dataclass
class Series:
    """Earlier values of one measure, oldest first."""

    times: list[float] = field(default_factory=list)
    weekdays: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    @property
    def middle(self) -> float:
        """The median."""
        return sorted(self.values)[len(self.values) // 2]

    def peaks(self, value: float, strange: Series | None = None) -> int:
        """How many values far above all others were about as high, but at the turn of a month; also
        of those that were published although they were strange."""
        limit = max(_AS_HIGH * value, _PEAK * self.middle)
        return sum(
            earlier >= limit
            and days_from_month_turn(datetime.fromtimestamp(time, timezone.utc)) is None
            for series in (self, strange or Series())
            for time, earlier in zip(series.times, series.values)
        )

    def without_peaks(self) -> Series:
        """The same without the few values, such as those of campaigns, far above all others: they
        say nothing of how few are usual."""
        limit = _PEAK * self.middle
        kept = [entry for entry in self.entries if entry[2] <= limit]
        return Series.of(kept) if len(kept) >= (1 - _FEW_PEAKS) * len(self.values) else self

    def expected(self, at: datetime, is_total: bool = False) -> Expected | None:
        """What they let expect of the next value, see `prediction.expect_at`."""
        return expect_at(self.times, self.weekdays, self.values, at, is_total)

    @property
    def entries(self) -> list[tuple[float, int, float]]:
        """Time, weekday and value of each."""
        return [*zip(self.times, self.weekdays, self.values)]

    @staticmethod
    def of(entries: Iterable[tuple[float, int, float]]) -> Series:
        """A series of entries, sorted by time."""
        result = Series()
        for entry in sorted(entries):
            result.add(*entry)
        return result

    def add(self, time: float, weekday: int, value: float) -> None:
        self.times.append(time)
        self.weekdays.append(weekday)
        self.values.append(value)


@dataclass(frozen=True)
class RelationPast:
    """One relation's past.

    Attributes:
        steps: its profiles, one a delivery, oldest first.
        releases: those that the profiles are of.
        series: its measures.
        strange: values of those that were published although they were found strange.
        turns: those at the turn of a month, by the day counted from it; also what was told there,
            for a month's end that was published is what such an end looks like.
        last: its newest profile, also of a release built from the candidate's own raw.
        usual: how much usually comes with a delivery: files, and days of each time column, as
            `measures.amounts` counts them.
    """

    steps: tuple[Mapping[str, Any], ...]
    releases: tuple[Release, ...]
    series: Mapping[Measure, Series]
    strange: Mapping[Measure, Series]
    turns: Mapping[tuple[Measure, int], Sequence[float]]
    last: Mapping[str, Any] | None
    usual: Mapping[str, float] = field(default_factory=dict)

    @property
    def pairs(self) -> tuple[tuple[Release, Mapping[str, Any]], ...]:
        """Each release with its profile, oldest first."""
        return tuple(zip(self.releases, self.steps))

    def comparable(self, measure_: Measure, rows: float) -> Series | None:
        """The earlier values of a measure; of a mean, those of at least half as many rows, where
        there are enough: those of fewer rows scatter more."""
        series = self.series.get(measure_)
        metric = "came" if measure_.metric == "came" else "delivered"
        counted = self.series.get(Measure("volume", metric, ""))
        if series is None or counted is None or measure_.check != "mean":
            return series
        counts = dict(zip(counted.times, counted.values))
        kept = [entry for entry in series.entries if counts.get(entry[0], rows) >= rows / 2]
        return Series.of(kept) if LONG <= len(kept) < len(series.values) else series

    def multiples(self, counted: Mapping[str, float]) -> set[int]:
        """As how many deliveries a delivery may count that holds so much; more than one."""
        ratios = {
            round(count / self.usual[name])
            for name, count in counted.items()
            if self.usual.get(name, 0) > 0
        }
        return {ratio for ratio in ratios if ratio > 1}

    def eased(
        self, level: str, measure_: Measure, profile: RelationProfile, value: float, at: datetime
    ) -> str:
        """How bad a value is after what was published with a warning.

        Nothing if about the value was published on this day of the week before, or on several
        others, and was not there in the last release: what comes and goes is a rhythm. A warning if
        the last release has it: a rejection would keep nothing from readers.
        """
        earlier = self.strange.get(measure_)
        if earlier is None or not earlier.values:
            return level
        warn = LIMITS[measure_.check].warn
        near = [
            weekday if off_by(measure_.check, value, strange) < warn else None
            for weekday, strange in zip(earlier.weekdays, earlier.values)
        ]
        place = (measure_.check, profile.unique_id, measure_.column)
        if self.releases and place in self.releases[-1].anomalies:
            is_state = is_total(profile, measure_) and near[-1] is not None
            return WARN if level == ERROR and is_state else level
        weekdays = {*near} - {None}
        has_rhythm = len(weekdays) >= _ANY_DAY or at.weekday() in weekdays
        return "" if level == WARN and has_rhythm else level


def past_of(memory: Memory, unique_id: str, delivery: str = "") -> RelationPast:
    """What earlier deliveries let expect of one relation, without what was found strange.

    Args:
        memory: the past.
        unique_id: the relation.
        delivery: the name of the delivery that is judged: it is not its own past, and those with
            another kind of name, as archives of months beside days, are left out.
    """
    series: dict[Measure, Series] = {}
    strange: dict[Measure, Series] = {}
    turns: dict[tuple[Measure, int], list[float]] = {}
    counts: dict[str, Series] = {}
    counted_runs: set[str] = set()
    steps: list[Mapping[str, Any]] = []
    releases: list[Release] = []
    multiples: dict[float, set[int]] = {}
    before: Mapping[str, Any] | None = None
    since: datetime | None = None
    for release, at, now in _profiles(memory, unique_id, delivery):
        origin = now.get("carried_from")
        if now.get("problem") or origin in counted_runs:  # it holds what it held then
            continue
        counted_runs.add(origin or release.run)
        time = at.timestamp()
        for name, count in amounts(now, before).items():
            if count > 0:
                counts.setdefault(name, Series()).add(time, 0, count)
        if since and (periods := memory.periods(at, since)) > 1:
            multiples[time] = {periods}
        _add_values(series, strange, turns, release, at, now, before, unique_id)
        steps.append(now)
        releases.append(release)
        before, since = now, at
    for measure_ in strange:
        _settle(measure_, series, strange)
    usual = {name: counted.middle for name, counted in counts.items()}
    for name, counted in counts.items():
        for time, count in zip(counted.times, counted.values):
            if (ratio := round(count / usual[name])) > 1:
                multiples.setdefault(time, set()).add(ratio)
    for measure_, values in series.items():
        if (measure_.check, measure_.metric) in COUNTED and multiples:
            _divide(values, multiples)
    last = before
    for release in _same_raw(memory):
        same = release.relations.get(unique_id)
        if same is None or same.get("carried_from") in counted_runs:
            continue
        if not same.get("problem") and same.get("files") is None:
            _add_values(series, strange, turns, release, release.at, same, None, unique_id)
            last = same
    return RelationPast(tuple(steps), tuple(releases), series, strange, turns, last, usual)


def _profiles(
    memory: Memory, unique_id: str, delivery: str
) -> Iterable[tuple[Release, datetime, Mapping[str, Any]]]:
    """Each earlier delivery of a source, or each step of another relation: the release, when it
    came, the profile; oldest first."""
    if not any(release.deliveries.get(unique_id) for release in memory.releases):
        for step in memory.steps:
            if (now := step.release.relations.get(unique_id)) is not None:
                yield step.release, step.release.at, now
        return
    profiles: dict[str, tuple[Release, datetime, Mapping[str, Any]]] = {}
    for release in memory.releases:
        if memory.since and release.fingerprint == memory.own:
            continue
        came = release.deliveries.get(unique_id, ())
        newest = max((profile.get("delivery") or "" for profile in came), default="")
        for profile in came:
            name = profile.get("delivery") or ""
            if name == delivery != "" or (name and delivery and len(name) != len(delivery)):
                continue
            key = name or f"{release.fingerprint}@{release.run if not release.fingerprint else ''}"
            profiles.pop(key, None)
            profiles[key] = (release, own_time(release.at, name, newest), profile)
    yield from sorted(profiles.values(), key=lambda item: item[1])[-_DELIVERIES:]


def own_time(at: datetime, name: str, newest: str) -> datetime:
    """When a delivery would have come by its name, if the newest one beside it came in time."""
    day, newest_day = day_named(name), day_named(newest)
    return at - (newest_day - day) if day and newest_day else at


def _divide(series: Series, multiples: Mapping[float, set[int]]) -> None:
    """Count what came of several deliveries together as of one, where that is more usual."""
    middle = series.middle
    if middle <= 0:
        return
    for place, (time, value) in enumerate(zip(series.times, series.values)):
        if value > 0 and time in multiples:
            shares = [value / count for count in (1, *multiples[time])]
            series.values[place] = min(shares, key=lambda share: abs(math.log(share / middle)))


def _same_raw(memory: Memory) -> Iterable[Release]:
    """Releases that were built from the candidate's own state of raw."""
    if memory.since is None:
        return ()
    fingerprint = memory.releases[-1].fingerprint
    return (release for release in memory.releases if release.fingerprint == fingerprint)


def _add_values(
    series: dict[Measure, Series],
    strange: dict[Measure, Series],
    turns: dict[tuple[Measure, int], list[float]],
    release: Release,
    at: datetime,
    now: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    unique_id: str,
) -> None:
    turn, anomalies = days_from_month_turn(at), release.anomalies
    time, weekday = at.timestamp(), at.weekday()
    for measure_, value in measure(now, before, at).items():
        is_strange = anomalies and (measure_.check, unique_id, measure_.column) in anomalies
        values = strange if is_strange else series
        if measure_ not in values:
            values[measure_] = Series()
        values[measure_].add(time, weekday, value.value)
        if turn is not None:
            turns.setdefault((measure_, turn), []).append(value.value)


def _settle(
    measure_: Measure, series: dict[Measure, Series], strange: dict[Measure, Series]
) -> None:
    """Keep what came again after it was strange on a day of the week apart, until there is enough
    of it to know the rhythm of the week."""
    usual, odd = series.get(measure_), strange[measure_].entries
    if usual is None:
        return
    middle = usual.middle
    again = [
        (time, weekday, value)
        for time, weekday, value in usual.entries
        if any(
            time > first and weekday == day and abs(value - other) < abs(value - middle)
            for first, day, other in odd
        )
    ]
    counts = Counter(weekday for _, weekday, _ in (*odd, *again))
    has_rhythm = usual.times[-1] - usual.times[0] >= RHYTHM_FROM
    known = {weekday for weekday, count in counts.items() if has_rhythm and count >= AT_LEAST}
    apart = [entry for entry in (*odd, *again) if entry[1] not in known]
    series[measure_] = Series.of({*usual.entries, *odd} - {*apart})
    strange[measure_] = Series.of(apart)


def days_from_month_turn(at: datetime) -> int | None:
    """Days from the turn of a month: -3 to -1 before it, 1 to 4 after it; None far from it."""
    if at.day <= _AFTER_TURN:
        return at.day
    later_day = (at + timedelta(days=_TURN_DAYS)).day
    return later_day - _TURN_DAYS - 1 if later_day <= _TURN_DAYS else None


def measures_of(profile: RelationProfile, past: RelationPast, at: datetime) -> dict[Measure, Value]:
    """Everything that is compared of a candidate's relation."""
    return measure(as_remembered(profile), past.steps[-1] if past.steps else None, at)


def together(
    profile: RelationProfile, memory: Memory, past: RelationPast, at: datetime, arrivals: int = 0
) -> set[int]:
    """As how many deliveries a candidate's relation may count: by what it holds, and where that is
    not known by what came to its sources, or the time since the delivery before."""
    counted = amounts(as_remembered(profile), past.steps[-1] if past.steps else None)
    if set(counted) & set(past.usual) or not memory.before:
        return past.multiples(counted)
    periods = memory.periods(memory.since or at, memory.before.since)
    return {count for count in (periods, arrivals) if count > 1}


def is_total(profile: RelationProfile, measure_: Measure) -> bool:
    """Whether a measure is of a whole table, not of the rows that came."""
    return profile.files is None and not measure_.is_of_new_rows


def is_accepted(finding: FindingRun, normal: Normal) -> bool:
    """Whether a value near that of a finding is as it should be."""
    return any(
        abs(value - (finding.value or 0.0)) <= _NEAR * abs(value)
        for value in normal.get((finding.check, finding.column), ())
    )


def spread_of(rows: float, past: RelationPast, profile: RelationProfile) -> float:
    """How much more a mean of so many rows scatters than one of as many as usually come."""
    metric = "delivered" if profile.files is not None else "came"
    usual = past.series.get(Measure("volume", metric, ""))
    if usual is None or rows <= 0:
        return 1.0
    return max(1.0, math.sqrt(max(0.0, usual.middle) / rows))
