"""Folders and files that only their owner can read, for raw data and releases."""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path


def make_private_folder(path: Path) -> None:
    """Create a folder that only its owner can open; an existing one keeps its rights.

    Raises:
        OSError: it could not be created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)


def restrict(path: Path, mode: int) -> None:
    """Take the rights from a file that a mode does not give; its owner may read and write it."""
    present = stat.S_IMODE(path.stat().st_mode)
    path.chmod((present & mode) | stat.S_IRUSR | stat.S_IWUSR)
