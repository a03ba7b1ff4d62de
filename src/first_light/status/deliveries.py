"""When a source's next delivery is due, learned from when its earlier ones were first seen.

No rule is needed: deliveries that came every day, every Monday or every month let expect the next.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise

AT_LEAST = 4  # deliveries, after the first load
_RECENT = 60  # deliveries
_DAY = timedelta(days=1)
_MARGIN = timedelta(minutes=30)
_USUAL, _USUAL_OF_DAILY = 0.75, 0.5  # share of Mondays with a delivery, for Mondays to count
_WITHIN_A_DAY = timedelta(hours=12)  # a shorter usual distance is no matter of days
_REGULAR = 2.0  # longest distance ÷ usual one, where no day of the week is usual


def due_after(arrivals: Sequence[datetime]) -> datetime | None:
    """The moment by which the next delivery has usually been seen.

    Args:
        arrivals: when each delivery was first seen, oldest first. The first one is the first load,
            whose time says nothing.

    Returns:
        None where there is no rhythm, or too little is known.
    """
    seen = [at.astimezone(timezone.utc) for at in arrivals[1:]][-_RECENT:]
    if len(seen) < AT_LEAST:
        return None
    gaps = sorted(later - earlier for earlier, later in pairwise(seen))
    usual_gap = gaps[len(gaps) // 2]
    if usual_gap < _WITHIN_A_DAY:
        return seen[-1] + 2 * gaps[math.ceil(0.9 * len(gaps)) - 1] + _MARGIN
    start = _start_of_day(seen)
    days = [_day(at, start) for at in seen]
    share = _USUAL_OF_DAILY if usual_gap < 1.5 * _DAY else _USUAL
    if weekdays := _usual_weekdays(days, share):
        day = days[-1] + _DAY
        while day.weekday() not in weekdays:
            day += _DAY
        return datetime.combine(day, time(), timezone.utc) + start + _latest(seen, start) + _MARGIN
    if gaps[-1] <= _REGULAR * usual_gap:
        return seen[-1] + gaps[-1] * 1.1 + _DAY
    return None


def _start_of_day(seen: Sequence[datetime]) -> timedelta:
    """The time of day at which deliveries are least likely: there one day ends for this source."""
    times = sorted(_time_of_day(at) for at in seen)
    pairs = [*pairwise(times), (times[-1], times[0] + _DAY)]
    before, after = max(pairs, key=lambda pair: pair[1] - pair[0])
    return (before + (after - before) / 2) % _DAY


def _time_of_day(at: datetime) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


def _day(at: datetime, start: timedelta) -> date:
    return (at - start).date()


def _usual_weekdays(days: Sequence[date], share: float) -> frozenset[int]:
    """The days of the week on which deliveries come, of those that have been seen."""
    span = (days[-1] - days[0]).days
    passed = Counter((days[0] + n * _DAY).weekday() for n in range(span + 1))
    came = Counter(day.weekday() for day in set(days))
    return frozenset(day for day, count in passed.items() if came[day] >= share * count)


def _latest(seen: Sequence[datetime], start: timedelta) -> timedelta:
    """How long after the start of its day a delivery is seen at the latest, but for one in ten."""
    delays = sorted((_time_of_day(at) - start) % _DAY for at in seen)
    return delays[max(0, len(delays) - 1 - math.ceil(len(delays) / 10 - 0.5))]
