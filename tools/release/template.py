"""The template as its tools read it: copier.yml with its includes, and who owns which path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parents[2]
MANAGED, OWNED = "managed", "owned"
# Lists that Copier joins over the documents of copier.yml; of any other key the last one wins.
_JOINED = ("_exclude", "_skip_if_exists", "_jinja_extensions", "_secret_questions")


def settings(root: Path = HERE) -> dict[str, Any]:
    """Questions and settings as Copier reads them: every document of copier.yml, and includes."""
    merged: dict[str, Any] = {}
    for document in _documents(root / "copier.yml"):
        for key, value in document.items():
            merged[key] = [*merged.get(key, ()), *value] if key in _JOINED else value
    return merged


def questions(root: Path = HERE) -> dict[str, dict[str, Any]]:
    """Every question: those asked, those only recorded (`ask: false`), those computed."""
    return {key: value for key, value in settings(root).items() if not key.startswith("_")}


def asked(root: Path = HERE) -> dict[str, dict[str, Any]]:
    """The questions that a person is asked."""
    return {key: value for key, value in recorded(root).items() if value.get("ask") is not False}


def recorded(root: Path = HERE) -> dict[str, dict[str, Any]]:
    """The questions whose answers a product keeps; those computed (`when: false`) are not kept."""
    return {key: value for key, value in questions(root).items() if value.get("when") is not False}


@dataclass(frozen=True)
class Ownership:
    """Who owns which path of a product, as ownership.yml says it.

    Attributes:
        managed: rooted paths of the template; a folder stands for all below it.
        owned: rooted paths of the team.
        tombstones: rooted paths that were managed and are the team's since.
    """

    managed: tuple[str, ...]
    owned: tuple[str, ...]
    tombstones: tuple[str, ...]

    def classes(self, path: str) -> tuple[str, ...]:
        """The classes that a product's path is in; a sound contract gives exactly one."""
        sides = ((MANAGED, self.managed), (OWNED, self.owned))
        return tuple(name for name, listed in sides if covers(listed, path))


def ownership(root: Path = HERE) -> Ownership:
    """Who owns which path, read from ownership.yml."""
    output = settings(root)
    return Ownership(*(tuple(output.get(f"_{key}", ())) for key in (MANAGED, OWNED, "tombstones")))


def covers(listed: Iterable[str], path: str) -> bool:
    """Whether one of the rooted paths is this path or a folder above it."""
    return any(f"/{path}" == entry or f"/{path}".startswith(f"{entry}/") for entry in listed)


def _documents(path: Path) -> list[dict[str, Any]]:
    class Loader(yaml.SafeLoader):
        """YAML with Copier's `!include`, relative to this file."""

    Loader.add_constructor("!include", lambda _, node: _documents(path.parent / str(node.value)))
    result: list[dict[str, Any]] = []
    for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=Loader):
        result += document if isinstance(document, list) else [document] if document else []
    return result
