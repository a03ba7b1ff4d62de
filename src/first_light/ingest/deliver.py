"""The story of a landing: find, copy and convert, name, read, move into place."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from first_light.ingest import delivery_notes, dialect, faults, reading, text
from first_light.ingest import read_call as call
from first_light.ingest.containers import Finder
from first_light.ingest.faults import Member
from first_light.ingest.formats import Kind
from first_light.ingest.grouping import check_group, pieces_by_table
from first_light.ingest.move import Staging
from first_light.ingest.prepare import Piece, is_empty_json, prepare
from first_light.ingest.repeats import (
    copies_in_other_tables,
    correction_fix,
    raise_if_correction,
    same_file,
    without_copies,
)
from first_light.project.source_table import SourceTable
from first_light.utils.errors import DataopsError
from first_light.utils.name_lists import listed
from first_light.utils.private import restrict
from first_light.warehouse.scratch import ENGINE, Connection, EngineError, reserved_words

Progress = Callable[[str], None]
_EXTENSIONS = {f".{kind.value}": kind for kind in (Kind.CSV, Kind.JSON, Kind.PARQUET)}


def land(
    path: Path,
    raw: Path,
    *,
    progress: Progress | None = None,
    set_aside: Collection[str] = (),
    replaces: str = "",
    system: str = "",
) -> tuple[SourceTable, ...]:
    """Puts the data files of `path` into raw and says how to read each of their tables.

    Files that are in raw already, byte for byte, are left as they are; the tables of all files are
    returned, in the order of their names.

    Args:
        path: a file or a folder: CSV, TSV, JSON, NDJSON, Parquet, Excel, each also gzipped or
            zipped.
        raw: the root of raw; made when it is not there.
        progress: called with a short line before each longer step.
        set_aside: files in raw that are not read, such as orders/orders_1.csv.
        replaces: the one of them that `path` replaces; then it joins that table under a free name.
        system: where the files come from; its tables have a source of their own.

    Raises:
        DataopsError: when anything can't be landed; raw is as it was then.
    """
    say = progress or (lambda line: None)
    if path.exists() and (_inside(path, raw) or _inside(raw, path)):
        raise DataopsError(
            "Files cannot be added from raw itself or from a folder that contains it.",
            str(path),
            "pass the original file or folder",
        )
    try:
        with Staging(raw) as staging, reading.connect() as db:
            return _land(path, staging, db, say, frozenset(set_aside), replaces, system)
    except EngineError as error:
        raise DataopsError(
            f"{ENGINE} cannot read these files: {faults.plain(error)}",
            str(path),
            "add the files one by one to find the one that fails",
        ) from error
    except OSError as error:
        raise DataopsError(
            f"The files cannot be copied: {error.strerror or error}.",
            str(error.filename or raw),
            "check free disk space and permissions, then repeat the command",
        ) from error


def tables_in(
    raw: Path, set_aside: Collection[str] = (), without: Collection[str] = ()
) -> tuple[SourceTable, ...]:
    """The tables of raw (or of a sample) and the calls that read them, found out from the files.

    Args:
        raw: the root of raw.
        set_aside: files in it that are not read; a table of nothing else is left out.
        without: names of tables that are left out.

    Raises:
        DataopsError: when a file can't be read or a folder holds files of several formats.
    """
    return tuple(
        table_in(raw, folder.name, set_aside)
        for folder in _folders(raw)
        if folder.name not in without and _read(folder, set_aside)
    )


def table_in(raw: Path, name: str, set_aside: Collection[str] = ()) -> SourceTable:
    """One table of raw; see `tables_in`.

    Raises:
        DataopsError: when the table has no files or they can't be read.
    """
    if not _read(raw / name, set_aside):
        raise DataopsError(f"There is no table {name} in raw.", str(raw), "uv run dataops add PATH")
    with reading.connect() as db:
        table = _table(db, name, raw, _existing(raw, name, set_aside), ())
    return replace(table, set_aside=_names(name, set_aside))


def _land(
    path: Path,
    staging: Staging,
    db: Connection,
    say: Progress,
    set_aside: frozenset[str],
    replaces: str,
    system: str,
) -> tuple[SourceTable, ...]:
    unpacked, converted = staging.folder / "unpacked", staging.folder / "converted"
    unpacked.mkdir()
    converted.mkdir()
    finder = Finder(unpacked)
    data_files = finder.find(path)
    needed = sum(item.path.stat().st_size for item in data_files)
    if needed > shutil.disk_usage(staging.raw).free * 0.95:
        raise OSError(errno.ENOSPC, "there is no room for them", str(staging.raw))
    pieces: list[Piece] = []
    rejected: list[DataopsError] = []
    for number, item in enumerate(data_files):
        say(f"copying {item.name} ({_size(item.path.stat().st_size)})")
        folder = converted / f"{number:05d}"
        folder.mkdir()
        # The file itself may be moved from here: its rights are read before.
        mode = 0o600 if item.unpacked else item.path.stat().st_mode
        try:
            pieces += prepare(item, folder, db, finder.skipped)
        except DataopsError as error:  # one run names all files that are rejected
            rejected.append(error)
        for file in folder.rglob("*"):
            if file.is_file():
                restrict(file, mode)
    pieces, copies = without_copies(pieces)
    finder.skipped += copies
    if not pieces and rejected:
        raise faults.together(rejected)
    if not pieces:
        raise DataopsError(f"There are no files to add. {' '.join(finder.skipped[:3])}", str(path))
    tables: list[SourceTable] = []
    moves: list[tuple[Path, Path]] = []
    empty: list[str] = []
    if replaces:
        groups = {replaces.partition("/")[0]: pieces}
    else:
        groups = pieces_by_table(
            pieces,
            staging.raw,
            reserved_words(db),
            lambda name: _columns(db, _existing(staging.raw, name, set_aside)),
            system,
        )
    files = {folder.name: _files(folder) for folder in _folders(staging.raw)}
    for name, members in groups.items():
        say(f"checking {name}")
        before = _existing(staging.raw, name, set_aside)
        if all(piece.member.empty for piece in (*before, *members)):
            empty.append(f"{listed([piece.file for piece in members])}: no record in it.")
            continue
        try:
            new, repeats = _new(name, members, staging.raw, set_aside, bool(replaces))
            table = _table(db, name, staging.raw, before, tuple(new.items()), members)
        except DataopsError as error:
            rejected.append(error)
            continue
        repeats += copies_in_other_tables(name, new.values(), files)
        files.setdefault(name, []).extend(piece.member.path for piece in new.values())
        moves += [(piece.member.path, target) for target, piece in new.items()]
        left_out = _names(name, set_aside)
        tables.append(replace(table, notes=(*table.notes, *repeats), set_aside=left_out))
    if rejected:
        raise faults.together(rejected)
    if not tables:
        raise DataopsError(
            f"This delivery is empty: {' '.join(empty)}",
            str(path),
            "add a file with records first: an empty file has no columns to draft a table from",
        )
    finder.skipped += empty
    staging.place(moves)
    tables.sort(key=lambda table: table.name)
    skipped = tuple(finder.skipped)
    return (replace(tables[0], notes=(*tables[0].notes, *skipped)), *tables[1:])


def _new(
    name: str, group: Sequence[Piece], raw: Path, set_aside: frozenset[str], is_replacement: bool
) -> tuple[dict[Path, Piece], list[str]]:
    """The pieces that are not in raw yet, by their places there, and notes on repeated files."""
    new: dict[Path, Piece] = {}
    notes = []
    landed = _files(raw / name)
    read = {file: file for file in _read(raw / name, set_aside)}
    for piece in sorted(group, key=lambda piece: (len(piece.file), piece.file)):
        staged = {other.member.path: target for target, other in new.items()}
        same = same_file(piece, [*landed, *staged])
        if same is not None:
            same = staged.get(same, same)
            if same in landed and same not in read:
                notes.append(
                    f"{piece.file} holds the same bytes as {same.name}, which is set aside, "
                    "and is not read."
                )
            elif same.name != piece.file:
                notes.append(f"{piece.file} holds the same bytes as {same.name}: counted once.")
            continue
        if not is_replacement:
            raise_if_correction(name, piece, {**read, **staged})
        target = raw / name / piece.file
        if is_replacement or (target.exists() and target not in read):
            target = _free(target, new, piece.kind)
        if target in new or target.exists():
            place = f"{name}/{piece.file}"
            if target in new:
                raise DataopsError(
                    f"{place} occurs twice with different content; raw files are never changed.",
                    piece.member.place,
                    "rename one of them, then repeat the command",
                )
            raise DataopsError(
                f"{place} is already in raw with different content; raw files are never changed.",
                piece.member.place,
                correction_fix(place, piece),
            )
        new[target] = piece
    return new, notes


def _free(target: Path, new: Mapping[Path, Piece], kind: Kind) -> Path:
    """The first of orders.csv, orders_2.csv, … that is no file yet."""
    stem, dot, extension = target.name.partition(f".{kind.value}")
    names = (f"{stem}{f'_{n}' if n > 1 else ''}{dot}{extension}" for n in count(1))
    places = (target.with_name(name) for name in names)
    return next(place for place in places if place not in new and not place.exists())


def _folders(raw: Path) -> list[Path]:
    """The folders of tables."""
    if not raw.is_dir():
        return []
    return [f for f in sorted(raw.iterdir()) if f.is_dir() and not f.name.startswith(".")]


def _names(table: str, set_aside: Collection[str]) -> tuple[str, ...]:
    """The names of the files of a table that are set aside."""
    places = (name.partition("/") for name in sorted(set_aside))
    return tuple(file for folder, _, file in places if folder == table)


def _read(folder: Path, set_aside: Collection[str]) -> list[Path]:
    """The files of a table that are read."""
    left_out = _names(folder.name, set_aside)
    return [file for file in _files(folder) if file.name not in left_out]


def _existing(raw: Path, name: str, set_aside: Collection[str]) -> tuple[Piece, ...]:
    """The files of a table that are read."""
    pieces = []
    for file in _read(raw / name, set_aside):
        kind = _kind(file)
        assert kind is not None
        delims: tuple[str, ...] = ()
        if kind is Kind.CSV:
            delims = _landed_delims(file)
        place = f"{name}/{file.name} in raw"
        empty = kind is Kind.JSON and is_empty_json(file, place)
        member = Member(file, place, empty=empty)
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
    changed: list[str] = []
    if before and added:
        columns = _columns(db, before)
        last = [piece for piece in before if not piece.member.empty][-1:]
        check_group(name, [*(replace(piece, columns=columns) for piece in last), *added])
        changed = delivery_notes.changed_columns(columns, added)
    elif before:
        check_group(name, before)
    kind = every[0].kind
    firm = [piece.delims for piece in every if len(piece.delims) == 1]
    delims = firm[0] if firm else every[0].delims
    result = reading.read(db, kind, delims, [piece.member for piece in every])
    files = sorted([*(piece.member.path for piece in before), *(target for target, _ in new)])
    notes = [*delivery_notes.of_pieces(landed), *changed, *result.notes]
    if not before:  # else the source in the repository says what is read as null
        notes += result.null_notes
    if not result.rows:
        notes.append("The table has no rows.")
    if landed:
        notes += delivery_notes.uneven_columns(landed)
    return SourceTable(
        name=name,
        read=call.read_call(name, kind, result.options),
        files=tuple(files),
        notes=tuple(notes),
        added=tuple(sorted(target for target, _ in new)),
    )


def _columns(db: Connection, pieces: Sequence[Piece]) -> tuple[str, ...]:
    """The columns of the last of some landed files that holds a record; empty without one."""
    filled = [piece for piece in pieces if not piece.member.empty]
    if not filled:
        return ()
    return reading.columns(db, filled[-1].kind, filled[-1].delims, filled[-1].member)


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
