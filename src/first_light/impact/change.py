"""The change that is examined: the commit it is compared with, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from first_light.forge.pipeline import target_branches
from first_light.project.default_branch import USUAL_NAMES, recorded
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED, SKIPPED, WARNED


@dataclass(frozen=True)
class NoBase:
    """Why a change cannot be compared.

    Attributes:
        why: one sentence.
        verdict: skipped where there is nothing to compare; warned or failed where it is unknown.
        fix: the command that changes that; empty where nothing is wrong.
    """

    why: str
    verdict: str = SKIPPED
    fix: str = ""


@dataclass(frozen=True)
class Change:
    """What git says of a change, uncommitted work included.

    Attributes:
        base: the commit it is compared with, in full.
        ref: that commit as people call it, e.g. "main".
        files: every file that was added, changed or deleted, relative to the product.
        renamed: new path → old path.
    """

    base: str
    ref: str
    files: frozenset[str]
    renamed: dict[str, str]

    def touches(self, *paths: str) -> bool:
        """Whether a file, or a file in a folder (with a slash at its end), is part of it."""
        return any(
            name == path or (path.endswith("/") and name.startswith(path))
            for name in self.files
            for path in paths
        )


def find_change(product: Product, requested_base: str | None) -> Change | NoBase:
    """The change on this branch: from the merge base with `asked`, or the default branch, to now.

    Raises:
        DataopsError: `asked` is no commit, or has no history in common with this branch.
    """
    if not product.git("rev-parse", "--verify", "--quiet", "HEAD", check=False):
        return NoBase("there is no commit yet to compare with")
    refs = [requested_base] if requested_base else list(_default_branches(product))
    ref = next((r for r in refs if _commit(product, r)), None)
    if ref is None:
        if requested_base:
            raise DataopsError(
                f"There is no commit {requested_base} in this clone.",
                fix="git fetch origin, then: uv run dataops check --base origin/BRANCH",
            )
        return NoBase(
            "no default branch is known here (looked for: " + ", ".join(refs) + ")",
            WARNED,
            "uv run dataops check --base REF",
        )
    base = product.git("merge-base", "HEAD", ref, check=False)
    if not base:
        shallow = product.git("rev-parse", "--is-shallow-repository", check=False) == "true"
        suffix = " in this shallow clone" if shallow else ""
        fix = "git fetch --unshallow" if shallow else "uv run dataops check --base REF"
        if requested_base:
            raise DataopsError(f"This branch and {ref} have no commit in common{suffix}.", fix=fix)
        reason = f"this branch and {ref} have no commit in common{suffix}"
        return NoBase(reason, FAILED if shallow else WARNED, fix)
    change = change_since(product, base, ref)
    return change or NoBase(_nothing_to_compare(product, ref, requested_base))


def _nothing_to_compare(product: Product, ref: str, requested_base: str | None) -> str:
    """Why there is no change, neither committed nor in the files."""
    if requested_base:
        return f"nothing differs from {requested_base}"
    name = product.git("rev-parse", "--abbrev-ref", ref, check=False) or ref  # of origin/HEAD
    name = name.rpartition("origin/")[2]
    if product.git("branch", "--show-current", check=False) in ("", name):
        return f"this is {name} itself, and nothing is changed"
    return f"nothing differs from {name} yet: no commit, no changed file"


def _default_branches(product: Product) -> Sequence[str]:
    """Where a change is going, most certain first: what a pipeline says, then what git knows."""
    branch = recorded(product)
    usual = (*(f"origin/{name}" for name in USUAL_NAMES), *USUAL_NAMES)
    return tuple(
        dict.fromkeys((*target_branches(), "origin/HEAD", f"origin/{branch}", branch, *usual))
    )


def _commit(product: Product, ref: str) -> str:
    return product.git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", check=False)


def change_since(product: Product, base: str, ref: str) -> Change | None:
    """What git says differs from a commit, uncommitted work included; None when nothing does."""
    output = product.git("diff", "--name-status", "-z", "-M", "--relative", base).split("\0")
    files: set[str] = set()
    renamed: dict[str, str] = {}
    fields = iter(field for field in output if field)
    for status in fields:
        if status[0] in "RC":
            old, new = next(fields), next(fields)
            files |= {new, old} if status[0] == "R" else {new}
            renamed[new] = old
        else:
            files.add(next(fields))
    untracked = product.git("ls-files", "--others", "--exclude-standard", "-z").split("\0")
    files |= {name for name in untracked if name}
    return Change(base, ref, frozenset(files), renamed) if files else None
