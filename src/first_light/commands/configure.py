"""`dataops configure`: another team, deadline, branch or warehouse, everywhere at once."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from first_light.commands import template_text, warehouse_answer
from first_light.commands.renew_package import renew_package
from first_light.forge import repository_files
from first_light.project import managed
from first_light.project.copier import CURRENT, run_update
from first_light.project.pin import EMBEDDED
from first_light.project.product import Product
from first_light.project.restoring import restored
from first_light.project.working_copy import move_into, working_copy
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import write_whole
from first_light.warehouse.kinds import RELEASES

TEAM, CONTACT, DEADLINE = "team", "contact", "deadline"
BRANCH, CI, WAREHOUSE = "branch", "ci", "warehouse"
# Answers that choose whole passages of the template's text.
_PASSAGES = (CI, WAREHOUSE)
PROFILES = "profiles.yml"
# The team's own files in which the template wrote the answers, once.
_WRITTEN_ONCE = ("AGENTS.md", "CODEOWNERS", "README.md", "models/**/*.yml", "models/**/*.yaml")


@dataclass(frozen=True)
class Configured:
    """What a change of answers did.

    Attributes:
        changed: the changed files, sorted.
        remaining: what only a person can change, each with the next command.
    """

    changed: tuple[str, ...]
    remaining: tuple[str, ...] = ()


def configure(
    product: Product, new_answers: Mapping[str, str], progress: Callable[[str], None]
) -> Configured:
    """Change answers: Copier renders the managed files anew, the old values in your files follow.

    The version of the template stays. Nothing is committed.

    Args:
        product: the product; everything in it must be committed.
        new_answers: the new answers, by their question: team, contact, deadline, branch, ci,
            warehouse.
        progress: shows what is being done right now.

    Raises:
        DataopsError: an answer is not valid or Copier could not run; the product is as it was.
    """
    if not new_answers:
        raise DataopsError(
            "No setting to change was given.",
            fix="uv run dataops configure --contact data-team@example.com",
        )
    options = " ".join(f"--{key} {shlex.quote(value)}" for key, value in new_answers.items())
    product.raise_if_uncommitted("the new settings", f"uv run dataops configure {options}")
    before = dict(product.answers)
    old_answers = {key: str(before.get(key) or "") for key in new_answers}
    progress("copier update")
    with working_copy(product) as copy:
        run_update(copy, CURRENT, data=new_answers)
        if unknown := sorted(new_answers.keys() - Product(copy.root).answers.keys()):
            raise DataopsError(
                "The product's version of the template has no such setting.",
                where=", ".join(unknown),
                fix="uv run dataops update, then repeat the command",
            )
        todo = renew_package(Product(copy.root), progress)
        after = dict(Product(copy.root).answers)
        changes = {key: (old_answers[key], new_answers[key]) for key in new_answers}
        with restored(product.root):
            move_into(product, copy)
            # These are not changed in the copy: line ends stay as they are.
            paths = {path for glob in _WRITTEN_ONCE for path in product.root.glob(glob)}
            for path in sorted(paths):
                follow(path, {key: change for key, change in changes.items() if change[0]})
            remaining = _follow_passages(product.root, before, after)
            repository_files.write(Product(product.root))
    status = product.git("status", "--porcelain", "-uall", "-z").split("\0")
    changed = tuple(sorted(product.local_name(entry[3:]) for entry in status if entry))
    if todo:
        remaining = (f"the lockfile was not updated: {todo}", *remaining)
    return Configured(changed, remaining)


def replaced(text: str, changes: Mapping[str, tuple[str, str]]) -> str:
    """A file's text with the old answers replaced where the template writes them.

    Args:
        text: the file.
        changes: old and new value, by the question.
    """
    for key, (old, new) in changes.items():
        if key in _PASSAGES:
            continue
        if key == TEAM:  # a common word in a text is no mention of the team
            quoted, unquoted = re.escape(json.dumps(old, ensure_ascii=False)), re.escape(old)
            new_quoted = json.dumps(new, ensure_ascii=False)
            forms = [(rf"(?m)(^\s*name: )(?:{quoted}|{unquoted})([ \t]*$)", new_quoted)]
            shown, new_shown = (name.replace("<", "&lt;") for name in (old, new))
            forms.append((rf"([Oo]wned by ){re.escape(shown)}([,.])", new_shown))
        elif key == BRANCH:
            forms = [(rf"(`){re.escape(old)}(` is released)", new)]
        elif key == DEADLINE:
            forms = [(rf"(\b(?:by|before) ){re.escape(old)}( UTC)", new)]
        else:
            forms = [(rf"(?<![\w.%+-])(){re.escape(old)}()(?![\w-])", new)]
        for pattern, value in forms:
            literal = value.replace("\\", r"\\")
            text = re.sub(pattern, rf"\g<1>{literal}\g<2>", text)
    return text


def follow(path: Path, changes: Mapping[str, tuple[str, str]]) -> None:
    """Replace the old answers in a file; see `replaced`."""
    text = path.read_bytes().decode("utf-8", "surrogateescape")  # whatever a team wrote stays
    if (new := replaced(text, changes)) != text:
        write_whole(path, new.encode("utf-8", "surrogateescape"))


def _follow_passages(
    root: Path, before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[str, ...]:
    """Bring what the answers choose into the team's files; returns what is left to do."""
    if all(before.get(key) == after.get(key) for key in _PASSAGES):
        return ()
    owned = managed.opt_outs(Product(root))
    warehouse = str(after.get(WAREHOUSE))
    remaining = [
        f"{PROFILES} is your own: its target {RELEASES} stays as it is. Give it the type "
        f"{warehouse}, or take the template's: uv run dataops disown {PROFILES}"
        if path == PROFILES
        else f"{path}: the template's text changed where you have your own; read it again"
        for path in template_text.follow(root, before, after, owned)
    ]
    if before.get(WAREHOUSE) != warehouse:
        known = str(before.get(WAREHOUSE) or EMBEDDED)
        old, new = (warehouse_answer.setup_of(name) for name in (known, warehouse))
        if old.nodes != new.nodes:
            remaining += template_text.follow_project(root, before, warehouse)
        for file in sorted({*root.glob("models/**/*.yml"), *root.glob("models/**/*.yaml")}):
            text = file.read_bytes().decode("utf-8", "surrogateescape")
            try:
                changed = warehouse_answer.sources(text, old.source, new.source)
            except ValueError as error:
                place = file.relative_to(root).as_posix()
                remaining.append(f"{place} was not changed: {error}; see dataops docs warehouses")
                continue
            if changed != text:
                write_whole(file, changed.encode("utf-8", "surrogateescape"))
        remaining += warehouse_answer.remaining(warehouse)
    return tuple(remaining)
