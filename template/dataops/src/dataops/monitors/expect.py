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
from statistics import mean, stdev

AT_LEAST = 3  # values, for any interval at all
_ALPHA = 0.001  # how often a value of an unchanged process lies outside, both sides together
_TREND_FROM, _WEEKS = 7, 28
# A finer picture of the past has to explain this much more, or the plain one is kept.
_BETTER = 0.8


@dataclass(frozen=True)
class Past:
    """One earlier value, and when its run ended."""

    at: datetime
    value: float


@dataclass(frozen=True)
class Expected:
    """Where the next value should lie.

    Attributes:
        middle: the likeliest value.
        low, high: the prediction interval's ends.
        by: what it follows: level, trend or weekday.
    """

    middle: float
    low: float
    high: float
    by: str


def expect(past: Sequence[Past], at: datetime) -> Expected | None:
    """The interval for a value at `at`, t·s·√(1+1/n) around the picture that explains most.

    A steady growth is a trend, four weeks show a rhythm of the week; None with too little history.
    """
    if len(past) < AT_LEAST:
        return None
    values = [one.value for one in past]
    spread = stdev(values)
    best = _around(mean(values), spread, len(values), len(values) - 1, "level")
    for found in (_trend(past, at), _weekday(past, at)):
        if found is not None and found[1] < _BETTER * spread:
            best, spread = found
    return best


@cache
def quantile(degrees: int, alpha: float = _ALPHA) -> float:
    """Student's t that is exceeded on either side with probability `alpha`."""
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, degrees) < 1 - alpha else (low, middle)
    return high


def _within(t: float, degrees: int) -> float:
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


def _around(middle: float, spread: float, count: int, degrees: int, by: str) -> Expected:
    reach = quantile(degrees) * spread * math.sqrt(1 + 1 / count) if spread else 0.0
    return Expected(middle, middle - reach, middle + reach, by)


def _trend(past: Sequence[Past], at: datetime) -> tuple[Expected, float] | None:
    count = len(past)
    if count < _TREND_FROM:
        return None
    times = [one.at.timestamp() for one in past]
    middle_time, middle = mean(times), mean(one.value for one in past)
    width = sum((time - middle_time) ** 2 for time in times)
    if not width:
        return None
    steep = sum((t - middle_time) * (p.value - middle) for t, p in zip(times, past)) / width
    rest = [p.value - middle - steep * (t - middle_time) for t, p in zip(times, past)]
    spread = math.sqrt(sum(one * one for one in rest) / (count - 2))
    ahead = at.timestamp() - middle_time
    reach = quantile(count - 2) * spread * math.sqrt(1 + 1 / count + ahead * ahead / width)
    there = middle + steep * ahead
    return Expected(there, there - reach, there + reach, "trend"), spread


def _weekday(past: Sequence[Past], at: datetime) -> tuple[Expected, float] | None:
    if (past[-1].at - past[0].at).days < _WEEKS - 1:
        return None
    days: dict[int, list[float]] = defaultdict(list)
    for one in past:
        days[one.at.weekday()].append(one.value)
    same = days.get(at.weekday(), [])
    degrees = len(past) - len(days)
    if len(same) < AT_LEAST or degrees < AT_LEAST:
        return None
    middles = {day: mean(values) for day, values in days.items()}
    rest = sum((v - middles[day]) ** 2 for day, values in days.items() for v in values)
    spread = math.sqrt(rest / degrees)
    return _around(middles[at.weekday()], spread, len(same), degrees, "weekday"), spread
