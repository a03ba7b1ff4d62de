"""What `dataops mutate` prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from first_light.mutation.result import DECLARATION, Judged, Strength

_LISTED = 10


def show_strength(out: Console, strength: Strength, drafts: Path | None) -> None:
    """A line for each model, what nothing stops, and the sum."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("model")
    for heading in ("changes", "stopped by a test", "only by a declaration", "by nothing"):
        table.add_column(heading, justify="right")
    for model in dict.fromkeys(judged.model for judged in strength.judged):
        judged_here = [judged for judged in strength.judged if judged.model == model]
        tested = sum(judged.is_tested for judged in judged_here)
        stopped = sum(judged.is_stopped for judged in judged_here)
        through = len(judged_here) - stopped
        table.add_row(
            escape(model),
            str(len(judged_here)),
            str(tested),
            str(stopped - tested),
            f"[red]{through}[/]" if through else "0",
        )
    if strength.judged:
        out.print(table)
        out.print()
    for name, reason in sorted(strength.left_out.items()):
        out.print(f"left out: {escape(name)}: {escape(reason)}")
    for name in strength.failing:
        out.print(f"fails without any change, so it stops nothing: {escape(name)}")
    _list(out, "nothing stops", strength.survivors)
    _list(
        out,
        "only a declaration stops",
        [j for j in strength.judged if j.is_stopped and not j.is_tested],
    )
    if drafts:
        out.print(f"drafted unit tests: {escape(str(drafts))}")
    elif strength.tested < strength.stopped:
        out.print("to draft a unit test for each of these: uv run dataops mutate --draft")
    out.print(_summary(strength))


def _list(out: Console, title: str, judged: Sequence[Judged]) -> None:
    for survivor in judged[:_LISTED]:
        out.print(f"{title}: {escape(f'{survivor.place} {survivor.change}')}")
    if len(judged) > _LISTED:
        out.print(f"{title}: {len(judged) - _LISTED} more; --json lists all")


def _summary(strength: Strength) -> str:
    if not strength.judged:
        return "No change alters a result on the sample, so there is nothing to measure."
    changed = len(strength.judged)
    rest = f"; {strength.without_effect} more alter nothing on the sample"
    if strength.not_tried:
        rest += f", {strength.not_tried} were not tried"
    return (
        f"{strength.stopped} of {changed} changes are stopped ({strength.stopped / changed:.0%}), "
        f"{strength.tested} of them by a build, a contract or a test{rest}"
    )


def outcome(judged: Judged) -> str:
    """stopped by a test, by a declaration only, or survived."""
    if judged.is_tested:
        return "stopped"
    return DECLARATION if judged.is_stopped else "survived"
