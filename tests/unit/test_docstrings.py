"""Docstrings name the parameters and fields that the code has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import first_light

PACKAGE = Path(first_light.__file__).parent
_SECTION = re.compile(r"(?m)^(?:Args|Attributes):\n((?:    .*\n?|\n)+)")
_ENTRY = re.compile(r"(?m)^    (\w+(?:, \w+)*):")


def unknown_names(source: str) -> Iterator[str]:
    """Names in `Args:` and `Attributes:` that the function or class does not have."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            section = _SECTION.search(ast.get_docstring(node) or "")
            entries = _ENTRY.findall(section[1]) if section else ()
            documented = {name for entry in entries for name in entry.split(", ")}
            yield from (f"{node.name}: {name}" for name in sorted(documented - names_of(node)))


def names_of(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    """Parameters of a function; fields, properties and parameters of a class."""
    if isinstance(node, ast.FunctionDef):
        return {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
    names: set[str] = set()
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            names.add(part.target.id)
        elif isinstance(part, ast.FunctionDef):
            names.add(part.name)
            if part.name == "__init__":
                names |= names_of(part)
                names |= {
                    target.attr
                    for target in ast.walk(part)
                    if isinstance(target, ast.Attribute) and isinstance(target.ctx, ast.Store)
                }
    return names


def test_what_is_documented_exists() -> None:
    wrong = {
        path.relative_to(PACKAGE).as_posix(): names
        for path in sorted(PACKAGE.rglob("*.py"))
        if (names := list(unknown_names(path.read_text(encoding="utf-8"))))
    }
    assert not wrong


def test_a_name_that_was_left_behind_is_seen() -> None:
    source = 'def f(new):\n    """One line.\n\n    Args:\n        old: it was renamed.\n    """\n'
    assert list(unknown_names(source)) == ["f: old"]
    assert not list(unknown_names(source.replace("f(new)", "f(old)")))
