"""What `dataops warehouse verify` prints."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from first_light.release.verify.result import Verification


def show_verification(out: Console, result: Verification) -> None:
    """A row for each guarantee, then the sum of it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("guarantee", "held", "longest", "evidence"):
        table.add_column(heading)
    for guarantee in result.guarantees:
        seconds = "" if guarantee.seconds is None else f"{guarantee.seconds:.2f} s"
        answer = "[green]yes[/]" if guarantee.held else "[red]no[/]"
        table.add_row(escape(guarantee.name), answer, seconds, escape(guarantee.evidence))
    out.print(table)
    out.print()
    held = sum(guarantee.held for guarantee in result.guarantees)
    out.print(f"{result.warehouse}: {held} of {len(result.guarantees)} guarantees held")
