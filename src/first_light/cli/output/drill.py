"""What `dataops drill` prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from first_light.drill.result import Drilled
from first_light.drill.scratch import Detection

_LONG = 48  # characters
_COLOURS = {"rejected": "green", "warned": "yellow", "missed": "red", "not replayed": "dim"}


def show_drill(out: Console, result: Drilled) -> None:
    """A line for each fault, then the sum of it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("fault", "in", "outcome", "by"):
        table.add_column(heading)
    for fault in result.faults:
        by = escape(fault.skipped) if fault.skipped else escape(_by(fault.seen))
        outcome = f"[{_COLOURS[fault.outcome]}]{fault.outcome}[/]"
        table.add_row(fault.fault, escape(fault.source), outcome, by)
    out.print(table)
    out.print()
    for day, detections in result.rejected:
        out.print(f"clean day {day} was rejected: {escape(_by(detections))}")
    if result.left_out:
        out.print(f"not built in a drill: {escape(', '.join(result.left_out))}")
    for fault in result.faults:
        if fault.outcome == "missed":
            out.print(
                f"missed: {fault.fault} in {escape(fault.source)}: {escape(fault.description)}"
            )
    alarms = f" by {result.alarms} alarm{'s' * (result.alarms != 1)}" if result.rejected else ""
    out.print(
        f"{result.detected} of {result.replayed} faults detected before publishing, after "
        f"{result.days} clean days: {len(result.rejected)} of them rejected{alarms}, "
        f"{result.warned} with a warning"
    )


def _by(detections: Sequence[Detection]) -> str:
    """What noticed it, what rejects first; the rest is counted."""
    names = [f"{detection.by} {_short(detection.name)}" for detection in detections]
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _short(name: str) -> str:
    """dbt names a test by all that it is asked."""
    return name if len(name) <= _LONG else f"{name[: _LONG - 1]}…"
