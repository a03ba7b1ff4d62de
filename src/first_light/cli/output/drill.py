"""What `dataops drill` prints."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from first_light.drill.replay import Drilled
from first_light.drill.scratch import Seen

_LONG = 48  # characters
_COLOURS = {"rejected": "green", "warned": "yellow", "missed": "red", "not replayed": "dim"}


def show_drill(out: Console, done: Drilled) -> None:
    """A line for each fault, then the sum of it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("fault", "in", "outcome", "by"):
        table.add_column(heading)
    for fault in done.faults:
        by = escape(fault.skipped) if fault.skipped else escape(_by(fault.seen))
        outcome = f"[{_COLOURS[fault.outcome]}]{fault.outcome}[/]"
        table.add_row(fault.fault, escape(fault.source), outcome, by)
    out.print(table)
    out.print()
    for day, seen in done.rejected:
        out.print(f"clean day {day} was rejected: {escape(_by(seen))}")
    if done.left_out:
        out.print(f"not built in a drill: {escape(', '.join(done.left_out))}")
    for fault in done.faults:
        if fault.outcome == "missed":
            out.print(f"missed: {fault.fault} in {escape(fault.source)}: {escape(fault.what)}")
    alarms = f" by {done.alarms} alarm{'s' * (done.alarms != 1)}" if done.rejected else ""
    out.print(
        f"{done.detected} of {done.replayed} faults detected before publishing, after {done.days} "
        f"clean days: {len(done.rejected)} of them rejected{alarms}, {done.warned} with a warning"
    )


def as_json(done: Drilled) -> str:
    """The drill, for machines."""
    return json.dumps(
        {
            "clean_days": done.days,
            "rejected_days": [
                {"day": day, "detections": _detections(seen)} for day, seen in done.rejected
            ],
            "false_alarms": done.alarms,
            "warned_days": done.warned,
            "replayed": done.replayed,
            "detected": done.detected,
            "excluded_nodes": list(done.left_out),
            "faults": [
                {
                    "fault": fault.fault,
                    "description": fault.what,
                    "source": fault.source,
                    "outcome": fault.outcome,
                    "detections": _detections(fault.seen),
                    "skip_reason": fault.skipped,
                }
                for fault in done.faults
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def _detections(seen: Sequence[Seen]) -> list[dict[str, object]]:
    return [
        {"check": one.by, "name": one.name, "rejects": one.rejects, "message": one.message}
        for one in seen
    ]


def _by(seen: Sequence[Seen]) -> str:
    """What noticed it, what rejects first; the rest is counted."""
    told = [f"{one.by} {_short(one.name)}" for one in seen]
    return ", ".join(told[:2]) + (f" and {len(told) - 2} more" if len(told) > 2 else "")


def _short(name: str) -> str:
    """dbt names a test by all that it is asked."""
    return name if len(name) <= _LONG else f"{name[: _LONG - 1]}…"
