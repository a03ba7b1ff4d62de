"""Public holidays: a day with few rows is no fault on them, and may be like a Sunday."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from first_light.dbt.graph import Graph
from first_light.history.record import FindingRun, RelationProfile
from first_light.monitors.levels import WARN
from first_light.monitors.measures import Measure
from first_light.project.calendar import Calendar
from first_light.utils.timestamps import day_named, midnight

SUNDAY = 6
_HOURS = 24.0
_GAP_DAYS = 8  # before a delivery: holidays among them explain days that are missing
_COUNTRIES = 8  # codes in a message


class Holiday(NamedTuple):
    """A public holiday that rows are about: its name, and the day."""

    name: str
    day: date

    def like_sunday(self, at: datetime) -> datetime:
        """When rows of the Sunday of its week would have been judged: public holidays are like
        Sundays, where anything is."""
        return at + timedelta(days=SUNDAY - self.day.weekday())


def business_day(profile: RelationProfile, at: datetime) -> date:
    """The day that the newest rows are about.

    It is the day in the name of a delivery, or the one before where the newest time in the rows
    says so; without a name the newest time, else the day before: a release in the morning is about
    yesterday.
    """
    named = day_named(profile.delivery)
    last = named or at.date()
    yesterday = last - timedelta(days=1)
    begin, end = midnight(yesterday).timestamp(), midnight(last + timedelta(days=1)).timestamp()
    # Only these are converted: a time of another column may lie beyond the calendar.
    recent = [
        column.max
        for column in profile.columns
        if column.max is not None and column.mean is None and begin <= column.max < end
    ]
    if recent:
        return datetime.fromtimestamp(max(recent), timezone.utc).date()
    return named or yesterday


def by_relation(
    profiles: Iterable[RelationProfile],
    newest: Mapping[str, str],
    times: Sequence[datetime],
    graph: Graph,
    calendar: Calendar,
) -> dict[tuple[str, str], Holiday]:
    """The holiday that each relation is about, by its id and delivery; only those with one.

    Args:
        profiles: of the candidate.
        newest: the newest delivery of each relation.
        times: when each profile's delivery came.
        graph: a model is about the days of its sources.
        calendar: the product's.
    """
    result: dict[tuple[str, str], Holiday] = {}
    sources: dict[str, Holiday | None] = {}
    others: list[tuple[RelationProfile, datetime]] = []
    for profile, at in zip(profiles, times):
        if profile.files is None:
            others.append((profile, at))
            continue
        days = [business_day(profile, at)]
        if not profile.files:  # what did not come may be of yesterday or of today
            days.append(at.date())
        holiday = _first_of(days, calendar)
        if holiday:
            result[profile.unique_id, profile.delivery] = holiday
        if profile.files and profile.delivery == newest[profile.unique_id]:
            sources[profile.unique_id] = holiday
    for profile, at in others:
        above = sorted(graph.ancestors(profile.unique_id) & sources.keys())
        own = [] if above else [business_day(profile, at)]
        days = [*own, *(holiday.day for source in above if (holiday := sources[source]))]
        if holiday := _first_of(days, calendar):
            result[profile.unique_id, profile.delivery] = holiday
    return result


def _first_of(days: Iterable[date], calendar: Calendar) -> Holiday | None:
    """The first of these days that is a holiday."""
    named = (Holiday(calendar.holiday(day), day) for day in days)
    return next((holiday for holiday in named if holiday.name), None)


def excused(measure: Measure, value: float, at: datetime, calendar: Calendar) -> float:
    """A time without rows, without the holidays in it: hours since the newest time, or days that
    are missing."""
    if measure.check == "freshness" and value > 0:
        newest = at - timedelta(hours=min(value, 24 * 366.0))
        return max(0.0, value - _HOURS * calendar.holidays_between(newest.date(), at.date()))
    if measure.check == "gaps" and value > 0:
        first = at.date() - timedelta(days=_GAP_DAYS)
        return max(0.0, value - calendar.holidays_between(first, at.date()))
    return value


def explained(
    finding: FindingRun, holiday: Holiday | None, day: date, calendar: Calendar
) -> FindingRun:
    """A finding about few rows that says that its day is a holiday, here or in some countries."""
    if not has_few_rows(finding) and not (finding.check == "volume" and finding.value == 0):
        return finding
    if holiday:
        return replace(
            finding, message=f"{finding.message} It is a public holiday: {holiday.name}."
        )
    if not (countries := calendar.countries_with_holiday(day)):
        return finding
    listed = ", ".join(countries[:_COUNTRIES]) + (" …" if len(countries) > _COUNTRIES else "")
    return replace(
        finding,
        message=f"{finding.message} {day} is a public holiday in {listed}: if the business is "
        "there, set holidays under [tool.dataops] in pyproject.toml to the code.",
    )


def has_few_rows(finding: FindingRun) -> bool:
    """Whether a table, or a metric, has less than expected, but something."""
    is_amount = finding.check in ("volume", "metric")
    return is_amount and 0 < (finding.value or 0.0) < (finding.expected_low or 0.0)


def with_mild_quiet_days(
    findings: Sequence[FindingRun],
    complete: Collection[str],
    on_holiday: Collection[str],
    graph: Graph,
) -> list[FindingRun]:
    """Few rows downstream of deliveries whose counters leave out no number warn, as these do, and
    downstream of those of a holiday.

    Args:
        findings: of all relations.
        complete: the sources whose counters go on.
        on_holiday: the sources whose newest delivery is about a holiday.
        graph: what depends on what.
    """
    quiet = {
        finding.subject
        for finding in findings
        if finding.subject in complete and has_few_rows(finding)
    } | {*on_holiday}
    reached = graph.descendants(*quiet) if quiet else frozenset()
    return [
        replace(each, level=WARN) if each.subject in reached and has_few_rows(each) else each
        for each in findings
    ]
