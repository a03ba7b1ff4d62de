"""Sentences on a delivery's files: what was found out about each, and how their columns differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from first_light.ingest.prepare import Piece
from first_light.utils.name_lists import listed


def changed_columns(columns: Sequence[str], added: Sequence[Piece]) -> list[str]:
    """Sentences on columns that a delivery has and the one before has not, or the reverse."""
    before = {name.lower() for name in columns}
    notes = []
    new: dict[str, list[str]] = {}
    lost: dict[str, list[str]] = {}
    for piece in added:
        if not before or piece.member.empty:
            continue
        names = {name.lower() for name in piece.columns}
        if more := [name for name in piece.columns if name.lower() not in before]:
            new.setdefault(listed(more), []).append(piece.file)
        if missing := [name for name in columns if name.lower() not in names]:
            lost.setdefault(listed(missing), []).append(piece.file)
    for names_listed, files in new.items():
        notes.append(f"{listed(files)}: new columns that no model reads yet: {names_listed}.")
    for names_listed, files in lost.items():
        notes.append(f"{listed(files)}: without {names_listed}, empty in these rows.")
    return notes


def of_pieces(pieces: Iterable[Piece]) -> list[str]:
    """The notes of the pieces, one sentence for all files that share one."""
    files_of_note: dict[str, list[str]] = {}
    for piece in pieces:
        for note in piece.notes:
            files_of_note.setdefault(note, []).append(piece.file)
    return [f"{listed(files)}: {note}." for note, files in files_of_note.items()]


def uneven_columns(pieces: Sequence[Piece]) -> list[str]:
    """Sentences on files of one delivery that lack columns of the others."""
    every = dict.fromkeys(name for piece in pieces for name in piece.columns)
    lacking: dict[str, list[str]] = {}
    for piece in pieces:
        if missing := [name for name in every if name not in piece.columns]:
            lacking.setdefault(listed(missing), []).append(piece.file)
    return [f"{listed(files)}: without the columns {names}." for names, files in lacking.items()]
