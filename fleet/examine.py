"""Where every product stands: its version, and its managed files; read from git, nothing is run."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

from dataops import managed
from dataops.errors import DataopsError
from dataops.product import ANSWERS
from fleet.config import Member

# git waits for disk and network: more at a time than there are cores, few enough to stay welcome.
AT_ONCE = 8
_SECONDS = 120


@dataclass(frozen=True)
class Seen:
    """Where one product stands.

    Attributes:
        member: the product.
        version: the template's version it is on; empty when that can't be told.
        drifted: managed files that are edited or deleted without a declaration.
        kept: managed files that the team declared its own.
        problem: why it could not be examined; empty when it could.
    """

    member: Member
    version: str = ""
    drifted: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    problem: str = ""


def examine(members: Sequence[Member]) -> Iterator[Seen]:
    """Examine all, several at a time, in their order; no failure stops another."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(examine_one, members)


def examine_one(member: Member) -> Seen:
    """Examine one product in a clone of its newest commit alone, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder:
        clone = [
            "git",
            "clone",
            "--quiet",
            "--bare",
            "--depth=1",
            "--",
            _shallow(member.url),
            folder,
        ]
        try:
            done = subprocess.run(clone, capture_output=True, text=True, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            return Seen(member, problem=f"git clone took longer than {_SECONDS} s")
        if done.returncode:
            return Seen(member, problem=done.stderr.strip().splitlines()[-1])
        try:
            return _read(member, Path(folder))
        except (DataopsError, yaml.YAMLError, tarfile.TarError) as error:
            return Seen(member, problem=str(error).splitlines()[0])


def _read(member: Member, repository: Path) -> Seen:
    """Stream the commit's files by; only their hashes stay in memory."""
    hashes: dict[str, str] = {}
    texts: dict[str, str] = {}
    archive = ["git", "archive", "--format=tar", "HEAD"]
    with subprocess.Popen(archive, cwd=repository, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with tarfile.open(fileobj=process.stdout, mode="r|") as files:
            for entry in files:
                content = files.extractfile(entry) if entry.isfile() else None
                if content is None:
                    continue
                if entry.name in (ANSWERS, managed.MANIFEST.as_posix()):
                    texts[entry.name] = content.read().decode(errors="replace")
                elif not entry.name.startswith(("sample/", "models/")):
                    hashes[entry.name] = managed.digest(content.read())
    answers = yaml.safe_load(texts.get(ANSWERS, "")) or {}
    if not answers.get("_commit"):
        return Seen(member, problem=f"no {ANSWERS}: it is no product of a template")
    listed = managed.parse(texts.get(managed.MANIFEST.as_posix(), ""))
    kept = tuple(sorted(answers.get(managed.OPT_OUTS) or {}))
    drifted = tuple(
        path for path, hash in listed.items() if hashes.get(path) != hash and path not in kept
    )
    return Seen(member, str(answers["_commit"]), drifted, kept)


def _shallow(url: str) -> str:
    """A local path as a URL: git ignores the depth of a clone by path."""
    return Path(url).resolve().as_uri() if Path(url).exists() else url
