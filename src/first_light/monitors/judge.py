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
    LOST,
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
_NOTHING: Normal = {}


_FLOWS = ("came", "delivered")  # what comes with a delivery


@dataclass(frozen=True)
class Judged:
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
    normal: Normal = _NOTHING,
    past: RelationPast | None = None,
) -> Judged:
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
        told = f"What came to {profile.name} could not be looked at: {profile.problem}"
        return Judged(_levelled([_about(profile, "delivery", WARN, told)], levels), 0)
    lacking = max(0, AT_LEAST - len(_rows(past)))
    if empty := _empty(profile, past):
        if any(value == 0.0 for value in normal.get(("volume", ""), ())):
            return Judged((), 0)
        return Judged(_levelled([empty], levels), 0)
    found = [
        *_schema(profile, past, normal),
        *_deliveries(profile, memory, past, at),
        *_categories(profile, past, normal),
        *_numbers(profile, measures_of(profile, memory, past, at), memory, past, at, normal),
    ]
    found += _unchanged(profile, memory, past, found)
    worst: dict[tuple[str, str], FindingRun] = {}
    for one in found:
        known = worst.get((one.check, one.column))
        if known is None or (known.level != ERROR and one.level == ERROR):
            worst[one.check, one.column] = one
    return Judged(_levelled(worst.values(), levels), lacking)


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────


def _numbers(
    profile: RelationProfile,
    measures: Mapping[Measure, Value],
    memory: Memory,
    past: RelationPast,
    at: datetime,
    normal: Normal,
) -> list[FindingRun]:
    found, turn = [], days_from_month_turn(at)
    for what, value in measures.items():
        series = past.series.get(what)
        if series is None or what.check not in LIMITS:
            continue
        expected = expect_at(series.times, series.weekdays, series.values, at)
        if expected is None:
            continue
        case = Case(what, *value, series.values, expected, memory.cadence)
        level = level_of(case)
        if not level or (what.check == "range" and _held(what, past.last) == value.value):
            continue  # an extreme is told once: it stays in a table that only grows
        known = [*normal.get((what.check, what.column), ())]
        if turn is not None:
            known += past.turns.get((what, turn), ())
        if any(off_by(what.check, value.value, one) < LIMITS[what.check].warn for one in known):
            continue
        if what.metric in _FLOWS and at.weekday() not in series.weekdays:
            level = WARN  # the first Sunday of a history: nobody knows what Sundays are like
        found.append(_finding(what, profile, level, value.value, expected))
    return found


def _held(what: Measure, relation: Mapping[str, Any] | None) -> float | None:
    """A column's extreme in the release before, strange or not."""
    if relation is None or relation.get("files") is not None:
        return None
    found: float | None = (relation["columns"].get(what.column) or {}).get(what.metric)
    return found


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
    told = f"{profile.name} has no rows; usually it has {usual:,.0f}."
    if profile.files is not None:
        told = f"What came to {profile.name} holds no rows; usually it holds {usual:,.0f}."
    return replace(_about(profile, "volume", ERROR, told), value=0.0, expected_low=1.0)


def _schema(profile: RelationProfile, past: RelationPast, normal: Normal) -> list[FindingRun]:
    before = past.last["columns"] if past.last else {}
    if not before or not profile.columns:
        return []
    now = {column.name: column.type for column in profile.columns}
    told = [
        *((name, ERROR, f"The column {name} is gone.") for name in before if name not in now),
        *((name, WARN, f"The column {name} is new.") for name in now if name not in before),
        *(
            (name, WARN, f"The type of {name} was {before[name]['type']} and is {now[name]}.")
            for name in now
            if name in before and before[name]["type"] != now[name]
        ),
    ]
    return [
        _about(profile, "schema", level, f"{profile.name}: {message}", name)
        for name, level, message in told
        if ("schema", name) not in normal
    ] + _reordered(profile, list(before), list(now), normal)


def _reordered(
    profile: RelationProfile, before: list[str], now: list[str], normal: Normal
) -> list[FindingRun]:
    """Who reads a file by position reads other columns now."""
    if now == before or set(now) != set(before) or ("schema", "") in normal:
        return []
    told = f"{profile.name}: the columns come in another order."
    return [_about(profile, "schema", WARN, told)]


def _deliveries(
    profile: RelationProfile, memory: Memory, past: RelationPast, at: datetime
) -> list[FindingRun]:
    """Of a source: did anything come, and had it come before?"""
    if profile.files is None or len(past.steps) < AT_LEAST:
        return []
    came = [step["files"] for step in past.steps]
    usual = sum(count > 0 for count in came) >= 0.9 * len(came)
    if not profile.files:
        told = f"Nothing came to {profile.name} since the delivery before."
        return [_about(profile, "delivery", WARN, told)] if usual else []
    if memory.since and memory.cadence and at - memory.since >= 1.5 * memory.cadence:
        days = (at - memory.since) / timedelta(days=1)
        told = f"Nothing came to {profile.name} for {days:.1f} days."
        return [_about(profile, "delivery", WARN, told)] if usual else []
    prints = [step.get("fingerprint") for step in past.steps]
    again = sum(one in prints[:n] for n, one in enumerate(prints) if one)
    repeats = sum(bool(step.get("repeated_files")) for step in past.steps)
    if again + repeats > 0.2 * len(prints):
        return []  # here it is usual that the same comes again
    if profile.rows < USUAL:
        return []  # files that hold next to nothing are alike
    if profile.repeated_files:
        every = profile.repeated_files == profile.files
        told = (
            f"{profile.name}: {profile.repeated_files} of {profile.files} files that came hold "
            "to the byte what an earlier one holds."
        )
        return [_about(profile, "duplicate", ERROR if every else WARN, told)]
    if profile.fingerprint and profile.fingerprint in prints:
        told = f"What came to {profile.name} are the rows of an earlier delivery again."
        return [_about(profile, "duplicate", ERROR, told)]
    return []


def _unchanged(
    profile: RelationProfile, memory: Memory, past: RelationPast, found: Sequence[FindingRun]
) -> list[FindingRun]:
    """A relation that every delivery changed, and this one did not."""
    steps = past.steps
    if memory.since or profile.files is not None or len(steps) <= USUAL or found:
        return []
    states = [_state(step) for step in steps]
    if any(one == other for one, other in pairwise(states)):
        return []
    if _state(as_remembered(profile)) != states[-1]:
        return []
    told = f"{profile.name} did not change at all; every delivery before changed it."
    return [_about(profile, "stale", WARN, told)]


_SAME = ("nulls", "distinct", "min", "max", "mean", "min_length", "max_length")


def _state(relation: Mapping[str, Any]) -> tuple[Any, ...]:
    columns = relation["columns"].values()
    return (relation["rows"], *(tuple(column.get(key) for key in _SAME) for column in columns))


def _categories(profile: RelationProfile, past: RelationPast, normal: Normal) -> list[FindingRun]:
    """Values of a category that never were there, and such that always came and did not."""
    found = []
    for column in profile.columns:
        if not column.counts or ("category", column.name) in normal:
            continue
        seen = [
            counts
            for step in past.steps
            if (counts := (step["columns"].get(column.name) or {}).get("counts"))
        ]
        if len(seen) < AT_LEAST:
            continue
        known = {value for counts in seen for value in counts}
        total = sum(column.counts.values())
        new = [value for value in column.counts if value not in known]
        # With few deliveries seen, a rare value has just not come yet.
        new = [one for one in new if len(seen) >= USUAL or column.counts[one] >= total / 50]
        came, steps = column.counts, seen
        if profile.files is None:  # what is in a table stays there: look at what came to it
            came = _difference(column.counts, seen[-1])
            steps = [_difference(now, before) for before, now in pairwise(seen)]
        gone = [value for value in known if not came.get(value) and _always(value, came, steps)]
        for word, values in (("new", new), ("gone", gone)):
            if values:
                named = ", ".join(sorted(values)[:3]) + (" …" if len(values) > 3 else "")
                told = f"{profile.name}: of {column.name} {word}: {named}."
                found.append(
                    replace(_about(profile, "category", WARN, told, column.name), value=0.0)
                )
    return found


def _difference(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {value: count - before.get(value, 0) for value, count in now.items()}


def _always(value: str, came: Mapping[str, int], steps: Sequence[Mapping[str, int]]) -> bool:
    """Whether so many rows of a value usually come that none is no chance."""
    if len(steps) < USUAL or any(step.get(value, 0) <= 0 for step in steps):
        return False
    share = sum(step[value] for step in steps) / max(1, sum(sum(step.values()) for step in steps))
    return share * sum(came.values()) >= LOST**2


# ── Findings ─────────────────────────────────────────────────────────────────────────────────────


def _about(
    profile: RelationProfile, check: str, level: str, message: str, column: str = ""
) -> FindingRun:
    return FindingRun(check, profile.unique_id, profile.name, column, level, message)


def _finding(
    what: Measure, profile: RelationProfile, level: str, value: float, expected: Expected
) -> FindingRun:
    low, high = expected.low, expected.high
    if what.check in ("volume", "distinct", "length"):
        low = max(0.0, low)
    if LIMITS[what.check].points and what.check != "gaps":
        low, high = max(0.0, low), min(1.0, high)
    told = f"{profile.name}: {_words(what)} {_told(value)}, expected {_told(low)} to {_told(high)}"
    return FindingRun(
        what.check, profile.unique_id, profile.name, what.column, level,
        f"{told} (by its {expected.by}).", value, low, high,
    )  # fmt: skip


def _words(what: Measure) -> str:
    """A measure in words; of what came with this delivery, that is said."""
    column = what.column
    if what.check == "category":
        came = " among the rows that came" if what.metric[0] == "+" else ""
        return f"share of {what.metric[1:]} in {column}{came}"
    words = {
        ("volume", "rows"): "rows",
        ("volume", "delivered"): "rows that came",
        ("volume", "came"): "rows that came",
        ("nulls", "share"): f"share of nulls in {column}",
        ("nulls", "came"): f"share of nulls in {column} among the rows that came",
        ("distinct", "count"): f"different values of {column}",
        ("distinct", "each"): f"different values of {column} for each row that came",
        ("distinct", "came"): f"new values of {column} for each row that came",
        ("mean", "mean"): f"mean of {column}",
        ("mean", "came"): f"mean of {column} among the rows that came",
        ("length", "mean"): f"mean length of {column}",
        ("length", "came"): f"mean length of {column} among the rows that came",
        ("range", "min"): f"least {column}",
        ("range", "max"): f"greatest {column}",
        ("orphans", "share"): f"share of references that lead nowhere, {column}",
        ("freshness", "lag"): f"hours since the newest {column or 'row was loaded'}",
        ("gaps", "days"): f"days that are missing in {column}",
    }
    return words[what.check, what.metric]


def _told(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _levelled(findings: Iterable[FindingRun], levels: Mapping[str, str]) -> tuple[FindingRun, ...]:
    """The findings as the team wants them: none of what is off, none worse than a warning, or all
    as errors; as they are where the team says nothing."""
    return tuple(
        replace(finding, level=levels.get(finding.check, finding.level))
        for finding in findings
        if levels.get(finding.check) != OFF
    )
