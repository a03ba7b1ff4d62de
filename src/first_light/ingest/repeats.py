"""Files that hold, to the byte, what another file of the delivery or of raw holds: counted once."""

from __future__ import annotations

import filecmp
from collections.abc import Iterable, Sequence
from pathlib import Path

from first_light.ingest import naming
from first_light.ingest.prepare import Piece


def without_copies(pieces: Sequence[Piece]) -> tuple[list[Piece], list[str]]:
    """The pieces without copies of one another, such as `report (1).csv`, and a note for each.

    Two files of different names are copies only when nothing but a mark of a copy differs.
    """
    kept: dict[str, list[Piece]] = {}
    notes = []
    for piece in sorted(pieces, key=lambda piece: (len(piece.label), piece.label)):
        same_name = kept.setdefault(naming.snake(naming.without_copy_mark(piece.label)), [])
        original = next((other for other in same_name if _is_same(piece, other)), None)
        if original is None or original.file == piece.file:
            same_name.append(piece)
        else:
            notes.append(f"{piece.file} holds the same bytes as {original.file}: counted once.")
    every = {id(piece) for group in kept.values() for piece in group}
    return [piece for piece in pieces if id(piece) in every], notes


def same_file(piece: Piece, files: Iterable[Path]) -> Path | None:
    """The first of some files in raw that holds the bytes of a piece."""
    return next((file for file in files if _same_bytes(file, piece.member.path)), None)


def _is_same(piece: Piece, other: Piece) -> bool:
    return piece.kind == other.kind and _same_bytes(piece.member.path, other.member.path)


def _same_bytes(one: Path, other: Path) -> bool:
    return (one.suffix == ".gz") == (other.suffix == ".gz") and filecmp.cmp(
        one, other, shallow=False
    )
