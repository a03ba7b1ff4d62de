"""What `dataops incident draft` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from first_light.commands.incident_draft import Drafted


def show_draft(out: Console, drafted: Drafted) -> None:
    """The drafts, the faults of a drill, and what could not be drafted."""
    if drafted.file is not None:
        count = len(drafted.compared.drafts)
        out.print(f"{drafted.file}: {count} drafted unit test{'s' * (count != 1)}, from the sample")
        out.print("read each, say in its description what must hold, and move it to its model")
    for remark in drafted.remarks:
        out.print(escape(remark))
    for fault in drafted.faults:
        out.print(f"to see whether such an error is detected now: {drill_command(fault)}")


def drill_command(fault: str) -> str:
    """What injects a fault into a copy of the data."""
    return f"uv run dataops drill --fault {fault}"
