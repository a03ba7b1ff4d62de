"""The last commit that changed each file, from git."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from first_light.project.product import Product

_COMMITS = 10_000  # more of a history are not read


@dataclass(frozen=True)
class LastChange:
    """A commit: its full hash, and its committer date (YYYY-MM-DD). No names, no message."""

    commit: str
    date: str


def last_changes(product: Product, files: Iterable[str]) -> dict[str, LastChange]:
    """The last change of each file; without those whose change is not known.

    In a shallow clone the oldest commits seem to add every file: they are left out.

    Args:
        product: the product.
        files: their paths, relative to the product.
    """
    wanted = {path for path in files if path}
    folders = sorted({path.split("/", 1)[0] for path in wanted})
    if not wanted or not product.in_git:
        return {}
    arguments = (
        "log",
        f"-{_COMMITS}",
        "--name-only",
        "--relative",
        "--format=%x01%H %cs",
        "HEAD",
        "--",
    )
    log = product.git("-c", "core.quotePath=false", *arguments, *folders, check=False)
    cut = _cut_off(product)
    changes: dict[str, LastChange] = {}
    for entry in log.split("\x01")[1:]:
        head, *names = entry.split("\n")
        commit, date = head.split(" ")
        if commit in cut:
            wanted -= set(names)
            continue
        for name in wanted.intersection(names):
            changes[name] = LastChange(commit, date)
            wanted.remove(name)
        if not wanted:
            break
    return changes


def newest(*changes: LastChange | None) -> LastChange | None:
    """The latest of some changes; None where none is known."""
    known = [change for change in changes if change is not None]
    return max(known, key=lambda change: change.date) if known else None


def _cut_off(product: Product) -> frozenset[str]:
    """The commits at which a shallow clone ends."""
    path = product.root / product.git("rev-parse", "--git-path", "shallow", check=False)
    return frozenset(_lines(path)) if path.is_file() else frozenset()


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split()
