"""How a release is asked for."""

from __future__ import annotations

from dataclasses import dataclass

TRIGGERS = ("push", "schedule", "manual")


@dataclass(frozen=True)
class Options:
    """How a release is asked for.

    Attributes:
        trigger: push, schedule or manual.
        full_refresh: rebuild from raw alone, without current's state.
        allow_dirty: with uncommitted changes.
        check_disk: first compare the free space with what the candidate will need.
    """

    trigger: str = "manual"
    full_refresh: bool = False
    allow_dirty: bool = False
    check_disk: bool = True
