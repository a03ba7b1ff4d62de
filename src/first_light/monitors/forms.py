"""What every delivery had in common in a column, and this one has not: values at all, one format,
one length."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile, pairwise
from typing import Any

from first_light.history.record import ColumnProfile, FindingRun, RelationProfile
from first_light.monitors.levels import ERROR, LONG, USUAL, WARN
from first_light.monitors.measures import LEAST_ROWS, MINIMUM_ROWS
from first_light.monitors.messages import about
from first_light.monitors.past import Normal, RelationPast, is_accepted
from first_light.monitors.profiling import RARE, SHARED

Counts = Mapping[str, int]

# Values that were always there are gone: so many, beyond what usually changes.
_FILLED, _DEVIATIONS = 3, 4.0
# A column has one form if such a share of the rows has it in each delivery; rows of another form
# warn and reject from such shares, and so many.
_ONE_FORM, _FORM_WARN, _FORM_ERROR, _FORM_ROWS = 0.995, 0.02, 0.05, 3
# Of a form that no row out of so many ever had differently, fewer rows tell: two warn; of one that
# three times as many had, a single row warns.
_NEVER_VARIED, _FEW_FORMS, _EVER = 100, 2, 300
_CODE = 8  # numbers of so many digits, all alike, are codes; of fewer, measurements


def findings(
    profile: RelationProfile, past: RelationPast, normal: Normal, since: int = 0
) -> list[FindingRun]:
    """What is wrong with the form of columns.

    Args:
        profile: what is judged.
        past: earlier deliveries.
        normal: accepted values by check and column.
        since: the number of the first release that is compared.
    """
    return [
        finding
        for column in profile.columns
        for finding in (
            _emptied(profile, column, past),
            _misformed(profile, column, past, "formats", since),
            _misformed(profile, column, past, "lengths", since),
        )
        if finding and not is_accepted(finding, normal)
    ]


def _emptied(
    profile: RelationProfile, column: ColumnProfile, past: RelationPast
) -> FindingRun | None:
    """No value where each delivery had some since the first that had any, be they few."""
    if not profile.rows or column.nulls < profile.rows:
        return None
    filled = [
        step["rows"] - before["nulls"]
        for step in past.steps
        if step["rows"] and (before := step["columns"].get(column.name))
    ]
    # Which deliveries had none before the first value came says nothing.
    filled = list(dropwhile(lambda rows: not rows, filled))
    if len(filled) < USUAL or not min(filled):
        return None
    scatter = math.sqrt(
        sum((after - before) ** 2 for before, after in pairwise(filled)) / len(filled)
    )
    is_certain = len(filled) >= LONG and filled[-1] >= max(_FILLED, _DEVIATIONS * scatter)
    message = (
        f"{profile.name}: {column.name} has no values; each of the last {len(filled)} deliveries "
        f"had some, the one before in {filled[-1]:,} rows."
    )
    level = ERROR if is_certain else WARN
    return replace(about(profile, "nulls", level, message, column.name), value=1.0)


def _misformed(
    profile: RelationProfile, column: ColumnProfile, past: RelationPast, key: str, since: int
) -> FindingRun | None:
    """Rows whose text has another format, or length, than that of all earlier ones."""
    now: Counts = getattr(column, key)
    rows = sum(now.values())
    steps = [
        before
        for release, step in past.pairs
        if release.number >= since and (before := step["columns"].get(column.name))
    ]
    earlier: list[Counts] = [
        step[key] for step in steps if any(name != RARE for name in step.get(key) or ())
    ]
    is_little = rows < LEAST_ROWS
    if len(earlier) < (USUAL if rows >= MINIMUM_ROWS else LONG):
        return None
    form = _one_form(earlier)
    if form is None or (is_little and not _never_varied(earlier, form)):
        return None
    fitting = now.get(form, 0)
    if not fitting and column.mean_length is None:
        fitting = min(now.get(RARE, 0), SHARED - 1)  # a personal column: so many may fit
    if key == "lengths":
        if not _is_code(form, steps):
            return None
        longer = str(int(form) + 1)  # a number that grows, as from 999 to 1000
        fitting += now.get(longer, 0)
    others = rows - fitting
    few = 1 if _never_varied(earlier, form, _EVER) else _FEW_FORMS
    if others < (few if is_little else max(_FORM_ROWS, _FORM_WARN * rows)):
        return None
    message = (
        f"{profile.name}: {column.name} always had the format {form}; {others / rows:.0%} of the "
        "rows have another one."
    )
    if key == "lengths":
        message = (
            f"{profile.name}: {column.name} always had {form} characters; {others / rows:.0%} of "
            "the rows have more or fewer."
        )
    certain = _FORM_ROWS if _never_varied(earlier, form) else LEAST_ROWS
    level = ERROR if others >= max(certain, _FORM_ERROR * rows) else WARN
    return replace(
        about(profile, "format", level, message, column.name), value=round(others / rows, 4)
    )


def _one_form(earlier: Sequence[Counts]) -> str | None:
    """The form that all deliveries have in common."""
    first = earlier[0]
    form = max(sorted(first), key=lambda name: first[name])
    if not form.strip("…"):
        return None
    is_common = all(counts.get(form, 0) >= _ONE_FORM * sum(counts.values()) for counts in earlier)
    return form if is_common else None


def _never_varied(earlier: Sequence[Counts], form: str, least: int = _NEVER_VARIED) -> bool:
    """Whether so many rows had this form, and none another one."""
    rows = sum(sum(counts.values()) for counts in earlier)
    return rows >= least and rows == sum(counts.get(form, 0) for counts in earlier)


def _is_code(length: str, steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether values are written with that many characters on purpose: not a plain number, which
    just happens to have so many digits."""
    formats = {name for step in steps for name in step.get("formats") or {}}
    return formats != {"9"} or int(length) >= _CODE
