"""What an update did or would do, for the terminal and for a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from first_light.commands.update import NEW, REMOVED, RENEWED, Update

TITLE = "Update the template to"
_SIGNS = {NEW: "+", RENEWED: "~", REMOVED: "-"}


def lines(done: Update, preview: bool, branch: str = "") -> Iterator[str]:
    """The update in lines for a terminal, the next command last.

    Args:
        done: the update.
        preview: nothing was changed.
        branch: where it was proposed; empty for an update of the files here.
    """
    if not done.anything:
        yield f"Nothing newer: the product is on {done.before}."
        return
    where = f" (on the branch {branch})" if branch else " (a preview, nothing changed)" * preview
    yield f"template {done.before} → {done.after}{where}"
    if done.notes:
        yield from ("", *done.notes.splitlines())
    if done.changes:
        width = max(len(change.path) for change in done.changes)
        yield ""
        yield from (
            f"  {_SIGNS[change.what]} {change.path:<{width}}  {change.why}"
            for change in done.changes
        )
    yield from _said(done)
    yield ""
    if branch:
        yield f"look at it:  git fetch && git switch {branch}"
    elif preview:
        yield "do it:  uv run dataops update"
    elif done.conflicts:
        yield "fix the conflicts, then: git add -A && uv run dataops check"
    else:
        yield "review it with git diff, then: uv run dataops check"
    if done.todo:
        yield f"and repeat, it failed: {done.todo}"


def _said(done: Update) -> Iterator[str]:
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
    if said := list(_said(done)):
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
