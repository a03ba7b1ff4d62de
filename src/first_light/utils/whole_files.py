"""Files that a command writes: each whole, and those of a repository together or not at all.

A kill between two files leaves a list of all of them in target/. The next command completes it,
unless somebody has meanwhile edited or restored one of the files.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

PART: Final = ".part"
"""The end of the name of a draft; the product's .gitignore has it."""
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_UNFINISHED: Final = Path("target", "unfinished-edits.json")


def sync(path: Path) -> None:
    """Flush a file, or the entries of a folder, to disk.

    Raises:
        OSError: it could not be written.
    """
    if os.name == "nt" and path.is_dir():  # Windows cannot open a folder, and orders renames itself
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def draft_of(path: Path) -> Path:
    """Where a process writes what becomes this file; git ignores it, and a store deletes it."""
    return path.with_name(f".{path.name}.{os.getpid()}{PART}")


def write_whole(path: Path, content: bytes, *, through_links: bool = True) -> None:
    """Write a file, which has its old or its new content at any time, also after a power cut.

    It keeps the rights that it has.

    Args:
        path: the file; its folders are made.
        content: all of it.
        through_links: write what a link leads to, as in a repository; else replace the link.

    Raises:
        OSError: it could not be written; it is as it was, and nothing else is left.
    """
    goal = path.resolve() if through_links else path
    goal.parent.mkdir(parents=True, exist_ok=True)
    draft = draft_of(goal)
    draft.unlink(missing_ok=True)
    try:
        with open(draft, "xb", opener=_opener(goal)) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, goal)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    sync(goal.parent)


def _opener(goal: Path) -> Callable[[str, int], int]:
    """Opens a new file with the rights of one that exists already; it never has more."""
    try:
        rights = stat.S_IMODE(goal.lstat().st_mode) if not goal.is_symlink() else None
    except OSError:
        rights = None

    def opened(name: str, flags: int) -> int:
        if rights is None:
            return os.open(name, flags, 0o666)
        handle = os.open(name, flags, rights)
        os.fchmod(handle, rights)
        return handle

    return opened


def write_together(root: Path, contents: Mapping[str, bytes]) -> None:
    """Write files that belong together.

    Args:
        root: the product's folder.
        contents: the new content by path below it; the files exist.

    Raises:
        OSError: one could not be written; the others are as they were.
    """
    old_contents = {name: (root / name).read_bytes() for name in contents}
    unfinished = root / _UNFINISHED
    if len(contents) < 2:
        for name, content in contents.items():
            write_whole(root / name, content)
        return
    listed = {name: [_text(old_contents[name]), _text(contents[name])] for name in contents}
    unfinished.parent.mkdir(exist_ok=True)
    draft = unfinished.with_name(f"{unfinished.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # until it is closed: this command is alive
        json.dump(listed, file)
        file.flush()
        draft.replace(unfinished)
        try:
            for name, content in contents.items():
                write_whole(root / name, content)
        except BaseException:
            for name, content in old_contents.items():
                write_whole(root / name, content)
            raise
        finally:
            unfinished.unlink(missing_ok=True)


def finish_edits(root: Path) -> None:
    """Complete what a command that was killed has written in part.

    Where nothing may be written it stays as it is: a command that only reads works there too.

    Raises:
        OSError: a file could not be written, though files may be written there.
    """
    try:
        _finish(root, root / _UNFINISHED)
    except OSError as error:
        if error.errno not in _READ_ONLY:
            raise


def _finish(root: Path, unfinished: Path) -> None:
    try:
        file = unfinished.open(encoding="utf-8")
    except OSError:
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        pending = _pending(root, file.read())
        for name, content in pending.items():
            write_whole(root / name, content)
        unfinished.unlink(missing_ok=True)


def _pending(root: Path, listed: str) -> dict[str, bytes]:
    """The files that still have their old content; empty where one has neither that nor its new
    one, and where none was written.
    """
    pending = {}
    try:
        files = json.loads(listed)
        for name, (old, new) in files.items():
            if not (root / name).resolve().is_relative_to(root.resolve()):
                return {}
            content = (root / name).read_bytes()
            if content == _bytes(old):
                pending[name] = _bytes(new)
            elif content != _bytes(new):
                return {}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return {}  # it is not such a list, or a file is gone
    return pending if len(pending) < len(files) else {}


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
