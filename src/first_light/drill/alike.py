"""The fault of a drill that is most like what was wrong in a release, from what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from first_light.drill.faults import FAULTS
from first_light.history.record import ColumnProfile, RelationProfile

_MANY, _FEW = 0.9, 0.1  # of the rows
_NAMES = frozenset(fault.name for fault in FAULTS)


def similar_faults(
    wrong: Iterable[RelationProfile], right: Iterable[RelationProfile]
) -> tuple[str, ...]:
    """Names of faults, the most similar first; none where nothing measured differs.

    Args:
        wrong: relations as they were in the release with the error.
        right: the same relations once it was corrected.
    """
    corrected = {profile.unique_id: profile for profile in right if not profile.problem}
    names: dict[str, None] = {}
    for profile in wrong:
        if not profile.problem and (other := corrected.get(profile.unique_id)):
            names |= dict.fromkeys(_of_relation(profile, other))
    assert _NAMES.issuperset(names)
    return tuple(names)


def _of_relation(wrong: RelationProfile, right: RelationProfile) -> Iterator[str]:
    if right.rows and not wrong.rows:
        yield "header-only"
    elif right.rows:
        ratio = wrong.rows / right.rows
        if ratio >= 1.8:
            yield "rows-twice"
        elif ratio > 1.02:
            yield "same-keys"
        elif ratio <= 0.2:
            yield "one-in-ten"
        elif ratio <= 0.8:
            yield "half"
    if wrong.rows and right.rows:
        if any(_share(count, wrong) > _share(right.orphans.get(name, 0), right) + _FEW
               for name, count in wrong.orphans.items()):  # fmt: skip
            yield "orphans"
        columns = {column.name: column for column in right.columns}
        for column in wrong.columns:
            if column.name in columns:
                yield from _of_column(column, wrong, columns[column.name], right)


def _of_column(
    wrong: ColumnProfile, in_wrong: RelationProfile, right: ColumnProfile, in_right: RelationProfile
) -> Iterator[str]:
    more_nulls = _share(wrong.nulls, in_wrong) - _share(right.nulls, in_right)
    if more_nulls > _MANY:
        yield "measure-null"
    elif more_nulls > _FEW:
        yield "measure-some-null"
    if wrong.mean is None or not right.mean:
        return
    ratio = wrong.mean / right.mean
    if not ratio:
        yield "zeros"
    elif ratio < 0:
        yield "sign"
    elif 50 < ratio < 200:
        yield "times-100"
    elif ratio < 0.005:
        yield "by-1000"
    elif not 0.5 < ratio < 2:
        yield "currency"


def _share(count: int, of: RelationProfile) -> float:
    return count / of.rows
