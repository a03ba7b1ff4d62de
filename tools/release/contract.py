"""Paths and questions that products rely on; `python -m tools.release.contract` writes them.

What was once in contract.yml may leave it, change its type, lose a choice or reject an answer that
it accepted only if a migration (hooks/migrations/) or a tombstone (ownership.yml) names it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.release.manifest import template_paths
from tools.release.template import HERE, MANAGED, OWNED, ownership, recorded

CONTRACT = Path("contract.yml")
_HEADING = """\
# What products rely on: the paths that the template renders, and its questions. `make format` adds
# what is new. `accepts` are answers that products have given: each of them must stay an answer.
"""


@dataclass(frozen=True)
class Question:
    """A question as products know it.

    Attributes:
        type: Copier's name of it.
        choices: what can be chosen; empty for a free answer.
        accepts: answers that must be accepted.
    """

    type: str
    choices: tuple[str, ...] = ()
    accepts: tuple[object, ...] = ()


@dataclass(frozen=True)
class Contract:
    """What products rely on.

    Attributes:
        paths: the class of every rendered path, managed or owned.
        questions: by their keys.
    """

    paths: Mapping[str, str]
    questions: Mapping[str, Question]


def of_template(root: Path = HERE) -> Contract:
    """The contract that the template as it lies there would keep."""
    ours = ownership(root)
    paths = {path: "/".join(ours.classes(path)) for path in template_paths(root)}
    questions = {}
    for key, output in recorded(root).items():
        choices = output.get("choices", {})
        values = choices.values() if isinstance(choices, dict) else choices
        questions[key] = Question(output["type"], tuple(map(str, values)))
    return Contract(paths, questions)


def read(root: Path = HERE) -> Contract:
    """The committed contract."""
    loaded = yaml.safe_load((root / CONTRACT).read_text(encoding="utf-8"))
    questions = {
        key: Question(
            output["type"], tuple(output.get("choices", ())), tuple(output.get("accepts", ()))
        )
        for key, output in loaded["questions"].items()
    }
    paths = {path: kind for kind in (MANAGED, OWNED) for path in loaded["paths"][kind]}
    return Contract(paths, questions)


def broken(
    was: Contract, now: Contract, named: Iterable[str], tombstones: Iterable[str]
) -> list[str]:
    """What the contract held and the template no longer does, in words.

    Args:
        was: the committed contract.
        now: what the template keeps.
        named: every text that a migration names.
        tombstones: rooted paths that were handed over.
    """
    names = set(named)
    handed_over = {path.lstrip("/") for path in tombstones}
    result = []
    for path, kind in was.paths.items():
        if path in names or path in handed_over:
            continue
        if path not in now.paths:
            result.append(
                f"{path} is gone: name it in a migration or in _tombstones of ownership.yml"
            )
        elif (kind, now.paths[path]) == (OWNED, MANAGED):
            result.append(f"{path} was the team's and would be overwritten: name it in a migration")
    for key, question in was.questions.items():
        if key in names:
            continue
        if key not in now.questions:
            result.append(
                f"question {key} is gone, and its answers with it: name it in a migration"
            )
            continue
        if question.type != now.questions[key].type:
            result.append(f"question {key} was a {question.type}: name it in a migration")
        for choice in question.choices:
            if now.questions[key].choices and choice not in now.questions[key].choices:
                result.append(
                    f"question {key} no longer offers {choice}: name {key} in a migration"
                )
        if now.questions[key].choices and not question.choices:
            result.append(f"question {key} took any answer: name it in a migration")
    return result


def merged(was: Contract, now: Contract) -> Contract:
    """The template's contract with the answers that the committed one says were given."""
    questions = {
        key: Question(
            question.type,
            question.choices,
            was.questions[key].accepts if key in was.questions else (),
        )
        for key, question in now.questions.items()
    }
    return Contract(now.paths, questions)


def text(contract: Contract) -> str:
    """The contract as contract.yml has it."""
    questions: dict[str, dict[str, Any]] = {}
    for key, question in contract.questions.items():
        questions[key] = {"type": question.type}
        if question.choices:
            questions[key]["choices"] = list(question.choices)
        if question.accepts:
            questions[key]["accepts"] = list(question.accepts)
    paths = {
        kind: sorted(path for path, its in contract.paths.items() if its == kind)
        for kind in (MANAGED, OWNED)
    }
    loaded = {"questions": questions, "paths": paths}
    return _HEADING + yaml.safe_dump(loaded, sort_keys=False, allow_unicode=True, width=100)


def named_by_migrations(root: Path = HERE) -> set[str]:
    """Every text that stands as such in a version's migration."""
    return {
        node.value
        for file in (root / "hooks" / "migrations").glob("v*_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def problems(root: Path = HERE) -> list[str]:
    """What the template at `root` breaks of its committed contract, in words."""
    return broken(
        read(root), of_template(root), named_by_migrations(root), ownership(root).tombstones
    )


def main() -> int:
    """Write additions down; with --check only say what is broken or not written down yet."""
    if result := problems():
        print("\n".join(["Products rely on what is gone:", *result]))
        return 1
    wanted = text(merged(read(), of_template()))
    if (HERE / CONTRACT).read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in sys.argv:
        print(f"{CONTRACT} does not say all that the template renders and asks: make format")
        return 1
    (HERE / CONTRACT).write_text(wanted, encoding="utf-8")
    print(f"{CONTRACT} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
