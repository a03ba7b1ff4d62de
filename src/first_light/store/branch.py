"""A store that is a branch in the product's own git remote: one commit without a parent, replaced
by every change, so that it never grows with its past.

Git runs in the product's repository, for its settings and credentials, but keeps the branch's
objects in a folder of the mirror: the product's own repository stays small, its refs untouched.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from first_light.store.remote import File, Gone, Moved, Tree, Unreachable, blob_id, masked
from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError

BRANCH = "dataops-store"
POINTER = "current"
REMOTE = "origin"
_LARGEST = 90 << 20  # bytes a file; GitHub rejects what is larger than 100 MB
_TOGETHER = 500 << 20  # bytes that all releases may take: every runner fetches them all
_LOCAL_SPARE = 64 << 20  # bytes of old states that the mirror may hold besides twice its own
_TRIES = 4
_PATIENCE = 900  # seconds that one call of git may take
_QUIETLY = {
    # No prompt: nobody may be there. English: some of its words are read here.
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_OPTIONS = (
    *("-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "fetch.writeCommitGraph=false"),
    *("-c", "core.bigFileThreshold=1m", "-c", "core.compression=1"),
    *("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30"),
)


@dataclass(frozen=True)
class BranchRemote:
    """One branch.

    Attributes:
        root: the product's folder.
        home: where git may keep what it fetched.
        branch: its name.
        address: the remote's URL; may hold a secret.
        push_address: where it is pushed to, mostly the same.
        git_dir: the product's own.
        git_objects: the product's own.
        algorithm: how its git names content.
    """

    root: Path
    home: Path
    branch: str
    address: str
    push_address: str
    git_dir: str
    git_objects: str
    algorithm: str

    near = True

    @classmethod
    def of(cls, root: Path, home: Path, branch: str) -> BranchRemote:
        """The branch in the remote of the product in `root`.

        Raises:
            DataopsError: there is no such remote, or this is no name of a branch.
        """
        said = [_ask(root, *question) or "" for question in _QUESTIONS]
        if not all(said):
            raise DataopsError(
                f"The store is a branch of the git remote {REMOTE}, but there is no such remote.",
                where=str(root),
                fix=f"git remote add {REMOTE} URL, or set DATAOPS_STORE to a folder",
            )
        if _ask(root, "check-ref-format", f"refs/heads/{branch}") is None:
            raise DataopsError(
                "This is not a valid branch name.",
                where=f"DATAOPS_STORE=branch:{branch}",
                fix=f"set DATAOPS_STORE=branch, for the branch {BRANCH}",
            )
        return cls(root, home, branch, *said)

    open_to = "whoever can read the repository"

    @property
    def place(self) -> str:
        return f"branch {self.branch} of {masked(self.address)}"

    # ── Reading ──────────────────────────────────────────────────────────────────────────────

    def look(self) -> Tree:
        for _ in range(_TRIES):
            commit = self._head()
            if not commit:
                return Tree()
            if self._git("cat-file", "-e", commit, check=False) is None:
                self._reach("fetch", "--no-tags", "--no-write-fetch-head", "--quiet",
                            "--recurse-submodules=no", self.address, self._ref)  # fmt: skip
            if self._git("cat-file", "-e", commit, check=False) is not None:
                return self._tree(commit)
        raise Unreachable(
            "The store changes faster than it can be fetched.",
            where=self.place,
            fix="repeat the command",
        )

    def get(self, path: str, file: File, goal: Path) -> None:
        with open(goal, "wb") as opened:
            done = subprocess.run(
                ["git", "cat-file", "blob", file.id],
                cwd=self.root,
                env=self._environment(),
                stdout=opened,
                stderr=subprocess.DEVNULL,
            )
        if done.returncode:
            raise Gone(path)

    def id_of(self, content: Path | bytes) -> str:
        return blob_id(content, self.algorithm)

    def url(self, path: str) -> str:
        return ""

    def _head(self) -> str:
        listed = self._reach("ls-remote", self.address, self._ref)
        return listed.split()[0] if listed.split() else ""

    def _tree(self, commit: str) -> Tree:
        listed = self._git("ls-tree", "-r", "-l", "-z", "--full-tree", commit) or ""
        files = {}
        for entry in filter(None, listed.split("\0")):
            facts, _, path = entry.partition("\t")
            _, kind, blob, size = facts.split()
            if kind == "blob":
                files[path] = File(blob, int(size))
        pointer = files.pop(POINTER, None)
        said = self._git("cat-file", "blob", pointer.id) if pointer else ""
        return Tree(commit, (said or "").strip().rpartition("/")[2], files)

    # ── Writing ──────────────────────────────────────────────────────────────────────────────

    def put(
        self, seen: Tree, current: str, kept: Mapping[str, File], new: Mapping[str, Path | bytes]
    ) -> Tree:
        for path, content in new.items():
            size = _size(content)
            if size > _LARGEST:
                raise DataopsError(
                    f"The data is too large for a branch: {path} takes {size / 1e6:.0f} MB, "
                    f"and a branch holds files up to {_LARGEST / 1e6:.0f} MB.",
                    where=self.place,
                    fix="set DATAOPS_STORE to a bucket (s3://…) or a folder that the runner can "
                    "write; readers keep the current release",
                )
        room = _TOGETHER - sum(_size(content) for content in new.values())
        gone = too_many(kept, {current, seen.current}, room)
        blobs = {path: file.id for path, file in kept.items() if release_of(path) not in gone}
        blobs |= {path: self._hash(content) for path, content in new.items()}
        if current:
            blobs[POINTER] = self._hash(f"releases/{current}\n".encode())
        commit = self._commit(blobs, current)
        self._push(seen.version, commit)
        tree = self._tree(commit)
        self._compact(tree)
        return tree

    def _push(self, seen: str, commit: str) -> None:
        for attempt in range(_TRIES):
            done = self._run(
                *("push", "--no-verify", "--quiet", "--recurse-submodules=no"),
                *(f"--force-with-lease={self._ref}:{seen}", self.push_address),
                f"{commit}:{self._ref}",
            )
            if done.returncode == 0:
                return
            # Rejected, or cut off after it was taken: only what stands there now can tell.
            try:
                head = self._head()
            except Unreachable as error:
                raise Unreachable(
                    "The connection was lost while the store was written; the outcome is unknown.",
                    where=error.where,
                    fix="when the connection works again: uv run dataops status",
                ) from error
            if head == commit:
                return
            if head != seen:
                raise Moved
            if "lock" not in done.stderr and "stale info" not in done.stderr:
                break
            time.sleep(random.uniform(0.2, 1.0) * (attempt + 1))
        raise Unreachable(
            "The store could not be written.",
            where=f"{self.place}: {masked(_last_words(done.stderr))}",
            fix="allow this user or token to push to the branch, then repeat the command",
        )

    def _commit(self, blobs: Mapping[str, str], current: str) -> str:
        index = self.home / f"index.{os.getpid()}"
        index.unlink(missing_ok=True)
        lines = "".join(f"100644 {blob}\t{path}\0" for path, blob in sorted(blobs.items()))
        try:
            environment = {"GIT_INDEX_FILE": str(index)}
            self._git("update-index", "-z", "--index-info", stdin=lines, environment=environment)
            tree = self._git("write-tree", environment=environment) or ""
        finally:
            index.unlink(missing_ok=True)
        message = f"Releases and history; current is {current or 'none'}"
        return (
            self._git("commit-tree", tree.strip(), "-m", message, environment=self._author()) or ""
        ).strip()

    def _author(self) -> dict[str, str]:
        """Somebody signs, also on a runner where nobody is configured."""
        name = _ask(self.root, "config", "user.name") or "dataops"
        email = _ask(self.root, "config", "user.email") or "dataops@localhost"
        said = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", name), ("EMAIL", email))
        }
        return {key: os.environ.get(key, value) for key, value in said.items()}

    def _hash(self, content: Path | bytes) -> str:
        if isinstance(content, bytes):
            done = self._run("hash-object", "-w", "--no-filters", "--stdin", stdin=content.decode())
        else:
            done = self._run("hash-object", "-w", "--no-filters", str(content))
        if done.returncode:
            raise _broken(self.place, done.stderr)
        return done.stdout.strip()

    def _compact(self, tree: Tree) -> None:
        """Forget old states, once they take more room than this one."""
        objects = self.home / "objects"
        held = sum(path.stat().st_size for path in objects.rglob("*") if path.is_file())
        if held <= 2 * sum(file.size for file in tree.files.values()) + _LOCAL_SPARE:
            return
        listed = self._git("rev-list", "--objects", "--no-object-names", tree.version)
        pack = self._git(
            "pack-objects", "--quiet", str(objects / "pack" / "pack"), stdin=listed or ""
        )
        for path in [*objects.iterdir(), *(objects / "pack").iterdir()]:
            if path.parent == objects and path.is_dir() and len(path.name) == 2:
                shutil.rmtree(path, ignore_errors=True)
            elif path.parent != objects and (pack or "").strip() not in path.name:
                path.unlink(missing_ok=True)

    # ── git ──────────────────────────────────────────────────────────────────────────────────

    @property
    def _ref(self) -> str:
        return f"refs/heads/{self.branch}"

    def _environment(self) -> dict[str, str]:
        return {
            **{k: v for k, v in os.environ.items() if k not in ("GIT_WORK_TREE", "GIT_INDEX_FILE")},
            **_QUIETLY,
            "GIT_DIR": self.git_dir,
            "GIT_OBJECT_DIRECTORY": str(self.home / "objects"),
            # Its refs must lead somewhere, or git takes the repository for a broken one.
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": self.git_objects,
        }

    def _run(
        self, *arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        (self.home / "objects" / "pack").mkdir(parents=True, exist_ok=True)
        try:
            return subprocess.run(
                ["git", *_OPTIONS, *arguments],
                cwd=self.root,
                env={**self._environment(), **(environment or {})},
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_PATIENCE,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(arguments, 124, "", "git did not answer in time")

    def _git(
        self,
        *arguments: str,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        check: bool = True,
    ) -> str | None:
        """What git answers here, without the network; None when it failed and need not succeed."""
        done = self._run(*arguments, stdin=stdin, environment=environment)
        if done.returncode and check:
            raise _broken(self.place, done.stderr)
        return None if done.returncode else done.stdout

    def _reach(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.returncode:
            raise Unreachable(
                "The store cannot be reached.",
                where=f"{self.place}: {masked(_last_words(done.stderr))}",
                fix="check the network and your access to the remote, then repeat the command",
            )
        return done.stdout


# What `of` asks git, in the order of the attributes.
_QUESTIONS = (
    ("remote", "get-url", REMOTE),
    ("remote", "get-url", "--push", REMOTE),
    ("rev-parse", "--path-format=absolute", "--git-dir"),
    ("rev-parse", "--path-format=absolute", "--git-path", "objects"),
    ("rev-parse", "--show-object-format"),
)


def too_many(kept: Mapping[str, File], spared: set[str], room: int) -> set[str]:
    """The oldest releases that have to go so that all together fit into this many bytes.

    Args:
        kept: files by path, those of releases among others.
        spared: releases that stay, whatever they take.
        room: bytes for all files.
    """
    sizes: dict[str, int] = {}
    for path, file in kept.items():
        sizes[release_of(path)] = sizes.get(release_of(path), 0) + file.size
    gone: set[str] = set()
    for run in sorted(sizes, key=lambda run: (run_number(run), run)):
        if sum(size for other, size in sizes.items() if other not in gone) <= room:
            break
        if run_number(run) and run not in spared:
            gone.add(run)
    return gone


def release_of(path: str) -> str:
    """The release that this file is of; empty when it is of none."""
    return path.split("/")[1] if path.startswith("releases/") else ""


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _ask(root: Path, *question: str) -> str | None:
    done = subprocess.run(["git", *question], cwd=root, capture_output=True, text=True)
    return None if done.returncode else done.stdout.strip()


def _broken(place: str, complaint: str) -> DataopsError:
    return DataopsError(
        "git failed in the local copy of the store.",
        where=f"{place}: {masked(_last_words(complaint))}",
        fix="delete the copy (the folder .dataops) and repeat the command",
    )


def _last_words(complaint: str) -> str:
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "!"))]
    return "; ".join((telling or lines)[-3:]) or "git said nothing"
