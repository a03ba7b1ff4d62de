"""The team's settings: `[tool.dataops]` in pyproject.toml; the environment goes first."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from first_light.project.git_access import TOKEN, git_access
from first_light.project.product import Product
from first_light.utils.errors import DataopsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# What can be set, and the variable that says the same.
VARIABLES = {"keep-releases": "DATAOPS_KEEP_RELEASES", "store": "DATAOPS_STORE"}
# Where releases go when neither team nor environment says it: a pipeline's disk does not last.
STORE_DEFAULT = "DATAOPS_STORE_DEFAULT"
# One secret for all: a hosted workflow hands on only the secrets that it names.
SECRETS = "DATAOPS_SECRETS"  # pragma: allowlist secret


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
            f"Unknown setting: {', '.join(unknown)}.",
            where="pyproject.toml, [tool.dataops]",
            fix=f"use one of {', '.join(VARIABLES)}",
        )
    return {VARIABLES[name]: str(value) for name, value in said.items()}


def apply(root: Path) -> None:
    """Let the team's settings stand wherever the environment says nothing else.

    A variable of ours that is set and empty says nothing: pipelines set every one.

    Raises:
        DataopsError: see `read` and `secrets`.
    """
    for name in [name for name in os.environ if name.startswith("DATAOPS_")]:
        if not os.environ[name].strip():
            del os.environ[name]
    said = secrets(os.environ.pop(SECRETS, ""))
    for value in said.values():
        if value and os.environ.get("GITHUB_ACTIONS"):
            print(f"::add-mask::{value}", file=sys.stderr)  # how a log learns what not to show
    for name, value in {**read(root), **said}.items():
        os.environ.setdefault(name, value)
    if default := os.environ.get(STORE_DEFAULT):
        os.environ.setdefault(VARIABLES["store"], default)
    if token := os.environ.pop(TOKEN, ""):
        remote = Product(root).git("remote", "get-url", "origin", check=False)
        os.environ.update(git_access(token, remote, os.environ))


def secrets(text: str) -> dict[str, str]:
    """The variables that one secret holds, `NAME=value` a line; `#` begins a remark.

    Raises:
        DataopsError: a line is none of these; which one is said, not what it holds.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, equals, value = line.strip().partition("=")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not equals or not name.isidentifier():
            raise DataopsError(
                f"{SECRETS} contains a line that is not NAME=value.",
                where=f"line {number}",
                fix="correct the secret in the pipeline's settings",
            )
        found[name] = value
    return found
