"""Files that survive a crash: whole or not there, and on the disk before the next step begins."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path

# What a system says that has no symbolic links, or does not let this user make one.
_NO_SYMLINKS = frozenset({errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP})


def sync(path: Path) -> None:
    """Have the disk hold this file, or the names in this folder.

    Raises:
        OSError: the disk could not take it.
    """
    if os.name == "nt" and path.is_dir():  # Windows cannot open a folder, and orders renames itself
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, data: bytes) -> None:
    """Write the file whole: who looks sees the old one or the new one, also after a power cut.

    Raises:
        OSError: it could not be written; an old one is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(draft, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    sync(path.parent)


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
    """Let `pointer` be a symbolic link to `goal`, in one step: readers meet the old or the new.

    Where symbolic links can't be made it becomes a file that holds `goal`.

    Raises:
        OSError: it could not be replaced; the old one is as it was.
    """
    draft = pointer.with_name(f".{pointer.name}.{os.getpid()}.tmp")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    try:
        os.symlink(goal, draft, target_is_directory=True)
    except (OSError, NotImplementedError) as error:
        if getattr(error, "errno", None) not in _NO_SYMLINKS and os.name != "nt":
            raise
        write(pointer, f"{goal}\n".encode())
        return
    try:
        os.replace(draft, pointer)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    sync(pointer.parent)


def copy(source: Path, goal: Path) -> None:
    """Copy the bytes of a closed file; where the file system can share blocks, none are copied.

    Raises:
        OSError: it could not be copied.
    """
    with open(source, "rb") as old, open(goal, "wb") as new:
        left = os.fstat(old.fileno()).st_size
        try:
            while left > 0 and (done := os.copy_file_range(old.fileno(), new.fileno(), left)):
                left -= done
        except (AttributeError, OSError) as error:
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise
            left = -1  # not on this system, or not between these two: the plain way
        if left == 0:
            return
    shutil.copyfile(source, goal)
