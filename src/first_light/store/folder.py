"""A store that is a folder on a disk.

current               -> releases/<id>, replaced in one step
releases/<id>/        one published release: database, record, manifest, catalog, boards
candidates/<id>/      a run that is not finished, or that was interrupted
private/<id>/         what readers of a release do not get; private-state names another place
history/              the records
score.json            the score, for those who look after many products
cache/                what can be made again
trash/                on its way out
superseded.json       when each release stopped being current
lock  store.json      who works here, and whose it is
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from first_light.store import atomic as durable
from first_light.store.disk_errors import fix_of, place_of
from first_light.store.label import check_label, label_of
from first_light.store.pointer import clear, current_run
from first_light.store.private import FOLDER_MODE, PrivateState
from first_light.store.run_ids import run_number, runs_in
from first_light.store.superseded import read_times, times_text
from first_light.utils.errors import DataopsError
from first_light.utils.private import make_private_folder
from first_light.utils.whole_files import PART, sync, write_whole

RECORD = "release.json"
SUPERSEDED_TIMES = "superseded.json"
SCORE = "score.json"
# Marker in a release that is being published; deleted once it is current and recorded.
PUBLISHING = "publishing"
_PATIENCE = 2.0  # seconds; `status` takes the lock for an instant to check it


@dataclass(frozen=True)
class FolderStore:
    """One product's store.

    Attributes:
        root: the folder.
        product: the dbt project's name; a store belongs to one product.
        private_state: the folder for private state; empty for the default.
    """

    root: Path
    product: str
    private_state: str = field(default="", kw_only=True)

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
        """Its location, for people."""
        return str(self.root)

    @property
    def audience(self) -> str:
        """Who can read the files besides those with explicit access; empty if nobody."""
        return ""

    @property
    def private(self) -> PrivateState:
        """What readers of a release do not get."""
        place = self.private_state
        return PrivateState(Path(place or self.root / "private"), shared=bool(place))

    @property
    def tag(self) -> str:
        """The suffix of run ids, so that two machines never create the same id."""
        return ""

    # ── Overridden by remote stores; nothing to do for a folder ──────────────────────────────

    def exists(self) -> bool:
        """Whether the store exists."""
        return self.root.is_dir()

    def refresh(self) -> None:
        """Fetch the present state.

        Raises:
            DataopsError: it cannot be fetched, and no earlier copy exists.
        """

    def fetch_release(self, run: str) -> None:
        """Fetch all files of a release.

        Raises:
            DataopsError: they cannot be fetched.
        """

    def push(self) -> None:
        """Push local changes: new records, deleted releases.

        Raises:
            DataopsError: they cannot be pushed; the next push includes them.
        """

    def address(self, run: str, name: str) -> str:
        """Where readers open this file of the current release: `run` is that release."""
        return str((self.pointer if self.pointer.is_dir() else self.releases / run) / name)

    def size(self, run: str, name: str) -> int:
        """The size of a release's file, in bytes.

        Raises:
            OSError: it does not exist.
        """
        return (self.releases / run / name).stat().st_size

    # ── Label and lock ───────────────────────────────────────────────────────────────────────

    def prepare(self) -> None:
        """Create the store's folders and label.

        Raises:
            DataopsError: it can't be written, or it belongs to another product.
        """
        with self._errors_as("The store cannot be written."):
            make_private_folder(self.root)
            for folder in (self.candidates, self.releases, self.history, self.cache, self._trash):
                folder.mkdir(parents=True, exist_ok=True)
            if not self._label.exists():
                write_whole(self._label, label_of(self.product), through_links=False)
        self.check()

    def check(self) -> None:
        """Check that this store belongs to this product; a store without a label passes.

        Raises:
            DataopsError: it belongs to another product, or a newer version wrote it.
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
        """Lock the store. The system releases the lock when the process ends, however it ends.

        Raises:
            DataopsError: another process holds the lock, or the folder cannot be written.
        """
        self.prepare()
        fix = "wait until it has ended: uv run dataops status"
        with self._locked("lock", _PATIENCE, "Another release or rollback is running.", fix):
            self.sweep()
            yield

    @contextlib.contextmanager
    def _locked(self, name: str, patience: float, busy: str, fix: str) -> Iterator[None]:
        """Take one of the store's locks, waiting at most this many seconds."""
        lock = FileLock(self.root / name)
        with self._errors_as("The store cannot be locked."):
            try:
                lock.acquire(timeout=patience, poll_interval=0.05)
            except Timeout:
                raise DataopsError(busy, where=str(self.root), fix=fix) from None
        try:
            yield
        finally:
            lock.release()

    def is_locked(self) -> bool | None:
        """Whether another process holds the lock; None if unknown: the folder is read-only."""
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
        """The next run number, higher than all before: the order of runs needs no clock.

        Args:
            recorded: the highest number in the history; 0 when that is empty.
        """
        folders = (self.candidates, self.releases, self._trash)
        names = [entry.name for folder in folders if folder.is_dir() for entry in folder.iterdir()]
        return 1 + max((recorded, *(run_number(name.split(".")[0]) for name in names)))

    def candidate(self, run: str) -> Path:
        """The folder of an unfinished run; created if missing. Readers cannot open it."""
        folder = self.candidates / run
        folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        return folder

    def write_record(self, run: str, record: bytes) -> None:
        """Write the run's record, as far as it is complete, into its candidate.

        Raises:
            DataopsError: it could not be written.
        """
        with self._errors_as("The store cannot be written."):
            write_whole(self.candidate(run) / RECORD, record, through_links=False)

    def unfinished(self) -> list[str]:
        """Runs that are not finished or were interrupted, oldest first."""
        return runs_in(self.candidates)

    def discard(self, run: str) -> None:
        """Delete a candidate; the private state of a release stays."""
        self._delete(self.candidates / run)
        if not (self.releases / run).exists():
            self.private.delete(run)

    # ── Releases ─────────────────────────────────────────────────────────────────────────────

    def retained(self) -> list[str]:
        """The published releases that still exist, oldest first."""
        return [run for run in runs_in(self.releases) if not self.is_publishing(run)]

    def current(self) -> str | None:
        """The release that readers see; None before the first one.

        Raises:
            DataopsError: the pointer does not name a release.
        """
        return current_run(self.pointer, self.releases, self._readable(), RECORD)

    def _readable(self) -> list[str]:
        """The retained releases with a record, oldest first: what a rollback can choose."""
        return [run for run in self.retained() if (self.releases / run / RECORD).is_file()]

    def forget_lost_release(self) -> None:
        """Remove a pointer to a release that does not exist, if there is no other to choose.

        Raises:
            DataopsError: the pointer is broken, and there is another release.
        """
        try:
            self.current()
        except DataopsError:
            if self._readable():
                raise
            with self._errors_as("The broken pointer could not be removed."):
                clear(self.pointer, self._trash)

    def promote(self, run: str) -> Path:
        """Turn the candidate into a release that is about to be published; returns its folder.

        Raises:
            DataopsError: it could not be written.
        """
        with self._errors_as("The release could not be put into the store."):
            source = self.candidates / run
            write_whole(source / PUBLISHING, b"", through_links=False)
            for path in source.rglob("*"):
                sync(path)
            source.chmod(self.releases.stat().st_mode & 0o777)
            durable.move(source, self.releases / run)
        return self.releases / run

    def point(self, run: str, record: tuple[str, bytes]) -> None:
        """Make this release current, atomically.

        Args:
            run: the release.
            record: the id and the record of the run that does so. A remote store publishes both
                in the same step; here the history gets the record afterwards.

        Raises:
            DataopsError: the pointer could not be replaced; the old one is unchanged.
        """
        with self._errors_as("The pointer to the current release could not be replaced."):
            if self.pointer.is_dir() and not self.pointer.is_symlink():  # of a copied store
                clear(self.pointer, self._trash)
            times = self._superseded_times_after(run)
            write_whole(self.root / SUPERSEDED_TIMES, times, through_links=False)
            durable.point(self.pointer, f"releases/{run}")

    def seconds_superseded(self, run: str) -> float:
        """Seconds since this release stopped being current, at least; 0 if unknown.

        By the machine's clock: a replay sets the product's clock, but readers use real time.
        """
        now = time.time()
        return max(0.0, now - read_times(self.root / SUPERSEDED_TIMES).get(run, now))

    def update_superseded_times(self, deleted: Collection[str]) -> None:
        """Remove deleted releases from the list of times, and add releases that lack one.

        Raises:
            DataopsError: it could not be written, or the pointer is broken.
        """
        recorded = read_times(self.root / SUPERSEDED_TIMES)
        runs = set(self.retained()) - {*deleted, self.current()}
        times = {run: recorded.get(run, time.time()) for run in runs}
        if times != recorded:
            with self._errors_as("The store cannot be written."):
                write_whole(self.root / SUPERSEDED_TIMES, times_text(times), through_links=False)

    def _superseded_times_after(self, run: str) -> bytes:
        """The list of times, once `run` is current."""
        times = {
            name: at for name, at in read_times(self.root / SUPERSEDED_TIMES).items() if name != run
        }
        with contextlib.suppress(DataopsError):
            if (previous := self.current()) and previous != run:
                times[previous] = time.time()
        return times_text(times)

    def is_publishing(self, run: str) -> bool:
        """Whether publishing this release was begun and not concluded."""
        return (self.releases / run / PUBLISHING).exists()

    def publishing(self) -> list[str]:
        """Releases whose publishing was interrupted."""
        return [run for run in runs_in(self.releases) if self.is_publishing(run)]

    def conclude(self, run: str) -> None:
        """Mark the release as current and recorded."""
        with contextlib.suppress(FileNotFoundError):
            (self.releases / run / PUBLISHING).unlink()

    def drop(self, run: str) -> None:
        """Delete a release. Processes that have its database open keep reading it."""
        self._delete(self.releases / run)
        self.private.delete(run)

    # ── Cleanup ──────────────────────────────────────────────────────────────────────────────

    def sweep(self) -> None:
        """Delete the leftovers of interrupted runs."""
        with contextlib.suppress(FileNotFoundError):
            for path in self._trash.iterdir():
                shutil.rmtree(path, ignore_errors=True)
        for folder in (self.root, self.history, self.cache):
            drafts = f".*{PART}"
            for path in folder.rglob(drafts) if folder != self.root else folder.glob(drafts):
                with contextlib.suppress(OSError):
                    path.unlink()

    def _delete(self, folder: Path) -> None:
        # Under its new name it is no longer a release, even if it is deleted only in part.
        if not folder.exists():
            return
        with self._errors_as("The store cannot be written."):
            self._trash.mkdir(exist_ok=True)
            goal = next(
                path
                for n in range(len(os.listdir(self._trash)) + 1)
                if not (path := self._trash / f"{folder.name}.{n}").exists()
            )
            durable.move(folder, goal)
        shutil.rmtree(goal, ignore_errors=True)

    @contextlib.contextmanager
    def _errors_as(self, message: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataopsError(
                message, where=place_of(error, self.root), fix=fix_of(error)
            ) from error
