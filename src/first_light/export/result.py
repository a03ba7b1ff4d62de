"""What an export has written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Exported:
    """One model, as it was exported.

    Attributes:
        model: its name.
        file: the name of its file.
        rows: how many were written.
        notes: what a reader of the file should know, one sentence each: columns that were written
            as text because the format cannot hold their values, texts that look like formulas.
    """

    model: str
    file: str
    rows: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Export:
    """All of an export.

    Attributes:
        release: the release.
        folder: where the files are.
        files: one for each model.
        left_out: public models of which readers see nothing.
    """

    release: str
    folder: str
    files: tuple[Exported, ...]
    left_out: tuple[str, ...] = ()
