"""A store that is a folder on a disk.

current               -> releases/<id>, replaced in one step
releases/<id>/        one published release: its database, its record, manifest, catalog, docs
candidates/<id>/      a run that is not over, or that ended without a word
history/              the records
score.json            how the product does, for whoever looks after many
cache/                what can be made again
trash/                on its way out
superseded.json       when each release stopped being current
lock  store.json      who works here, and whose it is
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from first_light.store import atomic as durable
from first_light.store.disk_errors import fix_of, place_of
from first_light.store.label import check_label, label_of
from first_light.store.run_ids import run_number, runs_in
from first_light.utils.errors import DataopsError

RECORD = "release.json"
LEFT = "superseded.json"
SCORE = "score.json"
# Beside a release that is being published; gone once it is current and recorded.
PUBLISHING = "publishing"
_PATIENCE = 2.0  # seconds; `status` holds the lock for an instant when it looks whether it is held


@dataclass(frozen=True)
class FolderStore:
    """One product's store.

    Attributes:
        root: the folder.
        product: the dbt project's name; a store belongs to one product.
    """

    root: Path
    product: str

    @property
    def candidates(self) -> Path:
        return self.root / "candidates"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def history(self) -> Path:
        return self.root / "history"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def pointer(self) -> Path:
        return self.root / "current"

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return str(self.root)

    @property
    def open_to(self) -> str:
        """Who reads what lies here, beyond whom its owner let in: in words; else empty."""
        return ""

    @property
    def tag(self) -> str:
        """What a run's id ends with, so that no two machines give the same one."""
        return ""

    # ── A store elsewhere does something here; a folder is what it is ────────────────────────

    def exists(self) -> bool:
        """Whether there is something to look at."""
        return self.root.is_dir()

    def refresh(self) -> None:
        """See what is there now.

        Raises:
            DataopsError: it can't be seen, and never was.
        """

    def bring(self, run: str) -> None:
        """Have all files of a release here.

        Raises:
            DataopsError: they can't be had.
        """

    def share(self) -> None:
        """Let others see what is new here: records, releases that went.

        Raises:
            DataopsError: they can't; it is kept for the next time.
        """

    def address(self, run: str, name: str) -> str:
        """Where readers open this file of the current release: `run` is that release."""
        return str(self.pointer / name)

    def size(self, run: str, name: str) -> int:
        """How large this file of a release is, in bytes.

        Raises:
            OSError: it is not there.
        """
        return (self.releases / run / name).stat().st_size

    # ── Whose it is, and who works in it ─────────────────────────────────────────────────────

    def prepare(self) -> None:
        """Make the folder what a store is.

        Raises:
            DataopsError: it can't be written, or it belongs to another product.
        """
        with self._in_words("The store cannot be written."):
            for folder in (
                *(self.candidates, self.releases, self.history, self.cache),
                self._trash,
            ):
                folder.mkdir(parents=True, exist_ok=True)
            if not self._label.exists():
                durable.write(self._label, label_of(self.product))
        self.check()

    def check(self) -> None:
        """Look whether this is a store of this product; one that does not exist yet is.

        Raises:
            DataopsError: it belongs to another product, or a newer dataops wrote it.
        """
        check_label(self._label, self.product)

    @property
    def _trash(self) -> Path:
        return self.root / "trash"

    @property
    def _label(self) -> Path:
        return self.root / "store.json"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Work here alone. The system lets go of the lock when the process ends, however it ends.

        Raises:
            DataopsError: somebody else works here, or the folder can't be written.
        """
        self.prepare()
        fix = "wait until it has ended: uv run dataops status"
        with self._hold("lock", _PATIENCE, "Another release or rollback is running.", fix):
            self.sweep()
            yield

    @contextlib.contextmanager
    def _hold(self, name: str, patience: float, busy: str, fix: str) -> Iterator[None]:
        """Hold one of the store's locks, after this many seconds of waiting at most."""
        lock = FileLock(self.root / name)
        with self._in_words("The store cannot be locked."):
            try:
                lock.acquire(timeout=patience, poll_interval=0.05)
            except Timeout:
                raise DataopsError(busy, where=str(self.root), fix=fix) from None
        try:
            yield
        finally:
            lock.release()

    def is_locked(self) -> bool | None:
        """Whether somebody works here; None where that can't be seen: a folder we may only read."""
        if not self.root.is_dir():
            return False
        lock = FileLock(self.root / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:
            return None
        lock.release()
        return False

    # ── Runs ─────────────────────────────────────────────────────────────────────────────────

    def next_number(self, recorded: int) -> int:
        """One more than any run's that ever was here: the order of runs does not hang on a clock.

        Args:
            recorded: the highest number in the history; 0 when that is empty.
        """
        folders = (self.candidates, self.releases, self._trash)
        names = [entry.name for folder in folders if folder.is_dir() for entry in folder.iterdir()]
        return 1 + max((recorded, *(run_number(name.split(".")[0]) for name in names)))

    def candidate(self, run: str) -> Path:
        """The folder of a run that is not over; made when it is not there."""
        folder = self.candidates / run
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def write_down(self, run: str, record: bytes) -> None:
        """Put the run's record, as far as it goes, into its candidate.

        Raises:
            DataopsError: it could not be written.
        """
        with self._in_words("The store cannot be written."):
            durable.write(self.candidates / run / RECORD, record)

    def unfinished(self) -> list[str]:
        """Runs that are not over, or that ended without a word; oldest first."""
        return runs_in(self.candidates)

    def discard(self, run: str) -> None:
        """Delete a candidate."""
        self._throw_away(self.candidates / run)

    # ── Releases ─────────────────────────────────────────────────────────────────────────────

    def kept(self) -> list[str]:
        """The published releases that are still here, oldest first."""
        return [run for run in runs_in(self.releases) if not self.is_publishing(run)]

    def current(self) -> str | None:
        """The release that readers see; None before the first one.

        Raises:
            DataopsError: the pointer does not lead to a release.
        """
        try:
            if self.pointer.is_symlink():
                said = os.readlink(self.pointer)
            else:
                said = self.pointer.read_text(encoding="utf-8")
        except FileNotFoundError:
            if kept := self.kept():
                raise DataopsError(
                    "The store has releases but no pointer to the current one.",
                    where=str(self.pointer),
                    fix=f"choose one: uv run dataops rollback {kept[-1]}",
                ) from None
            return None
        except (OSError, ValueError) as error:
            said = f"{type(error).__name__}"
        run = said.strip().replace("\\", "/").rpartition("releases/")[2]
        if not (run_number(run) and (self.releases / run / RECORD).is_file()):
            kept = [run for run in self.kept() if (self.releases / run / RECORD).is_file()]
            newest = f"uv run dataops rollback {kept[-1]}" if kept else "uv run dataops releases"
            raise DataopsError(
                "The pointer to the current release is broken.",
                where=f"{self.pointer} says {said.strip()[:100]!r}, which is not a release",
                fix=f"choose a release: {newest}",
            )
        return run

    def keep(self, run: str) -> Path:
        """The candidate becomes a release that is about to be published; returns its folder.

        Raises:
            DataopsError: the disk could not take it.
        """
        with self._in_words("The release could not be put into the store."):
            source = self.candidates / run
            durable.write(source / PUBLISHING, b"")
            for path in source.rglob("*"):
                durable.sync(path)
            goal = self.releases / run
            durable.move(source, goal)
        return goal

    def point(self, run: str, record: tuple[str, bytes]) -> None:
        """Make this release the current one, in one step.

        Args:
            run: the release.
            record: the run that does so, and its record: a store that others look at shows both
                in the same step. Here the history gets it next.

        Raises:
            DataopsError: the pointer could not be replaced; the old one is as it was.
        """
        with self._in_words("The pointer to the current release could not be replaced."):
            durable.write(self.root / LEFT, self._left_when(run))
            durable.point(self.pointer, f"releases/{run}")

    def left(self, run: str) -> float:
        """Seconds since this release stopped being current, at least; 0 when nobody knows.

        By the machine's own clock: a replay sets the product's, and readers live in real time.
        """
        at = self._left_at().get(run)
        return max(0.0, time.time() - at) if at is not None else 0.0

    def forget_left(self, gone: Collection[str]) -> None:
        """Note that these releases are gone, and since when the others at least are not current.

        Raises:
            DataopsError: it could not be written, or the pointer is broken.
        """
        known, stay = self._left_at(), set(self.kept()) - {*gone, self.current()}
        times = {run: known.get(run, time.time()) for run in stay}
        if times != known:
            with self._in_words("The store cannot be written."):
                durable.write(self.root / LEFT, _times(times))

    def _left_at(self) -> dict[str, float]:
        try:
            said = json.loads((self.root / LEFT).read_bytes())
            # What is said to come was said by a clock that was wrong.
            return {run: min(float(at), time.time()) for run, at in said.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}  # then it counts from now

    def _left_when(self, run: str) -> bytes:
        """The same, once `run` is current."""
        times = {name: at for name, at in self._left_at().items() if name != run}
        with contextlib.suppress(DataopsError):
            if (before := self.current()) and before != run:
                times[before] = time.time()
        return _times(times)

    def is_publishing(self, run: str) -> bool:
        """Whether this release is neither surely published nor surely recorded."""
        return (self.releases / run / PUBLISHING).exists()

    def publishing(self) -> list[str]:
        """Releases whose publishing was cut short."""
        return [run for run in runs_in(self.releases) if self.is_publishing(run)]

    def settle(self, run: str) -> None:
        """Publishing is over: the release is current and recorded."""
        with contextlib.suppress(FileNotFoundError):
            (self.releases / run / PUBLISHING).unlink()

    def drop(self, run: str) -> None:
        """Delete a release. Who has its database open keeps reading it."""
        self._throw_away(self.releases / run)

    # ── Rubbish ──────────────────────────────────────────────────────────────────────────────

    def sweep(self) -> None:
        """Delete what a run that was cut short left in the way."""
        with contextlib.suppress(FileNotFoundError):
            for path in self._trash.iterdir():
                shutil.rmtree(path, ignore_errors=True)
        for folder in (self.root, self.history, self.cache):
            for path in folder.rglob(".*.tmp") if folder != self.root else folder.glob(".*.tmp"):
                with contextlib.suppress(OSError):
                    path.unlink()

    def _throw_away(self, folder: Path) -> None:
        # By its new name nobody takes it for a release, however much of it is deleted already.
        if not folder.exists():
            return
        with self._in_words("The store cannot be written."):
            self._trash.mkdir(exist_ok=True)
            goal = next(
                path
                for n in range(len(os.listdir(self._trash)) + 1)
                if not (path := self._trash / f"{folder.name}.{n}").exists()
            )
            durable.move(folder, goal)
        shutil.rmtree(goal, ignore_errors=True)

    @contextlib.contextmanager
    def _in_words(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataopsError(what, where=place_of(error, self.root), fix=fix_of(error)) from error


def _times(times: dict[str, float]) -> bytes:
    return (json.dumps({run: round(at, 3) for run, at in sorted(times.items())}) + "\n").encode()
