"""References between tables: which column holds the key of which other table. Pure.

All values occurring in the other table's key isn't enough: small numbers occur in every list of
numbers. So numbers need a name that says so, and codes need one or must be too special to match by
chance.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from first_light.inference import names
from first_light.inference.profile import Overlap
from first_light.inference.values import Column, Doubt, Key, Reference, Table

NEAR = 0.95
"""The share of rows from which a match that isn't complete is worth a remark."""

CHANCE = 1e-3
"""How likely a match by chance may be at most, where no name speaks for the reference."""


_TELLING_VALUES = 10
"""Different values that a reference needs whose name is another word for the parent, or that leads
to another system."""


@dataclass(frozen=True)
class Candidate:
    """A reference that is worth asking the data about.

    Attributes:
        named: whether a name speaks for it.
        is_synonym: whether that name is only another word for the parent: `user_id`, `customers`.
    """

    child: Table
    column: Column
    parent: Table
    key: Column
    named: bool
    is_synonym: bool = False

    @property
    def is_across(self) -> bool:
        """Whether it leads from one system to another."""
        return self.child.system != self.parent.system


def candidates(tables: Sequence[Table], keys: Mapping[str, Key]) -> list[Candidate]:
    """Pairs of columns that may be a reference, by type, name, number and shape of their values."""
    pairs = []
    for parent in tables:
        for key in _parent_columns(parent, keys.get(parent.name)):
            for child in tables:
                if child.known and parent.known:
                    continue
                for column in child.columns:
                    named = _is_named(child, column, parent, key, keys)
                    is_synonym = not named and _is_synonym(child, column, parent, key, tables)
                    if _may_refer(child, column, parent, key, named or is_synonym):
                        pairs.append(
                            Candidate(child, column, parent, key, named or is_synonym, is_synonym)
                        )
    return pairs


def judged(candidate: Candidate, overlap: Overlap) -> Reference | Doubt | None:
    """What an overlap of values means: a reference, a remark on a near miss, or nothing."""
    child, column = candidate.child, candidate.column
    parent, key = candidate.parent, candidate.key
    if overlap.rows == 0:
        return None
    place = f"{parent.name}.{key.name}"
    share = overlap.matched / overlap.rows
    if candidate.is_across:
        return _judged_across(candidate, overlap)
    if overlap.matched < overlap.rows:
        if not _is_telling(candidate, overlap) or share < (0.5 if candidate.named else NEAR):
            return None
        missing = overlap.distinct - overlap.distinct_matched
        return Doubt(
            child.name,
            column.name,
            f"{_percent(share)} of rows match {place}, {missing:,} "
            f"{'value does' if missing == 1 else 'values do'} not: no reference drafted",
        )
    if not _is_telling(candidate, overlap):
        return None
    if candidate.is_synonym and overlap.distinct < _TELLING_VALUES:
        return None
    certain = not candidate.is_synonym and (candidate.named or overlap.distinct >= 10)
    return Reference(
        child.name,
        column.name,
        parent.name,
        key.name,
        "error" if certain else "warn",
        f"{overlap.distinct:,} {'value' if overlap.distinct == 1 else 'values'}, "
        f"{'it occurs' if overlap.distinct == 1 else 'all occur'} in {place}",
        unique=_is_unique(key, parent),
    )


def _judged_across(candidate: Candidate, overlap: Overlap) -> Reference | Doubt | None:
    """What it means that values occur in another system, whose numbers may mean other things.

    Codes that are named alike mean the same thing; they only warn, because the other system
    delivers at another time. Numbers may be equal by chance: they are left open.
    """
    child, column = candidate.child, candidate.column
    parent, key = candidate.parent, candidate.key
    if overlap.matched < overlap.rows or not candidate.named or candidate.is_synonym:
        return None
    if _is_unique(column, child):  # the keys of one thing in two systems
        return None
    place = f"{parent.name}.{key.name}"
    if key.cast.kind != "text" or overlap.distinct < _TELLING_VALUES:
        why = f"all values occur in {place}, of another system: no reference drafted"
        return Doubt(child.name, column.name, why)
    evidence = f"{overlap.distinct:,} values, all occur in {place}, of another system"
    return Reference(
        child.name,
        column.name,
        parent.name,
        key.name,
        "warn",
        evidence,
        unique=_is_unique(key, parent),
    )


def settled(
    references: Iterable[Reference], tables: Sequence[Table], keys: Mapping[str, Key]
) -> list[Reference]:
    """At most one parent a column, and one direction for two columns that match each other."""
    by_name = {table.name: table for table in tables}

    def order(reference: Reference) -> tuple[object, ...]:
        child, parent = by_name[reference.child], by_name[reference.parent]
        key = keys.get(reference.parent)
        return (
            child.system != parent.system,
            not names.names_reference(reference.column, reference.key, reference.parent),
            not names.is_own_key(reference.key, reference.parent),
            key is None or key.columns != (reference.key,),
            reference.child == reference.parent,
            parent.rows < child.rows and _is_key_of(reference.child, reference.column, keys),
            parent.rows,
            reference.parent,
            reference.key,
        )

    kept: list[Reference] = []
    for reference in sorted(references, key=order):
        same = any((r.child, r.column) == (reference.child, reference.column) for r in kept)
        if not same and not _closes_circle(reference, kept):
            kept.append(reference)
    place = {
        (table.name, column.name): (at, nth)
        for at, table in enumerate(tables)
        for nth, column in enumerate(table.columns)
    }
    return sorted(kept, key=lambda r: place[r.child, r.column])


def _closes_circle(reference: Reference, kept: Sequence[Reference]) -> bool:
    """Whether following references from the parent's key comes back to the child's column."""
    step = {(r.child, r.column): (r.parent, r.key) for r in kept}
    at: tuple[str, str] | None = (reference.parent, reference.key)
    while at is not None:
        if at == (reference.child, reference.column):
            return True
        at = step.get(at)
    return False


def _is_key_of(table: str, column: str, keys: Mapping[str, Key]) -> bool:
    key = keys.get(table)
    return key is not None and key.columns == (column,)


def _parent_columns(table: Table, key: Key | None) -> list[Column]:
    """Columns that others may refer to: the key, other unique ones with a telling name, and what
    is named as the key but repeats, as it does where changed rows are delivered again."""
    return [
        c
        for c in table.columns
        if len(c.leaf.path) == 1
        and c.stats.nulls == 0 < table.rows
        and c.cast.kind in {"text", "integer", "decimal"}
        and c.cast.form != "json"
        and (
            (key is not None and key.columns == (c.name,))
            or (_is_unique(c, table) and names.identifies(c.name))
            # `weather` of weather may be a word of it: only `id`, `weather_id` … may repeat.
            or (key is None and names.is_own_key(c.name, table.name) and names.identifies(c.name))
        )
        and (table.offered is None or c.name in table.offered)
    ]


def _is_unique(column: Column, table: Table) -> bool:
    return column.stats.exact and column.stats.distinct == table.rows


def _is_named(
    child: Table, column: Column, parent: Table, key: Column, keys: Mapping[str, Key]
) -> bool:
    if child.name == parent.name:
        return names.names_self_reference(column.name)
    named = names.names_reference(column.name, key.name, parent.name) or (
        # The key of `abos` may have a name of its own: `subscription_id`.
        names.names_table(column.name, parent.name)
        and _is_key_of(parent.name, key.name, keys)
        and names.identifies(key.name)
    )
    if not named:
        return False
    # Of two that identify their own rows, the one named after the other's table refers to it.
    keyed = child.name not in keys or _is_key_of(child.name, column.name, keys)
    return not (keyed and column.name == key.name and names.is_own_key(column.name, child.name))


def _is_synonym(
    child: Table, column: Column, parent: Table, key: Column, tables: Sequence[Table]
) -> bool:
    if child.name == parent.name or not names.names_same_people(column.name, key.name, parent.name):
        return False
    stem = column.name.rpartition("_")[0]
    return not any(names.singular(table.name) == stem for table in tables)


def _may_refer(child: Table, column: Column, parent: Table, key: Column, named: bool) -> bool:
    if child.name == parent.name and (column.name == key.name or not named):
        return False
    if child.known and child.offered is not None and column.name not in child.offered:
        return False
    if (column.cast.kind == "text") != (key.cast.kind == "text"):
        return False
    if column.cast.kind not in {"text", "integer", "decimal"} or column.cast.form == "json":
        return False
    if column.cast.type.startswith("decimal(18") or column.stats.distinct == 0:
        return False
    if names.is_place_in_time(column.name):
        return False
    # A sample is cut by whole raw columns, so a nested one can't be made to keep its parents.
    if len(column.leaf.path) > 1:
        return False
    # The sample masks personal columns: both sides alike, or the reference would not hold there.
    if column.pii != key.pii:
        return False
    if named:
        return True
    if not _is_unique(key, parent):
        return False
    if column.cast.kind != "text" or column.personal:
        return False
    stats, other = column.stats, key.stats
    if stats.distinct < 2 or stats.distinct > other.distinct * 1.1 or stats.distinct == child.rows:
        return False
    # Codes of the same make: as long as the others, save for some that may be missing there.
    return other.shortest <= stats.longest and stats.shortest <= other.longest


def _is_telling(candidate: Candidate, overlap: Overlap) -> bool:
    """Whether so many matches can't be chance, or the name says that they are none."""
    if candidate.named:
        return True
    matched = overlap.distinct_matched
    chance = _density(candidate.key) ** matched
    return matched >= 2 and chance <= CHANCE


def _density(key: Column) -> float:
    """The part of all conceivable values of this make that the key uses, 0 to 1."""
    stats = key.stats
    if stats.runs == ("9",) and stats.shortest != stats.longest:
        return 1.0
    if stats.shortest != stats.longest or stats.longest > 8:
        # Words and long codes: what is written alike is the same thing.
        return 0.03 if stats.longest >= 3 else 1.0
    signs = (
        36 if any("9" in s for s in stats.shapes) and any("A" in s for s in stats.shapes) else 26
    )
    if stats.shapes and all(set(shape) == {"9"} for shape in stats.shapes):
        signs = 10
    return min(1.0, stats.distinct / math.pow(signs, max(stats.longest, 1)))


def _percent(share: float) -> str:
    return f"{math.floor(share * 1000) / 10:g} %"
