"""The report of a move, as Markdown."""

from __future__ import annotations

from pathlib import Path

from first_light.move.result import SAME, Moved
from first_light.utils.templates import render
from first_light.utils.whole_files import write_whole


def write(moved: Moved, to: Path) -> Path:
    """Write the report; returns its path."""
    to.parent.mkdir(parents=True, exist_ok=True)
    text = render("move/templates/report.md.j2", moved=moved, summary=summary(moved))
    write_whole(to, text.encode())
    return to


def summary(moved: Moved) -> str:
    """One line: what was equal, and what was not."""
    same = sum(model.status == SAME for model in moved.models)
    count = len(moved.differences)
    explained = f"{moved.unexplained} of them unexplained" if moved.unexplained else "all explained"
    number = f"{count} difference{'s' * (count > 1)}"
    differences = f"{number}, {explained}" if count else "no difference"
    return (
        f"{moved.before} and {moved.after} on {moved.data}: {same} of {len(moved.models)} models "
        f"the same, {moved.tests} tests with the same verdict; {differences}"
    )
