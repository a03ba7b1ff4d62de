"""The facts that a record holds besides dbt's: git, the tools, the state of raw."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import msgspec

from first_light.dbt import engine
from first_light.dbt.packages import PACKAGES
from first_light.history.record import CommitFact, GitFacts, RawFacts, RawTable
from first_light.project import settings
from first_light.project.product import Product
from first_light.project.set_aside import SetAside
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import open_regular, read_regular
from first_light.utils.timestamps import moment, utc
from first_light.utils.whole_files import write_whole

# Under which a release keeps the list of the files that it was built from.
RAW_LIST = "raw.json"
COMMIT_FORMAT = "%H %aI %cI"
_COMMITS = 1000
_TOOLS = ("dataops", *PACKAGES)
_AT_ONCE = 1 << 20
# A file that was changed so lately (seconds) may change again without a new time: not remembered.
_TOO_FRESH = 2.0


# ── git ──────────────────────────────────────────────────────────────────────────────────────────


def git_facts(product: Product, since: str) -> GitFacts:
    """What is built, and what came since commit `since` (empty: since ever).

    An image holds no repository: there DATAOPS_COMMITS_FILE names git's own list of commits.
    """
    if not product.in_git:
        return _facts_without_git(_rows(_baked_in()), since)
    # In a repository with more than this product, only commits that change its folder are its own.
    own = product.pathspec
    head = _commits(product, "-1", "HEAD", *own)
    if not head:
        return GitFacts(dirty=True, base_commit=since)
    known = not since or _is_commit(product, since)
    commits = _commits(
        product, f"-{_COMMITS}", f"{since}..HEAD" if since and known else "HEAD", *own
    )
    shallow = product.git("rev-parse", "--is-shallow-repository", check=False) == "true"
    total = None
    if known and not (shallow and not _reaches(product, since)):
        span = f"{since}..HEAD" if since else "HEAD"
        total = int(product.git("rev-list", "--count", span, *own))
    return GitFacts(
        commit=head[0].commit,
        branch=product.git("symbolic-ref", "--short", "-q", "HEAD", check=False),
        authored_at=head[0].authored_at,
        committed_at=head[0].committed_at,
        dirty=bool(uncommitted(product)),
        base_commit=since,
        commits=commits if known else (),
        commits_total=total,
    )


def uncommitted(product: Product) -> list[str]:
    """Files of the product that differ from the commit, as git names them."""
    prefix = product.prefix
    listed = product.git("status", "--porcelain", "--untracked-files=normal", *product.pathspec)
    return [line[3:].removeprefix(prefix) for line in listed.splitlines() if line]


def _commits(product: Product, *arguments: str) -> tuple[CommitFact, ...]:
    return _rows(product.git("log", f"--format={COMMIT_FORMAT}", *arguments, check=False))


def _baked_in() -> str:
    """The list of commits that an image holds; empty where none was put in.

    Raises:
        DataopsError: there should be one, and it can't be read.
    """
    if not (name := settings.current().commits_file):
        return ""
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataopsError(
            "The list of commits in DATAOPS_COMMITS_FILE cannot be read.",
            where=f"DATAOPS_COMMITS_FILE={name}: {error}",
            fix="set it to a readable file, or unset it",
        ) from error


def _facts_without_git(log: tuple[CommitFact, ...], since: str) -> GitFacts:
    """The same facts from a list of the newest commits, newest first."""
    if not log:
        return GitFacts(base_commit=since)
    known = [commit.commit for commit in log]
    reached = since in known
    commits = log[: known.index(since)] if reached else () if since else log
    return GitFacts(
        commit=log[0].commit,
        authored_at=log[0].authored_at,
        committed_at=log[0].committed_at,
        base_commit=since,
        commits=commits,
        commits_total=len(commits) if reached else None,
    )


def _rows(listed: str) -> tuple[CommitFact, ...]:
    rows = [line.split(" ") for line in listed.splitlines()]
    return tuple(
        CommitFact(row[0], utc(moment(row[1])), utc(moment(row[2])))
        for row in rows
        if len(row) == 3
    )


def _is_commit(product: Product, commit: str) -> bool:
    return product.git("cat-file", "-t", commit, check=False) == "commit"


def _reaches(product: Product, since: str) -> bool:
    """Whether the way from HEAD to `since` is all there, in a shallow clone."""
    if not since:
        return False
    return product.git("merge-base", since, "HEAD", check=False) == since


# ── tools ────────────────────────────────────────────────────────────────────────────────────────


def tools() -> dict[str, str]:
    """The versions of what builds, by name."""
    versions = {"python": platform.python_version()}
    for name in _TOOLS:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {**versions, "dbt-core": engine.version()}


# ── raw ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class RawFile:
    """One file in raw: its path below raw's root, its size in bytes, a hash of its content."""

    name: str
    size: int
    hash: str


def raw_files(root: Path) -> list[str]:
    """The files below raw's root, by path and sorted; hidden files are nobody's data.

    Raises:
        DataopsError: a folder can't be read: without its files a release would be of less data.
    """

    def reject(error: OSError) -> None:
        if isinstance(error, FileNotFoundError):  # no sample, or a folder that was just removed
            return
        folder = Path(error.filename)
        place = root.name if folder == root else folder.relative_to(root).as_posix()
        raise DataopsError(
            "A folder in raw cannot be read.",
            f"{place}: {error.strerror}",
            "check its permissions, then repeat the command",
        ) from error

    names = []
    for folder, folders, file_names in os.walk(root, onerror=reject):
        folders[:] = [name for name in folders if not name.startswith(".")]
        folder_name = Path(folder).relative_to(root)
        names += [
            (folder_name / name).as_posix() for name in file_names if not name.startswith(".")
        ]
    return sorted(names)


def read_raw(root: Path, cache: Path) -> tuple[RawFile, ...]:
    """Every file in raw with a hash of its content; what did not change is not read again.

    Args:
        root: raw.
        cache: a file that remembers hashes by path, size, time of change and inode.

    Raises:
        DataopsError: a file can't be read.
    """
    remembered = _remembered(root, cache)
    files: list[RawFile] = []
    remember: dict[str, list[int | str]] = {}
    now = time.time()
    for name in raw_files(root):
        path = root / name
        try:
            facts = path.stat()
            key: list[int | str] = [facts.st_size, facts.st_mtime_ns, facts.st_ino]
            known = remembered.get(name)
            digest = str(known[3]) if known and known[:3] == key else file_hash(path)
        except OSError as error:
            raise DataopsError(
                "A file in raw cannot be read.",
                f"{name}: {error.strerror}",
                "check what it is and its permissions, then repeat the command",
            ) from error
        files.append(RawFile(name, facts.st_size, digest))
        if now - facts.st_mtime > _TOO_FRESH:
            remember[name] = [*key, digest]
    if remember != remembered:
        text = json.dumps({"root": str(root), "files": remember}, separators=(",", ":"))
        write_whole(cache, text.encode(), through_links=False)
    return tuple(files)


def raw_facts(
    files: Iterable[RawFile], before: Iterable[RawFile], set_aside: Iterable[SetAside] = ()
) -> RawFacts:
    """The state of raw, and what is not as it was `before`, when current was built.

    Args:
        files: the files that are read.
        before: those that current was built from.
        set_aside: the files that are not read; none of them counts as removed.
    """
    entries = tuple(set_aside)
    left_out = {entry.file for entry in entries}
    now = sorted(files, key=lambda file: file.name)
    known = {file.name: file.hash for file in now}
    tables: dict[str, list[int]] = {}
    for file in now:
        counts = tables.setdefault(file.name.partition("/")[0], [0, 0])
        counts[0] += 1
        counts[1] += file.size
    lines = "".join(f"{file.name}\0{file.size}\0{file.hash}\n" for file in now)
    return RawFacts(
        fingerprint=hashlib.blake2b(
            lines.encode("utf-8", "surrogateescape"), digest_size=16
        ).hexdigest(),
        files=len(now),
        bytes=sum(file.size for file in now),
        tables=tuple(RawTable(name, *counts) for name, counts in sorted(tables.items())),
        modified=tuple(f.name for f in before if known.get(f.name, f.hash) != f.hash),
        removed=tuple(f.name for f in before if f.name not in known and f.name not in left_out),
        set_aside=tuple(str(entry) for entry in entries),
    )


def raw_to_json(files: Iterable[RawFile]) -> bytes:
    """The list of files as a release keeps it."""
    return (json.dumps([asdict(file) for file in files], ensure_ascii=False) + "\n").encode()


def raw_from_json(path: Path) -> tuple[RawFile, ...]:
    """The list of files that a release kept; empty when it is not there."""
    try:
        return tuple(msgspec.json.decode(read_regular(path), type=list[RawFile]))
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()


def _remembered(root: Path, cache: Path) -> dict[str, list[int | str]]:
    try:
        remembered = json.loads(read_regular(cache))
        return dict(remembered["files"]) if remembered["root"] == str(root) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # it can all be read again


def file_hash(path: Path) -> str:
    hashed = hashlib.blake2b(digest_size=16)
    with open_regular(path) as file:
        while piece := file.read(_AT_ONCE):
            hashed.update(piece)
    return hashed.hexdigest()
