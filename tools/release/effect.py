"""What a release does to products, seen by rendering: it decides the version, and the note says it.

patch: managed files only. minor: a new question, a new owned seed, a hand-over. major: a migration,
or a name of a command, setting or field that is gone.
"""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import copier

from first_light.project.managed_list import digest
from tools.release.interface import names
from tools.release.template import MANAGED, OWNED, Ownership, asked, ownership, recorded, settings

PATCH, MINOR, MAJOR = "patch", "minor", "major"
# Each product differs in them: the version itself, and the list made of the other files.
_NOT_COMPARED = (".copier-answers.yml", "dataops/managed.sha256")
_SHOWN = 12


@dataclass(frozen=True)
class Snapshot:
    """One version of the template, as products see it.

    Attributes:
        renders: for every profile the hash of every file by its path.
        questions: the default of every recorded question.
        migrations: the versions that have a migration.
        ownership: who owns what.
        interface: names of commands, options, settings and fields.
    """

    renders: Mapping[str, Mapping[str, str]]
    questions: Mapping[str, object]
    migrations: frozenset[str]
    ownership: Ownership
    interface: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Effect:
    """What going from one version to another does to products.

    Attributes:
        changed: managed paths that change, come or go.
        seeds: owned paths that only newer products get.
        handed_over: paths that become the team's.
        questions: new questions with their defaults.
        migrations: versions whose migration runs, and needs trust.
        gone: names that people and programs used, and that are no more.
    """

    changed: tuple[str, ...]
    seeds: tuple[str, ...]
    handed_over: tuple[str, ...]
    questions: Mapping[str, object]
    migrations: tuple[str, ...]
    gone: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """The smallest honest step: patch, minor or major."""
        if self.migrations or self.gone:
            return MAJOR
        return MINOR if self.questions or self.seeds or self.handed_over else PATCH


def profiles(root: Path) -> dict[str, dict[str, str]]:
    """Every combination of choices; free answers keep their defaults."""
    choices = {}
    for key, output in asked(root).items():
        if listed := output.get("choices"):
            values = listed.values() if isinstance(listed, dict) else listed
            choices[key] = [str(value) for value in values]
    combined = itertools.product(*choices.values())
    return {" ".join(values): dict(zip(choices, values)) for values in combined}


def snapshot(repository: Path, ref: str, answers: Mapping[str, Mapping[str, str]]) -> Snapshot:
    """A version, rendered for each of the answers.

    Args:
        repository: the template's repository, checked out at `ref`.
        ref: a tag, or HEAD for the working tree.
        answers: by the name of their profile.
    """
    renders = {}
    known = recorded(repository)
    for name, given in answers.items():
        with tempfile.TemporaryDirectory(prefix="release-") as folder:
            product = Path(folder) / "product"
            copier.run_copy(
                str(repository),
                product,
                data={key: value for key, value in given.items() if key in known},
                defaults=True,
                quiet=True,
                vcs_ref=ref,
            )
            renders[name] = {
                path.relative_to(product).as_posix(): digest(path.read_bytes())
                for path in sorted(product.rglob("*"))
                if path.is_file()
            }
    migrations = frozenset(
        str(output["version"]) for output in settings(repository).get("_migrations", ())
    )
    defaults = {key: output.get("default") for key, output in known.items()}
    return Snapshot(renders, defaults, migrations, ownership(repository), names(repository))


def effect(before: Snapshot, after: Snapshot) -> Effect:
    """What going from one version to another does to products that answered alike."""
    changed: set[str] = set()
    seeds: set[str] = set()
    handed_over: set[str] = set()
    for profile in before.renders.keys() & after.renders.keys():
        was, now = before.renders[profile], after.renders[profile]
        for path in (was.keys() | now.keys()) - set(_NOT_COMPARED):
            classes = before.ownership.classes(path), after.ownership.classes(path)
            if classes[0] == (MANAGED,) and classes[1] != (MANAGED,):
                handed_over.add(path)
            elif classes[1] == (OWNED,):
                if path not in was:
                    seeds.add(path)
            elif was.get(path) != now.get(path):
                changed.add(path)
    return Effect(
        changed=tuple(sorted(changed)),
        seeds=tuple(sorted(seeds)),
        handed_over=tuple(sorted(handed_over)),
        questions={
            key: default for key, default in after.questions.items() if key not in before.questions
        },
        migrations=tuple(sorted(after.migrations - before.migrations)),
        gone=tuple(sorted(before.interface - after.interface)),
    )


def note(done: Effect) -> str:
    """The four lines that every release note ends with; a fifth where a name is gone."""
    files = _some(done.changed) + (
        f"; handed over: {_some(done.handed_over)}" * bool(done.handed_over)
    )
    seeds = f"; only in new products: {_some(done.seeds)}" if done.seeds else ""
    questions = ", ".join(f"`{key}` (default {value!r})" for key, value in done.questions.items())
    migrations = ", ".join(done.migrations)
    trust = (
        f"{migrations}: `dataops update --trust` is needed"
        if migrations
        else "none, no trust needed"
    )
    conflicts = "none, unless a managed file was edited without `dataops own`"
    return (
        f"- Files changed: {files}{seeds}\n"
        f"- Questions added: {questions or 'none'}\n"
        f"- Migrations: {trust}\n"
        f"- Expected conflicts: {conflicts}\n"
        + f"- Removed: {_some(done.gone)}\n"
        * bool(done.gone)
    )


def next_version(last: str, level: str) -> str:
    """The version that follows, by the level of the step."""
    was = numbers(last)
    position = {MAJOR: 0, MINOR: 1, PATCH: 2}[level]
    stepped = [*was[:position], was[position] + 1, 0, 0][:3]
    return "v" + ".".join(map(str, stepped))


def under_declared(last: str, version: str, level: str) -> bool:
    """Whether a version promises products less change than it brings them."""
    return numbers(version) < numbers(next_version(last, level))


def numbers(version: str) -> list[int]:
    """A version's three numbers, for comparing."""
    return [*(int(number) for number in re.findall(r"\d+", version)), 0, 0, 0][:3]


def _some(paths: tuple[str, ...]) -> str:
    shown = ", ".join(f"`{path}`" for path in paths[:_SHOWN])
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return (shown + more) or "none"
