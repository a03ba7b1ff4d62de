"""A store elsewhere, worked on in a copy here: fetched when a command opens it, put when needed.

The copy is a folder store. What is elsewhere counts: a copy that was left half done by a crash is
brought to it again. Only records that could not be put yet stay, and go with the next state.
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
from first_light.store.folder import LEFT, PUBLISHING, RECORD, SCORE, FolderStore
from first_light.store.remote import Beaten, File, Gone, Moved, Remote, Tree, Unreachable
from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError

_SEEN = "mirror.json"
_LABEL = "store.json"
_TRIES = 6
_PATIENCE = 120.0  # seconds that another command may fetch here
_LARGE = 32 << 20  # bytes; larger files come when they are asked for, where each is a transfer
_told: set[Path] = set()  # whose place could not be reached: said once a process


@dataclass(frozen=True)
class MirrorStore(FolderStore):
    """The copy of a store elsewhere.

    Attributes:
        remote: the store itself.
    """

    remote: Remote

    @property
    def place(self) -> str:
        return self.remote.place

    @property
    def open_to(self) -> str:
        return self.remote.open_to

    @property
    def tag(self) -> str:
        return secrets.token_hex(2)

    def exists(self) -> bool:
        return True

    # ── Opening it ───────────────────────────────────────────────────────────────────────────

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Work in the copy alone, with what is elsewhere now. Nobody elsewhere is kept out: a state
        is put only over the one that was seen.

        Raises:
            DataopsError: see FolderStore.lock; or the store can't be reached.
        """
        with super().lock():
            with self._alone():
                self._take(self.remote.look())
            self.check()
            yield

    def refresh(self) -> None:
        with self._in_words("The store's copy cannot be written."):
            self.root.mkdir(parents=True, exist_ok=True)
        if self.root in _told or self.is_locked():
            return  # whoever works here has fetched, and goes on from that
        try:
            with self._alone():
                if self.is_locked():
                    return
                self._take(self.remote.look())
                self.check()
        except Unreachable as error:
            if not (self.root / _SEEN).exists():
                raise
            _told.add(self.root)
            hours = (time.time() - (self.root / _SEEN).stat().st_mtime) / 3600
            print(
                f"{error.what} This is the copy of {hours:.0f} h ago. ({error.where})",
                file=sys.stderr,
            )

    def bring(self, run: str) -> None:
        if (self.releases / run / PUBLISHING).exists():
            return
        with self._alone(), self._in_words("The release could not be fetched."):
            for path, file in self._seen().files.items():
                if path.startswith(f"releases/{run}/") and not self._is_here(path, file):
                    self._get(path, file)

    def address(self, run: str, name: str) -> str:
        return self.remote.url(f"releases/{run}/{name}") or super().address(run, name)

    def size(self, run: str, name: str) -> int:
        file = self._seen().files.get(f"releases/{run}/{name}")
        return file.size if file else super().size(run, name)

    def sweep(self) -> None:
        with self._alone():  # or a file that is being fetched would be taken for a leftover
            super().sweep()
            for path in self.releases.glob("*/.*.tmp"):
                with contextlib.suppress(OSError):
                    path.unlink()

    # ── Putting it ───────────────────────────────────────────────────────────────────────────

    def point(self, run: str, record: tuple[str, bytes]) -> None:
        with self._alone(), self._in_words("The release could not be put into the store."):
            for attempt in range(_TRIES):
                seen = self._seen()
                try:
                    kept, new = self._files(seen, run, record)
                    self._remember(self.remote.put(seen, run, kept, new))
                    break
                except Moved:
                    tree = self.remote.look()
                    self._take(tree, spared=run)
                    if tree.current != seen.current:
                        raise Beaten(
                            "Another release became current in the meantime.",
                            where=f"{self.place}: {tree.current or 'none'}",
                            fix="check it (uv run dataops status), then repeat the command",
                        ) from None
                    if run_number(record[0]) in _numbers(tree):
                        raise Beaten(
                            "Another run was recorded with the same number in the meantime.",
                            where=self.place,
                            fix="repeat the command",
                        ) from None
                    _wait(attempt)
            else:
                raise _too_busy(self.place)
        super().point(run, record)

    def share(self) -> None:
        with self._alone(), self._in_words("The store's copy cannot be read."):
            for attempt in range(_TRIES):
                seen = self._seen()
                self._renumber(_numbers(seen))
                kept, new = self._files(seen)
                if not new and kept == seen.files:
                    return
                try:
                    self._remember(self.remote.put(seen, seen.current, kept, new))
                    return
                except Moved:
                    self._take(self.remote.look())
                    _wait(attempt)
        raise _too_busy(self.place)

    def _renumber(self, taken: set[int]) -> None:
        """Give records that were not put yet other numbers where somebody else has put theirs.

        A number is the order of runs, so no two share one. Releases keep theirs: see `point`.
        """
        folder = self.history / "runs"
        if not folder.is_dir():
            return
        for path in sorted(folder.glob("*.json")):
            inside = path.relative_to(self.root).as_posix()
            if inside in self._seen().files or run_number(path.stem) not in taken:
                continue
            said = json.loads(path.read_bytes())
            number = max(taken) + 1
            _, _, rest = path.stem.partition("-")
            said.update(run=f"{number:06d}-{rest}", number=number)
            said["notes"] = [*said.get("notes", ()), f"It began as {path.stem}."]
            text = json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n"
            durable.write(path.with_name(f"{said['run']}.json"), text.encode())
            path.unlink()
            taken.add(number)

    def _files(
        self, seen: Tree, run: str = "", record: tuple[str, bytes] | None = None
    ) -> tuple[dict[str, File], dict[str, Path | bytes]]:
        """The state that is to be put: what stays of the one that was seen, and what is new."""
        here = {name for name in os.listdir(self.releases) if run_number(name)}
        wanted: dict[str, Path | bytes] = {_LABEL: self.root / _LABEL}
        if (self.root / SCORE).exists():
            wanted[SCORE] = self.root / SCORE
        for folder in (self.history / name for name in ("runs", "packs", "damaged")):
            if folder.is_dir():
                wanted |= {
                    path.relative_to(self.root).as_posix(): path
                    for path in folder.iterdir()
                    if not path.name.startswith(".")
                }
        if run:
            wanted |= {
                path.relative_to(self.root).as_posix(): path
                for path in (self.releases / run).rglob("*")
                if path.is_file() and path.name != PUBLISHING and path.name[0] != "."
            }
            wanted[LEFT] = self._left_when(run)
        elif (self.root / LEFT).exists():
            wanted[LEFT] = self.root / LEFT
        if record:
            wanted[f"history/runs/{record[0]}.json"] = record[1]
        kept = {
            path: file
            for path, file in seen.files.items()
            if path.startswith("releases/") and path.split("/")[1] in here
        }
        new: dict[str, Path | bytes] = {}
        for path, content in wanted.items():
            if path in kept:  # a release is immutable
                continue
            known = seen.files.get(path)
            if known and known.id == self.remote.id_of(content):
                kept[path] = known
            else:
                new[path] = content
        return kept, new

    # ── Taking it ────────────────────────────────────────────────────────────────────────────

    def _take(self, tree: Tree, spared: str = "") -> None:
        """Bring the copy to this state; records that were not put yet stay.

        Args:
            tree: the state.
            spared: a release that stays, though it is not in there.

        Raises:
            DataopsError: it could not be fetched whole, or is gone though it was there.
        """
        if not tree.version and self._seen().version:
            raise DataopsError(
                "The store no longer exists.",
                where=self.place,
                fix=f"restore it; if it is no longer needed, delete {self.root}",
            )
        with self._in_words("The store's copy cannot be written."):
            for _ in range(_TRIES):
                try:
                    self._bring_all(tree)
                    break
                except Gone:  # replaced while it was read
                    tree = self.remote.look()
            else:
                raise _too_busy(self.place)
            before = self._pointed()
            if tree.current and tree.current != before:
                durable.point(self.pointer, f"releases/{tree.current}")
            elif not tree.current and before:
                self.pointer.unlink()
            for path in set(self._seen().files) - set(tree.files):
                if path.startswith("history/"):
                    (self.root / path).unlink(missing_ok=True)
            there = {path.split("/")[1] for path in tree.files if path.startswith("releases/")}
            # Who has just followed the pointer may not have opened yet what it led to.
            for run in set(self.kept()) - there - {before, spared}:
                self._throw_away(self.releases / run)
            self._remember(tree)

    def _bring_all(self, tree: Tree) -> None:
        seen = self._seen().files
        for path, file in tree.files.items():
            here = self._is_here(path, file)
            first, *_ = path.split("/")
            if first == "releases":
                _, run, name = path.split("/", 2)
                large = file.size > _LARGE and not self.remote.near
                if not here and (name == RECORD or (run == tree.current and not large)):
                    self._get(path, file)
            elif not here or path not in seen or seen[path].id != file.id:
                self._get(path, file)

    def _is_here(self, path: str, file: File) -> bool:
        """Whether the copy has it; what never changes and has another size was cut off."""
        try:
            size = (self.root / path).stat().st_size
        except FileNotFoundError:
            return False
        return size == file.size or not path.startswith(("releases/", "history/runs/"))

    def _get(self, path: str, file: File) -> None:
        goal = self.root / path
        goal.parent.mkdir(parents=True, exist_ok=True)
        draft = goal.with_name(f".{goal.name}.{os.getpid()}.tmp")
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

    def _pointed(self) -> str:
        with contextlib.suppress(DataopsError):
            return self.current() or ""
        return ""

    # ── What was seen ────────────────────────────────────────────────────────────────────────

    def _seen(self) -> Tree:
        """The state that the copy was last brought to."""
        try:
            said = json.loads((self.root / _SEEN).read_bytes())
            if said["place"] != self.place:
                return Tree()
            files = {path: File(*facts) for path, facts in said["files"].items()}
            return Tree(said["version"], said["current"], files)
        except (OSError, ValueError, KeyError, TypeError):
            return Tree()  # then everything is fetched again

    def _remember(self, tree: Tree) -> None:
        files = {path: [file.id, file.size] for path, file in tree.files.items()}
        said = {
            "place": self.place,
            "version": tree.version,
            "current": tree.current,
            "files": files,
        }
        durable.write(self.root / _SEEN, json.dumps(said, separators=(",", ":")).encode())

    def _alone(self) -> contextlib.AbstractContextManager[None]:
        """Let no other process here bring the copy to another state meanwhile."""
        busy = "Another command has been fetching the store for too long."
        return self._hold("mirror.lock", _PATIENCE, busy, "wait until it is over, and repeat")


def _numbers(tree: Tree) -> set[int]:
    """The numbers of all runs that are in a state, those in packs by the range that these say."""
    found: set[int] = set()
    for path in tree.files:
        name = path.split("/")[1 if path.startswith("releases/") else -1].partition(".")[0]
        if number := run_number(name):
            found.add(number)
        elif path.startswith("history/packs/"):
            first, _, last = name.partition("_")
            if first.isdigit() and last.isdigit():
                found.update(range(int(first), int(last) + 1))
    return found


def _wait(attempt: int) -> None:
    time.sleep(random.uniform(0.05, 0.3) * (attempt + 1))


def _too_busy(place: str) -> Unreachable:
    return Unreachable("Other runs keep changing the store.", where=place, fix="repeat the command")
