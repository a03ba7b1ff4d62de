"""The document of `dataops export`."""

from __future__ import annotations

from dataclasses import dataclass

from first_light.export import result as exports


@dataclass(frozen=True)
class ExportedModel:
    """A model, as it was exported."""

    model: str
    """Its name."""
    file: str
    """The name of its file."""
    rows: int
    """How many were written."""
    notes: tuple[str, ...]
    """What a reader of the file should know: columns that became text, texts that look like
    formulas."""


@dataclass(frozen=True)
class Export:
    """The files that `dataops export` wrote; also `export.json` beside them."""

    release: str
    """Id of the release."""
    folder: str
    """Where the files are."""
    files: tuple[ExportedModel, ...]
    """One for each model."""
    left_out: tuple[str, ...]
    """Public models of which readers see nothing."""


def export(result: exports.Export) -> Export:
    """What was written."""
    return Export(
        result.release,
        result.folder,
        tuple(ExportedModel(e.model, e.file, e.rows, e.notes) for e in result.files),
        result.left_out,
    )
