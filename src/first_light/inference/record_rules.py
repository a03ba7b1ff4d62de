"""Rows that are no records: totals, subtotals, repeated headers. Which ones, and how to leave them
out of this delivery and of later ones.

A row is left out only where the table itself proves it: a label such as `Total` and cells empty
that every record fills, or figures that are the sums of the others. What is left is a doubt.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from first_light.inference.profile import ScratchDatabase, Staged, number
from first_light.inference.record_conditions import records_sql
from first_light.inference.values import Doubt, Leaf, NoRecord
from first_light.utils import total_words
from first_light.utils.sql_names import literal, quoted

_MOST = 500
_SHARE = 0.2
_LABELLED_SHARE = 0.4  # a total below every two records, and one below all
_FULL = 0.95
_LEAST_COLUMNS = 3
_FIRST_WORD = re.compile(r"[^\W\d_]{4,}")

_FILE, _PLACE = "file of row", "place of row"
_PLAIN = "try_cast(replace({}, ',', '') as decimal(38, 6))"
_COMMA = "try_cast(replace(replace({}, '.', ''), ',', '.') as decimal(38, 6))"


@dataclass(frozen=True)
class Candidate:
    """A row that may be no record.

    Attributes:
        file: where it is.
        row: its number there, from 1 without the header.
        cells: by column; None where empty.
        proven: whether each of its numbers is the sum of those of the file's records.
        label: the column that says that it is a total; empty where none does.
        is_last: whether only such rows follow it in its file.
    """

    file: str
    row: int
    cells: dict[str, str | None]
    proven: bool = False
    label: str = ""
    is_last: bool = False


@dataclass(frozen=True)
class Found:
    """What was found out about the rows of a table."""

    rules: tuple[NoRecord, ...] = ()
    doubts: tuple[str, ...] = ()


def of_records(scratch: ScratchDatabase, staged: Staged, doubts: list[Doubt]) -> Staged:
    """A staged table without the rows that are no records; what was left out or is open, noted."""
    found = find(scratch, staged, scratch.relation(staged.source, with_file=True))
    notes = [*(rule.why for rule in found.rules), *found.doubts]
    doubts += [Doubt(staged.source.name, "", note) for note in notes]
    if not found.rules:
        return staged
    scratch.rows(
        f"create or replace table {staged.raw} as "
        f"select * from {staged.raw} where {records_sql(found.rules)}"
    )
    rows = scratch.count(f"select count(*) from {staged.raw}")
    return replace(staged, rows=rows, no_records=found.rules)


def find(scratch: ScratchDatabase, staged: Staged, relation: str) -> Found:
    """The rows of a staged table of text columns that are no records.

    Args:
        relation: the call that reads its files.
    """
    leaves = {leaf.path[0]: leaf for leaf in staged.leaves if leaf.type == "VARCHAR"}
    names = list(leaves)
    nested = any(len(leaf.path) > 1 for leaf in staged.leaves)
    if nested or len(names) != len(staged.leaves) or len(names) < 2 or not staged.rows:
        return Found()
    labelled = _has_label([quoted(name) for name in names])
    same = [n for n in names if not n.isdigit()][:3]
    header = " and ".join(f"{_bare(quoted(n))} = {_bare(literal(n))}" for n in same) or "false"
    keyless = f"{quoted(names[0])} is null"
    behind = ", ".join(map(quoted, names[1:]))
    lone = f"{quoted(names[0])} is not null and coalesce({behind}) is null"
    counted = scratch.rows(
        f"select count(*) filter ({labelled}), count(*) filter ({keyless}), "
        f"count(*) filter ({header}), count(*) filter ({lone}) from {staged.raw}"
    )[0]
    n_labelled, n_keyless, n_headers, n_lone = map(number, counted)
    rules: list[NoRecord] = []
    doubts: list[str] = []
    if n_headers:
        rules += _headers(scratch, staged, [leaves[n] for n in same[:2]], header)
    conditions = [
        condition
        for condition, count, share in (
            (labelled, n_labelled, _LABELLED_SHARE),
            (keyless, n_keyless, _SHARE),
            (lone, n_lone if len(names) >= _LEAST_COLUMNS else 0, _SHARE),
        )
        if 0 < count <= min(max(3, staged.rows * share), _MOST)
    ]
    if conditions:
        candidates, others = _candidates(scratch, staged, relation, names, conditions, header)
        totals = decided(candidates, names, others)
        rules += [_with_leaves(rule, leaves) for rule in totals.rules]
        doubts += totals.doubts
    return Found(tuple(rules), tuple(doubts))


def _bare(cell: str) -> str:
    """SQL for a cell without its capitals, spaces and underscores: `Sold On` is `sold_on`."""
    return f"replace(replace(lower({cell}), ' ', ''), '_', '')"


def _headers(
    scratch: ScratchDatabase, staged: Staged, leaves: Sequence[Leaf], header: str
) -> list[NoRecord]:
    """A rule for each spelling of the header in rows that repeat it."""
    cells = ", ".join(quoted(leaf.path[0]) for leaf in leaves)
    rules = []
    for count, *spelled in scratch.rows(
        f"select count(*), {cells} from {staged.raw} where {header} group by all order by all"
    ):
        texts = tuple(map(str, spelled))
        is_exact = texts == tuple(leaf.path[0] for leaf in leaves)
        why = f"{_rows(number(count))} that repeat{'s' * (count == 1)} the header: left out"
        rules.append(NoRecord(header=tuple(leaves), labels=() if is_exact else texts, why=why))
    return rules


def _has_label(columns: Sequence[str]) -> str:
    """SQL for whether one of the first two cells that are filled has a word for a total.

    The others are not looked at: a regular expression on every cell would take longer than reading.
    """
    words = literal(f"{total_words.LABEL}|{total_words.EDGE}|{total_words.SUMMARY}")
    first = f"coalesce({', '.join(columns)})"
    behind, later = (f"coalesce({', '.join([*columns[at:], 'null'])})" for at in (1, 2))
    second = f"case when {columns[0]} is null then {later} else {behind} end"
    return " or ".join(f"regexp_full_match(trim({cell}), {words})" for cell in (first, second))


@dataclass(frozen=True)
class Rule:
    """A kind of totals, by the names of columns; see `NoRecord`."""

    label: str
    words: tuple[str, ...]
    labels: tuple[str, ...]
    empty: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Totals:
    """What is decided about candidates."""

    rules: tuple[Rule, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True)
class Records:
    """The other rows: the columns that nearly all of them fill, and those that hold numbers."""

    full: frozenset[str]
    numbers: frozenset[str]


def decided(candidates: Iterable[Candidate], names: Sequence[str], others: Records) -> Totals:
    """Which candidates are certainly totals, and the rule that leaves each kind out."""
    kinds: dict[tuple[str, tuple[str, ...], str], list[Candidate]] = defaultdict(list)
    doubtful: dict[str, list[Candidate]] = defaultdict(list)
    for row in candidates:
        filled = {name for name, cell in row.cells.items() if (cell or "").strip()}
        empty = tuple(n for n in names if n in others.full and n not in filled and n != row.label)
        values = filled - {row.label}
        texts = [n for n in names if n not in others.numbers and n != row.label]
        if _is_note(row, filled, names[0], others):
            empty = tuple(n for n in names[1:] if n in others.full)[:2]
            if row.is_last and len(empty) == 2:
                start = _FIRST_WORD.match(str(row.cells[names[0]]))
                kinds[names[0], empty, start[0].lower() if start else ""].append(row)
            continue
        if not row.label:
            # Without a word for it, only the sums say so, of a row that names nothing.
            if row.proven and values <= others.numbers and names[0] in empty:
                first = dict.fromkeys((names[0], *texts))
                kinds["", tuple(n for n in first if n in empty)[:3], ""].append(row)
            continue
        cell = str(row.cells[row.label])
        named = total_words.is_label(cell)
        word = total_words.word_in(cell)
        bare = bool(empty) and values <= others.numbers
        if total_words.is_summary(cell):
            # Max is a name too: only among numbers such a word is certainly none.
            if bare and row.is_last and row.label in others.numbers:
                kinds[row.label, empty[:2], ""].append(row)
            elif values and (bare or (row.is_last and values <= others.numbers)):
                doubtful[row.label].append(row)
            continue
        if (named and (bare or row.proven)) or (bare and values and not set(texts) & filled):
            by_word = word if empty else ""
            kinds[row.label, empty[:2], by_word].append(row)
        elif named:
            doubtful[row.label].append(row)
    rules = [_rule(label, empty, word, rows) for (label, empty, word), rows in kinds.items()]
    doubts = [
        f"{_rows(len(rows))} with {rows[0].cells[label]!r} in {label} may sum up others: "
        "kept as a record"
        for label, rows in doubtful.items()
    ]
    return Totals(tuple(rules), tuple(doubts))


def _is_note(row: Candidate, filled: set[str], first: str, others: Records) -> bool:
    """Whether a row has one cell, the first, which is a text where others have a number or a note.

    A label of a total alone is no note.
    """
    cell = str(row.cells[first])
    if filled != {first} or row.label or cell.replace(".", "").replace(",", "").isdigit():
        return False
    return first in others.numbers or total_words.is_note(cell)


def _rule(label: str, empty: tuple[str, ...], word: str, rows: Sequence[Candidate]) -> Rule:
    files = list(dict.fromkeys(row.file for row in rows))
    place = files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more files"
    what = "totals" if rows[0].label or not label else "notes"
    noun = f"1 row of {what}" if len(rows) == 1 else f"{len(rows)} rows of {what}"
    first = "" if len(rows) == 1 else "the first in "
    why = f"{noun} in {place}, {first}row {rows[0].row:,}: left out"
    labels = tuple(sorted({str(row.cells[label]).strip().lower() for row in rows} if label else ()))
    return Rule(label, (word,) if word else (), () if word else labels, empty, why)


def _with_leaves(rule: Rule, leaves: dict[str, Leaf]) -> NoRecord:
    return NoRecord(
        label=leaves.get(rule.label),
        words=rule.words,
        labels=rule.labels,
        empty=tuple(leaves[name] for name in rule.empty),
        why=rule.why,
    )


def _candidates(
    scratch: ScratchDatabase,
    staged: Staged,
    relation: str,
    names: Sequence[str],
    conditions: Sequence[str],
    header: str,
) -> tuple[list[Candidate], Records]:
    """The candidates with their places, and what the other rows are like."""
    is_candidate = " or ".join(f"({condition})" for condition in conditions)
    placed = quoted(f"places {staged.source.name}")
    scratch.rows(
        f"create or replace table {placed} as select *, parse_filename(filename) as "
        f"{quoted(_FILE)}, {is_candidate} as is_candidate, {header} as is_header from {relation}"
    )
    record = "not coalesce(is_candidate or is_header, is_header, false)"
    records = f"{placed} where {record}"
    shares = scratch.rows(
        "select count(*), "
        + ", ".join(
            f"count({quoted(n)}), count({_PLAIN.format(quoted(n))}), "
            f"count({_COMMA.format(quoted(n))})"
            for n in names
        )
        + f" from {records}"
    )[0]
    rows = number(shares[0])
    full, numbers, ways = set(), set(), {}
    for at, name in enumerate(names):
        some, plain, comma = (number(value) for value in shares[1 + 3 * at : 4 + 3 * at])
        if some >= rows * _FULL:
            full.add(name)
        if some and max(plain, comma) >= some * _FULL:
            numbers.add(name)
            ways[name] = _PLAIN if plain >= comma else _COMMA
    summed = ", ".join(f"sum({ways[n].format(quoted(n))}) as {quoted(n)}" for n in ways) or "1 as n"
    proof = " and ".join(
        f"(c.{quoted(n)} is null or {ways[n].format(f'c.{quoted(n)}')} = s.{quoted(n)})"
        for n in ways
    )
    has_number = " or ".join(f"c.{quoted(n)} is not null" for n in ways) or "false"
    listed = ", ".join(f"c.{quoted(n)}" for n in names)
    found = scratch.rows(
        f"with sums as (select {quoted(_FILE)}, {summed} from {records} group by all), "
        f"firsts as (select {quoted(_FILE)}, min(rowid) as first, "
        f"max(rowid) filter (where {record}) as last from {placed} group by all) "
        f"select c.{quoted(_FILE)}, c.rowid - first + 1, "
        f"coalesce(({proof or 'false'}) and ({has_number}), false), c.rowid > last, {listed} "
        f"from {placed} as c join firsts using ({quoted(_FILE)}) "
        f"left join sums as s using ({quoted(_FILE)}) where c.is_candidate order by c.rowid"
    )
    scratch.rows(f"drop table {placed}")
    candidates = []
    for file, place, proven, is_last, *cells in found:
        by_name = {n: None if c is None else str(c) for n, c in zip(names, cells, strict=True)}
        label = _label(by_name)
        candidates.append(
            Candidate(str(file), number(place), by_name, bool(proven), label, bool(is_last))
        )
    return candidates, Records(frozenset(full), frozenset(numbers))


def _label(cells: dict[str, str | None]) -> str:
    """The column, of the first two that are filled, that says that the row is a total."""
    filled = [name for name, cell in cells.items() if (cell or "").strip()][:2]
    whole = [
        name
        for name in filled
        if total_words.is_label(str(cells[name])) or total_words.is_summary(str(cells[name]))
    ]
    edge = [name for name in filled if total_words.has_word(str(cells[name]))]
    return next(iter((*whole, *edge)), "")


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
