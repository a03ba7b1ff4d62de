"""Files of a repository that a command changes: each whole, and together or not at all.

A kill between two files leaves a list of all of them in target/. The next command completes it,
unless somebody has meanwhile edited or restored one of the files.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_PART: Final = ".part"  # the product's .gitignore has it
_UNFINISHED: Final = Path("target", "unfinished-edits.json")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, which has its old or its new content at any time.

    Raises:
        OSError: it could not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + _PART)
    part.write_bytes(content)
    if path.exists():
        part.chmod(path.stat().st_mode & 0o7777)
    os.replace(part, path.resolve())


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

    Raises:
        OSError: a file could not be written.
    """
    unfinished = root / _UNFINISHED
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
