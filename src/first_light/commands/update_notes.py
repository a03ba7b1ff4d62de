"""The text of an update's pull request."""

from __future__ import annotations

from collections.abc import Iterator

from first_light.commands.update import REMOVED, Update

TITLE = "Update the template to"


def notes_of(done: Update) -> Iterator[str]:
    """What somebody should know or decide."""
    for key, value in done.new_answers.items():
        yield f"  new question {key}: the default was taken, {value!r}"
    for path in done.kept:
        yield f"  {path}: kept as your own, left alone"
    for path in done.rescued:
        yield f"  {path}: the template no longer has it; your edited text was kept"
    for path in done.conflicts:
        yield f"  conflict in {path}: your lines and the template's are marked in it"


def title(done: Update) -> str:
    """A pull request's title; it names the version."""
    return f"{TITLE} {done.after}"


def markdown(done: Update, checked: str) -> str:
    """The update as a pull request's text.

    Args:
        done: the update.
        checked: what `dataops check` said, Markdown; empty when it did not run.
    """
    text = [f"From template {done.before} to {done.after}."]
    if done.notes:
        text += ["", done.notes]
    if said := list(notes_of(done)):
        text += ["", "## To know", "", *(f"- {line.strip()}" for line in said)]
    if done.conflicts:
        text += [
            *("", "## Fix it", "", "```console"),
            *("git fetch && git switch template-update", "# fix the marked files, then:"),
            *('git commit -am "Fix conflicts" && git push', "```"),
        ]
    removed = [change.path for change in done.changes if change.what == REMOVED]
    if removed:
        text += ["", "## Deleted", "", *(f"- `{path}`" for path in removed)]
    text += ["", "<details><summary>Every file and why</summary>", ""]
    text += [f"- `{change.path}` {change.what}: {change.why}" for change in done.changes]
    text += ["", "</details>"]
    if checked:
        text += ["", checked.strip()]
    return "\n".join(text) + "\n"
