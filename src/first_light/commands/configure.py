"""`dataops configure`: another team, deadline or branch, everywhere at once."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from first_light.forge import repository_files
from first_light.project.copier import CURRENT, run_update
from first_light.project.product import Product
from first_light.project.restoring import restored
from first_light.project.working_copy import move_into, working_copy
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import write_whole

TEAM, CONTACT, DEADLINE = "team", "contact", "deadline"
BRANCH = "branch"
# Answers that only the template writes.
_TEMPLATE_ONLY = ("ci",)
# The team's own files in which the template wrote the answers, once.
_WRITTEN_ONCE = ("AGENTS.md", "CODEOWNERS", "README.md", "models/**/*.yml", "models/**/*.yaml")


def configure(
    product: Product, new_answers: Mapping[str, str], progress: Callable[[str], None]
) -> tuple[str, ...]:
    """Change answers: Copier renders the managed files anew, the old values in your files follow.

    The version of the template stays. Nothing is committed.

    Args:
        product: the product; everything in it must be committed.
        new_answers: the new answers, by their question: team, contact, deadline, branch, ci.
        progress: shows what is being done right now.

    Returns:
        The changed files, sorted.

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
    old_answers = {key: str(product.answers.get(key) or "") for key in new_answers}
    progress("copier update")
    with working_copy(product) as copy:
        run_update(copy, CURRENT, data=new_answers)
        if unknown := sorted(new_answers.keys() - Product(copy.root).answers.keys()):
            raise DataopsError(
                "The product's version of the template has no such setting.",
                where=", ".join(unknown),
                fix="uv run dataops update, then repeat the command",
            )
        changes = {key: (old_answers[key], new_answers[key]) for key in new_answers}
        with restored(product.root):
            move_into(product, copy)
            # These are not changed in the copy: line ends stay as they are.
            paths = {path for glob in _WRITTEN_ONCE for path in product.root.glob(glob)}
            for path in sorted(paths):
                _follow(path, {key: change for key, change in changes.items() if change[0]})
            repository_files.write(Product(product.root))
    changed = product.git("status", "--porcelain", "-z").split("\0")
    return tuple(sorted(product.local_name(entry[3:]) for entry in changed if entry))


def replaced(text: str, changes: Mapping[str, tuple[str, str]]) -> str:
    """A file's text with the old answers replaced where the template writes them.

    Args:
        text: the file.
        changes: old and new value, by the question.
    """
    for key, (old, new) in changes.items():
        if key in _TEMPLATE_ONLY:
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


def _follow(path: Path, changes: Mapping[str, tuple[str, str]]) -> None:
    text = path.read_bytes().decode("utf-8", "surrogateescape")  # whatever a team wrote stays
    if (new := replaced(text, changes)) != text:
        write_whole(path, new.encode("utf-8", "surrogateescape"))
