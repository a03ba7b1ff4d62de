"""A store elsewhere, worked on in a copy here: fetched when a command opens it, put when needed.

The copy is a folder store. The remote state is authoritative: an incomplete copy after a crash is
fetched again. Only records that are not pushed yet remain, and are part of the next state.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from first_light.store import atomic as durable
from first_light.store.folder import PUBLISHING, RECORD, SCORE, SUPERSEDED_TIMES, FolderStore
from first_light.store.names import raise_if_foreign
from first_light.store.private import PrivateState
from first_light.store.remote import (
    ConcurrentRelease,
    File,
    FileVanished,
    Remote,
    StateConflict,
    Tree,
    Unreachable,
)
from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError
from first_light.utils.private import make_private_folder
from first_light.utils.regular_files import read_regular
from first_light.utils.whole_files import PART, draft_of, write_whole

_STATE = "mirror.json"
_LABEL = "store.json"
_TRIES = 6
_PATIENCE = 120.0  # seconds that another command may fetch here
_LARGE = 32 << 20  # bytes; larger files come when they are asked for, where each is a transfer
_warned: set[Path] = set()  # whose place could not be reached: said once a process


@dataclass(frozen=True)
class MirrorStore(FolderStore):
    """The local copy of a remote store.

    Attributes:
        remote: the remote store.
    """

    remote: Remote

    @property
    def place(self) -> str:
        return self.remote.place

    @property
    def audience(self) -> str:
        return self.remote.audience

    @property
    def private(self) -> PrivateState:
        """Only where the team names a folder: the copy may be deleted at any time."""
        return super().private if self.private_state else PrivateState(None)

    @property
    def tag(self) -> str:
        return secrets.token_hex(2)

    def exists(self) -> bool:
        return True

    # ── Opening ──────────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the copy and fetch the remote state. Other machines are not locked out: a state is
        written only over the one it is based on.

        Raises:
            DataopsError: see FolderStore.lock; or the store cannot be reached.
        """
        with super().lock():
            with self._copy_lock():
                self._update(self.remote.read())
            self.check()
            yield

    def refresh(self) -> None:
        with self._errors_as("The store's copy cannot be written."):
            make_private_folder(self.root)
        if self.root in _warned or self.is_locked():
            return  # the process that holds the lock has fetched already
        try:
            with self._copy_lock():
                if self.is_locked():
                    return
                self._update(self.remote.read())
                self.check()
        except Unreachable as error:
            if not (self.root / _STATE).exists():
                raise
            _warned.add(self.root)
            hours = (time.time() - (self.root / _STATE).stat().st_mtime) / 3600
            print(
                f"{error.message} Using the local copy from {hours:.0f} h ago. ({error.where})",
                file=sys.stderr,
            )

    def fetch_release(self, run: str) -> None:
        if (self.releases / run / PUBLISHING).exists():
            return
        with self._copy_lock(), self._errors_as("The release could not be fetched."):
            for path, file in self._fetched().files.items():
                if path.startswith(f"releases/{run}/") and not self._is_present(path, file):
                    self._get(path, file)

    def address(self, run: str, name: str) -> str:
        return self.remote.url(f"releases/{run}/{name}") or super().address(run, name)

    def size(self, run: str, name: str) -> int:
        file = self._fetched().files.get(f"releases/{run}/{name}")
        return file.size if file else super().size(run, name)

    def sweep(self) -> None:
        with self._copy_lock():  # a file that is being fetched must not be deleted as a leftover
            super().sweep()
            for path in self.releases.glob(f"*/.*{PART}"):
                with contextlib.suppress(OSError):
                    path.unlink()

    # ── Writing ──────────────────────────────────────────────────────────────────────────────

    def point(self, run: str, record: tuple[str, bytes]) -> None:
        with self._copy_lock(), self._errors_as("The release could not be put into the store."):
            for attempt in range(_TRIES):
                base = self._fetched()
                try:
                    kept, new = self._files(base, run, record)
                    self._remember(self.remote.put(base, run, kept, new))
                    break
                except StateConflict:
                    tree = self.remote.read()
                    self._update(tree, spared=run)
                    if tree.current != base.current:
                        raise ConcurrentRelease(
                            "Another release became current in the meantime.",
                            where=f"{self.place}: {tree.current or 'none'}",
                            fix="check it (uv run dataops status), then repeat the command",
                        ) from None
                    if run_number(record[0]) in _numbers(tree):
                        raise ConcurrentRelease(
                            "Another run was recorded with the same number in the meantime.",
                            where=self.place,
                            fix="repeat the command",
                        ) from None
                    _wait(attempt)
            else:
                raise _too_busy(self.place)
        super().point(run, record)

    def push(self) -> None:
        with self._copy_lock(), self._errors_as("The store's copy cannot be read."):
            for attempt in range(_TRIES):
                base = self._fetched()
                self._renumber(_numbers(base))
                kept, new = self._files(base)
                if not new and kept == base.files:
                    return
                try:
                    self._remember(self.remote.put(base, base.current, kept, new))
                    return
                except StateConflict:
                    self._update(self.remote.read())
                    _wait(attempt)
        raise _too_busy(self.place)

    def _renumber(self, taken: set[int]) -> None:
        """Renumber records that are not pushed yet if other records have taken their numbers.

        Numbers are the order of runs, so they are unique. Releases keep theirs: see `point`.
        """
        folder = self.history / "runs"
        if not folder.is_dir():
            return
        for path in sorted(folder.glob("*.json")):
            inside = path.relative_to(self.root).as_posix()
            if inside in self._fetched().files or run_number(path.stem) not in taken:
                continue
            record = json.loads(read_regular(path))
            number = max(taken) + 1
            _, _, rest = path.stem.partition("-")
            record.update(run=f"{number:06d}-{rest}", number=number)
            record["notes"] = [*record.get("notes", ()), f"Renumbered from {path.stem}."]
            text = json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
            write_whole(path.with_name(f"{record['run']}.json"), text.encode(), through_links=False)
            path.unlink()
            taken.add(number)

    def _files(
        self, base: Tree, run: str = "", record: tuple[str, bytes] | None = None
    ) -> tuple[dict[str, File], dict[str, Path | bytes]]:
        """The files of the next state: those kept from the base state, and new ones."""
        local_releases = {name for name in os.listdir(self.releases) if run_number(name)}
        local_files: dict[str, Path | bytes] = {_LABEL: self.root / _LABEL}
        if (self.root / SCORE).exists():
            local_files[SCORE] = self.root / SCORE
        for folder in (self.history / name for name in ("runs", "packs", "damaged")):
            if folder.is_dir():
                local_files |= {
                    path.relative_to(self.root).as_posix(): path
                    for path in folder.iterdir()
                    if not path.name.startswith(".")
                }
        if run:
            local_files |= {
                path.relative_to(self.root).as_posix(): path
                for path in (self.releases / run).rglob("*")
                if path.is_file() and path.name != PUBLISHING and path.name[0] != "."
            }
            local_files[SUPERSEDED_TIMES] = self._superseded_times_after(run)
        elif (self.root / SUPERSEDED_TIMES).exists():
            local_files[SUPERSEDED_TIMES] = self.root / SUPERSEDED_TIMES
        if record:
            local_files[f"history/runs/{record[0]}.json"] = record[1]
        kept = {
            path: file
            for path, file in base.files.items()
            if path.startswith("releases/") and path.split("/")[1] in local_releases
        }
        new: dict[str, Path | bytes] = {}
        for path, content in local_files.items():
            if path in kept:  # a release is immutable
                continue
            remote_file = base.files.get(path)
            if remote_file and remote_file.id == self.remote.id_of(content):
                kept[path] = remote_file
            else:
                new[path] = content
        raise_if_foreign(self.place, run, [*kept, *new])  # or no other machine could read it
        return kept, new

    # ── Fetching ─────────────────────────────────────────────────────────────────────────────

    def _update(self, tree: Tree, spared: str = "") -> None:
        """Update the copy to this state; records that are not pushed yet remain.

        Args:
            tree: the state.
            spared: a release that is kept although the state does not contain it.

        Raises:
            DataopsError: it could not be fetched completely, or the store no longer exists.
        """
        if not tree.version and self._fetched().version:
            raise DataopsError(
                "The store no longer exists.",
                where=self.place,
                fix=f"restore it; if it is no longer needed, delete {self.root}",
            )
        with self._errors_as("The store's copy cannot be written."):
            for _ in range(_TRIES):
                try:
                    self._fetch_files(tree)
                    break
                except FileVanished:  # replaced during the fetch
                    tree = self.remote.read()
            else:
                raise _too_busy(self.place)
            previous = self._pointer_target()
            if tree.current and tree.current != previous:
                durable.point(self.pointer, f"releases/{tree.current}")
            elif not tree.current and previous:
                self.pointer.unlink()
            for path in set(self._fetched().files) - set(tree.files):
                if path.startswith("history/"):
                    (self.root / path).unlink(missing_ok=True)
            remote_releases = {
                path.split("/")[1] for path in tree.files if path.startswith("releases/")
            }
            # A reader that has just resolved the pointer may not have opened its files yet.
            for run in set(self.retained()) - remote_releases - {previous, spared}:
                self._delete(self.releases / run)
            self._remember(tree)

    def _fetch_files(self, tree: Tree) -> None:
        fetched = self._fetched().files
        for path, file in tree.files.items():
            is_present = self._is_present(path, file)
            folder, *_ = path.split("/")
            if folder == "releases":
                _, run, name = path.split("/", 2)
                large = file.size > _LARGE and not self.remote.fetches_all
                if not is_present and (name == RECORD or (run == tree.current and not large)):
                    self._get(path, file)
            elif not is_present or path not in fetched or fetched[path].id != file.id:
                self._get(path, file)

    def _is_present(self, path: str, file: File) -> bool:
        """Whether the copy has this file; an immutable file of another size is incomplete."""
        try:
            size = (self.root / path).stat().st_size
        except FileNotFoundError:
            return False
        return size == file.size or not path.startswith(("releases/", "history/runs/"))

    def _get(self, path: str, file: File) -> None:
        goal = self.root / path
        goal.parent.mkdir(parents=True, exist_ok=True)
        draft = draft_of(goal)
        try:
            self.remote.get(path, file, draft)
            if self.remote.id_of(draft) != file.id:
                raise Unreachable(
                    "A file in the store was changed from outside.",
                    where=f"{self.place}: {path}",
                    fix="repeat the command; if the error persists, find out what else writes "
                    "to the store",
                )
            if path.startswith("releases/"):
                draft.chmod(0o444)
            os.replace(draft, goal)
        finally:
            draft.unlink(missing_ok=True)

    def _pointer_target(self) -> str:
        with contextlib.suppress(DataopsError):
            return self.current() or ""
        return ""

    # ── The fetched state ────────────────────────────────────────────────────────────────────

    def _fetched(self) -> Tree:
        """The state of the copy."""
        try:
            state = json.loads(read_regular(self.root / _STATE))
            if state["place"] != self.place:
                return Tree()
            files = {path: File(*facts) for path, facts in state["files"].items()}
            return Tree(state["version"], state["current"], files)
        except (OSError, ValueError, KeyError, TypeError):
            return Tree()  # everything is fetched again

    def _remember(self, tree: Tree) -> None:
        files = {path: [file.id, file.size] for path, file in tree.files.items()}
        state = {
            "place": self.place,
            "version": tree.version,
            "current": tree.current,
            "files": files,
        }
        text = json.dumps(state, separators=(",", ":"))
        write_whole(self.root / _STATE, text.encode(), through_links=False)

    def _copy_lock(self) -> contextlib.AbstractContextManager[None]:
        """Lock out other local processes that would update the copy."""
        busy = "Another command has been fetching the store for too long."
        return self._locked("mirror.lock", _PATIENCE, busy, "wait until it has ended, then repeat")


def _numbers(tree: Tree) -> set[int]:
    """The numbers of all runs in a state, including the ranges of packs."""
    numbers: set[int] = set()
    for path in tree.files:
        name = path.split("/")[1 if path.startswith("releases/") else -1].partition(".")[0]
        if number := run_number(name):
            numbers.add(number)
        elif path.startswith("history/packs/"):
            first, _, last = name.partition("_")
            if first.isdigit() and last.isdigit():
                numbers.update(range(int(first), int(last) + 1))
    return numbers


def _wait(attempt: int) -> None:
    time.sleep(random.uniform(0.05, 0.3) * (attempt + 1))


def _too_busy(place: str) -> Unreachable:
    return Unreachable("Other runs keep changing the store.", where=place, fix="repeat the command")
