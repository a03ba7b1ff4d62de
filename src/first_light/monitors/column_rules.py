"""What numbers and times of one column say together: dates long before all others, times of day
that moved, one value in all rows, a mean that drifts, and a counter that goes on."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from first_light.history.record import ColumnProfile, FindingRun, RelationProfile
from first_light.monitors.distributions import is_one_moment
from first_light.monitors.levels import COMPLETE, ERROR, LONG, USUAL, WARN
from first_light.monitors.measures import LEAST_ROWS, MINIMUM_ROWS, Measure, Value
from first_light.monitors.messages import about, number_text
from first_light.monitors.past import Normal, RelationPast, is_accepted, spread_of
from first_light.monitors.prediction import AT_LEAST, expect_at
from first_light.utils.timestamps import day_named, midnight

_Offsets = tuple[float, float, float]

_HOUR, _DAY = 3600.0, 86_400.0
# Times of day lie elsewhere from so many hours, so many times farther than they ever did, and so
# many standard deviations of a mean: to warn, and to reject.
_OTHER_HOURS, _ELSEWHERE, _BY_CHANCE = (2.0, 4.0), (1.5, 2.0), (5.0, 6.0)
_SHIFT, _STEADY = 2.0, 24.0  # hours outside all that was, and how far apart those may be
_AS_MANY = 1.5  # times as much as usual, means of as many rows scatter
_EARLY = 0.02  # the share of rows with early dates that rejects
_MOVES = 0.8  # the share of deliveries whose values are all later
_LONGEST_YEAR = 366  # days
_VALUES = 3  # where there were so many different ones, one is wrong
# A drift shows against what was before the last deliveries, of which there must be so many.
_RECENT, _OLDER = 14, 14
_DRIFT, _FAR_DRIFT = 1.2, 1.4
_WEEK, _WANDERS, _FAR_WANDERS = 7, 2.0, 3.0  # deliveries; times what a series goes by itself
_LASTING, _ON_ONE_SIDE = 4, 3  # of so many last deliveries, so many have drifted too


def findings(
    profile: RelationProfile,
    measures: Mapping[Measure, Value],
    past: RelationPast,
    at: datetime,
    normal: Normal,
    keys: Collection[str] = (),
    is_holiday: bool = False,
) -> list[FindingRun]:
    """What is wrong with single columns; of keys a mean says nothing."""
    return [
        finding
        for column in profile.columns
        for finding in (
            _early(profile, column.name, measures, past),
            _shifted(profile, column, past) or _elsewhere(profile, column, past, at, is_holiday),
            _one_value(profile, column.name, past),
            None if column.name in keys else _drifting(profile, column.name, measures, past, at),
        )
        if finding and not is_accepted(finding, normal)
    ]


def is_part_of_day(profile: RelationProfile, measure: Measure, value: float) -> bool:
    """Whether an extreme is that of a number such as a week of the year, in a table with one row
    for each day: it goes back to 1 at the turn of a year."""
    if measure.check != "range" or value != int(value) or not 1 <= value <= _LONGEST_YEAR:
        return False
    return any(
        column.distinct_days == profile.rows == (column.max - column.min) // _DAY + 1
        for column in profile.columns
        if column.distinct_days and column.max is not None and column.min is not None
    )


def _early(
    profile: RelationProfile,
    name: str,
    measures: Mapping[Measure, Value],
    past: RelationPast,
) -> FindingRun | None:
    """Dates of a delivery that lie long before those of any other."""
    age, span = (
        measures.get(Measure("age", "mean", name)),
        measures.get(Measure("age", "span", name)),
    )
    ages = past.series.get(Measure("age", "mean", name))
    spans = past.series.get(Measure("age", "span", name))
    if age is None or span is None or ages is None or spans is None or len(spans.values) < USUAL:
        return None
    if span.value < 3 * max(*spans.values, 10 * _DAY):
        return None
    share = max(0.0, age.value - ages.middle) / span.value
    level = ERROR if share >= _EARLY else WARN
    message = f"{profile.name}: about {share:.1%} of the rows have a {name} long before all others."
    return replace(about(profile, "range", level, message, name), value=round(share, 4))


def _shifted(
    profile: RelationProfile, column: ColumnProfile, past: RelationPast
) -> FindingRun | None:
    """Times that all lie so many hours before or after where they lie in the day of a delivery:
    the first, the mean and the last. A day that ends early moves only one of them."""
    now = _offsets(profile.delivery, vars(column))
    rows = profile.rows - column.nulls
    if now is None or rows < LEAST_ROWS:
        return None
    earlier = [
        offsets
        for step in past.steps
        if (of_step := step["columns"].get(column.name))
        and (offsets := _offsets(step.get("delivery") or "", of_step))
    ]
    if len(earlier) < USUAL:
        return None
    if any(max(values) - min(values) > _STEADY for values in zip(*earlier)):
        return None  # full exports, or late rows: their times do not follow the delivery
    moved = [
        max(value - max(values), 0.0) + min(value - min(values), 0.0)
        for value, values in zip(now, zip(*earlier))
    ]
    least = min(moved, key=abs)
    is_small = abs(least) < _SHIFT or len({math.copysign(1, hours) for hours in moved}) > 1
    is_known = len(earlier) >= LONG and spread_of(rows, past, profile) <= _AS_MANY
    if is_small or (rows < MINIMUM_ROWS and not is_known):
        return _on_another_day(profile, column.name, now, earlier)
    middle = now[1] - sum(offsets[1] for offsets in earlier) / len(earlier)
    message = (
        f"{profile.name}: all times in {column.name} lie about {middle:+.0f} hours from where they "
        "lie in other deliveries."
    )
    hours = [(step["columns"].get(column.name) or {}).get("hours") or {} for step in past.steps]
    level = WARN if column.hours and is_one_moment(column.hours, hours) else ERROR
    return replace(about(profile, "hours", level, message, column.name), value=round(middle, 2))


def _elsewhere(
    profile: RelationProfile,
    column: ColumnProfile,
    past: RelationPast,
    at: datetime,
    is_holiday: bool,
) -> FindingRun | None:
    """Times of day that lie elsewhere on average: a distribution over hours, whose order counts,
    shows it with fewer rows than one over values."""
    rows = sum(column.hours.values())
    if profile.files is None or rows < MINIMUM_ROWS:
        return None
    weekday = (day_named(profile.delivery) or at).weekday()
    earlier: list[tuple[Mapping[str, int], int]] = [
        (hours, (day_named(step.get("delivery") or "") or release.at).weekday())
        for release, step in past.pairs
        if (hours := (step["columns"].get(column.name) or {}).get("hours"))
        and sum(hours.values()) >= LEAST_ROWS
    ]
    if len(earlier) < LONG or is_one_moment(column.hours, [hours for hours, _ in earlier]):
        return None
    means = [_mean_hour(hours) for hours, _ in earlier]
    usual, now = sum(means) / len(means), _mean_hour(column.hours)
    distance, farthest = abs(now - usual), max(abs(mean - usual) for mean in means)
    within = sum(
        count * (int(hour) - mean) ** 2
        for (hours, _), mean in zip(earlier, means)
        for hour, count in hours.items()
    ) / sum(sum(hours.values()) for hours, _ in earlier)
    chance = math.sqrt(within / rows)
    same_day = [mean for mean, (_, day) in zip(means, earlier) if day == weekday]
    least = max(_OTHER_HOURS[0], _BY_CHANCE[0] * chance)
    if same_day and abs(now - sum(same_day) / len(same_day)) < least:
        return None  # a rhythm
    levels = [
        distance >= max(hours, factor * farthest, deviations * chance)
        for hours, factor, deviations in zip(_OTHER_HOURS, _ELSEWHERE, _BY_CHANCE)
    ]
    if not levels[0]:
        return None
    message = (
        f"{profile.name}: the times of day in {column.name} lie about {now - usual:+.0f} hours "
        "from where they usually lie."
    )
    level = ERROR if levels[1] and same_day and not is_holiday else WARN
    return replace(about(profile, "hours", level, message, column.name), value=round(now, 2))


def _mean_hour(hours: Mapping[str, int]) -> float:
    return sum(int(hour) * count for hour, count in hours.items()) / sum(hours.values())


def _on_another_day(
    profile: RelationProfile, name: str, now: _Offsets, earlier: Sequence[_Offsets]
) -> FindingRun | None:
    """Times of another day than the delivery's, where there never were any."""
    if len(earlier) < LONG or any(low < 0 or high > _STEADY for low, _, high in earlier):
        return None
    outside = now[2] - _STEADY if now[2] > _STEADY else min(0.0, now[0])
    if not outside:
        return None
    message = f"{profile.name}: some times in {name} are not on the day of the delivery."
    return replace(about(profile, "hours", WARN, message, name), value=round(outside, 2))


def _offsets(delivery: str, column: Mapping[str, Any]) -> _Offsets | None:
    """The first, the mean and the last time, in hours from the beginning of a delivery's day."""
    times = [column.get(key) for key in ("min", "mean_time", "max")]
    day = day_named(delivery)
    if day is None or None in times:
        return None
    begin = midnight(day).timestamp()
    low, mean, high = ((float(time or 0.0) - begin) / _HOUR for time in times)
    return low, mean, high


def _one_value(profile: RelationProfile, name: str, past: RelationPast) -> FindingRun | None:
    """All rows have one value, where there always were several."""
    column = next(column for column in profile.columns if column.name == name)
    rows = profile.rows - column.nulls
    if column.distinct != 1 or rows < LEAST_ROWS:
        return None
    earlier = [
        distinct
        for step in past.steps
        if (of_step := step["columns"].get(name))
        and step["rows"] - (of_step.get("nulls") or 0) >= LEAST_ROWS  # of fewer, one is no wonder
        and (distinct := of_step.get("distinct")) is not None
    ]
    if len(earlier) < (USUAL if rows >= MINIMUM_ROWS else LONG) or min(earlier) < _VALUES:
        return None
    message = (
        f"{profile.name}: {name} has one value in all rows; it always had {min(earlier)} or more."
    )
    return replace(about(profile, "distinct", ERROR, message, name), value=1.0)


def _drifting(
    profile: RelationProfile,
    name: str,
    measures: Mapping[Measure, Value],
    past: RelationPast,
    at: datetime,
) -> FindingRun | None:
    """A mean that moved slowly: each step is small, all together are not."""
    metric = "mean" if profile.files is not None else "came"
    value = measures.get(Measure("mean", metric, name))
    series = past.series.get(Measure("mean", metric, name))
    if value is None or series is None or len(series.values) < _OLDER + _RECENT:
        return None
    older = series.values[:-_RECENT]
    expected = expect_at(series.times[:-_RECENT], series.weekdays[:-_RECENT], older, at)
    if expected is None:
        return None
    spread = spread_of(value.rows, past, profile)
    if value.rows < (LEAST_ROWS if spread == 1.0 else MINIMUM_ROWS):
        return None
    middle, low, high = expected.middle, min(older), max(older)
    outside = max(value.value - high, low - value.value)
    reach = max(expected.high - middle, 0.0) * spread
    if abs(value.value - middle) <= reach or outside < 0.5 * (high - low):
        return None
    if value.value * middle <= 0:
        return None  # a change of sign is judged by itself
    # One day that is unlike others is no drift: those before it moved the same way.
    moved = [
        (earlier - middle) * math.copysign(1, value.value - middle)
        for earlier in series.values[-_LASTING:]
    ]
    if sum(distance > reach / 3 for distance in moved) < _ON_ONE_SIDE:
        return None
    factor = max(value.value / middle, middle / value.value)
    distance, wander = abs(value.value - middle), _wander(older)
    if factor < _DRIFT or distance <= _WANDERS * wander:
        return None
    message = (
        f"{profile.name}: the mean of {name} drifted to {number_text(value.value)}; before the "
        f"last {_RECENT} deliveries it was {number_text(middle)}."
    )
    # A growth may end: what goes on as it did is no certainty so many deliveries later.
    is_far = factor >= _FAR_DRIFT and distance > _FAR_WANDERS * wander
    level = ERROR if is_far and expected.by != "trend" else WARN
    return replace(
        about(profile, "mean", level, message, name),
        value=value.value, expected_low=expected.low, expected_high=expected.high,
    )  # fmt: skip


def _wander(values: Sequence[float]) -> float:
    """How far a series goes by itself in the last deliveries, as the weather does.

    The root mean square of its steps over a week of deliveries, times the root of the weeks: a
    random walk goes so far, and a level that only scatters not even that.
    """
    steps = [later - earlier for earlier, later in zip(values, values[_WEEK:], strict=False)]
    return math.sqrt(sum(step * step for step in steps) / len(steps) * _RECENT / _WEEK)


def moves_on(past: RelationPast) -> bool:
    """Whether a column, such as a day or a counter, has later values in each delivery: then one
    that repeats an earlier one is wrong. An export of prices may be the same again."""
    steps = [step for step in past.steps if step["rows"]]
    if len(steps) < AT_LEAST:
        return False
    for name in steps[-1]["columns"]:
        columns = [step["columns"].get(name) or {} for step in steps]
        ends = [
            (low, high)
            for column in columns
            if (low := column.get("min")) is not None and (high := column.get("max")) is not None
        ]
        later = sum(
            low < new_low and high < new_high for (low, high), (new_low, new_high) in pairwise(ends)
        )
        # Times that are text are measured from the second release on.
        if len(ends) >= AT_LEAST and later >= _MOVES * (len(ends) - 1):
            return True
    return False


def goes_on(profile: RelationProfile, past: RelationPast) -> bool:
    """Whether a column of a delivery counts on from where the one before ended, and leaves out
    none: then no row is missing, however few there are."""
    if profile.files is None or not past.steps:
        return False
    last = next((step for step in reversed(past.steps) if step["rows"]), None)
    for column in profile.columns:
        before = (last["columns"].get(column.name) or {}) if last else {}
        series = past.series.get(Measure("counter", "delivered", column.name))
        if series is None or len(series.values) < USUAL or min(series.values) < COMPLETE:
            continue
        if column.min is None or column.max is None or before.get("max") is None:
            continue
        numbers = column.max - column.min + 1
        is_next = before["max"] < column.min <= before["max"] + 1 + (1 - COMPLETE) * numbers
        if is_next and (column.distinct or 0) >= COMPLETE * numbers:
            return True
    return False
