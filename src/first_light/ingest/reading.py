"""Reading files with DuckDB: their columns, whether every line reads, what stands for null.

DuckDB streams; its memory is capped, so a file of any size is read in the same space.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from first_light.ingest import faults, json_types
from first_light.ingest import read_call as call
from first_light.ingest.faults import Member
from first_light.ingest.formats import Kind
from first_light.ingest.read_call import Quoting
from first_light.utils import null_words
from first_light.utils.errors import DataopsError
from first_light.utils.name_lists import listed
from first_light.utils.sql_names import literal, quoted
from first_light.warehouse import scratch
from first_light.warehouse.scratch import Connection, EngineError, InvalidInputError

MEMORY = "400MB"
_NUMBERED = re.compile(r"_\d+$")


@dataclass(frozen=True)
class Reading:
    """A table as it reads.

    Attributes:
        options: those of the call.
        rows: how many there are.
        notes: what was noticed.
        null_notes: which words the call reads as null, and which it does not.
    """

    options: str
    rows: int
    notes: tuple[str, ...]
    null_notes: tuple[str, ...] = ()


def connect() -> Connection:
    """A scratch database in memory that loads and downloads no extension."""
    return scratch.connect(memory=MEMORY, extensions=False)


def columns(db: Connection, kind: Kind, delims: Sequence[str], member: Member) -> tuple[str, ...]:
    """The columns of one file, as DuckDB names them.

    Raises:
        DataopsError: when it can't be read.
    """
    first: EngineError | None = None
    for options in _ways(kind, delims):
        try:
            names = _describe(db, _from(kind, [member], options))
        except EngineError as error:
            first = first or error
            continue
        if kind is Kind.CSV and _is_wrapped(names):
            return tuple(name[1:-1] for name in names)
        return names
    assert first is not None
    raise _fault(kind, delims, member, first)


def reads(db: Connection, delim: str, member: Member) -> bool:
    """Whether a CSV file reads from the first line to the last with standard quoting."""
    options = call.csv_options(delim, call.STANDARD, ())
    try:
        _scan(db, _from(Kind.CSV, [member], options))
    except EngineError:
        return False
    return True


def read(db: Connection, kind: Kind, delims: Sequence[str], members: Sequence[Member]) -> Reading:
    """Reads every line of every file of a table and decides the options of its call.

    Args:
        db: where to read.
        kind: CSV, JSON or Parquet.
        delims: for CSV the delimiters to try, the likeliest first.
        members: the files.

    Raises:
        DataopsError: when a file can't be read, with the file and, for text, the line.
    """
    if kind is Kind.JSON:
        return _read_json(db, members)
    if kind is Kind.PARQUET:
        return _read_parquet(db, members)
    for delim in delims:
        wrapped = False
        for quoting in call.QUOTINGS:
            source = _from(kind, members, call.csv_options(delim, quoting, ()))
            try:
                names = _describe(db, source)
                rows, repeats, hits = _scan_text(db, source, names)
            except InvalidInputError:
                continue
            wrapped = wrapped or (quoting == call.STANDARD and _is_wrapped(names))
            if wrapped and quoting.quote == '"':
                continue
            if wrapped or _fits(db, source, names, delim, quoting):
                nulls, null_notes = _nulls(db, source, names, hits)
                notes = _quoting_note(quoting)
                if repeats:
                    notes.append(f"Rows that repeat the header: {repeats:,}.")
                options = call.csv_options(delim, quoting, nulls)
                return Reading(options, rows, tuple(notes), tuple(null_notes))
    raise _culprit(db, kind, delims, members)


def _read_parquet(db: Connection, members: Sequence[Member]) -> Reading:
    try:
        rows = _scan(db, _from(Kind.PARQUET, members, call.PARQUET_OPTIONS))
    except EngineError as error:
        if len(members) > 1:
            raise _culprit(db, Kind.PARQUET, (), members) from error
        raise _fault(Kind.PARQUET, (), members[0], error) from error
    return Reading(call.PARQUET_OPTIONS, rows, ())


def _read_json(db: Connection, members: Sequence[Member]) -> Reading:
    """Reads JSON with every value as text: what a value means is inferred from all of them later.

    DuckDB's own detection takes texts for dates, drops the capitals of GUIDs and keeps the quotes
    of a text in a column that holds a number as well.
    """
    filled = [member for member in members if not member.empty]
    if not filled:
        return Reading(call.JSON_OPTIONS, 0, ())
    try:
        source = _from(Kind.JSON, filled, call.JSON_OPTIONS)
        described = [
            (str(row[0]), str(row[1]))
            for row in db.execute(f"describe select * from {source}").fetchall()
        ]
        options = call.json_options([(name, json_types.as_text(kind)) for name, kind in described])
        rows = _scan(db, _from(Kind.JSON, members, options))
        lost = _unread_keys(db, source, _from(Kind.JSON, filled, options), described)
    except EngineError as error:
        if len(members) > 1:
            raise _culprit(db, Kind.JSON, (), members) from error
        raise _fault(Kind.JSON, (), members[0], error) from error
    if lost:
        raise DataopsError(
            f"The records have keys that differ only in capitals: {listed(lost)}.",
            listed([member.place for member in members]),
            "rename one of the keys where the file is made, then add it again",
        )
    notes = []
    if mixed := [name for name, kind in described if kind == "JSON"]:
        notes.append(f"Values of several kinds, read as text: {listed(mixed)}.")
    return Reading(options, rows, tuple(notes))


def _unread_keys(
    db: Connection, detected: str, source: str, described: Sequence[tuple[str, str]]
) -> list[str]:
    """Keys that only DuckDB's detection reads: it calls a second `name` beside `Name` `name_1`, and
    there is no such key."""
    low = {name.lower() for name, _ in described}
    numbered = [name for name, _ in described if _NUMBERED.sub("", name).lower() in low - {name}]
    numbered = [name for name in numbered if _NUMBERED.search(name)]
    if not numbered:
        return []
    counts = ", ".join(f"count({quoted(name)})" for name in numbered)
    there, read = (db.execute(f"select {counts} from {s}").fetchone() for s in (detected, source))
    assert there is not None
    assert read is not None
    return [_NUMBERED.sub("", n) for n, a, b in zip(numbered, there, read, strict=True) if a > b]


def _ways(kind: Kind, delims: Sequence[str]) -> list[str]:
    if kind is Kind.CSV:
        return [call.csv_options(d, quoting, ()) for d in delims for quoting in call.QUOTINGS]
    return [call.JSON_LOOK if kind is Kind.JSON else call.PARQUET_OPTIONS]


def _from(kind: Kind, members: Sequence[Member], options: str) -> str:
    paths = ", ".join(literal(str(member.path)) for member in members)
    return call.call(kind, f"[{paths}]", options)


def _describe(db: Connection, source: str) -> tuple[str, ...]:
    return tuple(str(row[0]) for row in db.execute(f"describe select * from {source}").fetchall())


def _scan(db: Connection, source: str) -> int:
    """Reads every value, so that every error comes out, and counts the rows."""
    row = db.execute(f"select count(*), bit_xor(hash(t)) from {source} as t").fetchone()
    return int(row[0]) if row else 0


def _scan_text(
    db: Connection, source: str, names: Sequence[str]
) -> tuple[int, int, dict[str, list[str]]]:
    """Reads every value: how many rows, how many that repeat the header, null words by column."""
    same = " and ".join(f"{quoted(name)} = {literal(name)}" for name in names[:3])
    # One bit a word: a set of words for each of 500 columns would not fit in memory. And no `in`,
    # no `filter`: with 500 of them DuckDB plans longer than it reads.
    word_bits = ", ".join(
        f"bit_or(1::bigint << coalesce(list_position({null_words.WORD_LIST}, {quoted(name)}), 0))"
        for name in names
    )
    row = db.execute(
        f"select count(*), count(*) filter (where {same}), {word_bits} from {source}"
    ).fetchone()
    assert row is not None
    hits = {
        name: [word for at, word in enumerate(null_words.ALL, 1) if bits >> at & 1]
        for name, bits in zip(names, row[2:], strict=True)
        if (bits or 0) > 1
    }
    return int(row[0]), int(row[1]), hits


def _nulls(
    db: Connection,
    source: str,
    names: Sequence[str],
    hits: Mapping[str, Sequence[str]],
) -> tuple[tuple[str, ...], list[str]]:
    """The words that stand for null in every column where they occur, and notes on this."""
    if not hits:
        return (), []
    questions = ", ".join(null_words.contents(quoted(name)) for name in hits)
    answers = db.execute(f"select {questions} from {source}").fetchone()
    assert answers is not None
    unsafe: dict[str, list[str]] = {}
    for (name, present), held in zip(hits.items(), answers, strict=True):
        for word in present:
            if not null_words.means_none(word, held):
                unsafe.setdefault(word, []).append(name)
    occurring = {word for present in hits.values() for word in present}
    # DuckDB takes a null word for null in the header too, and the column would lose its name.
    named = [word for word in occurring if word in names and word not in unsafe]
    # One that may be a value is null by column, in staging: later files may have it as a value.
    safe = (occurring & {*null_words.CERTAIN}) - unsafe.keys() - {*named}
    nulls = tuple(word for word in null_words.ALL if word in safe)
    notes = [f"Read as null: {listed(nulls, len(nulls))}."] if nulls else []
    if staged := [w for w in null_words.ALL if w in occurring - unsafe.keys() - {*named, *nulls}]:
        notes.append(f"Read as no value in staging: {listed(staged, len(staged))}.")
    notes += [
        f"{word} stays as it is in raw: it may be a value of {listed(unsafe[word])}."
        for word in null_words.ALL
        if word in unsafe
    ]
    notes += [f"{word} is not read as null: a column has this name." for word in sorted(named)]
    return nulls, notes


def _fits(db: Connection, source: str, names: Sequence[str], delim: str, quoting: Quoting) -> bool:
    """Whether a way of quoting that reads without error is also the one that was meant.

    Single quotes must have kept a delimiter or a line end inside a cell; without quoting, no cell
    may have double quotes around it.
    """
    if quoting.quote == '"':
        return True
    if quoting.quote == "'":
        inside = " or ".join(
            f"contains({quoted(name)}, {literal(delim)}) or contains({quoted(name)}, chr(10))"
            for name in names
        )
    else:
        inside = " or ".join(
            f"(length({name}) > 1 and {name}[1] = '\"' and {name}[-1] = '\"')"
            for name in map(quoted, names)
        )
    row = db.execute(f"select count(*) from {source} where {inside}").fetchone()
    return bool(row and row[0]) == bool(quoting.quote)


def _is_wrapped(names: Sequence[str]) -> bool:
    """Whether all names of a header are in single quotes."""
    return all(len(name) > 2 and name[0] == name[-1] == "'" for name in names)


def _quoting_note(quoting: Quoting) -> list[str]:
    if quoting == call.STANDARD:
        return []
    if not quoting.quote:
        return ["Quotes are read as ordinary characters: this table does not quote its cells."]
    if quoting.quote == "'":
        return ["Cells are quoted with single quotes."]
    return ["Quotes inside cells are escaped with a backslash."]


def _culprit(
    db: Connection, kind: Kind, delims: Sequence[str], members: Sequence[Member]
) -> DataopsError:
    """The rejection for the files that do not read alone; else for all of them together."""
    options = _ways(kind, delims)[0]
    together: EngineError | None = None
    failing = []
    for member in members:
        try:
            _scan(db, _from(kind, [member], options))
        except EngineError as error:
            failing.append(_fault(kind, delims, member, error))
    if failing:
        return faults.together(failing)
    try:
        _scan(db, _from(kind, members, options))
    except EngineError as error:
        together = error
    return DataopsError(
        "These files can be read one by one, but not as one table"
        + (f": {faults.plain(together)}" if together else "."),
        listed([member.place for member in members]),
        "rename files whose quoting or types differ",
    )


def _fault(kind: Kind, delims: Sequence[str], member: Member, error: EngineError) -> DataopsError:
    if kind is Kind.CSV:
        return faults.csv_fault(member, delims[0], error)
    if kind is Kind.JSON:
        return faults.json_fault(member, error)
    return DataopsError(
        f"The file cannot be read as Parquet: {faults.plain(error)}",
        member.place,
        "fetch or write it again",
    )
