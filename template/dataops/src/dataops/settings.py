"""The team's settings: `[tool.dataops]` in pyproject.toml; the environment goes first."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from dataops.errors import DataopsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# What can be set, and the variable that says the same.
VARIABLES = {"keep": "DATAOPS_KEEP", "store": "DATAOPS_STORE"}


def read(root: Path) -> dict[str, str]:
    """The variables that the team's settings stand for.

    Raises:
        DataopsError: pyproject.toml cannot be read, or a setting is not known.
    """
    path = root / "pyproject.toml"
    if not path.is_file():
        return {}
    try:
        loaded: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataopsError("pyproject.toml cannot be read.", where=str(error)) from error
    said = loaded.get("tool", {}).get("dataops", {})
    if unknown := sorted(set(said) - set(VARIABLES)):
        raise DataopsError(
            f"There is no such setting: {', '.join(unknown)}.",
            where="pyproject.toml, [tool.dataops]",
            mend=f"use one of {', '.join(VARIABLES)}",
        )
    return {VARIABLES[name]: str(value) for name, value in said.items()}


def apply(root: Path) -> None:
    """Let the team's settings stand wherever the environment says nothing else.

    Raises:
        DataopsError: see `read`.
    """
    for name, value in read(root).items():
        os.environ.setdefault(name, value)
