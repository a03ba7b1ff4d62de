"""Files that hold, to the byte, what another file of the delivery or of raw holds: counted once."""

from __future__ import annotations

import filecmp
import os
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from first_light.ingest import formats, naming, text
from first_light.ingest.formats import Kind
from first_light.ingest.prepare import Piece
from first_light.utils.errors import DataopsError
from first_light.utils.snake_case import snake_case

_LEAST_SHARED = 10
"""Lines that two deliveries may share by chance."""

_MOST_LINES = 200_000
_CHUNK = 1 << 20


def without_copies(pieces: Sequence[Piece]) -> tuple[list[Piece], list[str]]:
    """The pieces without copies of one another, such as `report (1).csv`, and a note for each.

    Two files of different names are copies only when nothing but a mark of a copy, or of a version,
    differs.
    """
    kept: dict[str, list[Piece]] = {}
    notes = []
    for piece in sorted(pieces, key=lambda piece: (len(piece.label), piece.label)):
        same_name = kept.setdefault(snake_case(naming.without_version_mark(piece.label)), [])
        original = next((other for other in same_name if _is_same(piece, other)), None)
        if original is None or original.file == piece.file:
            same_name.append(piece)
        else:
            notes.append(f"{piece.file} holds the same bytes as {original.file}: counted once.")
    every = {id(piece) for group in kept.values() for piece in group}
    return [piece for piece in pieces if id(piece) in every], notes


def copies_in_other_tables(
    table: str, pieces: Iterable[Piece], others: Mapping[str, Sequence[Path]]
) -> list[str]:
    """A note for each piece whose bytes another table has as well, under a name of its own.

    Two lists may be equal today and mean different things, so that both are kept.

    Args:
        others: the files of each table, those that are new included.
    """
    notes = []
    for piece in pieces:
        if piece.member.empty:
            continue
        elsewhere = (
            name for name, files in others.items() if name != table and same_file(piece, files)
        )
        if other := next(elsewhere, None):
            notes.append(
                f"{piece.file} holds the same bytes as a file of table {other}: if it is a copy, "
                f"leave it out from now on, and delete the folder {table} in raw and its models."
            )
    return notes


def same_file(piece: Piece, files: Iterable[Path]) -> Path | None:
    """The first of some files in raw that holds the bytes of a piece."""
    return next((file for file in files if _same_bytes(file, piece.member.path)), None)


def raise_if_correction(table: str, piece: Piece, files: Mapping[Path, Path]) -> None:
    """Rejects a file that mostly repeats the lines of the delivery that it is named after.

    `takings_2024-01_2.csv` beside `takings_2024-01.csv` is a second delivery of that month, or a
    corrected one: then all rows would count twice.

    Args:
        files: what the table has already, by where its bytes are: its place in raw.
    """
    stem = _stem(piece.file)
    plain = naming.without_serial(naming.without_copy_mark(stem))
    for path, place in files.items():
        if piece.kind is Kind.PARQUET or _stem(place.name) not in {plain, stem}:
            continue
        lines, others = _lines(piece.member.path), _lines(path)
        shared = sum((lines & others).values())
        if shared >= _LEAST_SHARED and 2 * shared > sum(lines.values()):
            fix = "leave out the one that is out of date, then repeat the command"
            if place.exists():
                fix = correction_fix(f"{table}/{place.name}", piece)
            raise DataopsError(
                f"{piece.file} repeats {shared:,} of {sum(others.values()):,} lines of "
                f"{table}/{place.name}: it looks like a correction, and both would count.",
                piece.member.place,
                f"{fix}; if every row is new, leave out the lines that repeat",
            )


def correction_fix(file: str, piece: Piece) -> str:
    """The command that puts a delivered piece in the place of a file in raw.

    Args:
        file: the file in raw, such as takings/takings_2024-01.csv.
    """
    given = piece.member.place if Path(piece.member.place).is_file() else "PATH"
    command = ["uv", "run", "dataops", "set-aside", file, "--replace-with", given]
    return f'{shlex.join(command)} --because "…"'


def _stem(file: str) -> str:
    return formats.name_parts(file).stem


def _lines(path: Path) -> Counter[bytes]:
    """How often each line of a text file occurs; the header, and very long files, in part."""
    with text.open_bytes(path, path.suffix == ".gz", path.name) as file:
        return Counter(line.strip() for line in islice(file, 1, _MOST_LINES) if line.strip())


def _is_same(piece: Piece, other: Piece) -> bool:
    return piece.kind == other.kind and _same_bytes(piece.member.path, other.member.path)


def _same_bytes(path: Path, other: Path) -> bool:
    """Whether two files hold the same bytes, once they are unpacked."""
    if filecmp.cmp(path, other, shallow=False):
        return True
    sizes = [_unpacked_size(file) for file in (path, other)]
    if ".gz" not in (path.suffix, other.suffix) or sizes[0] != sizes[1]:
        return False
    with (
        text.open_bytes(path, path.suffix == ".gz", path.name) as one,
        text.open_bytes(other, other.suffix == ".gz", other.name) as two,
    ):
        while chunk := one.read(_CHUNK):
            if chunk != two.read(_CHUNK):
                return False
        return not two.read(1)


def _unpacked_size(path: Path) -> int:
    """The size in bytes, modulo 2^32; that of a file of several gzip members is its last one's."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        if path.suffix != ".gz" or size < 4:
            return size % 2**32
        file.seek(-4, os.SEEK_END)
        return int.from_bytes(file.read(), "little")
