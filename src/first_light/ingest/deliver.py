"""The story of a landing: find, copy and convert, name, read, move into place."""

from __future__ import annotations

import errno
import filecmp
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from first_light.ingest import dialect, faults, formats, naming, reading, sheets, text
from first_light.ingest import read_call as call
from first_light.ingest.containers import Finder, Found
from first_light.ingest.faults import Member
from first_light.ingest.formats import Kind
from first_light.ingest.move import Staging
from first_light.ingest.reading import listed
from first_light.project.source_table import SourceTable
from first_light.utils.errors import DataopsError
from first_light.warehouse.scratch import ENGINE, Connection, EngineError, reserved_words

Progress = Callable[[str], None]
_EXTENSIONS = {f".{kind.value}": kind for kind in (Kind.CSV, Kind.JSON, Kind.PARQUET)}


@dataclass(frozen=True)
class Piece:
    """One file as it will lie in raw, still in the staging folder.

    Attributes:
        member: where it is and how messages name it.
        file: the name it gets in raw.
        label: what its table is named after.
        holder: the folder or archive it lay in, for when the label says nothing.
        kind: CSV, JSON or Parquet.
        delims: for CSV the delimiters to try; several when it has one column.
        columns: the names of its columns, as DuckDB reads them.
        notes: what was found out or converted, without its name.
    """

    member: Member
    file: str
    label: str
    holder: str
    kind: Kind
    delims: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def land(path: Path, raw: Path, *, progress: Progress | None = None) -> tuple[SourceTable, ...]:
    """Puts the data files of `path` into raw and says how to read each of their tables.

    Files that are in raw already, byte for byte, are left as they are; the tables of all files are
    returned, in the order of their names.

    Args:
        path: a file or a folder: CSV, TSV, JSON, NDJSON, Parquet, Excel, each also gzipped or
            zipped.
        raw: the root of raw; made when it is not there.
        progress: called with a short line before each longer step.

    Raises:
        DataopsError: when anything can't be landed; raw is as it was then.
    """
    say = progress or (lambda line: None)
    if path.exists() and (_inside(path, raw) or _inside(raw, path)):
        raise DataopsError(
            "Files can't be landed from raw itself, or from a folder that holds it.",
            str(path),
            "Give the file or folder that the data comes from.",
        )
    try:
        with Staging(raw) as staging, reading.connect() as db:
            return _land(path, staging, db, say)
    except EngineError as error:
        raise DataopsError(
            f"{ENGINE} cannot read these files: {faults.plain(error)}",
            str(path),
            "Land them one by one to see which it is.",
        ) from error
    except OSError as error:
        raise DataopsError(
            f"The files can't be copied: {error.strerror or error}.",
            str(error.filename or raw),
            "Fix that (room on the disk, the right to read and write), then repeat the command.",
        ) from error


def tables_in(raw: Path) -> tuple[SourceTable, ...]:
    """The tables of raw (or of a sample) and the calls that read them, found out from the files.

    Raises:
        DataopsError: when a file can't be read or a folder holds files of several formats.
    """
    if not raw.is_dir():
        return ()
    return tuple(
        table_in(raw, folder.name)
        for folder in sorted(raw.iterdir())
        if folder.is_dir() and not folder.name.startswith(".") and _files(folder)
    )


def table_in(raw: Path, name: str) -> SourceTable:
    """One table of raw; see `tables_in`.

    Raises:
        DataopsError: when the table has no files or they can't be read.
    """
    files = _files(raw / name)
    if not files:
        raise DataopsError(f"There is no table {name} in raw.", str(raw), "dataops add PATH")
    with reading.connect() as db:
        return _table(db, name, raw, _existing(raw, name), ())


def _land(path: Path, staging: Staging, db: Connection, say: Progress) -> tuple[SourceTable, ...]:
    unpacked, converted = staging.folder / "unpacked", staging.folder / "converted"
    unpacked.mkdir()
    converted.mkdir()
    finder = Finder(unpacked)
    found = finder.find(path)
    needed = sum(item.path.stat().st_size for item in found)
    if needed > shutil.disk_usage(staging.raw).free * 0.95:
        raise OSError(errno.ENOSPC, "there is no room for them", str(staging.raw))
    pieces: list[Piece] = []
    for number, item in enumerate(found):
        say(f"copying {item.name} ({_size(item.path.stat().st_size)})")
        folder = converted / f"{number:05d}"
        folder.mkdir()
        pieces += _prepare(item, folder, db, finder.skipped)
    if not pieces:
        raise DataopsError(f"Nothing to land. {' '.join(finder.skipped[:3])}", str(path))
    tables: list[SourceTable] = []
    moves: list[tuple[Path, Path]] = []
    for name, members in _named(pieces, staging.raw, reserved_words(db)).items():
        say(f"checking {name}")
        new = _new(name, members, staging.raw)
        moves += [(piece.member.path, target) for target, piece in new.items()]
        before = _existing(staging.raw, name)
        table = _table(db, name, staging.raw, before, tuple(new.items()), members)
        tables.append(table)
    staging.place(moves)
    tables.sort(key=lambda table: table.name)
    skipped = tuple(finder.skipped)
    return (replace(tables[0], notes=(*tables[0].notes, *skipped)), *tables[1:])


# --- one file -----------------------------------------------------------------------------------


def _prepare(found: Found, folder: Path, db: Connection, skipped: list[str]) -> list[Piece]:
    """Copies one file into the staging folder, converted where DuckDB could not read it."""
    if found.path.stat().st_size == 0:
        raise _empty(found)
    if found.kind is Kind.CSV:
        return _prepare_csv(found, folder, db, skipped)
    if found.kind is Kind.JSON:
        return [_prepare_json(found, folder, db)]
    if found.kind is Kind.PARQUET:
        return [_prepare_parquet(found, folder, db)]
    return _prepare_excel(found, folder, db, skipped)


def _prepare_csv(found: Found, folder: Path, db: Connection, skipped: list[str]) -> list[Piece]:
    examined = text.examine(found)
    if examined.empty:
        raise _empty(found)
    parts = formats.name_parts(found.name)
    if examined.sample.lstrip("\ufeff \r\n\t").lower().startswith(("<html", "<!doctype", "<?xml")):
        raise DataopsError(
            "This file is a web page or XML, not a table of text.",
            found.said,
            "Open it in a spreadsheet program and save it as CSV or xlsx.",
        )
    if examined.sample.lstrip("\ufeff \r\n\t").startswith(('{"', '[{"')):
        raise DataopsError(
            "This file holds JSON, and its name says something else.",
            found.said,
            f"Name it {parts.stem}.json and land it again.",
        )
    shape = dialect.decide(examined.sample)
    prose = shape.width == 1 or shape.share < 0.9
    if prose and parts.extension in formats.VAGUE and not found.alone:
        skipped.append(f"{found.name} was skipped: it has no regular columns.")
        return []
    notes = list(found.notes)
    if not examined.encoding.startswith("utf-8"):
        notes.append(f"converted from {examined.encoding} to UTF-8")
        if examined.encoding == "cp1252":
            notes[-1] += " (look at words with accents)"
    if shape.drop_lines:
        count = shape.drop_lines
        notes.append(f"{count} {'line' if count == 1 else 'lines'} above the header left out")
    header = ""
    if not shape.has_header:
        header = shape.delim.join(f"column{n}" for n in range(1, shape.width + 1))
        span = f"column1 to column{shape.width}" if shape.width > 1 else "column1"
        notes.append(f"no header line, so one was written: {span}")
    notes += _header_notes(shape.names)
    file = naming.file_name(parts.stem, Kind.CSV.value, found.gzipped)
    target = folder / file
    text.copy(
        found,
        target,
        examined.encoding,
        drop_lines=shape.drop_lines,
        header=header,
        may_move=not examined.mixed_ends,
    )
    member = Member(target, found.said, shape.drop_lines - bool(header), bool(header))
    if examined.mixed_ends and not reading.reads(db, shape.delim, member):
        # Line ends of several kinds inside of quotes are fine; between the lines they are not.
        text.copy(
            found,
            target,
            examined.encoding,
            drop_lines=shape.drop_lines,
            header=header,
            line_ends=True,
        )
        notes.append("different line ends made one")
    delims: tuple[str, ...] = (shape.delim,)
    if shape.width == 1:
        delims = (shape.delim, *(delim for delim in dialect.DELIMS if delim != shape.delim))
        notes.append("has one column")
    piece = Piece(member, file, parts.stem, found.folder, Kind.CSV, delims, (), tuple(notes))
    return [replace(piece, columns=reading.columns(db, Kind.CSV, delims, member))]


def _prepare_json(found: Found, folder: Path, db: Connection) -> Piece:
    examined = text.examine(found)
    if examined.empty:
        raise _empty(found)
    parts = formats.name_parts(found.name)
    notes = list(found.notes)
    if not examined.encoding.startswith("utf-8"):
        notes.append(f"converted from {examined.encoding} to UTF-8")
    file = naming.file_name(parts.stem, Kind.JSON.value, found.gzipped)
    # DuckDB takes a byte order mark in JSON for a value of its own.
    text.copy(found, folder / file, examined.encoding, drop_mark=True, may_move=True)
    member = Member(folder / file, found.said)
    head = examined.sample.lstrip("\ufeff \r\n\t")[:1]
    if head not in ("{", "["):
        raise DataopsError(
            "This is not JSON: it begins with neither { nor [.", found.said, "Export it again."
        )
    if head == "[" and _last_byte(member) != b"]":
        # DuckDB reads such a file without complaint, up to the cut.
        raise DataopsError(
            "This JSON array is cut off: it has no closing ].",
            found.said,
            "Fetch or export it again.",
        )
    columns = reading.columns(db, Kind.JSON, (), member)
    if columns == ("json",):
        raise DataopsError(
            "This JSON file is no list of records: an object a row, with the same keys.",
            found.said,
            "Write it as an array of objects, or as one object a line.",
        )
    return Piece(member, file, parts.stem, found.folder, Kind.JSON, (), columns, tuple(notes))


def _prepare_parquet(found: Found, folder: Path, db: Connection) -> Piece:
    stem = formats.name_parts(found.name).stem
    file = naming.file_name(stem, Kind.PARQUET.value, False)
    text.copy_bytes(found, folder / file)
    member = Member(folder / file, found.said)
    columns = reading.columns(db, Kind.PARQUET, (), member)
    return Piece(member, file, stem, found.folder, Kind.PARQUET, (), columns, found.notes)


def _prepare_excel(found: Found, folder: Path, db: Connection, skipped: list[str]) -> list[Piece]:
    stem = formats.name_parts(found.name).stem
    converted, left_out = sheets.convert(found, folder)
    skipped += [f"{found.name}: {line}" for line in left_out]
    pieces = []
    for sheet in converted:
        only = len(converted) == 1
        if only:
            label, file_stem = stem, stem
        else:
            generic = naming.is_generic_sheet(sheet.name) or not naming.snake(sheet.name)
            label = f"{stem}_{sheet.name}" if generic else sheet.name
            file_stem = f"{stem}_{sheet.name}"
        file = naming.file_name(file_stem, Kind.CSV.value, False)
        target = folder / file
        sheet.path.rename(target)
        member = Member(target, f"{found.said}, sheet {sheet.name}")
        columns = reading.columns(db, Kind.CSV, (",",), member)
        notes = (*found.notes, *sheet.notes, *_header_notes(sheet.names))
        pieces.append(Piece(member, file, label, found.folder, Kind.CSV, (",",), columns, notes))
    return pieces


def _header_notes(names: Sequence[str]) -> list[str]:
    notes = []
    low = [name.strip().lower() for name in names]
    twice = list(dict.fromkeys(name for name in low if name and low.count(name) > 1))
    if twice:
        notes.append(f"columns of one name got a number: {listed(twice)}")
    if empty := sum(not name for name in low):
        notes.append(
            f"{empty} {'column has' if empty == 1 else 'columns have'} no name and got one"
        )
    return notes


def _last_byte(member: Member) -> bytes:
    """The last byte of a text file that is not white space."""
    last = b""
    with text.open_bytes(member.path, member.path.suffix == ".gz", member.said) as file:
        while chunk := file.read(1 << 20):
            last = chunk.rstrip()[-1:] or last
    return last


def _empty(found: Found) -> DataopsError:
    return DataopsError(
        "This file is empty: it has not even a header.",
        found.said,
        "Deliver it again, or leave it out.",
    )


# --- names --------------------------------------------------------------------------------------


def _named(pieces: Sequence[Piece], raw: Path, reserved: frozenset[str]) -> dict[str, list[Piece]]:
    """Which pieces are which table."""
    known = {folder.name for folder in raw.iterdir()} if raw.is_dir() else set()
    by_base: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_base.setdefault(_base(piece, reserved), []).append(piece)
    tables: dict[str, list[Piece]] = {}
    for base, group in by_base.items():
        if _alike(group):
            for piece in group:
                full = naming.identifier(piece.label, reserved)
                tables.setdefault(full if full in known else base, []).append(piece)
        else:
            for piece in group:
                full = naming.identifier(piece.label, reserved) or base
                tables.setdefault(full, []).append(piece)
    tables = _numbered(tables, known, reserved)
    for name, group in tables.items():
        _check_group(name, group)
    return tables


def _base(piece: Piece, reserved: frozenset[str]) -> str:
    """The name of a piece's table: its label without a date, or the folder it lay in."""
    if name := naming.identifier(_plain(piece), reserved):
        return name
    raise DataopsError(
        "No table name can be made of this file name.",
        piece.member.said,
        "Give the file a name with Latin letters, for instance orders.csv.",
    )


def _plain(piece: Piece) -> str:
    """The label of a piece without dates; its holder's, where the label only says which piece."""
    plain = ""
    for label in (piece.label, piece.holder):
        plain = naming.without_date(label)
        # orders_2024-01-01_2 is the second delivery of that day
        numberless = naming.without_serial(label)
        if plain == label.strip() and naming.without_date(numberless) != numberless:
            plain = naming.without_date(numberless)
        if plain and not naming.is_piece(plain):
            return plain
    return plain


def _numbered(
    tables: dict[str, list[Piece]], known: set[str], reserved: frozenset[str]
) -> dict[str, list[Piece]]:
    """Joins orders_1, orders_2, … to one table, where they have the same columns."""
    by_stem: dict[str, list[str]] = {}
    for name, group in tables.items():
        stem = naming.identifier(naming.without_serial(_plain(group[0])), reserved)
        if name not in known and stem and stem != name and len(group) == 1:
            by_stem.setdefault(stem, []).append(name)
    for stem, names in by_stem.items():
        group = [piece for name in names for piece in tables[name]] + tables.get(stem, [])
        if (len(group) > 1 or stem in known) and _same(group):
            for name in (*names, stem):
                tables.pop(name, None)
            tables[stem] = group
    return tables


def _check_group(name: str, group: Sequence[Piece]) -> None:
    kinds = {piece.kind: piece for piece in group}
    if len(kinds) > 1:
        raise DataopsError(
            f"These files would be one table, {name}, but have different formats.",
            listed([piece.member.said for piece in kinds.values()]),
            "Leave one out, or give it another name.",
        )
    if not _alike(group):
        raise DataopsError(
            f"These files would be one table, {name}, but have different columns.",
            listed([piece.member.said for piece in group]),
            "Give one of them another name.",
        )
    _check_delims(name, group)


def _check_delims(name: str, group: Sequence[Piece]) -> None:
    delims = {piece.delims[0]: piece for piece in group if len(piece.delims) == 1}
    if len(delims) > 1:
        spelled = " and ".join(f"'{'tab' if delim == chr(9) else delim}'" for delim in delims)
        raise DataopsError(
            f"These files would be one table, {name}, but are delimited by {spelled}.",
            listed([piece.member.said for piece in delims.values()]),
            "Export them alike, or give one of them another name.",
        )


def _alike(group: Sequence[Piece]) -> bool:
    """Whether each piece shares at least half of its columns with the first one."""
    first = {name.lower() for name in group[0].columns}
    for piece in group[1:]:
        other = {name.lower() for name in piece.columns}
        if 2 * len(first & other) < max(len(first), len(other)):
            return False
    return True


def _same(group: Sequence[Piece]) -> bool:
    return len({frozenset(name.lower() for name in piece.columns) for piece in group}) == 1


# --- one table ----------------------------------------------------------------------------------


def _new(name: str, group: Sequence[Piece], raw: Path) -> dict[Path, Piece]:
    """The pieces that are not in raw yet, by their places there."""
    new: dict[Path, Piece] = {}
    for piece in group:
        target = raw / name / piece.file
        there = new[target].member.path if target in new else target
        if there.exists():
            if filecmp.cmp(there, piece.member.path, shallow=False):
                continue
            stem, dot, extension = piece.file.partition(f".{piece.kind.value}")
            raise DataopsError(
                f"{name}/{piece.file} "
                + ("is in raw with other content" if there == target else "comes twice, differing")
                + "; raw files are never changed.",
                piece.member.said,
                f"Rename the new file, for instance to {stem}_2{dot}{extension}, and repeat.",
            )
        new[target] = piece
    return new


def _existing(raw: Path, name: str) -> tuple[Piece, ...]:
    """The files that a table has in raw."""
    pieces = []
    files = _files(raw / name)
    for file in files:
        kind = _kind(file)
        assert kind is not None
        delims: tuple[str, ...] = ()
        if kind is Kind.CSV:
            delims = _landed_delims(file)
        member = Member(file, f"{name}/{file.name} in raw")
        pieces.append(Piece(member, file.name, name, name, kind, delims))
    return tuple(pieces)


def _landed_delims(file: Path) -> tuple[str, ...]:
    with text.open_text(file, file.suffix == ".gz", str(file)) as opened:
        sample = opened.read(text.SAMPLE)
    if len(sample) == text.SAMPLE:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    shape = dialect.decide(sample)
    if shape.width > 1:
        return (shape.delim,)
    return (shape.delim, *(delim for delim in dialect.DELIMS if delim != shape.delim))


def _table(
    db: Connection,
    name: str,
    raw: Path,
    before: Sequence[Piece],
    new: Sequence[tuple[Path, Piece]],
    landed: Sequence[Piece] = (),
) -> SourceTable:
    """Reads all files of a table, those in raw and the new ones, and makes its call."""
    added = [piece for _, piece in new]
    every = [*before, *added]
    if before and added:
        db_columns = [
            replace(piece, columns=reading.columns(db, piece.kind, piece.delims, piece.member))
            for piece in before[-1:]
        ]
        _check_group(name, [*db_columns, *added])
    elif before:
        _check_group(name, before)
    kind = every[0].kind
    firm = [piece.delims for piece in every if len(piece.delims) == 1]
    delims = firm[0] if firm else every[0].delims
    result = reading.read(db, kind, delims, [piece.member for piece in every])
    gzipped = any(piece.file.endswith(".gz") for piece in every)
    files = sorted([*(piece.member.path for piece in before), *(target for target, _ in new)])
    notes = [*_told(landed), *result.notes]
    if not result.rows:
        notes.append("The table has no rows.")
    if landed:
        notes += _uneven(landed)
    return SourceTable(
        name=name,
        read=call.read_call(name, kind, gzipped, result.options),
        files=tuple(files),
        notes=tuple(notes),
    )


def _told(pieces: Iterable[Piece]) -> list[str]:
    """The notes of the pieces, one sentence for all files that share one."""
    told: dict[str, list[str]] = {}
    for piece in pieces:
        for note in piece.notes:
            told.setdefault(note, []).append(piece.file)
    return [f"{listed(files)}: {note}." for note, files in told.items()]


def _uneven(pieces: Sequence[Piece]) -> list[str]:
    every = dict.fromkeys(name for piece in pieces for name in piece.columns)
    lacking: dict[str, list[str]] = {}
    for piece in pieces:
        if missing := [name for name in every if name not in piece.columns]:
            lacking.setdefault(listed(missing), []).append(piece.file)
    return [f"{listed(files)}: without the columns {names}." for names, files in lacking.items()]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        file
        for file in folder.iterdir()
        if file.is_file() and not file.name.startswith(".") and _kind(file) is not None
    )


def _kind(file: Path) -> Kind | None:
    name = file.name.removesuffix(".gz")
    return next((kind for end, kind in _EXTENSIONS.items() if name.endswith(end)), None)


def _inside(inner: Path, outer: Path) -> bool:
    inner, outer = inner.resolve(), outer.resolve()
    return inner == outer or outer in inner.parents


def _size(count: int) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count //= 1000
    return f"{count:.0f} GB"
