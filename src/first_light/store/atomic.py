"""Moves, links and copies of a store that survive a crash: each is synced before the next step."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

from first_light.utils.regular_files import open_regular
from first_light.utils.whole_files import draft_of, sync, write_whole

# Errors of a system without symbolic links, or without permission to create one.
_NO_SYMLINKS = frozenset({errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP})


def move(source: Path, goal: Path) -> None:
    """Rename, durably; `goal` must not exist.

    Raises:
        OSError: it could not be renamed.
    """
    goal.parent.mkdir(parents=True, exist_ok=True)
    os.rename(source, goal)
    sync(goal.parent)
    sync(source.parent)


def point(pointer: Path, goal: str) -> None:
    """Make `pointer` a symbolic link to `goal` atomically: readers see the old or the new one.

    Where symbolic links are not available it becomes a file that contains `goal`.

    Raises:
        OSError: it could not be replaced; the old one is unchanged.
    """
    draft = draft_of(pointer)
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    try:
        os.symlink(goal, draft, target_is_directory=True)
    except (OSError, NotImplementedError) as error:
        if getattr(error, "errno", None) not in _NO_SYMLINKS and os.name != "nt":
            raise
        write_whole(pointer, f"{goal}\n".encode(), through_links=False)
        return
    try:
        os.replace(draft, pointer)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    sync(pointer.parent)


def copy(source: Path, goal: Path) -> None:
    """Copy a closed file; file systems that can share blocks do so.

    Raises:
        OSError: it could not be copied.
    """
    with open_regular(source) as old, open(goal, "wb") as new:
        remaining = os.fstat(old.fileno()).st_size
        try:
            while remaining > 0 and (
                copied := os.copy_file_range(old.fileno(), new.fileno(), remaining)
            ):
                remaining -= copied
        except (AttributeError, OSError) as error:
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise
            remaining = -1  # not supported by this system or between these file systems
        if remaining:
            old.seek(0)
            new.seek(0)
            shutil.copyfileobj(old, new)
            new.truncate()
