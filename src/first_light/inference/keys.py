"""Keys: which columns identify a row. Pure; the profile says whether a combination repeats."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import combinations, pairwise, product

from first_light.inference import names
from first_light.inference.values import Column, Key, Reference, Severity, Table
from first_light.privacy.kinds import BIRTH_DATE, FREE_TEXT, NUMERIC, SENSITIVE

MOST_COLUMNS = 12
"""Columns that a combined key is searched in."""

LARGEST = 4
"""Columns of a combined key at most."""

_PART = 2
"""The greatest weight of columns that are parts of keys by their looks: ids, times, counters."""

_NEARLY = 0.8
"""The share of rows in which a time may differ from all others and still be part of a key."""

_NUMBER = 4
"""The least weight of plain numbers."""

_CHANCE = 9
"""The weight of columns that are unlike any part of a key: measures."""

_FEW_ROWS = 20

_NO_CHANCE = 20
"""Repeated pairs that chance would bring, from which their absence is a rule."""

_NEVER_KEYS = frozenset({*NUMERIC, BIRTH_DATE, FREE_TEXT, SENSITIVE})

_MEASURE = re.compile(
    r"(^|_)(attendance|population|salary|wage|income|amount|price|qty|quantity|total|sum|distance|delay|duration|count|score|rate|ratio|size|"
    r"weight|height|width|length|temp|temperature|speed|pressure|balance|cost|value|age|lat|lon|"
    r"latitude|longitude|percent|avg|mean|min|max)(_|$)"
)
_PLACED = re.compile(r"(^|_)(date|day|time|at|on|timestamp|month|week|year|hour|period|dt)(_|$)")
_LINE = re.compile(r"(^|_)(line|position|pos|seq|sequence|item|row|version|rank|step)(_|$)")


def single(table: Table) -> Key | None:
    """The one column that best identifies a row, or None.

    A column whose values are all there and all different is a candidate; its name, its place and
    the number of rows say whether that is a key or chance.
    """
    candidates = [c for c in table.columns if _is_unique(c, table.rows)]
    best = min(candidates, key=lambda c: _rank(c, table), default=None)
    if best is None:
        return None
    named = names.identifies(best.name) or _is_named_as_key(best, table)
    first = best == table.columns[0]
    if (table.rows < 2 and not named) or (table.rows < 10 and not (named or first)):
        return None
    if best.cast.kind in {"date", "timestamp"} and not (first and _is_regular(best, table)):
        return None
    is_prose = best.stats.longest > 60 and best.stats.shortest != best.stats.longest
    if not named and (_MEASURE.search(best.name) or is_prose):
        return None
    # A number that nothing marks as a key differs in each row by chance.
    if not (named or first) and best.cast.kind != "text":
        return None
    certain = (named and table.rows >= 2) or (first and table.rows >= 100)
    severity: Severity = "error" if certain else "warn"
    return Key((best.name,), severity, f"{table.rows:,} rows, all different, 0 nulls")


def beside_references(table: Table, key: Key, references: Sequence[Reference]) -> Key:
    """The key, in view of the table's references: a reference is unique by chance as often as not.

    In a link table each row is a combination of its references, even where one of them does not
    repeat so far. A single reference that identifies rows, as in `customer_details`, stays likely.
    """
    refers = [r.column for r in references if r.child == table.name]
    if len(key.columns) > 1 or key.columns[0] not in refers:
        return key
    if names.is_own_key(key.columns[0], table.name):
        return key
    if len(refers) > 1:
        return Key(tuple(refers), "warn", f"{table.rows:,} rows, all combinations different")
    return replace(key, severity="warn")


def alternatives(
    table: Table, key: Key | None, references: Sequence[Reference] = ()
) -> list[Column]:
    """Other columns that are unique, and look as if that were meant; references never do."""
    refers = {r.column for r in references if r.child == table.name}
    return [
        c
        for c in table.columns
        if table.rows >= 100
        and c.name not in refers
        and _is_unique(c, table.rows)
        and (key is None or (c.name,) != key.columns)
        and c.cast.kind in {"text", "integer"}
        and not _MEASURE.search(c.name)
        and c.stats.longest <= 60
    ]


def candidates(table: Table, references: Sequence[Reference]) -> list[str]:
    """Columns that may be part of a key, the most telling ones first."""
    refers = {r.column for r in references if r.child == table.name}
    weights = {c.name: _weight(c, table, refers) for c in table.columns if _may_identify(c, table)}
    telling = [name for name, weight in weights.items() if weight < _CHANCE]
    return sorted(telling, key=lambda name: weights[name])[:MOST_COLUMNS]


def combined(
    table: Table, references: Sequence[Reference], sample: Sequence[Sequence[int]], least: int
) -> Iterator[tuple[str, ...]]:
    """Combinations of columns that may identify a row together, the most telling ones first.

    Smaller combinations come before larger ones, those with plain numbers last.

    Args:
        sample: some rows, each the hashes of all `candidates` and then of the whole row. What
            repeats there, or has fewer different values than there are rows, is left out.
        least: the least number of columns, 1 or 2.
    """
    refers = {r.column for r in references if r.child == table.name}
    chosen = candidates(table, references)
    weight = {name: _weight(table.column(name), table, refers) for name in chosen}
    distinct = {c.name: c.stats.distinct for c in table.columns}
    place = {c.name: at for at, c in enumerate(table.columns)}
    by_column = list(zip(*sample))
    different = len(set(by_column[-1])) if by_column else 0
    for is_heavy, size in product((False, True), range(least, LARGEST + 1)):
        ranked = sorted(
            combinations(range(len(chosen)), size),
            key=lambda some: (sum(weight[chosen[at]] for at in some), some),
        )
        for some in ranked:
            columns = [chosen[at] for at in some]
            if (max(weight[name] for name in columns) >= _NUMBER) != is_heavy:
                continue
            # without anything that identifies, it is chance
            lightest = min(weight[name] for name in columns)
            if lightest > _PART:
                continue
            # what differs in nearly each row differs with anything else as well
            if lightest and max(distinct[name] for name in columns) > _NEARLY * table.rows:
                continue
            # chance again: in a small table many combinations happen to be different
            if table.rows < _FEW_ROWS and max(weight[name] for name in columns) > 1:
                continue
            if math.prod(distinct[name] for name in columns) < different:
                continue
            if len(set(zip(*(by_column[at] for at in some)))) == different:
                yield tuple(sorted(columns, key=lambda name: place[name]))


def of_combination(
    table: Table, columns: tuple[str, ...], references: Sequence[Reference]
) -> Key | None:
    """The key made of columns that together are known to be different in every row.

    It is certain where columns of other tables or identifiers are part of it and chance would have
    repeated a combination. With a time that chance would not have repeated either there is no key:
    logins of many accounts are all different by the minute, until two of one account are not.
    """
    refers = {r.column for r in references if r.child == table.name}
    is_named = any(name in refers or names.identifies(name) for name in columns)
    is_rule = not is_chance(table, columns)
    has_time = any(table.column(name).cast.kind == "timestamp" for name in columns)
    if has_time and not is_rule and table.rows >= 1_000:
        return None
    severity: Severity = "error" if is_named and is_rule and table.rows >= 1_000 else "warn"
    return Key(columns, severity, f"{table.rows:,} rows, all combinations different")


def is_chance(table: Table, columns: Sequence[str]) -> bool:
    """Whether a combination may be different in each row only by chance."""
    return repeats_by_chance(table, columns) < _NO_CHANCE


def repeats_by_chance(table: Table, columns: Sequence[str]) -> float:
    """Pairs of rows that would be alike in these columns if their values were independent.

    Values of one column count as equally frequent; where they are not, there are more such pairs.
    """
    combinations_ = math.prod(float(table.column(name).stats.distinct) for name in columns)
    return table.rows * (table.rows - 1) / 2 / combinations_ if combinations_ else 0.0


def _is_unique(column: Column, rows: int) -> bool:
    stats = column.stats
    return (
        rows > 0
        and stats.nulls == 0
        and stats.exact
        and stats.distinct == rows
        and column.cast.kind in {"text", "integer", "decimal", "date", "timestamp"}
        and not column.cast.type.startswith("decimal(18")
        and column.cast.form != "json"
        and column.pii not in _NEVER_KEYS
    )


def _is_named_as_key(column: Column, table: Table) -> bool:
    """Whether the name says "the key of this table".

    A number with the bare name of the table is what the table measures, as `budget` in `budget`,
    unless it comes first.
    """
    if _MEASURE.search(column.name) or not names.is_own_key(column.name, table.name):
        return False
    is_bare = column.name in {table.name, names.singular(table.name)}
    return not is_bare or column.cast.kind == "text" or column == table.columns[0]


def _rank(column: Column, table: Table) -> tuple[int, ...]:
    return (
        not _is_named_as_key(column, table),
        _is_doubtful(column, table),
        not names.identifies(column.name),
        column.personal,
        column.cast.kind not in {"text", "integer"},
        _MEASURE.search(column.name) is not None,
        table.columns.index(column),
    )


def _is_doubtful(column: Column, table: Table) -> bool:
    """Whether it neither is called a number nor comes first, or is a number of a person."""
    is_likely = names.identifies(column.name) or column == table.columns[0]
    return column.personal or not is_likely


def _may_identify(column: Column, table: Table) -> bool:
    return (
        column.stats.nulls == 0
        and column.stats.distinct > 1
        and column.cast.kind in {"text", "integer", "date", "timestamp", "decimal"}
        and not column.cast.type.startswith("decimal(18")
        and column.cast.form != "json"
        and column.stats.longest <= 64
        and not column.personal
    )


def _weight(column: Column, table: Table, refers: set[str]) -> int:
    """How far a column is from being part of a key by its looks; 0 is nearest."""
    name = column.name
    is_own = name == names.singular(table.name) and _is_named_as_key(column, table)
    if name in refers or names.identifies(name) or is_own:
        return 0
    if column.cast.kind in {"date", "timestamp"} or _LINE.search(name):
        return 1
    if column.cast.kind == "text":  # cost_center, size
        return _PART if _PLACED.search(name) else 3
    if _MEASURE.search(name):
        return _CHANCE
    return _PART if _PLACED.search(name) or _counts_up(column) else 6


def _counts_up(column: Column) -> bool:
    """Whether it numbers rows of the same kind: 1 is the most frequent value, then 2, and so on."""
    by_value = sorted((int(v), n) for v, n in column.stats.counts if re.fullmatch("[0-9]+", v))
    return (
        len(by_value) == column.stats.distinct >= 2
        and [value for value, _ in by_value] == list(range(1, len(by_value) + 1))
        and all(n >= other for (_, n), (_, other) in pairwise(by_value))
    )


def _is_regular(column: Column, table: Table) -> bool:
    """Whether a time has one value for each day, or for each step of whole minutes."""
    low, high = column.stats.low, column.stats.high
    if table.rows < 10 or low is None or high is None:
        return False
    try:
        span = datetime.fromisoformat(high) - datetime.fromisoformat(low)
    except ValueError:
        return False
    if column.cast.kind == "date":
        return span.days < table.rows * 2
    return span.total_seconds() % (60 * (table.rows - 1)) == 0
