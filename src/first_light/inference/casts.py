"""The cast of every raw column, decided on its values and checked on all rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from first_light.inference import names, number_types, personal, questions, sql, types
from first_light.inference.cents import may_be_cents
from first_light.inference.marks import MARKS
from first_light.inference.personal import Classify
from first_light.inference.placeholders import placeholder_dates, placeholder_numbers
from first_light.inference.profile import ScratchDatabase, Staged
from first_light.inference.render import sql as render_sql
from first_light.inference.statistics import column_stats
from first_light.inference.text_columns import (
    misread,
    null_words,
    raw_shapes,
    text_evidence,
    words_for_none,
)
from first_light.inference.values import NOTHING, Cast, Column, Doubt, Leaf, Table
from first_light.utils import sql_names
from first_light.utils.null_words import DOUBTFUL, UNLIKELY_VALUES
from first_light.warehouse.scratch import CAST_ERRORS

_PERSONS = "some values look like names of persons: not marked as personal"

ROUNDS = 12
"""How often the reading of a long column is corrected before the column stays text."""


def profiled_tables(
    scratch: ScratchDatabase,
    staged: Sequence[Staged],
    offered: Mapping[str, frozenset[str] | None],
    classify: Classify,
    doubts: list[Doubt],
    progress: Callable[[str], None],
) -> list[Table]:
    """All tables with their types and statistics; their typed rows stay in the scratch database."""
    draft_names = {
        s.source.name: names.column_names([leaf.path for leaf in s.leaves]) for s in staged
    }
    examples: dict[str, dict[Leaf, list[str]]] = {}
    pii: dict[str, dict[Leaf, str | None]] = {}
    decided: dict[str, dict[Leaf, types.Decided]] = {}

    def decide(s: Staged) -> None:
        name = s.source.name
        named = dict(zip(s.leaves, draft_names[name], strict=True))
        decided[name] = _decided(scratch, s, named, pii[name])

    for place, s in enumerate(staged, start=1):
        name = s.source.name
        progress(f"profiling {name} ({place} of {len(staged)})")
        examples[name] = scratch.examples(s)
        pii[name] = personal.kinds(examples[name], s.source.table, classify)
        decide(s)
    marked = personal.spread(pii, examples)  # how a column is read depends on its mark
    for s in staged:
        if s.source.name in marked:
            decide(s)
    sure = {
        word
        for readings in decided.values()
        for reading in readings.values()
        if reading.reading
        for word in reading.cast.null_words
    }
    profiled = []
    for s in staged:
        name = s.source.name
        named = dict(zip(s.leaves, draft_names[name], strict=True))
        casts = _casts(scratch, s, named, decided[name], pii[name], sure, doubts)
        table = _table(scratch, s, named, casts, pii[name], doubts)
        doubts += placeholder_dates(scratch, table)
        doubts += placeholder_numbers(scratch, table)
        doubts += may_be_cents(scratch, table)
        doubts += [
            Doubt(name, named[leaf], _PERSONS)
            for leaf, values in examples[name].items()
            if pii[name][leaf] is None
            and casts[leaf].kind == "text"
            and len(leaf.path) == 1
            and personal.may_be_persons(leaf.path[0], values)
        ]
        profiled.append(replace(table, known=name in offered, offered=offered.get(name)))
    return profiled


def _decided(
    scratch: ScratchDatabase,
    staged: Staged,
    named: Mapping[Leaf, str],
    pii: Mapping[Leaf, str | None],
) -> dict[Leaf, types.Decided]:
    """How each text column is read, checked on all rows.

    A column that may be read in two ways is decided by what the others prove.
    """
    evidence = text_evidence(scratch, staged)
    readings = {
        leaf: _checked(scratch, staged, leaf, seen, named[leaf], pii[leaf])
        for leaf, seen in evidence.items()
    }
    sign = types.proven_decimal_sign(readings.values())
    for leaf, decided in readings.items():
        if sign and types.is_ambiguous(decided):
            readings[leaf] = _checked(
                scratch, staged, leaf, evidence[leaf], named[leaf], pii[leaf], sign
            )
    return readings


def _checked(
    scratch: ScratchDatabase,
    staged: Staged,
    leaf: Leaf,
    evidence: types.ColumnEvidence,
    name: str,
    pii: str | None,
    sign: str = "",
) -> types.Decided:
    """How one text column is read; `sign` is the decimal sign, where it is known."""
    decided = types.likely(evidence, name, pii, sign)
    for _ in range(ROUNDS):
        if evidence.complete:
            break
        known = evidence
        for reading in types.open_readings(evidence, decided):
            wrong = misread(scratch, staged, leaf, types.as_read(evidence, reading))
            if wrong:
                evidence = types.corrected(evidence, reading, wrong)
        if evidence == known:
            break
        decided = types.likely(evidence, name, pii, sign)
    else:
        decided = types.Decided(Cast("text", "varchar"))
    if decided.reading:
        return decided
    words, padded = evidence.null_words, evidence.padded
    if not evidence.complete:
        words, padded = null_words(scratch, staged, leaf)
    return replace(decided, cast=replace(decided.cast, null_words=words, trim=padded))


def _casts(
    scratch: ScratchDatabase,
    staged: Staged,
    named: Mapping[Leaf, str],
    decided: Mapping[Leaf, types.Decided],
    pii: Mapping[Leaf, str | None],
    sure: set[str],
    doubts: list[Doubt],
) -> dict[Leaf, Cast]:
    """The cast of every column, in full."""
    casts: dict[Leaf, Cast] = {}
    numbers = {
        leaf: reading_of_leaf.cast
        for leaf, reading_of_leaf in decided.items()
        if reading_of_leaf.cast.kind in {"integer", "decimal"}
    }
    sizes = scratch.sizes(staged, numbers)
    certain = _certain_words(scratch, staged, decided)
    for leaf in staged.leaves:
        if leaf not in decided:
            casts[leaf], doubt = _typed(scratch, staged, leaf, named[leaf])
            if doubt:
                doubts.append(Doubt(staged.source.name, named[leaf], doubt))
            continue
        reading_of_leaf = decided[leaf]
        if no_number := _about_no_numbers(scratch, staged, leaf, reading_of_leaf):
            doubts.append(Doubt(staged.source.name, named[leaf], no_number))
        if reading_of_leaf.doubt:
            doubts.append(Doubt(staged.source.name, named[leaf], reading_of_leaf.doubt))
        if leaf in numbers:
            cast = number_types.sized(reading_of_leaf.cast, sizes[leaf], named[leaf])
            if cast.kind == "text":
                why = "whole numbers of more than 38 digits: kept as text"
                doubts.append(Doubt(staged.source.name, named[leaf], why))
            if shape := "" if pii[leaf] else number_types.raw_shape(cast):
                value = sql.flat(sql.source_column(leaf, rendered=True))
                kept = scratch.holds(staged, f"regexp_matches({value}, {sql_names.literal(shape)})")
                cast = replace(cast, shape=shape if kept else "")
            casts[leaf] = _exact(scratch, staged, leaf, cast, named[leaf], doubts)
        elif reading_of_leaf.reading:
            casts[leaf] = _exact(scratch, staged, leaf, reading_of_leaf.cast, named[leaf], doubts)
        else:
            shapes: tuple[str, ...] = ()
            if set(reading_of_leaf.cast.null_words) & set(DOUBTFUL):
                shapes = raw_shapes(scratch, staged, leaf, reading_of_leaf.cast.null_words)
            present = _without_signs(scratch, staged, leaf, reading_of_leaf.cast.null_words)
            words, doubt = types.text_nulls(present, sure, shapes, certain)
            if doubt:
                doubts.append(Doubt(staged.source.name, named[leaf], doubt))
            if read_as_none := _about_words(scratch, staged, leaf, words):
                doubts.append(Doubt(staged.source.name, named[leaf], read_as_none))
            casts[leaf] = replace(reading_of_leaf.cast, null_words=words)
    return casts


def _about_no_numbers(
    scratch: ScratchDatabase, staged: Staged, leaf: Leaf, decided: types.Decided
) -> str:
    """How often a number is none; in CSV files it is a word for null, which the landing names."""
    words = [word for word in decided.cast.null_words if word.lower() == "nan"]
    if not words or not decided.reading:
        return ""
    return f"NaN in {_rows_with(scratch, staged, leaf, words)}: read as no value"


def _about_words(scratch: ScratchDatabase, staged: Staged, leaf: Leaf, words: Iterable[str]) -> str:
    """How often text is a word that programs write for none, and that people may be called."""
    present = [word for word in words if word in UNLIKELY_VALUES and word.isalpha()]
    if not present:
        return ""
    listed = " and ".join(repr(word) for word in present)
    return f"{listed} in {_rows_with(scratch, staged, leaf, present)}: read as no value"


def _without_signs(
    scratch: ScratchDatabase, staged: Staged, leaf: Leaf, words: tuple[str, ...]
) -> tuple[str, ...]:
    """Words for none in a text column, without `-` and the like where all its values are signs."""
    signs = {word for word in words if word and not any(map(str.isalnum, word))}
    if not signs:
        return words
    value = f"trim({sql.flat(sql.source_column(leaf, rendered=True))})"
    among = ", ".join(sql_names.literal(word) for word in ("", *words))
    others = f"{value} not in ({among})"
    rows = scratch.rows(
        f"select count(*), count(*) filter (regexp_matches({value}, '[\\p{{L}}\\p{{N}}]')) "
        f"from {staged.raw} where {others}"
    )
    count, worded = rows[0]
    return tuple(word for word in words if word not in signs) if count and not worded else words


def _rows_with(scratch: ScratchDatabase, staged: Staged, leaf: Leaf, words: Iterable[str]) -> str:
    """How many rows have one of these words, in words."""
    value = sql.flat(sql.source_column(leaf, rendered=True))
    among = ", ".join(sql_names.literal(word) for word in words)
    rows = scratch.count(f"select count(*) from {staged.raw} where trim({value}) in ({among})")
    return f"{rows:,} {'row' if rows == 1 else 'rows'}"


def _certain_words(
    scratch: ScratchDatabase, staged: Staged, decided: Mapping[Leaf, types.Decided]
) -> set[str]:
    """Doubtful words that mean "no value" in all columns of a table where they occur."""
    words = {
        leaf: sorted(set(reading.cast.null_words) & set(DOUBTFUL))
        for leaf, reading in decided.items()
    }
    if not any(words[leaf] and not decided[leaf].reading for leaf in words):
        return set()
    return words_for_none(scratch, staged, words)


def _exact(
    scratch: ScratchDatabase,
    staged: Staged,
    leaf: Leaf,
    cast: Cast,
    name: str,
    doubts: list[Doubt],
) -> Cast:
    """The cast, or text for numbers that a double does not hold."""
    if cast.kind != "double":
        return cast
    value = sql.flat(sql.cleaned(cast, sql.source_column(leaf, rendered=True)))
    if scratch.holds(staged, number_types.fits_double(value)):
        return cast
    why = "numbers that a double does not hold exactly: kept as text"
    doubts.append(Doubt(staged.source.name, name, why))
    return Cast("text", "varchar", null_words=cast.null_words, trim=cast.trim)


def _typed(scratch: ScratchDatabase, staged: Staged, leaf: Leaf, name: str) -> tuple[Cast, str]:
    """The cast of a column with a type, and what must be known about its values."""
    cast = types.typed(leaf)
    value = sql.flat(sql.source_column(leaf, rendered=True))
    if leaf.type == "TIMESTAMP_NS" and not scratch.holds(staged, f"epoch_ns({value}) % 1000 = 0"):
        return replace(cast, is_lossy=True), "nanoseconds are cut off: kept to the microsecond"
    if cast.kind == "integer":
        return cast, _about_times(scratch, staged, value, name)
    if cast.kind != "double":
        return cast, ""
    rows = scratch.count(f"select count(*) from {staged.raw} where not isfinite({value})")
    if rows:  # as DuckDB and PostgreSQL write them
        spellings: tuple[str, ...] = ("nan", "NaN")
        if not scratch.holds(staged, f"not isinf({value})"):
            spellings += ("inf", "-inf", "Infinity", "-Infinity")
        cast = replace(cast, null_words=spellings, as_text=True)
    doubt = f"NaN or infinite in {rows:,} {'row' if rows == 1 else 'rows'}: read as no value"
    finite = f"not isfinite({value}) or "
    if number_types.money(name) and scratch.holds(
        staged, f"{finite}({value} = round({value}, 2) and abs({value}) < 1e13)"
    ):
        cast = replace(cast, kind="decimal", type="decimal(18, 2)")
    return cast, doubt if rows else ""


def _about_times(scratch: ScratchDatabase, staged: Staged, value: str, name: str) -> str:
    """What whole numbers in a column that is named like a time may mean; mostly empty."""
    text = f"cast({value} as varchar)"
    bears = {
        mark: 1
        for mark in questions.of_name(name)
        if scratch.holds(staged, f"regexp_full_match({text}, {sql_names.literal(MARKS[mark])})")
    }
    return questions.about_number(bears, 1, name)


def _table(
    scratch: ScratchDatabase,
    staged: Staged,
    named: Mapping[Leaf, str],
    casts: dict[Leaf, Cast],
    pii: Mapping[Leaf, str | None],
    doubts: list[Doubt],
) -> Table:
    source = staged.source

    def built() -> Table:
        return Table(
            source,
            staged.rows,
            tuple(
                Column(named[leaf], leaf, casts[leaf], pii[leaf], NOTHING) for leaf in staged.leaves
            ),
            no_records=staged.no_records,
        )

    def profiled() -> Table:
        table = built()
        scratch.define(f"stg {source.name}", render_sql.staging_query(table, staged.raw))
        stats = column_stats(scratch, f"stg {source.name}", table.columns, staged.rows)
        return replace(table, columns=tuple(replace(c, stats=stats[c.name]) for c in table.columns))

    try:
        return profiled()
    except CAST_ERRORS:
        # Rare: a value that its reading lets through and the cast rejects. It stays as it is.
        for leaf in staged.leaves:
            if scratch.rejects(staged, sql.flat(sql.column_sql(casts[leaf], leaf, rendered=True))):
                casts[leaf] = Cast("text", "varchar")
                why = "some value can't be cast: kept as text"
                doubts.append(Doubt(source.name, named[leaf], why))
        return profiled()
