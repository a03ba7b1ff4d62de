"""What `dataops move` prints."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from first_light.move.report import summary
from first_light.move.result import DIFFERS, SAME, Difference, Moved

_COLOURS = {SAME: "green", DIFFERS: "yellow"}


def show_move(out: Console, moved: Moved, page: Path) -> None:
    """A row for each model, then each difference with its cause, then what to do."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("model")
    for heading in (moved.before, moved.after):
        table.add_column(heading, justify="right")
    table.add_column("result")
    for model in moved.models:
        rows = ("" if n is None else f"{n:,}" for n in (model.rows_before, model.rows_after))
        colour = _COLOURS.get(model.status, "red")
        table.add_row(escape(model.name), *rows, f"[{colour}]{model.status}[/]")
    out.print(table)
    for name, difference in moved.differences:
        out.print()
        _show(out, name, difference)
    out.print()
    out.print(summary(moved))
    out.print(f"report: {escape(str(page))}")
    if moved.ok and not moved.differences:
        out.print("to switch:")
        for step in moved.switch:
            out.print(f"  {escape(step)}")


def _show(out: Console, name: str, difference: Difference) -> None:
    place = ".".join(part for part in (name, difference.subject) if part)
    colour = "yellow" if difference.explained else "red"
    out.print(f"[{colour}]{difference.kind}[/] {escape(place)}: {escape(difference.summary)}")
    for key, before, after in difference.examples[:2]:
        out.print(f"  {escape(key)}: {escape(_shown(before))} → {escape(_shown(after))}")
    if not difference.explained:
        out.print("  unexplained")
    for cause in difference.causes:
        out.print(f"  {escape(cause.name)}: {escape(cause.evidence)}")
        out.print(f"    change: {escape(cause.change)}")
        for place_ in cause.places:
            out.print(f"    {escape(str(place_))}  {escape(place_.code)}".rstrip())


def _shown(value: str | None) -> str:
    return "null" if value is None else value
