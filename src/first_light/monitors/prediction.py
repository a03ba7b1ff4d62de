"""What history lets expect of the next value: an interval, or how much history is missing.

The judged value is never among the values that the expectation comes from.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import NamedTuple

AT_LEAST = 3  # values, for any interval at all
_ALPHA = 0.001  # how often a value of an unchanged process lies outside, both sides together
_SURE = 0.0005  # the same, for what rejects a release
_TREND_FROM = 7
_WALK_FROM = 14
RHYTHM_FROM = 27 * 86_400  # seconds between the first and the last value: four weeks
# A finer picture of the past has to explain this much more, or the plain one is kept.
_IMPROVEMENT = 0.8
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
    """The interval for a value at `at`, t·s·√(1+1/n) around the picture that explains most.

    A steady growth is a trend, four weeks show a rhythm of the week; None with too little history.
    """
    if len(past) < AT_LEAST:
        return None
    days = [observation.at for observation in past]
    return expect_at(
        [day.timestamp() for day in days],
        [day.weekday() for day in days],
        [observation.value for observation in past],
        at,
    )


def expect_at(
    times: Sequence[float], weekdays: Sequence[int], values: Sequence[float], at: datetime
) -> Expected | None:
    """The same, of values whose times (seconds) and weekdays are known: there are many of them."""
    count = len(values)
    if count < AT_LEAST:
        return None
    middle = math.fsum(values) / count
    offsets = [value - middle for value in values]
    spread = math.sqrt(math.fsum([offset * offset for offset in offsets]) / (count - 1))
    best = _interval(middle, spread * math.sqrt(1 + 1 / count), count - 1, offsets, "level")
    if spread <= 1e-12 * abs(middle):
        return best
    if (trend := _trend(times, values, middle, at)) and trend[1] < _IMPROVEMENT * spread:
        best, spread = trend
    if (week := _weekday(times, weekdays, values, at)) and week[1] < _IMPROVEMENT * spread:
        best, spread = week
    if (walk := _walk(times, values, at)) and walk[1] < _IMPROVEMENT * spread:
        best = walk[0]
    return best


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
    spread = math.sqrt(math.fsum([(size - middle) ** 2 for size in sizes]) / (len(sizes) - 1))
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


def _interval(
    middle: float, width: float, degrees: int, residuals: Sequence[float], by: str
) -> Expected:
    reach, sure = (quantile(degrees, alpha) * width if width else 0.0 for alpha in (_ALPHA, _SURE))
    low, high = middle - reach, middle + reach
    return Expected(middle, low, high, by, sure, min(residuals), max(residuals))


def _trend(
    times: Sequence[float], values: Sequence[float], middle: float, at: datetime
) -> tuple[Expected, float] | None:
    count = len(values)
    if count < _TREND_FROM:
        return None
    middle_time = math.fsum(times) / count
    offsets = [time - middle_time for time in times]
    width = math.fsum([offset * offset for offset in offsets])
    if not width:
        return None
    slope = math.fsum([offset * (value - middle) for offset, value in zip(offsets, values)]) / width
    residuals = [value - middle - slope * offset for offset, value in zip(offsets, values)]
    spread = math.sqrt(math.fsum([offset * offset for offset in residuals]) / (count - 2))
    offset_at = at.timestamp() - middle_time
    prediction = middle + slope * offset_at
    width_at = spread * math.sqrt(1 + 1 / count + offset_at * offset_at / width)
    return _interval(prediction, width_at, count - 2, residuals, "trend"), spread


def _walk(
    times: Sequence[float], values: Sequence[float], at: datetime
) -> tuple[Expected, float] | None:
    """What wanders from value to value, as a number of campaigns does, lies near the last one: the
    farther ahead, the less, as the root of the time."""
    count = len(values)
    if count < _WALK_FROM:
        return None
    steps = [after - before for before, after in pairwise(values)]
    spread = math.sqrt(math.fsum([step * step for step in steps]) / len(steps))
    usual = sorted(after - before for before, after in pairwise(times))[len(steps) // 2]
    ahead = max(1.0, (at.timestamp() - times[-1]) / usual) if usual > 0 else 1.0
    width = spread * math.sqrt(ahead)
    return _interval(values[-1], width, count - 1, steps, "last value"), spread


def _weekday(
    times: Sequence[float], weekdays: Sequence[int], values: Sequence[float], at: datetime
) -> tuple[Expected, float] | None:
    if times[-1] - times[0] < RHYTHM_FROM:
        return None
    days: dict[int, list[float]] = defaultdict(list)
    for day, value in zip(weekdays, values):
        days[day].append(value)
    values_of_day = days.get(at.weekday(), [])
    degrees = len(values) - len(days)
    if len(values_of_day) < AT_LEAST or degrees < AT_LEAST:
        return None
    middles = {day: math.fsum(day_values) / len(day_values) for day, day_values in days.items()}
    residuals = [value - middles[day] for day, value in zip(weekdays, values)]
    spread = math.sqrt(math.fsum([offset * offset for offset in residuals]) / degrees)
    width = spread * math.sqrt(1 + 1 / len(values_of_day))
    return _interval(middles[at.weekday()], width, degrees, residuals, "weekday"), spread
