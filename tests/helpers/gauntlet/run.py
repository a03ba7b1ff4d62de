"""One product's way through the gauntlet: rendered, lived in, committed, updated, examined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import copier

import harness
from first_light.project import managed, managed_list
from first_light.project.pin import PIN
from first_light.project.product import ANSWERS, Product
from gauntlet.lives import Life, Team
from tools.release.template import MANAGED, covers, ownership, recorded


@dataclass(frozen=True)
class Passage:
    """A product that went through, before and after.

    Attributes:
        team: the team and what it wrote.
        before: the product's files as committed before the update.
        answers: its answers then.
        after: its files after the update.
    """

    team: Team
    before: dict[str, bytes]
    answers: dict[str, object]
    after: dict[str, bytes]


def render(template: Path, into: Path, version: str, answers: dict[str, object]) -> Path:
    """A product on a version, never trusted."""
    copier.run_copy(str(template), into, data=answers, defaults=True, quiet=True, vcs_ref=version)
    return into


def update(product: Path, version: str, trusted: bool = False) -> None:
    """What `copier update --defaults` does."""
    copier.run_update(
        product, defaults=True, overwrite=True, quiet=True, vcs_ref=version, unsafe=trusted
    )


Render = Callable[[Path, Path, str, dict[str, object]], Path]


def born(
    template: Path,
    into: Path,
    version: str,
    answers: dict[str, object],
    life: Life,
    render: Render = render,
) -> Team:
    """A product with its first commit, and a team that lived in it, all committed."""
    render(template, into, version, answers)
    harness.git(into, "init", "-q", "-b", "main")
    # Line ends are part of what must stay as it is.
    harness.git(into, "config", "core.autocrlf", "false")
    team = Team(into, version)
    team.commit("first light")
    life(team)
    team.commit("what the team did")
    return team


def passage(team: Team, version: str, trusted: bool = False) -> Passage:
    """Update the team's product to a version."""
    before = harness.tree(team.root, ".")
    answers = dict(Product(team.root).answers)
    update(team.root, version, trusted)
    return Passage(team, before, answers, harness.tree(team.root, "."))


def conflicts(product: Path) -> list[str]:
    """What Copier reports with exit code 0: unmerged paths, rejected hunks, markers left behind."""
    unmerged = harness.git(product, "diff", "--name-only", "--diff-filter=U").splitlines()
    rejected = [path.name for path in product.rglob("*.rej")]
    marked = [
        path
        for path, content in harness.tree(product, ".").items()
        if b"<<<<<<< before updating" in content
    ]
    return [*unmerged, *rejected, *marked]


def examine(
    done: Passage,
    template: Path,
    version: str,
    fresh: Path,
    render: Render = render,
    again: bool = True,
) -> int:
    """Assert everything that an update promises.

    Args:
        done: the product before and after.
        template: the repository at `version`.
        version: where it went.
        fresh: an empty folder for a fresh render of that version with the same answers.
        render: makes it.
        again: update once more, which must change nothing.

    Returns:
        How many lines of the team were found again.
    """
    team = done.team
    assert conflicts(team.root) == []

    # Answers: those given before stand.
    product = Product(team.root)
    for key, answer in done.answers.items():
        if key in recorded(template):
            assert product.answers[key] == answer, key
    assert product.answers["_commit"] == version

    kept = set(managed.opt_outs(product))
    ours = ownership(template)
    managed_before, managed_now = _managed(done.before), _managed(done.after)
    handed_over = {path for path in managed_before if covers(ours.owned + ours.tombstones, path)}

    # Managed: what a fresh render with the same answers gives, no more and no less.
    given = {key: value for key, value in product.answers.items() if not key.startswith("_")}
    rendered = harness.tree(render(template, fresh, version, given), ".")
    assert {path for path in rendered if ours.classes(path) == (MANAGED,)} == managed_now - kept
    for path in managed_now - kept:
        assert done.after.get(path) == rendered[path], path
    assert not (managed_before - managed_now - handed_over - kept) & set(done.after)

    # Owned: byte for byte what it was; nothing deleted, nothing brought back, nothing new.
    every = set(done.before) | set(done.after)
    for path in every - (managed_before | managed_now) | every & (kept | handed_over):
        assert done.after.get(path) == done.before.get(path), path
    result = 0
    for path, lines in team.lines.items():
        there = Counter(done.after[path].decode().splitlines())
        assert not lines - there, path
        result += lines.total()
    assert not team.gone & set(done.after)

    if again:  # once is enough
        team.commit("updated")
        update(team.root, version)
        assert harness.git(team.root, "status", "--porcelain") == ""
    return result


def _managed(tree: Mapping[str, bytes]) -> set[str]:
    """The managed paths of a product, as its own list says them, and those without a line."""
    carried = managed_list.MANIFEST.as_posix()
    return {*managed_list.parse(tree[carried].decode()), carried, ANSWERS, PIN.as_posix()}
