"""The documents of the commands about the template, the package and incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from first_light.cli.output.documents.parts import FileChange, Files
from first_light.commands import update as update_command


@dataclass(frozen=True)
class Package:
    """The result of `dataops package`."""

    source: str
    """Where the product finds the package, in one line."""
    changed: bool
    """Whether the command changed it."""
    notes: tuple[str, ...]
    """Warnings and what comes next."""


@dataclass(frozen=True)
class Update:
    """The result of `dataops update`."""

    before: str
    """The product's version of the template before."""
    after: str
    """And after; the same if there was nothing newer."""
    changed: bool
    """Whether files were changed; false for a preview."""
    clean: bool
    """Whether nobody has to decide anything."""
    changes: tuple[FileChange, ...]
    """The files that the update changes."""
    conflicts: tuple[str, ...]
    """Files with marked conflicts."""
    rescued: tuple[str, ...]
    """Edited files that the template no longer has; their text was kept."""
    new_answers: dict[str, Any]
    """Answers to new questions, with the default."""
    kept: tuple[str, ...]
    """Managed files that the team keeps as its own; they were not changed."""
    kept_diffs: dict[str, str]
    """What the template changed in them, a unified diff by path."""
    notes: str
    """Release notes of the template, Markdown."""
    repeat: str
    """A command that failed and must be repeated; empty if none did."""


@dataclass(frozen=True)
class Ownership:
    """The result of `dataops own` and `dataops disown`."""

    path: str
    """The file, relative to the product."""
    managed: bool
    """Whether the template manages it now."""
    next: tuple[str, ...]
    """What comes next."""


def files(changed: Sequence[str], remaining: Sequence[str] = ()) -> Files:
    """The files that a command changed, and what is left to do."""
    after = ("git diff", "git commit") if changed else ()
    return Files(tuple(FileChange(path) for path in changed), (*after, *remaining))


def update(result: update_command.Update, is_preview: bool) -> Update:
    """What an update did, or would do."""
    return Update(
        result.before,
        result.after,
        result.anything and not is_preview,
        result.clean,
        tuple(FileChange(change.path, change.kind, change.why) for change in result.changes),
        result.conflicts,
        result.rescued,
        dict(result.new_answers),
        result.kept,
        dict(result.kept_diffs),
        result.notes,
        result.todo,
    )
