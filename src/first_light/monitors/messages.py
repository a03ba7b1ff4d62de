"""Findings: a finding in words, with the numbers that matter."""

from __future__ import annotations

from first_light.history.record import FindingRun, RelationProfile
from first_light.monitors.levels import LIMITS
from first_light.monitors.measures import Measure
from first_light.monitors.prediction import Expected


def about(
    profile: RelationProfile, check: str, level: str, message: str, column: str = ""
) -> FindingRun:
    """A finding without numbers."""
    return FindingRun(check, profile.unique_id, profile.name, column, level, message)


def value_finding(
    measure_: Measure, profile: RelationProfile, level: str, value: float, expected: Expected
) -> FindingRun:
    """A finding about a value outside the interval that was expected."""
    low, high = expected.low, expected.high
    if measure_.check in ("volume", "distinct", "length"):
        low = max(0.0, low)
    if LIMITS[measure_.check].points and measure_.check != "gaps":
        low, high = max(0.0, low), min(1.0, high)
    message = (
        f"{profile.name}: {label_of(measure_)} {number_text(value)}, "
        f"expected {number_text(low)} to {number_text(high)}"
    )
    return FindingRun(
        measure_.check, profile.unique_id, profile.name, measure_.column, level,
        f"{message} (by its {expected.by}).", value, low, high,
    )  # fmt: skip


def label_of(measure_: Measure) -> str:
    """A measure in words, which name the delivery where it is about one."""
    column = measure_.column
    labels = {
        ("volume", "rows"): "rows",
        ("volume", "delivered"): "new rows",
        ("volume", "came"): "new rows",
        ("nulls", "share"): f"share of nulls in {column}",
        ("nulls", "came"): f"share of nulls in {column} among new rows",
        ("distinct", "count"): f"different values of {column}",
        ("distinct", "each"): f"different values of {column} per new row",
        ("distinct", "came"): f"new values of {column} per new row",
        ("mean", "mean"): f"mean of {column}",
        ("mean", "came"): f"mean of {column} among new rows",
        ("length", "mean"): f"mean length of {column}",
        ("length", "came"): f"mean length of {column} among new rows",
        ("range", "min"): f"least {column}",
        ("range", "max"): f"greatest {column}",
        ("orphans", "share"): f"share of orphaned foreign keys, {column}",
        ("freshness", "lag"): f"hours since the newest {column or 'row was loaded'}",
        ("counter", "delivered"): f"share of the numbers of {column} that came",
        ("gaps", "days"): f"days that are missing in {column}",
    }
    return labels[measure_.check, measure_.metric]


def number_text(value: float) -> str:
    """A number for people."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
