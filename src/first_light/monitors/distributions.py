"""How the rows are distributed over values, hours and formats, against how they always were.

The distance of two distributions is the total variation: the share of the rows that would have to
be others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from first_light.history.record import ColumnProfile, FindingRun, RelationProfile
from first_light.monitors.levels import ERROR, LIMITS, LONG, LOWER_DEVIATIONS, USUAL, WARN
from first_light.monitors.measures import LEAST_ROWS
from first_light.monitors.messages import about
from first_light.monitors.past import Normal, RelationPast
from first_light.monitors.prediction import AT_LEAST
from first_light.monitors.quiet_days import SUNDAY
from first_light.utils.timestamps import day_named

Counts = Mapping[str, int]

_KINDS = {"category": "counts", "hours": "hours", "format": "formats"}
_ROWS = 40  # of fewer, a distribution says little
# So many times as far as ever: to warn and to reject; and as far as chance leads on average.
_FARTHER, _FAR, _CHANCE = 1.5, 2.0, 3.0
# With fewer deliveries the farthest one seen is not the farthest that is usual.
_MANY, _FEW_FACTOR = 20, 1.4
# A main segment has such a share; to reject, its share is so many times less than the least ever,
# and so many standard deviations below its mean, for many segments are compared: those of chance,
# and those that were seen.
_SEGMENT_SHARE, _SEGMENT_FACTOR, _SEGMENT_DEVIATIONS, _OWN_DEVIATIONS = 0.05, 1.6, 5.0, 4.0
_GROWS = 0.9  # the share of deliveries that only add rows, in a table that grows
_BY_CHANCE = 0.01  # how likely a new value is no surprise at most
_STEADY_SHARE = 0.02  # of a value that always came, so that its absence rejects
# New values that so many earlier deliveries brought are usual; where they were so many of the rows,
# the column is no category.
_USUAL_NEW, _OPEN = 3, 0.5


class _Step(NamedTuple):
    """Rows by value of an earlier delivery, its day of the week, and whether it was strange."""

    counts: Counts
    weekday: int
    strange: bool


@dataclass(frozen=True)
class _Column:
    """One column's rows by value: of what came now, and of each earlier delivery.

    Attributes:
        now: of what came now.
        weekday: its day of the week.
        history: each earlier delivery.
        known: every value that there ever was.
        is_holiday: whether it is about a public holiday, which may be like a Sunday.
    """

    now: Counts
    weekday: int
    history: tuple[_Step, ...]
    known: frozenset[str]
    is_holiday: bool = False

    @cached_property
    def novelty(self) -> tuple[float, ...]:
        """Of each earlier delivery but the first ones, the share of rows with a new value."""
        known: set[str] = set()
        shares = []
        for number, step in enumerate(self.history):
            came = {value: count for value, count in step.counts.items() if count > 0}
            if number >= AT_LEAST and came:
                new = sum(count for value, count in came.items() if value not in known)
                shares.append(new / sum(came.values()))
            known |= came.keys()
        return tuple(shares)

    @property
    def is_open(self) -> bool:
        """Whether deliveries bring mostly values that never came: numbers of something."""
        return sum(share >= _OPEN for share in self.novelty) >= _USUAL_NEW

    def brings(self, share: float) -> bool:
        """Whether new values with such a share of the rows are usual, as those of campaigns."""
        lately = [each for each in self.novelty[-LONG:] if each > 0]
        return len(lately) >= _USUAL_NEW and share <= max(lately)

    @property
    def weekdays(self) -> frozenset[int]:
        """The days of the week that it may be like."""
        return frozenset({self.weekday, SUNDAY} if self.is_holiday else {self.weekday})

    @property
    def steps(self) -> tuple[Counts, ...]:
        """Earlier deliveries, without those that were strange."""
        return tuple(step.counts for step in self.history if not step.strange)

    @property
    def same_day(self) -> tuple[Counts, ...]:
        """Those of the same day of the week, also what was strange and published."""
        return tuple(step.counts for step in self.history if step.weekday in self.weekdays)

    @property
    def is_known_day(self) -> bool:
        """Whether something came on such a day before: on the first Sunday of a history nobody
        knows what Sundays are like, and what is closed on a holiday."""
        is_known = any(step.weekday == self.weekday for step in self.history)
        return is_known and not self.is_holiday

    def steps_with(self, value: str) -> tuple[Counts, ...]:
        """Earlier deliveries on the days of the week on which a value always came, if it is such a
        day: a shop that is closed on Sundays has rows on all others."""
        usual = [step for step in self.history if not step.strange]
        without = {step.weekday for step in usual if step.counts.get(value, 0) <= 0}
        if self.weekdays & without:
            return ()
        return tuple(step.counts for step in usual if step.weekday not in without)


def findings(
    profile: RelationProfile, past: RelationPast, at: datetime, normal: Normal, since: int = 0,
    is_holiday: bool = False,
) -> list[FindingRun]:  # fmt: skip
    """What is wrong with distributions.

    Args:
        profile: what is judged.
        past: earlier deliveries.
        at: when it is judged.
        normal: accepted values by check and column.
        since: the number of the first release that is compared.
        is_holiday: whether it is about a public holiday.
    """
    seen = []
    for column in profile.columns:
        for check, key in _KINDS.items():
            if not getattr(column, key):
                continue
            compared = _compared(profile, column, past, at, check, since)
            if compared is None:
                continue
            compared = replace(compared, is_holiday=is_holiday)
            if check == "category" and compared.is_open:
                continue
            accepted = normal.get((check, column.name), ())
            if check == "category" and 0.0 not in accepted:
                seen += _values(profile, column, compared)
            if moved := _moved(profile, column, check, compared, accepted):
                seen.append(moved)
            if check == "category" and (thin := _thin_segment(profile, column, compared, accepted)):
                seen.append(thin)
    return seen


def _compared(
    profile: RelationProfile,
    column: ColumnProfile,
    past: RelationPast,
    at: datetime,
    check: str,
    since: int,
) -> _Column | None:
    """Rows by value of what came; of a table that does not only grow, of all that it holds."""
    key = _KINDS[check]
    history: list[_Step] = []
    for release, step in past.pairs:
        counts = (step["columns"].get(column.name) or {}).get(key)
        if counts and release.number >= since:
            strange = (check, profile.unique_id, column.name) in release.anomalies
            weekday = _weekday(step.get("delivery") or "", release.at)
            history.append(_Step(counts, weekday, strange))
    if len(history) < AT_LEAST:
        return None
    now: Counts = getattr(column, key)
    known = frozenset(value for step in history for value in step.counts)
    if profile.files is None:
        came = difference(now, history[-1].counts)
        steps = [
            step._replace(counts=difference(step.counts, before.counts))
            for before, step in pairwise(history)
        ]
        grown = [step for step in steps if min(step.counts.values(), default=-1) >= 0]
        if min(came.values()) >= 0 and len(grown) >= _GROWS * len(steps):
            history, now = grown, came
    compared = _Column(now, _weekday(profile.delivery, at), tuple(history), known)
    return compared if len(compared.steps) >= AT_LEAST - 1 else None


def _weekday(delivery: str, at: datetime) -> int:
    """Of a delivery the day of the week that its name says; else that of the release."""
    return (day_named(delivery) or at).weekday()


def _values(profile: RelationProfile, column: ColumnProfile, compared: _Column) -> list[FindingRun]:
    """Values of a category that never were there, and such that always came and did not."""
    steps, now = compared.steps, compared.now
    total = sum(column.counts.values())
    # With few rows seen, a rare value has just not come yet: by chance all of it came now.
    seen_before = sum(sum(step.values()) for step in steps)
    share_now = total / max(1, total + seen_before)
    new_values = [
        value
        for value in column.counts
        if value not in compared.known
        and (len(steps) >= LONG or share_now ** column.counts[value] < _BY_CHANCE)
    ]
    missing = {
        value: share
        for value in compared.known
        if not now.get(value) and (share := _regular_share(value, now, compared.steps_with(value)))
    }
    is_gone = max(missing.values(), default=0.0) >= _STEADY_SHARE and compared.is_known_day
    came = sum(max(0, count) for count in now.values())
    new_rows = sum(now.get(value, 0) for value in new_values)
    is_all = came >= LEAST_ROWS and new_rows == came and len(steps) >= LONG
    if compared.brings(new_rows / max(1, came)):
        new_values = []
    seen = []
    for label, values, is_error in (
        ("new", new_values, is_all and not compared.is_holiday),
        ("gone", list(missing), is_gone),
    ):
        level = ERROR if is_error else WARN
        if values:
            listed = ", ".join(sorted(values)[:3]) + (" …" if len(values) > 3 else "")
            message = f"{profile.name}: of {column.name} {label}: {listed}."
            seen.append(replace(about(profile, "category", level, message, column.name), value=0.0))
    return seen


def _regular_share(value: str, now: Counts, steps: Sequence[Counts]) -> float:
    """The share of a value of which so many rows usually come that none is no chance; else 0."""
    if len(steps) < USUAL - 1:
        return 0.0
    share = sum(step[value] for step in steps) / max(1, sum(sum(step.values()) for step in steps))
    return share if share * sum(now.values()) >= LOWER_DEVIATIONS**2 else 0.0


def _moved(
    profile: RelationProfile,
    column: ColumnProfile,
    check: str,
    compared: _Column,
    accepted: Sequence[float],
) -> FindingRun | None:
    """A distribution that is farther from the usual one than ever."""
    rows = sum(compared.now.values())
    past_rows = [total for step in compared.steps if (total := sum(step.values())) >= _ROWS]
    steps = [_shares(step) for step in compared.steps if sum(step.values()) >= _ROWS]
    if rows < _ROWS or len(steps) < AT_LEAST:
        return None
    values = set(compared.now).union(*steps)
    usual = {value: sum(step.get(value, 0.0) for step in steps) / len(steps) for value in values}
    now = _shares(compared.now)
    distance = _distance(now, usual)
    chance = _chance(usual, rows)
    # Deliveries of other sizes scatter more or less by chance: compared is what is more than that.
    farthest = max(
        math.sqrt(max(0.0, _distance(step, usual) ** 2 - _chance(usual, count) ** 2) + chance**2)
        for step, count in zip(steps, past_rows)
    )
    limit = LIMITS[check]
    is_short = len(steps) < USUAL - 1
    least = 2 * limit.warn if is_short else limit.warn
    unsure = 1.0 if len(steps) >= _MANY else _FEW_FACTOR
    if distance < max(least, unsure * _FARTHER * farthest, _CHANCE * chance):
        return None
    if any(abs(distance - value) < limit.warn for value in accepted):
        return None
    if _is_rhythm(now, compared, limit.warn):
        return None
    is_far = limit.error is not None and distance >= max(limit.error, unsure * _FAR * farthest)
    changed = max(sorted(values), key=lambda value: abs(now.get(value, 0.0) - usual[value]))
    label = {"category": changed, "hours": f"hour {changed}", "format": f"format {changed}"}[check]
    message = (
        f"{profile.name}: the {_WORDS[check]} of {column.name} moved: {label} has "
        f"{now.get(changed, 0.0):.0%} of the rows, usually {usual[changed]:.0%}."
    )
    is_stamp = check == "hours" and is_one_moment(compared.now, compared.steps)
    level = ERROR if is_far and compared.is_known_day and not (is_short or is_stamp) else WARN
    return replace(
        about(profile, check, level, message, column.name),
        value=round(distance, 4), expected_low=0.0, expected_high=round(farthest, 4),
    )  # fmt: skip


def _is_rhythm(now: Mapping[str, float], compared: _Column, least: float) -> bool:
    """Whether rows were distributed like this on the same day of the week, as of shops of which
    only some are open on Sundays."""
    steps = [step for step in compared.same_day if sum(step.values()) > 0]
    if not steps:
        return False
    shares = [_shares(step) for step in steps]
    values = {value for step in shares for value in step}
    usual = {value: sum(step.get(value, 0.0) for step in shares) / len(steps) for value in values}
    chance = math.hypot(
        _chance(usual, sum(compared.now.values())),
        _chance(usual, sum(sum(step.values()) for step in steps)),
    )
    return _distance(now, usual) < max(least, _CHANCE * chance)


def is_one_moment(now: Counts, steps: Sequence[Counts]) -> bool:
    """Whether all rows of each delivery have a time in one hour, as the time of an export: at
    another hour it is no fault. At midnight it has lost its time of day."""
    if set(now) == {"0"} and not any("0" in step for step in steps):
        return False
    return all(sum(count > 0 for count in step.values()) <= 1 for step in (now, *steps))


def _chance(usual: Mapping[str, float], rows: int) -> float:
    """How far chance leads away from the usual shares on average, with so many rows."""
    scatter = (math.sqrt(2 * share * (1 - share) / (math.pi * rows)) for share in usual.values())
    return sum(scatter) / 2


def _thin_segment(
    profile: RelationProfile, column: ColumnProfile, compared: _Column, accepted: Sequence[float]
) -> FindingRun | None:
    """A main segment, such as one store, of which much fewer rows came than ever, compared with
    the others."""
    rows = sum(compared.now.values())
    steps = [_shares(step) for step in compared.steps if sum(step.values()) >= _ROWS]
    if rows < _ROWS or len(steps) < _MANY:
        return None
    now = _shares(compared.now)
    typical = sorted(sum(step.values()) for step in compared.steps)[len(compared.steps) // 2]
    worst: tuple[float, str, float] | None = None
    for value in steps[-1]:
        shares = [step.get(value, 0.0) for step in steps]
        usual, least, share = sum(shares) / len(shares), min(shares), now.get(value, 0.0)
        own = math.sqrt(sum((each - usual) ** 2 for each in shares) / (len(shares) - 1))
        scatter = max(
            _SEGMENT_DEVIATIONS * math.sqrt(usual * (1 - usual) / rows),
            _OWN_DEVIATIONS * own * math.sqrt(max(1.0, typical / rows)),
        )
        if usual < _SEGMENT_SHARE or share <= 0 or usual - share < scatter:
            continue
        if least >= _SEGMENT_FACTOR * share and not any(
            abs(known - share) < _SEGMENT_SHARE for known in accepted if known
        ):
            worst = min(worst or (math.inf, "", 0.0), (share / usual, value, usual))
    if worst is None:
        return None
    _, value, usual = worst
    message = (
        f"{profile.name}: {value} in {column.name} has {compared.now[value]:,} rows, by its usual "
        f"share of {usual:.0%} about {usual * rows:,.0f}."
    )
    return replace(
        about(profile, "category", WARN if compared.is_holiday else ERROR, message, column.name),
        value=round(now[value], 4), expected_low=round(min(s.get(value, 0.0) for s in steps), 4),
    )  # fmt: skip


_WORDS = {"category": "values", "hours": "hours of the day", "format": "formats"}


def difference(now: Counts, before: Counts) -> dict[str, int]:
    """How many rows more there are of each value; fewer where it is below 0."""
    return {value: now.get(value, 0) - before.get(value, 0) for value in {**now, **before}}


def _shares(counts: Counts) -> dict[str, float]:
    total = sum(counts.values())
    return {value: count / total for value, count in counts.items()} if total else {}


def _distance(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(abs(one.get(value, 0.0) - other.get(value, 0.0)) for value in {**one, **other}) / 2
