"""What history lets expect of the next value: an interval, or how much history is missing.

The judged value is never among the values that the expectation comes from.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import pairwise
from operator import mul, sub
from typing import NamedTuple

AT_LEAST = 3  # values, for any interval at all
_ALPHA = 0.001  # how often a value of an unchanged process lies outside, both sides together
_SURE = 0.0005  # the same, for what rejects a release
_TREND_FROM = 7
_WALK_FROM = 14
_LATELY, _LATELY_FROM = 29, 35  # values: four weeks of days, and so many tell them from others
RHYTHM_FROM = 27 * 86_400  # seconds between the first and the last value: four weeks
# A finer picture of the past has to explain this much more, or the plain one is kept.
_IMPROVEMENT = 0.8
_GROWTH = 0.9  # the same, for a growth beside the rhythm of the week
_LARGEST = 700.0  # e to the power of a larger number is no float


class Past(NamedTuple):
    """One earlier value, and when its run ended."""

    at: datetime
    value: float


@dataclass(frozen=True)
class Expected:
    """Where the next value should lie.

    Attributes:
        middle: the likeliest value.
        low, high: the prediction interval's ends.
        by: what it follows: level, trend, weekday or last value.
        sure: how far from the middle a value must lie to reject a release.
        below, above: how far the past lay from what it follows, at most; the first is negative.
    """

    middle: float
    low: float
    high: float
    by: str
    sure: float = 0.0
    below: float = 0.0
    above: float = 0.0


def expect(past: Sequence[Past], at: datetime) -> Expected | None:
    """The interval for a total at `at`, t·s·√(1+1/n) around the picture that explains most.

    A steady growth is a trend, four weeks show a rhythm of the week; None with too little history.
    """
    days = [observation.at for observation in past]
    return expect_at(
        [day.timestamp() for day in days],
        [day.weekday() for day in days],
        [observation.value for observation in past],
        at,
        is_total=True,
    )


def expect_at(
    times: Sequence[float],
    weekdays: Sequence[int],
    values: Sequence[float],
    at: datetime,
    is_total: bool = False,
) -> Expected | None:
    """The same, of values whose times (seconds) and weekdays are known: there are many of them.

    A total, as the rows of a whole table, keeps what came at once, such as with the first of a
    month: that its last weeks are steady says nothing, and it does not wander.
    """
    if len(values) < AT_LEAST:
        return None
    picture = _picture(times, weekdays, values, at, is_total)
    if not is_total and len(values) >= _LATELY_FROM and picture.varies:
        # What was long ago says little where the last weeks are steadier.
        lately = _picture(times[-_LATELY:], weekdays[-_LATELY:], values[-_LATELY:], at)
        usual = _size(picture.residuals[-_LATELY:])
        if lately.varies and lately.spread < _IMPROVEMENT * usual:
            return lately.expected
    return picture.expected


def expect_step(past: Sequence[Past], last: float) -> Expected | None:
    """The interval around the last value and a usual step: for totals, which go on from it.

    Steps that were all positive are taken for log-normal, since sums of amounts have a long tail.

    Args:
        past: the values that the steps lie between, oldest first.
        last: the last value, also one that is not in the past because it was found strange.
    """
    steps = [after.value - before.value for before, after in pairwise(past)]
    if len(steps) < AT_LEAST:
        return None
    grows = min(steps) > 0
    sizes = [math.log(step) for step in steps] if grows else steps
    middle = math.fsum(sizes) / len(sizes)
    spread = _size([size - middle for size in sizes], len(sizes) - 1)
    width = spread * math.sqrt(1 + 1 / len(sizes))
    interval = _interval(middle, width, len(sizes) - 1, [size - middle for size in sizes], "last")
    step, low, high = interval.middle, interval.low, interval.high
    sure = interval.sure
    if grows:
        sure = math.exp(step) - math.exp(step - sure)
        step, low, high = math.exp(step), math.exp(low), math.exp(min(high, _LARGEST))
    residuals = min(steps) - step, max(steps) - step
    return Expected(last + step, last + low, last + high, "last value", sure, *residuals)


@cache
def quantile(degrees: int, alpha: float = _ALPHA) -> float:
    """Student's t that is exceeded on either side with probability `alpha`."""
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if _probability_within(middle, degrees) < 1 - alpha else (low, middle)
        )
    return high


def _probability_within(t: float, degrees: int) -> float:
    """How likely |T| < t is, for whole degrees of freedom: the finite series for Student's t."""
    angle = math.atan2(t, math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    term, total = 1.0, 1.0
    if degrees % 2:
        if degrees == 1:
            return 2 * angle / math.pi
        for k in range(2, degrees - 1, 2):
            term *= cosine * cosine * k / (k + 1)
            total += term
        return 2 / math.pi * (angle + sine * cosine * total)
    for k in range(1, degrees - 1, 2):
        term *= cosine * cosine * k / (k + 1)
        total += term
    return sine * total


class _Picture(NamedTuple):
    """What values follow.

    Attributes:
        middle: what it lets expect.
        reach: the standard deviation of that, in its spreads.
        spread: how far values lie from it, a standard deviation with so many degrees of freedom.
        degrees: these.
        residuals: how far each value lay.
        by: its name.
    """

    middle: float
    reach: float
    spread: float
    degrees: int
    residuals: Sequence[float]
    by: str

    @property
    def varies(self) -> bool:
        """Whether values differ by more than the last digit of a float."""
        return self.spread > 1e-12 * abs(self.middle)

    @property
    def expected(self) -> Expected:
        width = self.reach * self.spread
        return _interval(self.middle, width, self.degrees, self.residuals, self.by)


class _Days(NamedTuple):
    """When values came, for all measures of a relation alike.

    Attributes:
        middle: the mean time, in seconds.
        offsets: how far each time lies from it.
        by_weekday: the places of the values of each day of the week.
        middles: the mean time of each day of the week.
        own_offsets: how far each time lies from that of its day of the week.
        step: the usual time between two.
    """

    middle: float
    offsets: Sequence[float]
    by_weekday: Mapping[int, Sequence[int]]
    middles: Mapping[int, float]
    own_offsets: Sequence[float]
    step: float


@lru_cache(maxsize=256)
def _days(times: tuple[float, ...], weekdays: tuple[int, ...]) -> _Days:
    places: dict[int, list[int]] = defaultdict(list)
    for place, day in enumerate(weekdays):
        places[day].append(place)
    middles = {day: _mean([times[place] for place in own]) for day, own in places.items()}
    middle = _mean(times)
    gaps = sorted(after - before for before, after in pairwise(times))
    return _Days(
        middle,
        [time - middle for time in times],
        places,
        middles,
        [time - middles[day] for time, day in zip(times, weekdays)],
        gaps[len(gaps) // 2],
    )


def _picture(
    times: Sequence[float],
    weekdays: Sequence[int],
    values: Sequence[float],
    at: datetime,
    is_total: bool = False,
) -> _Picture:
    """The plainest picture that no finer one explains clearly better."""
    count = len(values)
    middle = _mean(values)
    offsets = [value - middle for value in values]
    spread = _size(offsets, count - 1)
    best = _Picture(middle, math.sqrt(1 + 1 / count), spread, count - 1, offsets, "level")
    if not best.varies:
        return best
    days = _days(tuple(times), tuple(weekdays))
    best = _trend(best, days, at) or best
    if times[-1] - times[0] >= RHYTHM_FROM:
        best = _weekday(best, days, values, at) or best
    return best if is_total else _walk(best, days, times, values, at) or best


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _size(residuals: Sequence[float], degrees: int = 0) -> float:
    """The root of their mean square; of an estimate with so many degrees of freedom."""
    return math.sqrt(_product(residuals, residuals) / (degrees or len(residuals)))


def _product(left: Iterable[float], right: Iterable[float]) -> float:
    total: float = sum(map(mul, left, right))
    return total


def _interval(
    middle: float, width: float, degrees: int, residuals: Sequence[float], by: str
) -> Expected:
    reach, sure = (quantile(degrees, alpha) * width if width else 0.0 for alpha in (_ALPHA, _SURE))
    low, high = middle - reach, middle + reach
    return Expected(middle, low, high, by, sure, min(residuals), max(residuals))


def _trend(level: _Picture, days: _Days, at: datetime) -> _Picture | None:
    """What grows, or falls, by as much in the same time."""
    count = len(level.residuals)
    if count < _TREND_FROM:
        return None
    return _growing(level, days.offsets, at.timestamp() - days.middle, _IMPROVEMENT, "trend")


def _weekday(best: _Picture, days: _Days, values: Sequence[float], at: datetime) -> _Picture | None:
    """A mean for each day of the week; with what all of them grow by, where that explains more."""
    own_places = days.by_weekday.get(at.weekday(), ())
    degrees = len(values) - len(days.by_weekday)
    if len(own_places) < AT_LEAST or degrees <= AT_LEAST:
        return None
    residuals = [*values]
    middle = 0.0
    for day, places in days.by_weekday.items():
        middle_of_day = _mean([values[place] for place in places])
        for place in places:
            residuals[place] -= middle_of_day
        if day == at.weekday():
            middle = middle_of_day
    spread = _size(residuals, degrees)
    reach = math.sqrt(1 + 1 / len(own_places))
    rhythm = _Picture(middle, reach, spread, degrees, residuals, "weekday")
    ahead = at.timestamp() - days.middles[at.weekday()]
    rhythm = _growing(rhythm, days.own_offsets, ahead, _GROWTH, "weekday") or rhythm
    return rhythm if rhythm.spread < _IMPROVEMENT * best.spread else None


def _growing(
    plain: _Picture, offsets: Sequence[float], ahead: float, limit: float, by: str
) -> _Picture | None:
    """A picture, and what all values grow by in the same time; None where it explains little more.

    Args:
        plain: without it.
        offsets: how far the time of each value lies from that of its mean, in seconds.
        ahead: the same of what is expected.
        limit: the share of the plain picture's spread that is left at most.
        by: the name.
    """
    width = _product(offsets, offsets)
    if not width:
        return None
    slope = _product(offsets, plain.residuals) / width
    degrees = plain.degrees - 1
    left = plain.spread**2 * plain.degrees - slope * slope * width
    if left >= 1.001 * degrees * (limit * plain.spread) ** 2:
        return None  # far from enough, without computing what is left of each value
    residuals = [rest - slope * offset for offset, rest in zip(offsets, plain.residuals)]
    spread = _size(residuals, degrees)
    if spread >= limit * plain.spread:
        return None
    reach = math.sqrt(plain.reach**2 + ahead * ahead / width)
    return _Picture(plain.middle + slope * ahead, reach, spread, degrees, residuals, by)


def _walk(
    best: _Picture, days: _Days, times: Sequence[float], values: Sequence[float], at: datetime
) -> _Picture | None:
    """What wanders from value to value, as a number of campaigns does, lies near the last one: the
    farther ahead, the less, as the root of the time."""
    if len(values) < _WALK_FROM:
        return None
    steps = [*map(sub, values[1:], values)]
    spread = _size(steps)
    if spread >= _IMPROVEMENT * best.spread or 2 * sum(map(bool, steps)) < len(steps):
        return None  # a level that moved once or twice does not wander
    ahead = max(1.0, (at.timestamp() - times[-1]) / days.step) if days.step > 0 else 1.0
    return _Picture(values[-1], math.sqrt(ahead), spread, len(steps), steps, "last value")
