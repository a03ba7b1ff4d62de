"""The ids of runs: number, start time, short commit."""

from __future__ import annotations

import re
from pathlib import Path

_RUN = re.compile(r"(?P<number>[0-9]{6,18})-[0-9]{8}T[0-9]{6}Z-[0-9a-z]{1,12}")


def run_number(run: str) -> int:
    """The number in a run's id; 0 if it is not a run id."""
    match = _RUN.fullmatch(run)
    return int(match["number"]) if match else 0


def began_since(run: str, other: str) -> bool:
    """Whether a run began when another one did, or later; both may be empty."""
    return run.partition("-")[2] >= other.partition("-")[2]


def run_id(number: int, at: str, label: str) -> str:
    """A run's id, in the order of runs.

    Args:
        number: the store's next.
        at: when it began, in the format of records.
        label: the commit, or the kind of record; ends with the store's tag.
    """
    return f"{number:06d}-{at.replace('-', '').replace(':', '')}-{label}"


def runs_in(folder: Path) -> list[str]:
    try:
        names = [entry.name for entry in folder.iterdir() if run_number(entry.name)]
    except FileNotFoundError:
        return []
    return sorted(names, key=lambda name: (run_number(name), name))
