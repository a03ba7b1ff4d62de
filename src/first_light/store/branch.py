"""A store on a branch of the product's git remote: one commit without a parent, replaced
by every change, so that it does not grow with its history.

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

from first_light.store.names import raise_if_foreign
from first_light.store.remote import (
    File,
    FileVanished,
    StateConflict,
    Tree,
    Unreachable,
    blob_id,
)
from first_light.store.run_ids import run_number
from first_light.utils.addresses import without_credentials
from first_light.utils.errors import DataopsError

BRANCH = "dataops-store"
POINTER = "current"
REMOTE = "origin"
_LARGEST = 90 << 20  # bytes a file; GitHub rejects what is larger than 100 MB
_TOGETHER = 500 << 20  # bytes that all releases may take: every runner fetches them all
_LOCAL_SPARE = 64 << 20  # bytes of old states that the mirror may hold besides twice its own
_FILE = "100644"  # the mode of a file; links, programs and submodules have others
_TRIES = 4
_PATIENCE = 900  # seconds that one call of git may take
_QUIETLY = {
    # No prompt: the process may be unattended. English: some messages are parsed here.
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
    """A store branch.

    Attributes:
        root: the product's folder.
        home: the folder for fetched objects.
        branch: the branch name.
        address: the remote's URL; may contain a secret.
        push_address: the URL for pushes, usually the same.
        git_dir: the product's git directory.
        git_objects: the product's object directory.
        algorithm: the hash algorithm of its object names.
    """

    root: Path
    home: Path
    branch: str
    address: str
    push_address: str
    git_dir: str
    git_objects: str
    algorithm: str

    fetches_all = True

    @classmethod
    def of(cls, root: Path, home: Path, branch: str) -> BranchRemote:
        """The store branch in the remote of the product in `root`.

        Raises:
            DataopsError: the remote does not exist, or the branch name is not valid.
        """
        facts = [_git_fact(root, *question) or "" for question in _FACTS]
        if not all(facts):
            raise DataopsError(
                f"The store is a branch of the git remote {REMOTE}, but there is no such remote.",
                where=str(root),
                fix=f"git remote add {REMOTE} URL, or set DATAOPS_STORE to a folder",
            )
        if _git_fact(root, "check-ref-format", f"refs/heads/{branch}") is None:
            raise DataopsError(
                "This is not a valid branch name.",
                where=f"DATAOPS_STORE=branch:{branch}",
                fix=f"set DATAOPS_STORE=branch, for the branch {BRANCH}",
            )
        return cls(root, home, branch, *facts)

    audience = "everybody who can read the repository"

    @property
    def place(self) -> str:
        return f"branch {self.branch} of {without_credentials(self.address)}"

    # ── Reading ──────────────────────────────────────────────────────────────────────────────

    def read(self) -> Tree:
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
        with open(goal, "wb") as file_object:
            process = subprocess.run(
                ["git", "cat-file", "blob", file.id],
                cwd=self.root,
                env=self._environment(),
                stdout=file_object,
                stderr=subprocess.DEVNULL,
            )
        if process.returncode:
            raise FileVanished(path)

    def id_of(self, content: Path | bytes) -> str:
        return blob_id(content, self.algorithm)

    def url(self, path: str) -> str:
        return ""

    def _head(self) -> str:
        refs = self._reach("ls-remote", self.address, self._ref)
        return refs.split()[0] if refs.split() else ""

    def _tree(self, commit: str) -> Tree:
        entries = self._git("ls-tree", "-r", "-l", "-z", "--full-tree", commit) or ""
        files, other_paths = {}, []
        for entry in filter(None, entries.split("\0")):
            facts, _, path = entry.partition("\t")
            mode, _, blob, size = facts.split()
            if mode == _FILE:
                files[path] = File(blob, int(size))
            else:
                other_paths.append(path)
        pointer = files.pop(POINTER, None)
        target = self._git("cat-file", "blob", pointer.id) if pointer else ""
        current = (target or "").strip().removeprefix("releases/")
        raise_if_foreign(self.place, current, files, other_paths)
        return Tree(commit, current, files)

    # ── Writing ──────────────────────────────────────────────────────────────────────────────

    def put(
        self, base: Tree, current: str, kept: Mapping[str, File], new: Mapping[str, Path | bytes]
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
        dropped = releases_to_drop(kept, {current, base.current}, room)
        blobs = {path: file.id for path, file in kept.items() if release_of(path) not in dropped}
        blobs |= {path: self._hash(content) for path, content in new.items()}
        if current:
            blobs[POINTER] = self._hash(f"releases/{current}\n".encode())
        commit = self._commit(blobs, current)
        self._push(base.version, commit)
        tree = self._tree(commit)
        self._compact(tree)
        return tree

    def _push(self, base_version: str, commit: str) -> None:
        for attempt in range(_TRIES):
            process = self._run(
                *("push", "--no-verify", "--quiet", "--recurse-submodules=no"),
                *(f"--force-with-lease={self._ref}:{base_version}", self.push_address),
                f"{commit}:{self._ref}",
            )
            if process.returncode == 0:
                return
            # Rejected, or disconnected after it was accepted: the branch itself shows which.
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
            if head != base_version:
                raise StateConflict
            if "lock" not in process.stderr and "stale info" not in process.stderr:
                break
            time.sleep(random.uniform(0.2, 1.0) * (attempt + 1))
        raise Unreachable(
            "The store could not be written.",
            where=f"{self.place}: {without_credentials(_error_lines(process.stderr))}",
            fix="allow this user or token to push to the branch, then repeat the command",
        )

    def _commit(self, blobs: Mapping[str, str], current: str) -> str:
        index = self.home / f"index.{os.getpid()}"
        index.unlink(missing_ok=True)
        lines = "".join(f"{_FILE} {blob}\t{path}\0" for path, blob in sorted(blobs.items()))
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
        """The commit's author, also on a runner without a git identity."""
        name = _git_fact(self.root, "config", "user.name") or "dataops"
        email = _git_fact(self.root, "config", "user.email") or "dataops@localhost"
        identity = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in (("NAME", name), ("EMAIL", email))
        }
        return {key: os.environ.get(key, value) for key, value in identity.items()}

    def _hash(self, content: Path | bytes) -> str:
        if isinstance(content, bytes):
            process = self._run(
                "hash-object", "-w", "--no-filters", "--stdin", stdin=content.decode()
            )
        else:
            process = self._run("hash-object", "-w", "--no-filters", str(content))
        if process.returncode:
            raise _broken(self.place, process.stderr)
        return process.stdout.strip()

    def _compact(self, tree: Tree) -> None:
        """Delete old states once they take more space than the present one."""
        objects = self.home / "objects"
        used = sum(path.stat().st_size for path in objects.rglob("*") if path.is_file())
        if used <= 2 * sum(file.size for file in tree.files.values()) + _LOCAL_SPARE:
            return
        reachable = self._git("rev-list", "--objects", "--no-object-names", tree.version)
        pack = self._git(
            "pack-objects", "--quiet", str(objects / "pack" / "pack"), stdin=reachable or ""
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
            # Its refs must resolve, or git considers the repository broken.
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
        """The output of a local git command; None if it failed and `check` is false."""
        process = self._run(*arguments, stdin=stdin, environment=environment)
        if process.returncode and check:
            raise _broken(self.place, process.stderr)
        return None if process.returncode else process.stdout

    def _reach(self, *arguments: str) -> str:
        process = self._run(*arguments)
        if process.returncode:
            raise Unreachable(
                "The store cannot be reached.",
                where=f"{self.place}: {without_credentials(_error_lines(process.stderr))}",
                fix="check the network and your access to the remote, then repeat the command",
            )
        return process.stdout


# The git commands of `of`, in the order of the attributes.
_FACTS = (
    ("remote", "get-url", REMOTE),
    ("remote", "get-url", "--push", REMOTE),
    ("rev-parse", "--path-format=absolute", "--git-dir"),
    ("rev-parse", "--path-format=absolute", "--git-path", "objects"),
    ("rev-parse", "--show-object-format"),
)


def releases_to_drop(files: Mapping[str, File], spared: set[str], room: int) -> set[str]:
    """The oldest releases to delete so that the rest fits into this many bytes.

    Args:
        files: files by path, including those of releases.
        spared: releases that are kept whatever their size.
        room: bytes for all files.
    """
    sizes: dict[str, int] = {}
    for path, file in files.items():
        sizes[release_of(path)] = sizes.get(release_of(path), 0) + file.size
    dropped: set[str] = set()
    for run in sorted(sizes, key=lambda run: (run_number(run), run)):
        if sum(size for other, size in sizes.items() if other not in dropped) <= room:
            break
        if run_number(run) and run not in spared:
            dropped.add(run)
    return dropped


def release_of(path: str) -> str:
    """The release that a file belongs to; empty if it belongs to none."""
    return path.split("/")[1] if path.startswith("releases/") else ""


def _size(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def _git_fact(root: Path, *arguments: str) -> str | None:
    process = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    return None if process.returncode else process.stdout.strip()


def _broken(place: str, complaint: str) -> DataopsError:
    return DataopsError(
        "git failed in the local copy of the store.",
        where=f"{place}: {without_credentials(_error_lines(complaint))}",
        fix="delete the copy (the folder .dataops) and repeat the command",
    )


def _error_lines(complaint: str) -> str:
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("fatal:", "error:", "remote:", "!"))]
    return "; ".join((errors or lines)[-3:]) or "no output from git"
