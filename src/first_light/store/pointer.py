"""The pointer to the current release: a link, or where there are no links a file or a folder."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from first_light.store import atomic
from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import read_regular


def current_run(pointer: Path, releases: Path, readable: Sequence[str], record: str) -> str | None:
    """The release that a pointer names; None before the first one.

    Args:
        pointer: the pointer.
        releases: the folder of the releases.
        readable: the releases with a record, oldest first.
        record: the name of the record in the folder of a release.

    Raises:
        DataopsError: it does not name a release.
    """
    try:
        target = _target(pointer, record)
    except FileNotFoundError:
        if readable:
            raise DataopsError(
                "The store has releases but no pointer to the current one.",
                where=str(pointer),
                fix=f"choose one: uv run dataops rollback {readable[-1]}",
            ) from None
        return None
    except (OSError, ValueError) as error:
        target = f"{type(error).__name__}"
    run = target.strip().replace("\\", "/").rpartition("releases/")[2]
    is_release = bool(run_number(run)) and (releases / run / record).is_file()
    if not is_release or not is_plain(releases / run):
        others = [other for other in readable if is_plain(releases / other)]
        reason = "holds a link or another special file" if is_release else "is not a release"
        raise DataopsError(
            "The pointer to the current release is broken.",
            where=f"{pointer} says {target.strip()[:100]!r}, which {reason}",
            fix=f"choose a release: uv run dataops rollback {others[-1]}"
            if others
            else "build one: uv run dataops release --full-refresh",
        )
    return run


def is_plain(folder: Path) -> bool:
    """Whether a release holds files and folders only: a link could lead out of the store."""
    with os.scandir(folder) as entries:
        return not folder.is_symlink() and all(
            is_plain(Path(entry))
            if entry.is_dir(follow_symlinks=False)
            else entry.is_file(follow_symlinks=False)
            for entry in entries
        )


def clear(pointer: Path, trash: Path) -> None:
    """Remove a pointer that cannot be replaced in one step.

    Raises:
        OSError: it could not be removed.
    """
    if pointer.is_dir() and not pointer.is_symlink():
        atomic.move(pointer, trash / f"{pointer.name}-{os.getpid()}")
    else:
        pointer.unlink(missing_ok=True)


def _target(pointer: Path, record: str) -> str:
    """What the pointer names, such as `releases/<id>`; it may not exist.

    A copy of a store can turn the link into a file with its target, or into a copy of the release.
    """
    if pointer.is_symlink():
        return os.readlink(pointer)
    if not pointer.is_dir():
        return read_regular(pointer).decode()
    try:
        return f"releases/{json.loads(read_regular(pointer / record))['run']}"
    except (FileNotFoundError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("a folder that is no release") from error
