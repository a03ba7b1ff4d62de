"""Pipes, devices and sockets in a store: a command that opens one may wait for ever.

Others can write in a shared folder, so the whole store is looked through before a command reads any
of it: some of its files are opened by DuckDB, which has no option for regular files alone. What
Python reads is opened by `utils.regular_files`, which does not wait for a pipe that comes later.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from first_light.store.run_ids import runs_in
from first_light.utils.errors import DataopsError

_OF_RUNS = ("releases", "candidates", "private")
_OF_HISTORY = ("runs", "packs", "damaged")


def raise_if_special(root: Path) -> None:
    """Check that a store holds files, folders and links to them only.

    Raises:
        DataopsError: it holds something else.
    """
    for folder in _folders(root):
        try:
            with os.scandir(folder) as entries:
                special = [entry.path for entry in entries if _is_special(entry)]
        except OSError:  # not there, or not for this user: whatever opens a file in it says so
            continue
        if special:
            raise DataopsError(
                "The store contains something that is neither a file nor a folder. Nothing was "
                "read.",
                where=special[0],
                fix="find out who else can write there, and remove it: "
                f"rm {shlex.quote(special[0])}",
            )


def _folders(root: Path) -> Iterator[Path]:
    """The folders in which a store has files; links in the folder of a run are not followed."""
    yield root
    yield root / "history"
    yield from (root / "history" / name for name in _OF_HISTORY)
    runs = [root / kind / run for kind in _OF_RUNS for run in _runs_in(root / kind)]
    for top in (*runs, root / "cache"):
        if not top.is_symlink():
            yield from (Path(folder) for folder, _, _ in os.walk(top))


def _runs_in(folder: Path) -> list[str]:
    try:
        return runs_in(folder)
    except OSError:  # private state of another user
        return []


def _is_special(entry: os.DirEntry[str]) -> bool:
    return not (entry.is_file() or entry.is_dir()) and os.path.exists(entry.path)
