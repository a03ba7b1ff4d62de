"""What `dataops drill` prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from first_light.drill.replay import Drilled
from first_light.drill.scratch import Seen

_LONG = 48  # characters
_COLOURS = {"rejected": "green", "told": "yellow", "not caught": "red", "not replayed": "dim"}


def show_drill(out: Console, done: Drilled) -> None:
    """A line for each fault, then the sum of it."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("fault", "in", "outcome", "by"):
        table.add_column(heading)
    for one in done.faults:
        by = escape(one.skipped) if one.skipped else escape(_by(one.seen))
        outcome = f"[{_COLOURS[one.outcome]}]{one.outcome}[/]"
        table.add_row(one.fault, escape(one.source), outcome, by)
    out.print(table)
    out.print()
    for day, seen in done.rejected:
        out.print(f"clean day {day} was rejected: {escape(_by(seen))}")
    if done.left_out:
        out.print(f"not built in a drill: {escape(', '.join(done.left_out))}")
    for one in done.faults:
        if one.outcome == "not caught":
            out.print(f"not caught: {one.fault} in {escape(one.source)}: {escape(one.what)}")
    alarms = f" by {done.alarms} alarm{'s' * (done.alarms != 1)}" if done.rejected else ""
    out.print(
        f"{done.caught} of {done.replayed} faults caught before publishing, after {done.days} "
        f"clean days: {len(done.rejected)} of them rejected{alarms}, {done.told} with a warning"
    )


def as_json(done: Drilled) -> str:
    """The drill, for machines."""
    return json.dumps(
        {
            "days": done.days,
            "rejected_clean": [
                {"day": day, "seen": [asdict(one) for one in seen]} for day, seen in done.rejected
            ],
            "alarms": done.alarms,
            "told_clean": done.told,
            "replayed": done.replayed,
            "caught": done.caught,
            "left_out": list(done.left_out),
            "faults": [{**asdict(one), "outcome": one.outcome} for one in done.faults],
        },
        ensure_ascii=False,
        indent=2,
    )


def _by(seen: Sequence[Seen]) -> str:
    """What noticed it, what rejects first; the rest is counted."""
    told = [f"{one.by} {_short(one.name)}" for one in seen]
    return ", ".join(told[:2]) + (f" and {len(told) - 2} more" if len(told) > 2 else "")


def _short(name: str) -> str:
    """dbt names a test by all that it is asked."""
    return name if len(name) <= _LONG else f"{name[: _LONG - 1]}…"
