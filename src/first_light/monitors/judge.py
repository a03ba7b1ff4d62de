"""The monitors: one relation's profile against what history lets expect."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from first_light.history.record import FindingRun, RelationProfile
from first_light.monitors import column_rules, deliveries, distributions, forms, labels
from first_light.monitors.baseline import Memory, as_remembered
from first_light.monitors.explanations import (
    AS_BUSY,
    CAME,
    DELIVERED,
    is_gap_by_chance,
    is_of_more_rows,
)
from first_light.monitors.levels import (
    ERROR,
    LIMITS,
    OFF,
    USUAL,
    WARN,
    Case,
    level_of,
    off_by,
)
from first_light.monitors.measures import Measure, Value
from first_light.monitors.messages import about, value_finding
from first_light.monitors.past import (
    COUNTED,
    Normal,
    RelationPast,
    Series,
    days_from_month_turn,
    is_total,
    measures_of,
    past_of,
    spread_of,
    together,
)
from first_light.monitors.prediction import AT_LEAST, Expected
from first_light.monitors.quiet_days import Holiday, excused
from first_light.project.calendar import Calendar

_NO_VALUES: Normal = {}
_MOST_TOGETHER = 60  # deliveries
# Names of columns that identify something: their numbers are no amounts.
_KEY = re.compile(r"(^|_)(id|key|no|nr|number|code)$")

_DELIVERY_METRICS = ("came", "delivered")  # what comes with a delivery
_TOTAL = Measure("volume", "rows", "")
_STEP = 1.1  # the factor from which a number of values, or a mean, is another than before
_USUAL_PEAKS = 2  # so many earlier days with as many rows are a rhythm that nobody explained


@dataclass(frozen=True)
class Known:
    """What a product knows of a relation beside its past.

    Attributes:
        keys: columns that lead to another table.
        arrivals: how many deliveries came to its sources; 0 where nobody knows.
        holiday: the public holiday that its newest rows are about.
        calendar: public holidays.
        busy: as how many usual deliveries the busiest other source counts on its day.
    """

    keys: Collection[str] = ()
    arrivals: int = 0
    holiday: Holiday | None = None
    calendar: Calendar = field(default_factory=Calendar)
    busy: float = 0.0


_NOTHING = Known()


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
    since: int = 0,
    known: Known = _NOTHING,
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
        since: the number of the first release with the code of now: older ones say nothing of how
            values are distributed. 0 where it has always been so.
        known: what the product knows of it.
    """
    past = past or past_of(memory, profile.unique_id)
    names = (column.name for column in profile.columns)
    keys = {*known.keys, *(name for name in names if _KEY.search(name.lower()))}
    known = replace(known, keys=keys)
    if profile.problem:
        message = f"The delivery of {profile.name} could not be profiled: {profile.problem}"
        return Judgement(_with_levels([about(profile, "delivery", WARN, message)], levels), 0)
    lacking = max(0, AT_LEAST - len(_rows(past)))
    if empty := _empty(profile, past, bool(known.holiday)):
        if 0.0 in normal.get(("volume", ""), ()):
            return Judgement((), 0)
        return Judgement(_with_levels([empty], levels), 0)
    measures = measures_of(profile, past, at)
    findings = [
        *_schema(profile, past, normal),
        *deliveries.findings(profile, memory, past, at, normal, bool(known.holiday)),
        *distributions.findings(profile, past, at, normal, since, bool(known.holiday)),
        *column_rules.findings(profile, measures, past, at, normal, keys, bool(known.holiday)),
        *forms.findings(profile, past, normal, since),
        *_numbers(profile, measures, memory, past, at, normal, known),
    ]
    findings += _unchanged(profile, memory, past, findings)
    findings = labels.followed(findings, profile, measures, past, at)
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
    known: Known,
) -> list[FindingRun]:
    findings, turn = [], days_from_month_turn(at)
    shares = together(profile, memory, past, at, known.arrivals)
    is_complete = column_rules.goes_on(profile, past) or bool(known.holiday)
    for measure_, value in measures.items():
        value = value._replace(value=excused(measure_, value.value, at, known.calendar))
        series = past.comparable(measure_, value.rows)
        if series is None or measure_.check not in LIMITS:
            continue
        of_total = is_total(profile, measure_)
        expected = series.expected(at, of_total)
        if expected is None or _is_running(measure_, measures, past):
            continue
        if measure_.check == "volume" and value.value < expected.middle:
            series = series.without_peaks()
            expected = series.expected(at, of_total) or expected
        if (measure_.check, measure_.metric) in COUNTED and any(
            _is_sum(value.value, series, count, at, memory.cadence) for count in shares
        ):
            continue  # deliveries that came together
        case = Case(
            measure_, *value, series.values, expected, memory.cadence,
            measure_.column in known.keys, is_complete, spread_of(value.rows, past, profile),
            not of_total,
        )  # fmt: skip
        level = _level_on_day(case, series, at, known.holiday)
        if not level or _is_reported(measure_, value.value, past.last):
            continue
        if column_rules.is_part_of_day(profile, measure_, value.value):
            continue
        if measure_.check == "gaps" and is_gap_by_chance(value.value, past):
            continue
        if measure_ == DELIVERED and value.value > expected.middle and known.busy >= AS_BUSY:
            # Where as many more rows came to another source, they are no copies.
            if value.value <= AS_BUSY * known.busy * series.middle:
                continue
            level = WARN
        if is_of_more_rows(measure_, value, series, past):
            continue
        accepted = [*normal.get((measure_.check, measure_.column), ())]
        if turn is not None:
            accepted += past.turns.get((measure_, turn), ())
        if any(
            off_by(measure_.check, value.value, normal_value) < LIMITS[measure_.check].warn
            for normal_value in accepted
        ):
            continue
        if measure_ == _TOTAL and _has_grown_as_usual(value.value, expected, past, at):
            continue
        is_delivered = measure_.metric in _DELIVERY_METRICS
        if is_delivered and value.value > expected.middle and turn is None:
            peaks = series.peaks(value.value, past.strange.get(measure_))
            if peaks >= _USUAL_PEAKS:
                continue  # another campaign
            level = WARN if peaks else level
        is_first_turn = turn is not None and not past.turns.get((measure_, turn))
        is_more = (is_delivered or measure_ == _TOTAL) and value.value > expected.middle
        if is_more and is_first_turn:
            level = WARN  # the first end of a month: nobody knows what it is like
        if is_delivered and at.weekday() not in series.weekdays:
            level = WARN  # the first Sunday of a history
        if level := past.eased(level, measure_, profile, value.value, at):
            findings.append(value_finding(measure_, profile, level, value.value, expected))
    return findings


def _level_on_day(case: Case, series: Series, at: datetime, holiday: Holiday | None) -> str:
    """How bad a value is; on a holiday the milder of that day of the week and of a Sunday."""
    level = level_of(case)
    if not level or not holiday:
        return level
    sunday = series.expected(holiday.like_sunday(at), not case.is_of_delivery)
    levels = {level, level_of(replace(case, expected=sunday or case.expected))}
    return next(each for each in ("", WARN, ERROR) if each in levels)


def _is_running(measure_: Measure, measures: Mapping[Measure, Value], past: RelationPast) -> bool:
    """Whether it is a mean over old and new rows, where that of the new ones is compared: a day
    with many rows moves it without being strange."""
    if measure_.metric != "mean":
        return False
    new = Measure(measure_.check, "came", measure_.column)
    return new in measures and new in past.series and len(past.series[new].values) >= AT_LEAST


def _is_sum(
    value: float, series: Series, count: int, at: datetime, cadence: timedelta | None
) -> bool:
    """Whether a value is what so many deliveries in a row let expect, each on its day."""
    low = high = 0.0
    for back in range(min(count, _MOST_TOGETHER)):
        day = at - back * (cadence or timedelta(days=1))
        expected = series.expected(day)
        if expected is None:
            return False
        low, high = low + max(0.0, expected.low), high + expected.high
    return low <= value <= high


def _has_grown_as_usual(value: float, expected: Expected, past: RelationPast, at: datetime) -> bool:
    """Whether a table of more rows than expected had them before, but for what usually comes: what
    came with an earlier delivery was reported then."""
    came = past.series.get(CAME)
    before = past.last["rows"] if past.last else None
    if came is None or before is None or came.middle <= 0 or value <= expected.high:
        return False
    usual = came.expected(at)
    return usual is not None and 0 <= value - before <= usual.high


def _is_reported(measure_: Measure, value: float, relation: Mapping[str, Any] | None) -> bool:
    """Whether the release before, strange or not, had the value too. An extreme, or a step in the
    number of values or in a mean, is reported once: it stays in a table that only grows."""
    if relation is None or relation.get("files") is not None:
        return False
    column = relation["columns"].get(measure_.column) or {}
    if measure_.check == "range":
        return bool(column.get(measure_.metric) == value)
    if measure_.metric == "mean":
        before = column.get({"mean": "mean", "length": "mean_length"}[measure_.check])
        return before is not None and off_by(measure_.check, value, before) < _STEP
    previous = column.get("distinct")
    return (
        (measure_.check, measure_.metric) == ("distinct", "count")
        and previous is not None
        and off_by("distinct", value, previous) < _STEP
    )


# ── What is not a number ─────────────────────────────────────────────────────────────────────────


def _rows(past: RelationPast) -> list[float]:
    for metric in ("rows", "delivered"):
        if series := past.series.get(Measure("volume", metric, "")):
            return series.values
    return []


def _empty(profile: RelationProfile, past: RelationPast, is_holiday: bool) -> FindingRun | None:
    """No rows where there were some; of a delivery, where some can be counted on, which on a
    holiday they can't."""
    rows = _rows(past)
    if profile.rows or not any(rows) or profile.files == 0:
        return None
    usual = sorted(rows)[len(rows) // 2]
    if profile.files is not None and (
        len(rows) < AT_LEAST or not min(rows) or usual < 4 * math.sqrt(usual)
    ):
        return None
    place = profile.name if profile.files is None else f"The delivery of {profile.name}"
    message = f"{place} has no rows; usually it has {usual:,.0f}."
    level = WARN if is_holiday and profile.files is not None else ERROR
    return replace(about(profile, "volume", level, message), value=0.0, expected_low=1.0)


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
        about(profile, "schema", level, f"{profile.name}: {message}", name)
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
    return [about(profile, "schema", WARN, message)]


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
    return [about(profile, "stale", WARN, message)]


_SAME = ("nulls", "distinct", "min", "max", "mean", "min_length", "max_length")


def _state(relation: Mapping[str, Any]) -> tuple[Any, ...]:
    columns = relation["columns"].values()
    return (relation["rows"], *(tuple(column.get(key) for key in _SAME) for column in columns))


# ── Findings ─────────────────────────────────────────────────────────────────────────────────────


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
