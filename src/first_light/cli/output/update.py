"""What an update did or would do, for the terminal and for a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from first_light.commands.kept_diffs import FILE
from first_light.commands.proposal import FOLDER
from first_light.commands.update import NEW, REMOVED, RENEWED, Update
from first_light.commands.update_notes import notes_of

_SIGNS = {NEW: "+", RENEWED: "~", REMOVED: "-"}


def lines(update: Update, preview: bool, proposed: bool = False) -> Iterator[str]:
    """The update in lines for a terminal, the next command last.

    Args:
        update: the update.
        preview: nothing was changed.
        proposed: it was written as a pull request; the files here are as before.
    """
    if not update.anything:
        yield f"Up to date: the product is on {update.before}."
        return
    written = f" (as a pull request in {FOLDER.as_posix()})"
    place = written if proposed else " (a preview, nothing changed)" * preview
    yield f"template {update.before} → {update.after}{place}"
    if update.notes:
        yield from ("", *update.notes.splitlines())
    if update.changes:
        width = max(len(change.path) for change in update.changes)
        yield ""
        yield from (
            f"  {_SIGNS[change.kind]} {change.path:<{width}}  {change.why}"
            for change in update.changes
        )
    yield from notes_of(update)
    if update.kept_diffs:
        yield f"  show the template's changes of your own files: cat {FILE.as_posix()}"
    yield ""
    if proposed:
        yield "the pipeline's next job opens the pull request"
    elif preview:
        yield "do it:  uv run dataops update"
    elif update.conflicts:
        yield "fix the conflicts, then: git add -A && uv run dataops check"
    else:
        yield "review it with git diff, then: uv run dataops check"
    if update.todo:
        yield f"and repeat, it failed: {update.todo}"
