"""The ids of runs: number, beginning, short commit."""

from __future__ import annotations

import re
from pathlib import Path

_RUN = re.compile(r"(?P<number>\d{6,})-\d{8}T\d{6}Z-[0-9a-z]{1,12}")


def run_number(run: str) -> int:
    """The number in a run's id; 0 when it is none."""
    match = _RUN.fullmatch(run)
    return int(match["number"]) if match else 0


def run_id(number: int, at: str, what: str) -> str:
    """A run's id, in the order of runs.

    Args:
        number: the store's next.
        at: when it began, as records write it.
        what: the commit, or what kind of record it is; ends with the store's tag.
    """
    return f"{number:06d}-{at.replace('-', '').replace(':', '')}-{what}"


def runs_in(folder: Path) -> list[str]:
    try:
        names = [entry.name for entry in folder.iterdir() if run_number(entry.name)]
    except FileNotFoundError:
        return []
    return sorted(names, key=lambda name: (run_number(name), name))
