"""`dataops update`: bring the product to the template's newest version, and say what that meant."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from first_light.commands import kept_diffs
from first_light.commands.renew_package import renew_package
from first_light.forge import repository_files
from first_light.project import managed, managed_list
from first_light.project.answers import SOURCE, write_answers
from first_light.project.copier import numbers, run_update
from first_light.project.pin import (
    PIN,
    VENDOR,
    address_of,
    pin_of_answers,
    pin_text,
    pinned_commit,
)
from first_light.project.product import ANSWERS, Product
from first_light.project.working_copy import OWN_COMMIT, move_into, working_copy
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import write_whole

NEW, RENEWED, REMOVED = "new", "renewed", "removed"
_HEADING = re.compile(r"^##\s+\[?(?P<version>v?\d+(?:\.\d+)*)\b")


@dataclass(frozen=True)
class Change:
    """One file that the update changed.

    Attributes:
        path: relative to the product.
        kind: new, renewed or removed.
        why: the rule behind it, a few words.
    """

    path: str
    kind: str
    why: str


@dataclass(frozen=True)
class Update:
    """What an update did, or in a preview would do.

    Attributes:
        before: the template's version before.
        after: and after; the same when there was nothing newer.
        changes: the files that it changed, by path.
        conflicts: files in which the template's lines and the team's met, by path.
        rescued: edited managed files that the template no longer has; the team's text was kept.
        new_answers: answers to new questions, with the defaults taken.
        kept: managed files that the team declared its own, left alone.
        kept_diffs: what the template changed in them, as a diff by path.
        notes: the template's release notes between the two versions, Markdown.
        todo: a command that failed and is to be repeated by hand; empty when none did.
    """

    before: str
    after: str
    changes: tuple[Change, ...] = ()
    conflicts: tuple[str, ...] = ()
    rescued: tuple[str, ...] = ()
    new_answers: Mapping[str, object] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    kept_diffs: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""
    todo: str = ""

    @property
    def clean(self) -> bool:
        """Whether nobody has to decide anything."""
        return not (self.conflicts or self.rescued)

    @property
    def anything(self) -> bool:
        """Whether there was anything newer."""
        return self.before != self.after or bool(self.changes)


def update(
    product: Product,
    progress: Callable[[str], None],
    to: str | None = None,
    trust: bool = False,
    dry_run: bool = False,
    template: str = "",
) -> Update:
    """Bring the product to a newer version of the template; nothing is committed.

    Args:
        product: the product; everything in it must be committed.
        progress: shows what is being done right now.
        to: a version of the template; None for the newest.
        trust: let the versions' migrations run.
        dry_run: try it on a copy, and leave the product as it is.
        template: the address of the template from now on; empty for the recorded one.

    Raises:
        DataopsError: it could not run; the product is as it was.
    """
    if not product.in_git or not product.git("ls-tree", "HEAD", ANSWERS, check=False):
        raise DataopsError(
            "An update needs the product's first commit to compare with.",
            where=str(product.root),
            fix="uv run dataops start",
        )
    product.raise_if_uncommitted("an update", "uv run dataops update")
    with working_copy(product) as copy:
        result = _update(copy, progress, to, trust, template)
        if not dry_run:
            move_into(product, copy)
    kept_diffs.write(product, result.kept_diffs)
    return result


def find_conflicts(product: Product) -> tuple[str, ...]:
    """What Copier leaves with exit code 0: unmerged paths and rejected hunks."""
    unmerged = product.git("diff", "--name-only", "--relative", "--diff-filter=U", "-z").split("\0")
    rejected = (path.relative_to(product.root).as_posix() for path in product.root.rglob("*.rej"))
    return tuple(sorted({*unmerged, *rejected} - {""}))


def read_changes(
    status: str,
    managed_before: Collection[str],
    local_name: Callable[[str], str] = str,
) -> tuple[Change, ...]:
    """The changed files in what `git status --porcelain -z` says, each with the rule behind it.

    Args:
        status: what git said.
        managed_before: the paths that were managed before the update.
        local_name: what a path from the top of the repository is called from the product.
    """
    changes_ = []
    entries = iter(status.split("\0"))
    for entry in entries:
        state = entry[:2]
        if not entry[3:]:
            continue
        path = local_name(entry[3:])
        if "R" in state:
            changes_.append(Change(local_name(next(entries)), REMOVED, "moved by a migration"))
        if path.startswith("../"):
            kind = REMOVED if "D" in state else RENEWED
            changes_.append(Change(path, kind, "written from the product's pipelines"))
        elif path == ANSWERS:
            changes_.append(Change(path, RENEWED, "the version, and your answers"))
        elif path.startswith(f"{VENDOR.as_posix()}/") and path.endswith(".whl"):
            kind = REMOVED if "D" in state else RENEWED
            changes_.append(Change(path, kind, "the package, as a wheel"))
        elif path == "uv.lock":
            changes_.append(
                Change(path, RENEWED, "updated the lockfile, since the pinned tools changed")
            )
        elif "D" in state:
            changes_.append(Change(path, REMOVED, "the template no longer has it"))
        elif path in managed_before or path == managed_list.MANIFEST.as_posix():
            changes_.append(Change(path, RENEWED, "managed: it equals a fresh render"))
        else:
            changes_.append(Change(path, NEW, "new in the template"))
    return tuple(sorted(changes_, key=lambda change: change.path))


def new_answers(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """Answers to new questions. An answer that is no longer one stops Copier: see copier.yml."""
    return {key: value for key, value in after.items() if key not in before}


def notes_between(changelog: str, before: str, after: str) -> str:
    """The sections of a changelog that are newer than one version and not newer than another."""
    sections: list[str] = []
    keeping = False
    for line in changelog.splitlines():
        if line.startswith("## "):
            heading = _HEADING.match(line)
            version = numbers(heading["version"]) if heading else ()
            keeping = bool(version) and numbers(before) < version <= numbers(after)
        if keeping:
            sections.append(line)
    return "\n".join(sections).strip()


def fetch_notes(source: str, before: str, after: str) -> str:
    """The template's release notes between two versions; a sentence when they can't be had."""
    if Path(source).expanduser().is_dir():  # its version need be no tag, which a clone would want
        show = ["git", "-C", str(Path(source).expanduser()), "show", f"{after}:CHANGELOG.md"]
        process = subprocess.run(show, capture_output=True, text=True, errors="replace")
        return "" if process.returncode else notes_between(process.stdout, before, after)
    with tempfile.TemporaryDirectory(prefix="dataops-notes-") as folder:
        clone = ["git", "clone", "--quiet", "--bare", "--depth=1", f"--branch={after}"]
        commands = (
            [*clone, address_of(source), folder],
            ["git", "-C", folder, "show", "HEAD:CHANGELOG.md"],
        )
        for command in commands:
            process = subprocess.run(command, capture_output=True, text=True, errors="replace")
            if process.returncode:
                return "The release notes could not be fetched."
    return notes_between(process.stdout, before, after)


def _update(
    product: Product,
    progress: Callable[[str], None],
    to: str | None,
    trust: bool,
    template: str,
) -> Update:
    root = product.root
    old_answers = dict(product.answers)
    owned = managed.opt_outs(product)
    drifted = [
        drift.path
        for drift in managed.drifts(product, managed.manifest(root) or {})
        if drift.path not in owned and drift.state == managed.EDITED
    ]
    digests_before = managed.manifest(root) or {}
    listed_before = {*digests_before, PIN.as_posix()}

    progress("copier update")
    if template:
        _move_template(product, template, to, trust)
    else:
        run_update(product, to, trust)

    new_answers_ = dict(Product(root).answers)
    conflicts = find_conflicts(product)
    rescued = tuple(path for path in drifted if not (root / path).exists())
    for path in rescued:
        # The template removed a file with lines of the team in it: Copier deletes it in silence.
        product.git("checkout", "HEAD", "--", path)
    todo = renew_package(Product(root), progress, conflicts)
    repository_files.write(Product(root))
    changes = read_changes(
        product.git("status", "--porcelain", "-uall", "-z"), listed_before, product.local_name
    )
    versions = str(old_answers.get("_commit", "")), str(new_answers_.get("_commit", ""))
    notes = ""
    if versions[0] != versions[1]:
        progress("release notes")
        notes = fetch_notes(str(new_answers_.get("_src_path", "")), *versions)
    return Update(
        before=versions[0],
        after=versions[1],
        changes=tuple(change for change in changes if change.path not in conflicts),
        conflicts=conflicts,
        rescued=rescued,
        new_answers=new_answers(old_answers, new_answers_),
        kept=tuple(sorted(owned)),
        kept_diffs=kept_diffs.between(
            (old_answers, new_answers_), (digests_before, _digests(root, conflicts)), owned
        ),
        notes=notes,
        todo=todo,
    )


def _digests(root: Path, conflicts: Collection[str]) -> Mapping[str, str]:
    """The template's list of managed files; empty while a person has to resolve it."""
    if managed_list.MANIFEST.as_posix() in conflicts:
        return {}
    return managed.manifest(root) or {}


def _move_template(product: Product, template: str, to: str | None, trust: bool) -> None:
    """Update from another address, which must have the version that made the product.

    Copier takes the address from a commit, which is undone afterwards.
    """
    before = product.git("rev-parse", "HEAD")
    answers = {**product.answers, SOURCE: template}
    write_answers(product.root, answers)
    if commit := pinned_commit(product.root):  # the package comes from the template's address
        pin = pin_of_answers(answers, commit)
        write_whole(product.root / PIN, pin_text(pin).encode())
    product.git(*OWN_COMMIT, "--all", "--message", "Move the template")
    run_update(Product(product.root), to, trust)
    product.git("update-ref", "--no-deref", "HEAD", before)
