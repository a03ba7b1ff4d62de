"""A target of profiles.yml, as dbt renders it."""

from __future__ import annotations

import ast
import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml
from jinja2 import StrictUndefined
from jinja2.exceptions import TemplateError
from jinja2.sandbox import SandboxedEnvironment

from first_light.utils.errors import DataopsError

_CONVERTED = "\0"  # before a text that a filter asks to convert


@dataclass(frozen=True)
class Profile:
    """One target.

    Attributes:
        kind: dbt's name of the warehouse: duckdb, postgres, …
        values: its other keys, with their variables filled in.
    """

    kind: str
    values: dict[str, Any]


def read_profile(root: Path, target: str, environment: Mapping[str, str]) -> Profile:
    """The target that dbt uses in this product.

    Args:
        root: the folder of dbt_project.yml and profiles.yml.
        target: the name of the target.
        environment: the values of variables.

    Raises:
        DataopsError: there is no such target, or it cannot be rendered.
    """
    with _errors_as(target):
        values, missing = _values(_entry(root, target), environment)
        if missing:
            _raise_missing(root, target, missing)
        return Profile(str(values.pop("type")), values)


def read_type(root: Path, target: str) -> str:
    """The kind of warehouse of a target, such as duckdb; the rest of it is not rendered.

    Raises:
        DataopsError: there is no such target, or it cannot be read.
    """
    with _errors_as(target):
        kind, missing = _values(_entry(root, target)["type"], os.environ)
        if missing:
            raise ValueError(f"the variable {missing[0]} is not set")
        return str(kind)


def missing_variables(root: Path, target: str) -> tuple[str, ...]:
    """The variables without a default that a target needs and the environment does not have.

    Raises:
        DataopsError: there is no such target, or it cannot be read.
    """
    with _errors_as(target):
        return _values(_entry(root, target), os.environ)[1]


def _values(entry: Any, environment: Mapping[str, str]) -> tuple[Any, tuple[str, ...]]:
    """A part of a profile, rendered, and the variables without a default that are not set."""
    missing: list[str] = []

    def env_var(name: str, default: str | None = None) -> str:
        value = environment.get(name, default)
        if value is None:
            missing.append(name)
            return "0"  # a text, or a number where a filter asks for one
        return value

    renderer = SandboxedEnvironment(undefined=StrictUndefined)
    renderer.globals.update(env_var=env_var)
    renderer.filters.update(
        as_text=str, as_native=_convert_later, as_number=_convert_later, as_bool=_convert_later
    )
    try:
        values = _rendered(entry, renderer)
    except (ValueError, SyntaxError, TypeError, TemplateError):
        if not missing:
            raise
        values = None  # what is missing is said first
    return values, tuple(dict.fromkeys(missing))


def _raise_missing(root: Path, target: str, missing: Sequence[str]) -> NoReturn:
    """Say which variables are missing, and which page has them.

    Raises:
        DataopsError: always.
    """
    from first_light.dbt.driver import find_kind  # it imports this module

    setup = getattr(find_kind(read_type(root, target)), "setup", None)
    page = setup.page if setup else ""
    raise DataopsError(
        "Variables of the connection of dbt are not set.",
        where=f"profiles.yml, target {target}: {', '.join(missing)}",
        fix=f"set them, see: uv run dataops docs {page}" if page else "set them",
    )


@contextlib.contextmanager
def _errors_as(target: str) -> Iterator[None]:
    try:
        yield
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, TemplateError) as error:
        raise DataopsError(
            "The connection of dbt could not be read.",
            where=f"profiles.yml, target {target}: {error}",
            fix="uv run dbt debug",
        ) from error


def _entry(root: Path, target: str) -> Any:
    project = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
    profiles = yaml.safe_load((root / "profiles.yml").read_text(encoding="utf-8"))
    name = str(project["profile"])
    if not profiles.get(name):
        raise ValueError(f"there is no profile {name}, which dbt_project.yml names")
    if target not in (targets := profiles[name]["outputs"]):
        raise ValueError(f"there is no such target; profile {name} has {', '.join(targets)}")
    return targets[target]


def _convert_later(value: Any) -> str:
    return f"{_CONVERTED}{value}"


def _rendered(value: Any, renderer: SandboxedEnvironment) -> Any:
    if isinstance(value, dict):
        return {key: _rendered(entry, renderer) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rendered(entry, renderer) for entry in value]
    if not isinstance(value, str):
        return value
    text = renderer.from_string(value).render()
    return _converted(text[1:].strip()) if text.startswith(_CONVERTED) else text


def _converted(text: str) -> Any:
    """A number, a truth value, a list or a mapping."""
    words = {"true": True, "false": False}
    return words[text.lower()] if text.lower() in words else ast.literal_eval(text)
