"""The staging folder, and the move into raw: all files or none, whatever happens.

Files are made complete in `raw/.landing-…`. The list of moves is written there before the first
move. An exception takes the moves back; after a kill the next landing finishes the list. A staging
folder without a list was cut off earlier and is thrown away. A dead run is recognised by its lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from first_light.utils.errors import DataopsError
from first_light.utils.private import make_private_folder

PREFIX = ".landing-"
_LOCK = "lock"
_MOVES = "moves.json"


class Staging:
    """A context: one staging folder in raw, that leaves nothing behind but what was placed."""

    def __init__(self, raw: Path) -> None:
        self.raw = raw
        self.folder = Path()
        self._made = False
        self._lock = -1

    def __enter__(self) -> Staging:
        self._made = not self.raw.exists()
        make_private_folder(self.raw)
        for old in sorted(self.raw.glob(f"{PREFIX}*")):
            _finish(old, self.raw)
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self.raw))
        self._lock = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDWR)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.folder)
        os.close(self._lock)
        if self._made and not any(self.raw.iterdir()):
            self.raw.rmdir()

    def place(self, moves: Sequence[tuple[Path, Path]]) -> None:
        """Moves staged files to their places in raw; each place must be free.

        Raises:
            DataopsError: when a place was taken meanwhile; everything is back as it was then.
        """
        if not moves:
            return
        listed = [
            (str(source.relative_to(self.folder)), str(target.relative_to(self.raw)))
            for source, target in moves
        ]
        for source, _ in moves:
            _sync(source)
        draft = self.folder / f"{_MOVES}.draft"
        draft.write_text(json.dumps(listed), encoding="utf-8")
        _sync(draft)
        draft.rename(self.folder / _MOVES)
        done: list[tuple[Path, Path]] = []
        folders = [target.parent for _, target in moves if not target.parent.exists()]
        try:
            for source, target in moves:
                target.parent.mkdir(exist_ok=True)
                _move(source, target)
                done.append((source, target))
        except BaseException as error:
            for source, target in done:
                target.rename(source)
            for folder in dict.fromkeys(folders):
                if folder.exists() and not any(folder.iterdir()):
                    folder.rmdir()
            (self.folder / _MOVES).unlink()
            if isinstance(error, FileExistsError):
                raise DataopsError(
                    "Another command wrote this file at the same time.",
                    str(error.filename2 or error.filename),
                    "repeat the command",
                ) from error
            raise


def _finish(old: Path, raw: Path) -> None:
    """Finishes or throws away what a dead run left; a living run is left alone."""
    try:
        lock = os.open(old / _LOCK, os.O_RDWR)
    except FileNotFoundError:
        return  # being made or being removed at this moment, or empty: it holds nothing
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        if (old / _MOVES).exists():
            for name, place in json.loads((old / _MOVES).read_text(encoding="utf-8")):
                source, target = old / name, raw / place
                if source.exists() and not target.exists():
                    target.parent.mkdir(exist_ok=True)
                    _move(source, target)
        shutil.rmtree(old)
    finally:
        os.close(lock)


def _move(source: Path, target: Path) -> None:
    """A rename that never replaces."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        # This file system has no links; the lock of one product's raw makes the check good enough.
        if target.exists():
            raise FileExistsError(17, "exists", str(source), None, str(target)) from None
        source.rename(target)
    else:
        source.unlink()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
