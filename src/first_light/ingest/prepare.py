"""One delivered file, copied and converted to what raw holds: CSV, JSON or Parquet."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from first_light.ingest import (
    blocks,
    dialect,
    envelopes,
    formats,
    naming,
    no_records,
    reading,
    sheets,
    text,
)
from first_light.ingest.containers import DataFile
from first_light.ingest.faults import Member
from first_light.ingest.formats import Kind
from first_light.utils.errors import DataopsError
from first_light.utils.name_lists import listed
from first_light.utils.snake_case import snake_case
from first_light.warehouse.scratch import Connection

_TAIL = 1 << 14
"""Bytes at the end of a file that are looked through for totals."""

_RECORD = "\x1e"
"""The sign in front of each record of a JSON text sequence, RFC 7464; no string may hold it."""

_LONG_NUMBER = re.compile(r"[0-9][.0-9]{17}")


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


def is_empty_json(path: Path, place: str) -> bool:
    """Whether a landed JSON file holds no record: nothing, or an empty array."""
    with text.open_text(path, path.suffix == ".gz", place) as file:
        return file.read(1000).strip().replace(" ", "").replace("\n", "") in ("", "[]")


def prepare(data_file: DataFile, folder: Path, db: Connection, skipped: list[str]) -> list[Piece]:
    """Copies one file into the staging folder, converted where DuckDB could not read it."""
    if data_file.path.stat().st_size == 0:
        raise _empty(data_file)
    if data_file.kind is Kind.CSV:
        return _prepare_csv(data_file, folder, db, skipped)
    if data_file.kind is Kind.JSON:
        return _prepare_json(data_file, folder, db)
    if data_file.kind is Kind.PARQUET:
        return [_prepare_parquet(data_file, folder, db)]
    return _prepare_excel(data_file, folder, db, skipped)


def _prepare_csv(
    data_file: DataFile, folder: Path, db: Connection, skipped: list[str]
) -> list[Piece]:
    examined = text.examine(data_file)
    if examined.empty:
        raise _empty(data_file)
    parts = formats.name_parts(data_file.name)
    if examined.sample.lstrip("\ufeff \r\n\t").lower().startswith(("<html", "<!doctype", "<?xml")):
        raise DataopsError(
            "The file is a web page or XML, not a table.",
            data_file.place,
            "open it in a spreadsheet program and save it as CSV or xlsx",
        )
    if examined.sample.lstrip("\ufeff \r\n\t").startswith(('{"', '[{"')):
        raise DataopsError(
            "The file contains JSON, but its name has another extension.",
            data_file.place,
            f"rename it to {parts.stem}.json, then add it again",
        )
    shape = dialect.decide(examined.sample)
    if shape.width == 1 and dialect.unquoted(examined.sample):
        whole = replace(
            data_file,
            path=text.without_line_quotes(data_file, folder / "unquoted", examined.encoding),
            gzipped=False,
            unpacked=True,
            notes=(*data_file.notes, "each line was in quotes as a whole, which were taken off"),
        )
        return _prepare_csv(whole, folder, db, skipped)
    if shape.width == 1 and (fitting := dialect.fitting_delimiter(examined.sample)):
        raise DataopsError(
            f"This file is read as one column, while every line splits alike at {fitting}.",
            data_file.place,
            "Export it with commas, semicolons or tabs between the columns.",
        )
    if dialect.is_doubled(shape, examined.sample) and not shape.notes:
        raise DataopsError(
            f"The delimiter of this file is {shape.delim * 2}, of more than one sign.",
            data_file.place,
            "Export it with commas, semicolons or tabs between the columns.",
        )
    prose = shape.width == 1 or shape.share < 0.9
    if prose and parts.extension in formats.VAGUE and not data_file.alone:
        skipped.append(f"{data_file.name} was skipped: it has no regular columns.")
        return []
    if block := blocks.second_header(examined.sample, shape.delim, shape.names):
        raise _two_tables(block, data_file)
    notes = list(data_file.notes)
    if not examined.encoding.startswith("utf-8"):
        notes.append(f"converted from {examined.encoding} to UTF-8")
        if examined.encoding == "cp1252":
            notes[-1] += " (look at words with accents)"
    if word := text.garbled(examined.sample):
        notes.append(
            f"words such as {word} were decoded wrongly before this export; "
            "if they matter, export it again as UTF-8"
        )
    if shape.drop_lines:
        count = shape.drop_lines
        notes.append(f"{count} {'line' if count == 1 else 'lines'} above the header left out")
    header = ""
    if not shape.has_header:
        header = shape.delim.join(f"column{n}" for n in range(1, shape.width + 1))
        span = f"column1 to column{shape.width}" if shape.width > 1 else "column1"
        notes.append(f"no header line, so one was written: {span}")
    drop_lines = shape.drop_lines
    if shape.header:
        header = shape.header
        drop_lines += shape.header_lines
    notes += [*shape.notes, *_header_notes(shape.names)]
    label = naming.with_period(parts.stem, data_file.period)
    file = naming.file_name(label, Kind.CSV.value, data_file.gzipped)
    target = folder / file
    text.copy(
        data_file,
        target,
        examined.encoding,
        drop_lines=drop_lines,
        header=header,
        may_move=not examined.mixed_ends,
    )
    member = Member(target, data_file.place, drop_lines - bool(header), not shape.has_header)
    if examined.mixed_ends and not reading.reads(db, shape.delim, member):
        # Line ends of several kinds inside of quotes are fine; between the lines they are not.
        text.copy(
            data_file,
            target,
            examined.encoding,
            drop_lines=drop_lines,
            header=header,
            line_ends=True,
        )
        notes.append("different line ends made one")
    if not examined.whole:
        with text.open_bytes(target, data_file.gzipped, data_file.place) as lines:
            later = blocks.later_header(lines, shape.delim, shape.names)
        if later:
            raise _two_tables((later[0] + member.line_offset, later[1]), data_file)
    delims: tuple[str, ...] = (shape.delim,)
    if shape.width == 1:
        delims = (shape.delim, *(delim for delim in dialect.DELIMS if delim != shape.delim))
        notes.append("has one column")
    last_rows = _last_rows(member, shape.delim)
    if count := no_records.footer_lines(last_rows, shape.width):
        text.cut_last_lines(member.path, count)
        notes.append(no_records.footer_note(last_rows[-count:]))
        last_rows = last_rows[:-count]
    if total := no_records.totals_note(last_rows):
        notes.append(total)
    piece = Piece(member, file, label, data_file.folder, Kind.CSV, delims, (), tuple(notes))
    return [replace(piece, columns=reading.columns(db, Kind.CSV, delims, member))]


def _last_rows(member: Member, delim: str) -> list[list[str]]:
    """The last lines of a CSV file, each as a row."""
    tail = b""
    gzipped = member.path.suffix == ".gz"
    with text.open_bytes(member.path, gzipped, member.place) as file:
        if not gzipped:
            file.seek(max(0, member.path.stat().st_size - _TAIL))
        while chunk := file.read(1 << 20):
            tail = (tail + chunk)[-_TAIL:]
    lines = tail.decode("utf-8", "replace").splitlines()[-no_records.LAST_LINES :]
    return [next(csv.reader([line], delimiter=delim), []) for line in lines]


def _prepare_json(data_file: DataFile, folder: Path, db: Connection) -> list[Piece]:
    examined = text.examine(data_file)
    if examined.empty:
        raise _empty(data_file)
    parts = formats.name_parts(data_file.name)
    label = naming.with_period(parts.stem, data_file.period)
    notes = list(data_file.notes)
    if not examined.encoding.startswith("utf-8"):
        notes.append(f"converted from {examined.encoding} to UTF-8")
    file = naming.file_name(label, Kind.JSON.value, data_file.gzipped)
    # DuckDB takes a byte order mark in JSON for a value of its own.
    text.copy(data_file, folder / file, examined.encoding, drop_mark=True, may_move=True)
    member = Member(folder / file, data_file.place)
    head = examined.sample.lstrip("\ufeff \r\n\t")[:1]
    if head == _RECORD:
        text.drop_bytes(member.path, data_file.gzipped, _RECORD.encode())
        head = examined.sample.lstrip("\ufeff \r\n\t" + _RECORD)[:1]
    if head not in ("{", "["):
        raise DataopsError(
            "The file is not JSON: it starts with neither { nor [.",
            data_file.place,
            "export it again",
        )
    if head == "[" and _last_byte(member) != b"]":
        # DuckDB reads such a file without complaint, up to the cut.
        raise DataopsError(
            "The JSON array is truncated: it has no closing ].",
            data_file.place,
            "fetch or export it again",
        )
    document, long_numbers = _document(member)
    if long_numbers:
        notes.append(long_numbers)
    several = envelopes.unwrap(document, parts.stem) if head == "{" else ()
    if head == "[" and not is_empty_json(member.path, member.place):
        columns = reading.columns(db, Kind.JSON, (), member)
        several = envelopes.unwrap(document, parts.stem) if columns == ("json",) else ()
    if not several:
        piece = Piece(member, file, label, data_file.folder, Kind.JSON, notes=tuple(notes))
        return [_json_piece(piece, db)]
    pieces = []
    for records in several:
        if records.name:
            label = naming.with_period(records.name, data_file.period)
            whole = label if label.startswith(parts.stem) else f"{parts.stem}_{label}"
            file = naming.file_name(whole, Kind.JSON.value, data_file.gzipped)
            member = replace(member, path=folder / file)
        with text.create(member.path, data_file.gzipped) as sink:
            sink.writelines(f"{line}\n".encode() for line in records.lines)
        said = (*notes, records.note)
        piece = Piece(member, file, label, data_file.folder, Kind.JSON, notes=said)
        pieces.append(_json_piece(piece, db))
    return pieces


def _json_piece(piece: Piece, db: Connection) -> Piece:
    """A landed JSON file with its columns; an empty delivery has none."""
    if is_empty_json(piece.member.path, piece.member.place):
        notes = (*piece.notes, "an empty delivery, without a record")
        return replace(piece, member=replace(piece.member, empty=True), notes=notes)
    columns = reading.columns(db, Kind.JSON, (), piece.member)
    if columns == ("json",):
        raise DataopsError(
            "The JSON file is not a list of objects with the same keys.",
            piece.member.place,
            "write it as an array of objects, or as one object per line",
        )
    return replace(piece, columns=columns)


def _document(member: Member) -> tuple[str, str]:
    """The text of a JSON file, and a note on numbers that only a text holds; rewritten with these.

    Empty for a very large file, whose numbers are left as they are.
    """
    gzipped = member.path.suffix == ".gz"
    with text.open_text(member.path, gzipped, member.place) as file:
        document = file.read(envelopes.LARGEST + 1).strip()
    if len(document) > envelopes.LARGEST:
        return "", ""
    if not _LONG_NUMBER.search(document):
        return document, ""
    document, count = envelopes.with_exact_numbers(document)
    if not count:
        return document, ""
    with text.create(member.path, gzipped) as sink:
        sink.write(document.encode())
    noun = "1 number" if count == 1 else f"{count:,} numbers"
    return document, f"{noun} with more than 17 digits kept as text"


def _prepare_parquet(data_file: DataFile, folder: Path, db: Connection) -> Piece:
    stem = naming.with_period(formats.name_parts(data_file.name).stem, data_file.period)
    file = naming.file_name(stem, Kind.PARQUET.value, False)
    text.copy_bytes(data_file, folder / file)
    member = Member(folder / file, data_file.place)
    columns = reading.columns(db, Kind.PARQUET, (), member)
    return Piece(member, file, stem, data_file.folder, Kind.PARQUET, (), columns, data_file.notes)


def _prepare_excel(
    data_file: DataFile, folder: Path, db: Connection, skipped: list[str]
) -> list[Piece]:
    stem = naming.with_period(formats.name_parts(data_file.name).stem, data_file.period)
    converted, left_out = sheets.convert(data_file, folder)
    skipped += [f"{data_file.name}: {line}" for line in left_out]
    pieces = []
    for sheet in converted:
        only = len(converted) == 1
        if only:
            label, file_stem = stem, stem
        else:
            generic = (
                naming.is_generic_sheet(sheet.name)
                or naming.is_period(sheet.name)
                or not snake_case(sheet.name)
            )
            label = f"{stem}_{sheet.name}" if generic else sheet.name
            file_stem = f"{stem}_{sheet.name}"
        file = naming.file_name(file_stem, Kind.CSV.value, False)
        target = folder / file
        sheet.path.rename(target)
        member = Member(target, f"{data_file.place}, sheet {sheet.name}")
        columns = reading.columns(db, Kind.CSV, (",",), member)
        notes = (*data_file.notes, *sheet.notes, *_header_notes(sheet.names))
        pieces.append(
            Piece(member, file, label, data_file.folder, Kind.CSV, (",",), columns, notes)
        )
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
    with text.open_bytes(member.path, member.path.suffix == ".gz", member.place) as file:
        while chunk := file.read(1 << 20):
            last = chunk.rstrip()[-1:] or last
    return last


def _two_tables(block: tuple[int, str], data_file: DataFile) -> DataopsError:
    line, header = block
    return DataopsError(
        f"This file holds two tables: line {line} is a header of its own ({header}).",
        data_file.place,
        "Save each table in a file of its own.",
    )


def _empty(data_file: DataFile) -> DataopsError:
    return DataopsError(
        "The file is empty: it has no header.",
        data_file.place,
        "export it again, or leave it out",
    )
