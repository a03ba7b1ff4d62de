"""The text of an update's pull request."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from first_light.commands import kept_diffs
from first_light.commands.proposal import TITLE
from first_light.commands.update import REMOVED, Update
from first_light.utils.templates import render


def notes_of(update: Update) -> Iterator[str]:
    """What somebody should know or decide."""
    for key, value in update.new_answers.items():
        yield f"  new question {key}: the default was used, {value!r}"
    for path in update.kept:
        changes = update.kept_diffs.get(path)
        lines = f"; the template changed it: {kept_diffs.size(changes)} lines" if changes else ""
        yield f"  {path}: owned by you, not changed{lines}"
    for path in update.rescued:
        yield f"  {path}: the template no longer has it; your edited text was kept"
    for path in update.conflicts:
        yield f"  conflict in {path}: your lines and the template's are marked in it"


def title(update: Update) -> str:
    """A pull request's title; it names the version."""
    return f"{TITLE} {update.after}"


def markdown(update: Update, checked: str) -> str:
    """The update as a pull request's text.

    Args:
        update: the update.
        checked: the report of `dataops check` as Markdown; empty when it did not run.
    """
    return render(
        "commands/templates/pull_request.md.j2",
        update=update,
        notes=Markup(update.notes),  # Markdown of the template's own changelog
        remarks=[line.strip() for line in notes_of(update)],
        deleted=[change.path for change in update.changes if change.kind == REMOVED],
        checked=Markup(checked.strip()),
    )
