"""The monitors: one relation's profile against what history lets expect.

An alarm needs three things at once: the value lies outside the prediction interval, it is off by a
factor (or by points) that matters, and by an absolute amount that matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dataops.history_record import ColumnProfile, FindingRun, RelationProfile
from dataops.monitors.expect import AT_LEAST, Expected, Past, expect
from dataops.monitors.past import Series

ERROR, WARN, OFF = "error", "warn", "off"
CHECKS = ("volume", "nulls", "distinct", "mean", "range", "schema")
# Values by check and column that are as they should be.
Normal = Mapping[tuple[str, str], Sequence[float]]
_NOTHING: Normal = {}


@dataclass(frozen=True)
class Limit:
    """From when on a change matters.

    Attributes:
        warn: the factor (of a share: points) from which it is told.
        error: the factor (points) from which it refuses a release; None when it never does.
        floor: the absolute change below which it is nothing.
    """

    warn: float
    error: float | None
    floor: float


LIMITS: Mapping[str, Limit] = {
    "volume": Limit(1.25, 1.6, 5),
    "nulls": Limit(0.05, 0.25, 0.05),
    "distinct": Limit(1.5, None, 3),
    "mean": Limit(1.5, 3.0, 0.0),
    "range": Limit(3.0, None, 0.0),
}


@dataclass(frozen=True)
class Judged:
    """What was found in one relation.

    Attributes:
        findings: what is wrong.
        lacking: how many more published runs the comparison with history needs; 0 when none.
    """

    findings: tuple[FindingRun, ...]
    lacking: int


def judge(
    profile: RelationProfile,
    series: Series,
    at: datetime,
    levels: Mapping[str, str],
    normal: Normal = _NOTHING,
) -> Judged:
    """Compare one relation with its own past.

    Args:
        profile: what it holds now.
        series: what it held; never with what is judged.
        at: when.
        levels: what a check may do at most: error, warn or off, by its name.
        normal: values of a check and a column that the team has accepted, or that came with the
            code of now: what is near one of them is no alarm.
    """
    rows = series.of("volume", profile.unique_id)
    if profile.rows == 0 and any(one.value for one in rows):
        if 0.0 in normal.get(("volume", ""), ()):
            return Judged((), 0)
        level = levels.get("volume", ERROR)
        return Judged(_only(level, [_empty(profile, rows)]), 0)
    found = [*_schema(profile, series, normal), *_numbers(profile, series, at, normal)]
    kept = [one for finding in found for one in _only(levels.get(finding.check, ERROR), [finding])]
    return Judged(tuple(kept), max(0, AT_LEAST - len(rows)))


def off_by(check: str, value: float, middle: float) -> float:
    """How far a value is from another: a factor of at least 1; of shares the difference."""
    if check == "nulls":
        return abs(value - middle)
    if value == middle:
        return 1.0
    if value * middle <= 0:
        return float("inf")
    return max(value / middle, middle / value)


def _numbers(
    profile: RelationProfile,
    series: Series,
    at: datetime,
    normal: Normal,
) -> list[FindingRun]:
    found = []
    measures = [("volume", "volume", "", float(profile.rows))]
    for column in profile.columns:
        measures += _measures(profile, column)
    for check, metric, column_name, value in measures:
        past = series.of(metric, profile.unique_id, column_name)
        expected = expect(past, at)
        if expected is None:
            continue
        level = level_of(check, value, past, expected)
        if not level:
            continue
        warn = LIMITS[check].warn
        if any(
            off_by(check, value, known) < warn for known in normal.get((check, column_name), ())
        ):
            continue
        found.append(_finding(check, profile, column_name, level, metric, value, expected))
    return found


def _measures(profile: RelationProfile, column: ColumnProfile) -> list[tuple[str, str, str, float]]:
    """Check, metric, column and value of everything that is compared of one column."""
    if not profile.rows:
        return []
    found = [("nulls", "nulls", column.name, column.nulls / profile.rows)]
    if column.distinct is not None:
        found.append(("distinct", "distinct", column.name, float(column.distinct)))
    if column.mean is not None:  # a number; a time's limits move with the days
        found.append(("mean", "mean", column.name, column.mean))
        for metric, value in (("low", column.low), ("high", column.high)):
            if value is not None:
                found.append(("range", metric, column.name, value))
    return found


def level_of(check: str, value: float, past: tuple[Past, ...], expected: Expected) -> str:
    """How bad a value is: error, warn, or nothing."""
    limit, away = LIMITS[check], abs(value - expected.middle)
    if expected.low <= value <= expected.high or away < limit.floor:
        return ""
    if check == "range" and _seen(value, past):
        return ""
    if check == "mean" and away < 3 * (max(p.value for p in past) - min(p.value for p in past)):
        return ""  # a mean that wanders around nought has no factor to speak of
    far = off_by(check, value, expected.middle)
    if limit.error is not None and far >= limit.error:
        return ERROR
    return WARN if far >= limit.warn else ""


def _seen(value: float, past: tuple[Past, ...]) -> bool:
    return min(p.value for p in past) <= value <= max(p.value for p in past)


def _schema(profile: RelationProfile, series: Series, normal: Normal) -> list[FindingRun]:
    before = series.columns.get(profile.unique_id)
    if not before or not profile.columns:
        return []
    now = {column.name: column.type for column in profile.columns}
    told = [
        *((name, ERROR, f"The column {name} is gone.") for name in before if name not in now),
        *((name, WARN, f"The column {name} is new.") for name in now if name not in before),
        *(
            (name, WARN, f"The type of {name} was {before[name]} and is {now[name]}.")
            for name in now
            if name in before and before[name] != now[name]
        ),
    ]
    return [
        FindingRun("schema", profile.unique_id, profile.name, name, level, message)
        for name, level, message in told
        if ("schema", name) not in normal
    ]


def _empty(profile: RelationProfile, rows: tuple[Past, ...]) -> FindingRun:
    usual = sorted(one.value for one in rows)[len(rows) // 2]
    return FindingRun(
        "volume", profile.unique_id, profile.name, "", ERROR,
        f"{profile.name} has no rows; usually it has {usual:,.0f}.", 0.0, 1.0, None,
    )  # fmt: skip


def _finding(
    check: str,
    profile: RelationProfile,
    column: str,
    level: str,
    metric: str,
    value: float,
    expected: Expected,
) -> FindingRun:
    low, high = expected.low, expected.high
    if metric in ("volume", "distinct"):
        low = max(0.0, low)
    if metric == "nulls":
        low, high = max(0.0, low), min(1.0, high)
    what = {
        "volume": "rows",
        "nulls": f"share of nulls in {column}",
        "distinct": f"different values of {column}",
        "mean": f"mean of {column}",
        "low": f"least {column}",
        "high": f"greatest {column}",
    }[metric]
    told = f"{profile.name}: {what} {_told(value)}, expected {_told(low)} to {_told(high)}"
    return FindingRun(
        check, profile.unique_id, profile.name, column, level,
        f"{told} (by its {expected.by}).", value, low, high,
    )  # fmt: skip


def _told(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _only(level: str, findings: list[FindingRun]) -> tuple[FindingRun, ...]:
    """The findings, none worse than `level`."""
    if level == OFF:
        return ()
    if level == ERROR:
        return tuple(findings)
    return tuple(replace(one, level=WARN) if one.level == ERROR else one for one in findings)
