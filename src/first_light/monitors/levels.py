"""How severe a deviation is: the limits from which a monitor warns or rejects.

An alarm needs three things at once: the value lies outside the prediction interval, it is off by a
factor (or by points) that matters, and by an absolute amount that matters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from first_light.monitors.measures import LEAST_ROWS, MINIMUM_ROWS, Measure
from first_light.monitors.prediction import AT_LEAST, Expected

ERROR, WARN, OFF = "error", "warn", "off"


@dataclass(frozen=True)
class Limit:
    """From when on a change matters.

    Attributes:
        warn: the factor (of a share: points) from which it warns.
        error: the factor (points) from which it rejects a release; None when it never does.
        floor: the absolute change below which it is nothing.
        points: whether it is a share, whose differences count.
    """

    warn: float
    error: float | None
    floor: float
    points: bool = False


# The one table of what warns and what rejects. Freshness is in hours, gaps are days.
LIMITS: Mapping[str, Limit] = {
    "volume": Limit(1.25, 1.6, 5),
    "nulls": Limit(0.05, 0.25, 0.05, points=True),
    "distinct": Limit(1.5, None, 3),
    "mean": Limit(1.5, 3.0, 0.0),
    "range": Limit(3.0, None, 0.0),
    "length": Limit(1.2, None, 0.5),
    "category": Limit(0.1, 0.3, 0.1, points=True),
    "hours": Limit(0.1, 0.3, 0.1, points=True),
    "format": Limit(0.1, 0.3, 0.1, points=True),
    "counter": Limit(0.05, 0.1, 0.05, points=True),
    "orphans": Limit(0.005, 0.05, 0.005, points=True),
    "freshness": Limit(1.25, None, 0.0),
    "gaps": Limit(1.0, None, 1.0, points=True),
    "metric": Limit(1.25, 1.6, 0.0),
}
# What is not a number compared with an interval.
LEVELS: Mapping[str, str] = {
    "schema": ERROR,  # a column is gone; a new one, or another type, warns
    "duplicate": ERROR,  # all that came had come before; beside new data it warns
    "delivery": WARN,  # nothing came, or what came could not be looked at
    "stale": WARN,  # nothing changed where everything always did
}
CHECKS = (*LIMITS, *LEVELS)
# A check for what is usual needs so many steps; of deliveries with few rows, so many.
USUAL, LONG = 7, 14
# Counts and shares scatter by their own nature, the more the fewer rows they come from: to warn
# they must be away by so many standard deviations, and counts by more to reject a release: upwards
# by more still, where their tail is long.
_SCATTER, _SHARE_DEVIATIONS, LOWER_DEVIATIONS, _UPPER_DEVIATIONS = 3.0, 4.0, 4.0, 6.0
_EXTREME = 50  # rows: of fewer, an extreme says little
# Nulls of a key, and where their share hardly varies, reject from so many points, and so many.
_KEY_NULLS, _STEADY_NULLS, _NULLS = 0.1, 0.02, 3
# A counter that holds such a share of its numbers is complete.
COMPLETE = 0.98
_FEW_ROWS = 4.0  # where a few rows come, some days bring several times as many
_CONSTANT = 1.1  # the factor of rows that matters where there were always as many
_STABLE_WARN, _STABLE_ERROR = 1.1, 1.15  # factors of a mean that hardly varies
# How far beyond all others it lies then, in multiples of how far apart they lie: to warn, to
# reject; the same for a mean of few rows, which one may move, and of a whole table, which many may.
_BEYOND, _BEYOND_FEW = (0.6, 1.5), (1.0, 2.0)
_OTHER_SIZE = 3.0  # times the factor, as a logarithm, that means of positive values differ by
_LONG_GAP = 1.5  # times the longest gap
_LONGER = 0.5  # times the longest time without a new row
_LATE_SHARE = 0.8  # of the usual time between two deliveries


@dataclass(frozen=True)
class Case:
    """A value that is compared with what was.

    Attributes:
        measure: what was measured.
        value: its value now.
        rows: how many rows it comes from.
        past: its earlier values, oldest first; at least one.
        expected: what they let expect.
        cadence: the usual time between two deliveries; None where nobody knows.
        is_key: whether the column identifies something.
        spread: how much more it scatters than usual, for it comes from fewer rows; at least 1.
        is_of_delivery: whether its rows are those that came.
        is_complete: whether a counter in the rows shows that none is missing.
    """

    measure: Measure
    value: float
    rows: float
    past: Sequence[float]
    expected: Expected
    cadence: timedelta | None = None
    is_key: bool = False
    is_complete: bool = False
    spread: float = 1.0
    is_of_delivery: bool = False

    @property
    def limit(self) -> Limit:
        return LIMITS[self.measure.check]

    @property
    def distance(self) -> float:
        return abs(self.value - self.expected.middle)

    @property
    def factor(self) -> float:
        return off_by(self.measure.check, self.value, self.expected.middle)

    @property
    def outside(self) -> float:
        """How far it lies beyond all values that were; 0 between them."""
        return max(0.0, self.value - max(self.past), min(self.past) - self.value)

    @property
    def reach(self) -> float:
        """How far apart the values were."""
        return max(self.past) - min(self.past)

    @property
    def is_followed(self) -> bool:
        """Whether it is compared with what earlier values follow. A counter, and a growth that just
        slows down, are compared with the values themselves."""
        last, middle = self.past[-1], self.expected.middle
        has_slowed = min(last, middle) <= self.value <= max(last, middle)
        return not self.is_key and not (self.expected.by == "trend" and has_slowed)

    @property
    def unusual(self) -> float:
        """How far it lies beyond the farthest that values ever lay from what they follow."""
        if not self.is_followed:
            return self.outside
        offset = self.value - self.expected.middle
        return max(0.0, offset - self.expected.above, self.expected.below - offset)

    @property
    def scatter(self) -> float:
        """How far apart values were, apart from what they follow."""
        return self.expected.above - self.expected.below if self.is_followed else self.reach

    @property
    def is_of_other_size(self) -> bool:
        """Whether positive values were never so small, or so large, by a multiple of the factor
        that they ever differed by: a distance says little of values near zero."""
        least, most = min(self.past), max(self.past)
        if least <= 0 or self.value <= 0 or self.limit.error is None:
            return False
        beyond = max(math.log(least / self.value), math.log(self.value / most))
        return beyond >= max(math.log(self.limit.error), _OTHER_SIZE * math.log(most / least))

    @property
    def is_within_range(self) -> bool:
        """Whether it lies between values that were."""
        return min(self.past) <= self.value <= max(self.past)

    def by_factor(self, sure: float = 0.0) -> str:
        """How bad it is to be so far off; to reject a release, at least `sure` away."""
        limit, far = self.limit, self.factor
        sure = max(sure, self.expected.sure)
        if limit.error is not None and far >= limit.error and self.distance >= sure:
            return ERROR
        return WARN if far >= limit.warn else ""


def off_by(check: str, value: float, middle: float) -> float:
    """How far a value is from another: a factor of at least 1; of shares the difference."""
    if LIMITS[check].points:
        return abs(value - middle)
    if value == middle:
        return 1.0
    if value * middle <= 0:
        return float("inf")
    return max(value / middle, middle / value)


def level_of(case: Case) -> str:
    """How bad a value is: error, warn, or nothing."""
    if case.expected.low <= case.value <= case.expected.high and case.measure.check != "counter":
        return ""
    return _RULES.get(case.measure.check, _by_limit)(case)


def _by_limit(case: Case) -> str:
    if case.distance < max(case.limit.floor, _scatter(case)):
        return ""
    return case.by_factor()


def _scatter(case: Case) -> float:
    """How far shares may be away by their own nature."""
    if not case.limit.points:
        return 0.0
    rows = max(1.0, case.rows)
    # What never varied over many rows is known better than from the rows of one delivery.
    known = rows * len(case.past) if len(case.past) >= LONG and case.reach == 0 else rows
    share = min(0.5, max(case.expected.middle, 1 / known))
    return _SHARE_DEVIATIONS * math.sqrt(share * (1 - share) / rows)


def _length_level(case: Case) -> str:
    return _by_limit(case) if case.rows >= MINIMUM_ROWS else ""


def _nulls_level(case: Case) -> str:
    level = _by_limit(case)
    is_steady = len(case.past) >= USUAL and case.reach <= _STEADY_NULLS
    if level and (case.is_key or is_steady) and case.value > case.expected.middle:
        is_error = case.distance >= max(_KEY_NULLS, case.expected.sure, _NULLS / case.rows)
        return ERROR if is_error else level
    return level


def _counter_level(case: Case) -> str:
    """Numbers that a counter leaves out, where it never left out any."""
    if len(case.past) < AT_LEAST or min(case.past) < COMPLETE or case.value >= COMPLETE:
        return ""
    missing = max(case.past) - case.value
    if case.limit.error is not None and missing >= case.limit.error:
        return ERROR
    return WARN if missing >= case.limit.warn else ""


def _volume_level(case: Case) -> str:
    level = _volume_change(case)
    if level == ERROR and case.is_complete and 0 < case.value < case.expected.middle:
        return WARN  # few, but a counter says that none is missing: a holiday
    return level


def _volume_change(case: Case) -> str:
    past, middle = case.past, case.expected.middle
    # What never changed does not scatter.
    slack = _FEW_ROWS if case.value > middle else 0.0
    root = math.sqrt(max(0.0, middle) + slack) if case.reach > 0 else 0.0
    if case.distance < max(case.limit.floor, _SCATTER * root):
        return ""
    if case.measure.metric == "came":
        if sum(came > 0 for came in past) < 0.9 * len(past) or middle <= 0:
            return ""  # a table that does not grow by deliveries
        if case.value == 0:
            return WARN  # nothing came: it is late, and what readers have is still right
    if len(past) >= USUAL and case.reach == 0 and case.factor >= _CONSTANT:
        if case.value < middle:
            return ERROR  # rows are missing where there were always as many
        return case.by_factor() or WARN
    reach = LOWER_DEVIATIONS if case.value < middle else _UPPER_DEVIATIONS
    level = case.by_factor(sure=reach * root)
    return WARN if level and case.value > middle and len(past) < USUAL else level


def _distinct_level(case: Case) -> str:
    if case.measure.metric in ("came", "each"):  # of the rows that came, how many brought a value
        scatter = _SHARE_DEVIATIONS * math.sqrt(0.25 / max(1.0, case.rows))
        return WARN if case.distance >= max(0.25, scatter) and not case.is_within_range else ""
    scatter = _SCATTER * math.sqrt(max(0.0, case.expected.middle))
    return case.by_factor() if case.distance >= max(case.limit.floor, scatter) else ""


def _mean_level(case: Case) -> str:
    is_known = case.spread == 1.0 and len(case.past) >= LONG
    if case.rows < (LEAST_ROWS if is_known else MINIMUM_ROWS):
        return ""
    if is_known and not case.is_key and case.is_of_other_size:
        return ERROR
    # A mean around zero has no meaningful factor.
    if case.distance >= 3 * case.scatter and (level := case.by_factor()):
        is_far = case.factor >= _STABLE_ERROR and case.unusual >= 3 * case.scatter
        is_far = is_far and case.distance >= case.expected.sure * case.spread
        return ERROR if is_far and len(case.past) >= USUAL else level
    if case.is_key or len(case.past) < USUAL or case.value * case.expected.middle <= 0:
        return ""
    # A mean that hardly varies is told from a smaller change.
    is_steady = case.is_of_delivery and case.rows >= MINIMUM_ROWS
    to_warn, to_reject = _BEYOND if is_steady else _BEYOND_FEW
    if case.factor < _STABLE_WARN or case.unusual < to_warn * case.scatter:
        return ""
    if case.distance < case.expected.sure * case.spread:
        return ""
    is_far = case.factor >= _STABLE_ERROR and case.unusual >= to_reject * case.scatter
    return ERROR if is_far else WARN


def _range_level(case: Case) -> str:
    value = case.value
    if case.rows < _EXTREME or case.is_within_range:
        return ""
    if case.outside < 3 * case.reach and value * case.expected.middle > 0:
        return ""  # extremes scatter: no farther out than they ever were apart
    return case.by_factor()


def _freshness_level(case: Case) -> str:
    """Hours since the newest time: longer than ever, or a time that has not come yet."""
    if case.value < -24 and min(case.past) >= 0:
        return ERROR
    tolerance = _LATE_SHARE * (case.cadence or timedelta(days=1)).total_seconds() / 3600
    if case.reach >= tolerance:  # not every delivery brings a new row: the longest is yet to come
        tolerance += _LONGER * max(case.past)
    if case.value - max(*case.past, case.expected.middle) < tolerance:
        return ""
    return case.by_factor()


def _gaps_level(case: Case) -> str:
    past = case.past
    is_complete = sum(gap_days == 0 for gap_days in past) >= 0.7 * len(
        past
    )  # else its days come and go
    if len(past) < USUAL or not is_complete:
        return ""
    # Longer than a weekend with a holiday.
    return WARN if case.value >= max(case.limit.floor, _LONG_GAP * max(past) + 1) else ""


def _metric_level(case: Case) -> str:
    if not any(case.past):
        return ""  # the first refund there ever was
    level = _by_limit(case)
    if not level:
        # A metric that hardly varies is told from a smaller change.
        is_stable = len(case.past) >= LONG and case.unusual >= 3 * case.scatter
        return WARN if is_stable and case.factor >= _STABLE_WARN else ""
    is_far = case.unusual >= 2 * case.scatter and case.distance >= case.expected.sure
    if not is_far and (case.unusual < case.scatter or len(case.past) < LONG):
        return ""  # hardly farther off than values have been
    return level if is_far and len(case.past) >= USUAL else WARN


# Where the limit alone does not decide.
_RULES: Mapping[str, Callable[[Case], str]] = {
    "nulls": _nulls_level,
    "counter": _counter_level,
    "volume": _volume_level,
    "distinct": _distinct_level,
    "mean": _mean_level,
    "range": _range_level,
    "length": _length_level,
    "freshness": _freshness_level,
    "gaps": _gaps_level,
    "metric": _metric_level,
}
