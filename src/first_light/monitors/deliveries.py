"""Of a source: did anything come, and had it come before?"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from first_light.history.record import FindingRun, RelationProfile
from first_light.monitors import column_rules
from first_light.monitors.baseline import Memory
from first_light.monitors.levels import ERROR, LONG, USUAL, WARN
from first_light.monitors.messages import about
from first_light.monitors.past import Normal, RelationPast
from first_light.monitors.prediction import AT_LEAST

# Rows of a delivery that are alike: of at least so many, so many points more than ever to warn, and
# to reject.
_ROWS_ALIKE, _ALIKE, _MANY_ALIKE = 20, 0.1, 0.25
_BY_CHANCE = 0.01  # how likely something is no surprise at most


def findings(
    profile: RelationProfile,
    memory: Memory,
    past: RelationPast,
    at: datetime,
    normal: Normal,
    is_holiday: bool = False,
) -> list[FindingRun]:
    """What is wrong with what came, or did not come.

    Args:
        profile: what is judged.
        memory: the past of the product.
        past: earlier deliveries.
        at: when it is judged.
        normal: accepted values by check and column.
        is_holiday: whether it is about a public holiday, on which nothing need come.
    """
    if profile.files is None or len(past.steps) < AT_LEAST:
        return []
    counts = [step["files"] for step in past.steps]
    is_usual = sum(count > 0 for count in counts) >= 0.9 * len(counts)
    if not profile.files:
        if is_holiday:
            return []
        message = f"No new data for {profile.name} since the previous delivery."
        return [about(profile, "delivery", WARN, message)] if is_usual else []
    if memory.since and memory.cadence and at - memory.since >= 1.5 * memory.cadence:
        days = (at - memory.since) / timedelta(days=1)
        message = f"No new data for {profile.name} for {days:.1f} days."
        return [about(profile, "delivery", WARN, message)] if is_usual else []
    if ("duplicate", "") in normal:
        return []
    if within := _repeated_within(profile, past):
        return [within]
    prints = [step.get("fingerprint") for step in past.steps]
    repeated = sum(one in prints[:n] for n, one in enumerate(prints) if one)
    repeats = sum(bool(step.get("repeated_files")) for step in past.steps)
    if repeated + repeats > 0.2 * len(prints):
        return []  # here it is usual that the same comes again
    is_dated = column_rules.moves_on(past)
    if not is_dated and (repeated + repeats or _may_stay(past)):
        return []  # an export of all rows, in which some days change nothing
    if profile.rows < USUAL and not is_dated:
        return []  # files that hold next to nothing are alike
    if profile.repeated_files:
        is_complete = profile.repeated_files == profile.files and is_dated
        message = (
            f"{profile.name}: {profile.repeated_files} of {profile.files} new files are "
            "byte-identical to an earlier file."
        )
        return [about(profile, "duplicate", ERROR if is_complete else WARN, message)]
    if profile.fingerprint and profile.fingerprint in prints:
        message = f"The delivery of {profile.name} repeats the rows of an earlier delivery."
        return [about(profile, "duplicate", ERROR if is_dated else WARN, message)]
    return []


def _may_stay(past: RelationPast) -> bool:
    """Whether it is no surprise that an export of all rows is the same again: by chance, with as
    many rows as come to it on average, or because it is known for a short time."""
    rows = [step["rows"] for step in past.steps]
    changes = [abs(after - before) for before, after in pairwise(rows)]
    if not any(changes):
        return len(rows) < LONG  # values change in it, nobody knows how many
    return math.exp(-sum(changes) / len(changes)) >= _BY_CHANCE


def _repeated_within(profile: RelationProfile, past: RelationPast) -> FindingRun | None:
    """Rows of a delivery that are alike, where fewer ever were: it holds rows twice."""
    different = profile.different_rows
    if different is None or profile.rows < _ROWS_ALIKE:
        return None
    shares = [
        1 - step["different_rows"] / step["rows"]
        for step in past.steps
        if step["rows"] and step.get("different_rows") is not None
    ]
    share = 1 - different / profile.rows
    if len(shares) < AT_LEAST or share - max(shares) < _ALIKE:
        return None
    message = (
        f"{profile.name}: {share:.0%} of the rows of the delivery repeat another one of it; "
        f"at most {max(shares):.0%} before."
    )
    level = ERROR if share - max(shares) >= _MANY_ALIKE else WARN
    return replace(
        about(profile, "duplicate", level, message),
        value=round(share, 4), expected_low=0.0, expected_high=round(max(shares), 4),
    )  # fmt: skip
