"""The monitors: one relation's profile against what history lets expect."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from first_light.history.record import FindingRun, RelationProfile
from first_light.monitors.baseline import Memory, as_remembered
from first_light.monitors.levels import (
    ERROR,
    LIMITS,
    LOWER_DEVIATIONS,
    OFF,
    USUAL,
    WARN,
    Case,
    level_of,
    off_by,
)
from first_light.monitors.measures import Measure, Value
from first_light.monitors.past import RelationPast, days_from_month_turn, measures_of, past_of
from first_light.monitors.prediction import AT_LEAST, Expected, expect_at

# Values by check and column that are as they should be.
Normal = Mapping[tuple[str, str], Sequence[float]]
_NO_VALUES: Normal = {}


_DELIVERY_METRICS = ("came", "delivered")  # what comes with a delivery


@dataclass(frozen=True)
class Judgement:
    """What was found in one relation.

    Attributes:
        findings: what is wrong.
        lacking: how many more published deliveries the comparison with history needs; 0 when none.
    """

    findings: tuple[FindingRun, ...]
    lacking: int


def judge(
    profile: RelationProfile,
    memory: Memory,
    at: datetime,
    levels: Mapping[str, str],
    normal: Normal = _NO_VALUES,
    past: RelationPast | None = None,
) -> Judgement:
    """Compare one relation with its own past.

    Args:
        profile: what it holds now; of a source, what came to it.
        memory: the past; never with what is judged.
        at: when.
        levels: what the team says of a check, by its name: off, warn (it never rejects) or error
            (whatever it finds rejects).
        normal: values of a check and a column that the team has accepted, or that came with the
            code of now: what is near one of them is no alarm.
        past: this relation's, where the caller has it.
    """
    past = past or past_of(memory, profile.unique_id)
    if profile.problem:
        message = f"The delivery of {profile.name} could not be profiled: {profile.problem}"
        return Judgement(_with_levels([_about(profile, "delivery", WARN, message)], levels), 0)
    lacking = max(0, AT_LEAST - len(_rows(past)))
    if empty := _empty(profile, past):
        if any(value == 0.0 for value in normal.get(("volume", ""), ())):
            return Judgement((), 0)
        return Judgement(_with_levels([empty], levels), 0)
    findings = [
        *_schema(profile, past, normal),
        *_deliveries(profile, memory, past, at),
        *_categories(profile, past, normal),
        *_numbers(profile, measures_of(profile, memory, past, at), memory, past, at, normal),
    ]
    findings += _unchanged(profile, memory, past, findings)
    worst: dict[tuple[str, str], FindingRun] = {}
    for finding in findings:
        present = worst.get((finding.check, finding.column))
        if present is None or (present.level != ERROR and finding.level == ERROR):
            worst[finding.check, finding.column] = finding
    return Judgement(_with_levels(worst.values(), levels), lacking)


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────


def _numbers(
    profile: RelationProfile,
    measures: Mapping[Measure, Value],
    memory: Memory,
    past: RelationPast,
    at: datetime,
    normal: Normal,
) -> list[FindingRun]:
    findings, turn = [], days_from_month_turn(at)
    for measure_, value in measures.items():
        series = past.series.get(measure_)
        if series is None or measure_.check not in LIMITS:
            continue
        expected = expect_at(series.times, series.weekdays, series.values, at)
        if expected is None:
            continue
        case = Case(measure_, *value, series.values, expected, memory.cadence)
        level = level_of(case)
        if not level or (
            measure_.check == "range" and _previous_extreme(measure_, past.last) == value.value
        ):
            continue  # an extreme is reported once: it stays in a table that only grows
        accepted = [*normal.get((measure_.check, measure_.column), ())]
        if turn is not None:
            accepted += past.turns.get((measure_, turn), ())
        if any(
            off_by(measure_.check, value.value, normal_value) < LIMITS[measure_.check].warn
            for normal_value in accepted
        ):
            continue
        if measure_.metric in _DELIVERY_METRICS and at.weekday() not in series.weekdays:
            level = WARN  # the first Sunday of a history: nobody knows what Sundays are like
        findings.append(_finding(measure_, profile, level, value.value, expected))
    return findings


def _previous_extreme(measure_: Measure, relation: Mapping[str, Any] | None) -> float | None:
    """A column's extreme in the release before, strange or not."""
    if relation is None or relation.get("files") is not None:
        return None
    extreme: float | None = (relation["columns"].get(measure_.column) or {}).get(measure_.metric)
    return extreme


# ── What is not a number ─────────────────────────────────────────────────────────────────────────


def _rows(past: RelationPast) -> list[float]:
    for metric in ("rows", "delivered"):
        if series := past.series.get(Measure("volume", metric, "")):
            return series.values
    return []


def _empty(profile: RelationProfile, past: RelationPast) -> FindingRun | None:
    """No rows where there were some; of a delivery, where some can be counted on."""
    rows = _rows(past)
    if profile.rows or not any(rows) or profile.files == 0:
        return None
    usual = sorted(rows)[len(rows) // 2]
    if profile.files is not None and (
        len(rows) < AT_LEAST or not min(rows) or usual < 4 * math.sqrt(usual)
    ):
        return None
    message = f"{profile.name} has no rows; usually it has {usual:,.0f}."
    if profile.files is not None:
        message = f"The delivery of {profile.name} has no rows; usually it has {usual:,.0f}."
    return replace(_about(profile, "volume", ERROR, message), value=0.0, expected_low=1.0)


def _schema(profile: RelationProfile, past: RelationPast, normal: Normal) -> list[FindingRun]:
    old_columns = past.last["columns"] if past.last else {}
    if not old_columns or not profile.columns:
        return []
    new_types = {column.name: column.type for column in profile.columns}
    changes = [
        *(
            (name, ERROR, f"The column {name} was removed.")
            for name in old_columns
            if name not in new_types
        ),
        *(
            (name, WARN, f"The column {name} is new.")
            for name in new_types
            if name not in old_columns
        ),
        *(
            (
                name,
                WARN,
                f"The type of {name} was {old_columns[name]['type']} and is {new_types[name]}.",
            )
            for name in new_types
            if name in old_columns and old_columns[name]["type"] != new_types[name]
        ),
    ]
    return [
        _about(profile, "schema", level, f"{profile.name}: {message}", name)
        for name, level, message in changes
        if ("schema", name) not in normal
    ] + _reordered(profile, list(old_columns), list(new_types), normal)


def _reordered(
    profile: RelationProfile, before: list[str], now: list[str], normal: Normal
) -> list[FindingRun]:
    """Who reads a file by position reads other columns now."""
    if now == before or set(now) != set(before) or ("schema", "") in normal:
        return []
    message = f"{profile.name}: the order of the columns has changed."
    return [_about(profile, "schema", WARN, message)]


def _deliveries(
    profile: RelationProfile, memory: Memory, past: RelationPast, at: datetime
) -> list[FindingRun]:
    """Of a source: did anything come, and had it come before?"""
    if profile.files is None or len(past.steps) < AT_LEAST:
        return []
    counts = [step["files"] for step in past.steps]
    is_usual = sum(count > 0 for count in counts) >= 0.9 * len(counts)
    if not profile.files:
        message = f"No new data for {profile.name} since the previous delivery."
        return [_about(profile, "delivery", WARN, message)] if is_usual else []
    if memory.since and memory.cadence and at - memory.since >= 1.5 * memory.cadence:
        days = (at - memory.since) / timedelta(days=1)
        message = f"No new data for {profile.name} for {days:.1f} days."
        return [_about(profile, "delivery", WARN, message)] if is_usual else []
    prints = [step.get("fingerprint") for step in past.steps]
    repeated = sum(one in prints[:n] for n, one in enumerate(prints) if one)
    repeats = sum(bool(step.get("repeated_files")) for step in past.steps)
    if repeated + repeats > 0.2 * len(prints):
        return []  # here it is usual that the same comes again
    if profile.rows < USUAL:
        return []  # files that hold next to nothing are alike
    if profile.repeated_files:
        is_complete = profile.repeated_files == profile.files
        message = (
            f"{profile.name}: {profile.repeated_files} of {profile.files} new files are "
            "byte-identical to an earlier file."
        )
        return [_about(profile, "duplicate", ERROR if is_complete else WARN, message)]
    if profile.fingerprint and profile.fingerprint in prints:
        message = f"The delivery of {profile.name} repeats the rows of an earlier delivery."
        return [_about(profile, "duplicate", ERROR, message)]
    return []


def _unchanged(
    profile: RelationProfile, memory: Memory, past: RelationPast, findings: Sequence[FindingRun]
) -> list[FindingRun]:
    """A relation that every delivery changed, and this one did not."""
    steps = past.steps
    if memory.since or profile.files is not None or len(steps) <= USUAL or findings:
        return []
    states = [_state(step) for step in steps]
    if any(one == other for one, other in pairwise(states)):
        return []
    if _state(as_remembered(profile)) != states[-1]:
        return []
    message = f"{profile.name} did not change at all; every delivery before changed it."
    return [_about(profile, "stale", WARN, message)]


_SAME = ("nulls", "distinct", "min", "max", "mean", "min_length", "max_length")


def _state(relation: Mapping[str, Any]) -> tuple[Any, ...]:
    columns = relation["columns"].values()
    return (relation["rows"], *(tuple(column.get(key) for key in _SAME) for column in columns))


def _categories(profile: RelationProfile, past: RelationPast, normal: Normal) -> list[FindingRun]:
    """Values of a category that never were there, and such that always came and did not."""
    findings = []
    for column in profile.columns:
        if not column.counts or ("category", column.name) in normal:
            continue
        history = [
            counts
            for step in past.steps
            if (counts := (step["columns"].get(column.name) or {}).get("counts"))
        ]
        if len(history) < AT_LEAST:
            continue
        known_values = {value for counts in history for value in counts}
        total = sum(column.counts.values())
        new_values = [value for value in column.counts if value not in known_values]
        # With few deliveries seen, a rare value has just not come yet.
        new_values = [
            counts_
            for counts_ in new_values
            if len(history) >= USUAL or column.counts[counts_] >= total / 50
        ]
        present, steps = column.counts, history
        if profile.files is None:  # what is in a table stays there: look at what came to it
            present = _difference(column.counts, history[-1])
            steps = [_difference(now, before) for before, now in pairwise(history)]
        missing = [
            value
            for value in known_values
            if not present.get(value) and _is_regular(value, present, steps)
        ]
        for label, values in (("new", new_values), ("gone", missing)):
            if values:
                listed = ", ".join(sorted(values)[:3]) + (" …" if len(values) > 3 else "")
                message = f"{profile.name}: of {column.name} {label}: {listed}."
                findings.append(
                    replace(_about(profile, "category", WARN, message, column.name), value=0.0)
                )
    return findings


def _difference(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {value: count - before.get(value, 0) for value, count in now.items()}


def _is_regular(value: str, present: Mapping[str, int], steps: Sequence[Mapping[str, int]]) -> bool:
    """Whether so many rows of a value usually come that none is no chance."""
    if len(steps) < USUAL or any(step.get(value, 0) <= 0 for step in steps):
        return False
    share = sum(step[value] for step in steps) / max(1, sum(sum(step.values()) for step in steps))
    return share * sum(present.values()) >= LOWER_DEVIATIONS**2


# ── Findings ─────────────────────────────────────────────────────────────────────────────────────


def _about(
    profile: RelationProfile, check: str, level: str, message: str, column: str = ""
) -> FindingRun:
    return FindingRun(check, profile.unique_id, profile.name, column, level, message)


def _finding(
    measure_: Measure, profile: RelationProfile, level: str, value: float, expected: Expected
) -> FindingRun:
    low, high = expected.low, expected.high
    if measure_.check in ("volume", "distinct", "length"):
        low = max(0.0, low)
    if LIMITS[measure_.check].points and measure_.check != "gaps":
        low, high = max(0.0, low), min(1.0, high)
    message = (
        f"{profile.name}: {_label_of(measure_)} {_number(value)}, "
        f"expected {_number(low)} to {_number(high)}"
    )
    return FindingRun(
        measure_.check, profile.unique_id, profile.name, measure_.column, level,
        f"{message} (by its {expected.by}).", value, low, high,
    )  # fmt: skip


def _label_of(measure_: Measure) -> str:
    """A measure in words, which name the delivery where it is about one."""
    column = measure_.column
    if measure_.check == "category":
        suffix = " among new rows" if measure_.metric[0] == "+" else ""
        return f"share of {measure_.metric[1:]} in {column}{suffix}"
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
        ("gaps", "days"): f"days that are missing in {column}",
    }
    return labels[measure_.check, measure_.metric]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _with_levels(
    findings: Iterable[FindingRun], levels: Mapping[str, str]
) -> tuple[FindingRun, ...]:
    """The findings as the team wants them: none of what is off, none worse than a warning, or all
    as errors; as they are where the team says nothing."""
    return tuple(
        replace(finding, level=levels.get(finding.check, finding.level))
        for finding in findings
        if levels.get(finding.check) != OFF
    )
