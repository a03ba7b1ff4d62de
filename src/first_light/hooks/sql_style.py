"""A templater of sqlfluff for dbt's Jinja, also that of packages, without starting dbt.

dbt's own templater compiles the whole project for one file. This one renders a file as sqlfluff's
Jinja templater does, and in addition knows what dbt's context holds and the macros of dbt, of its
adapters and of the packages in dbt_packages/. What a macro would ask of the database is answered
with one column and one row.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment
from jinja2.exceptions import TemplateError, UndefinedError
from jinja2.ext import Extension
from jinja2.nodes import Node
from jinja2.parser import Parser
from jinja2.runtime import Macro
from pluggy import HookimplMarker
from sqlfluff.core import FluffConfig
from sqlfluff.core.plugin import plugin_base_name
from sqlfluff.core.templaters import JinjaTemplater, RawTemplater
from sqlfluff.core.templaters.builtins.dbt import MacroReturn

from first_light.hooks.dbt_context import ITEM, dbt_names

_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\s*\(")
_SELECT = re.compile(r"\bselect\b", re.IGNORECASE)


@HookimplMarker(plugin_base_name)(trylast=True)  # the last one of a name is used
def get_templaters() -> list[type[RawTemplater]]:
    """The templaters of this plugin of sqlfluff."""
    if importlib.util.find_spec("sqlfluff_templater_dbt"):
        return [DbtJinjaTemplater]
    return [DbtJinjaTemplater, DbtTemplater, DbtCloudTemplater]


class DbtJinjaTemplater(JinjaTemplater):
    """sqlfluff's Jinja templater, which knows a dbt project where dbt's builtins are applied.

    It has the name of sqlfluff's own, so that a team's settings of it apply.
    """

    name = "jinja"

    def _get_env_context(
        self, fname: str | None, config: FluffConfig | None, env: Environment
    ) -> dict[str, Any]:
        given: dict[str, Any] = super()._get_env_context(fname, config, env)
        if self._apply_dbt_builtins(config):  # after the macros, whose code sqlfluff keeps
            env.add_extension(SnapshotBlock)
        return given

    def get_context(self, fname: str | None, config: FluffConfig | None) -> dict[str, Any]:
        """The names that a model may use: sqlfluff's, then dbt's, then those of packages."""
        given: dict[str, Any] = super().get_context(fname, config)
        if config is None or not self._apply_dbt_builtins(config):
            return given
        project = Project(Path.cwd(), str(config.get("dialect")), self._get_jinja_env(config))
        return {**project.context(), **given}


class DbtTemplater(DbtJinjaTemplater):
    """The same for a team's settings that ask for dbt's own templater, which is not installed."""

    name = "dbt"

    def _apply_dbt_builtins(self, config: FluffConfig | None) -> bool:
        return True

    def _get_macros_path(self, config: FluffConfig | None, key: str) -> list[str] | None:
        paths: list[str] | None = super()._get_macros_path(config, key)
        if key == "load_macros_from_path" and not paths:
            package = _package(Path.cwd())
            return [str(path) for path in package.folders if path.is_dir()] if package else None
        return paths


class DbtCloudTemplater(DbtTemplater):
    """The same for the templater of dbt's own service."""

    name = "dbt-cloud"


class SnapshotBlock(Extension):
    """dbt's tag of a snapshot: the query is what stands between."""

    tags = {"snapshot"}  # noqa: RUF012  # as its base class has it

    def parse(self, parser: Parser) -> list[Node]:
        """Read the tag, its name and what it surrounds."""
        next(parser.stream)
        parser.parse_assign_target(name_only=True)
        return parser.parse_statements(("name:endsnapshot",), drop_needle=True)


class Project:
    """The macros of a dbt project, of its packages and of dbt.

    Args:
        root: the project's folder.
        adapter: dbt's name of the adapter.
        environment: what parses macros.
    """

    def __init__(self, root: Path, adapter: str, environment: Environment) -> None:
        self.environment = environment
        self.adapter = adapter
        self.own = _package(root)
        self.packages = {
            package.name: package
            for folder in sorted((root / "dbt_packages").glob("*"))
            if (package := _package(folder)) is not None
        }
        self.internal = _internal_macros(adapter)
        self._read: dict[Path, Mapping[str, Any]] = {}

    def names_in(self, path: Path, package: Mapping[str, Path]) -> Mapping[str, Any]:
        """What a file of macros defines, read once.

        Args:
            path: the file.
            package: the macros of its package.
        """
        if path not in self._read:
            template = self.environment.from_string(
                path.read_text(encoding="utf-8"), globals=self.context(package)
            )
            # Not the template's module: it has no _private macros.
            context = template.new_context()
            for _ in template.root_render_func(context):
                pass  # what stands between the macros
            self._read[path] = context.vars
        return self._read[path]

    def context(self, package: Mapping[str, Path] | None = None) -> dict[str, Any]:
        """dbt's names, as a macro or a model sees them.

        Args:
            package: the macros of the package whose macro it is: without a prefix they come first.
        """
        macros = {**self.internal, **(package or {})}
        names = {
            name: MacroCall(self, name, path, package or self.internal)
            for name, path in macros.items()
        }
        spaces = {
            name: _Namespace(self, name, found.macros) for name, found in self.packages.items()
        }
        if self.own:
            spaces[self.own.name] = _Namespace(self, self.own.name, self.own.macros)
        return {
            **names,
            "dbt": _Namespace(self, "dbt", self.internal),
            **spaces,
            **dbt_names(self.dispatch, self.adapter),
        }

    def dispatch(self, name: str, macro_namespace: str | None = None) -> Callable[..., Any]:
        """The implementation of a macro for the adapter: the project's, the package's or dbt's.

        Args:
            name: of the macro, without the adapter's prefix.
            macro_namespace: the package that defines it.
        """
        owners = [self.own.macros if self.own else {}, self.internal]
        named = self.packages.get(macro_namespace or "")
        owners[1:1] = [named.macros] if named else [one.macros for one in self.packages.values()]
        for macros in owners:
            for prefix in (self.adapter, "default"):
                if path := macros.get(f"{prefix}__{name}"):
                    return MacroCall(self, f"{prefix}__{name}", path, macros)
        return lambda *_, **__: ITEM


class MacroCall:
    """A macro that is read when it is called.

    Args:
        project: whose names it sees.
        name: the macro.
        path: its file.
        package: the macros of its package.
    """

    # What Jinja's sandbox asks of a callable.
    unsafe_callable = False
    alters_data = False

    def __init__(
        self, project: Project, name: str, path: Path, package: Mapping[str, Path]
    ) -> None:
        self._project, self._name, self._path, self._package = project, name, path, package

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """What the macro returns or writes; where it can't run here, text of the right kind."""
        try:
            macro = self._project.names_in(self._path, self._package)[self._name]
            return macro(*arguments, **named) if isinstance(macro, Macro) else ITEM
        except MacroReturn as returned:
            return returned.value
        except (TemplateError, TypeError, ValueError, AttributeError, KeyError, IndexError):
            text = self._path.read_text(encoding="utf-8")
            body = text[text.index(self._name) :].partition("endmacro")[0]
            return f"select 1 as {ITEM}" if _SELECT.search(body) else ITEM


class _Namespace:
    """Macros behind a prefix: `dbt_utils.star`."""

    def __init__(self, project: Project, name: str, macros: Mapping[str, Path]) -> None:
        self._project, self._name, self._macros = project, name, macros

    def __getitem__(self, name: str) -> MacroCall:
        # Jinja's sandbox asks for items where it may not ask for attributes: _private_macros.
        if name not in self._macros:
            raise UndefinedError(f"'{self._name}.{name}' is undefined")
        return MacroCall(self._project, name, self._macros[name], self._macros)


@dataclass(frozen=True)
class Package:
    """A dbt project with macros.

    Attributes:
        name: as dbt_project.yml has it.
        macros: the file of each macro.
        folders: where they lie.
    """

    name: str
    macros: Mapping[str, Path]
    folders: tuple[Path, ...] = ()


@cache
def _package(folder: Path) -> Package | None:
    """The package in a folder; None where there is none, or only a part of one."""
    try:
        project = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
        name, paths = str(project["name"]), project.get("macro-paths") or ["macros"]
    except (OSError, yaml.YAMLError, TypeError, KeyError, AttributeError):
        return None
    folders = tuple(folder / path for path in paths)
    return Package(name=name, macros=_macros(folders), folders=folders)


@cache
def _internal_macros(adapter: str) -> dict[str, Path]:
    """dbt's own macros; none where dbt keeps them elsewhere."""
    spec = importlib.util.find_spec("dbt")
    places = spec.submodule_search_locations if spec else None
    return _macros(
        Path(place) / "include" / name / "macros"
        for place in places or ()
        for name in ("global_project", adapter)
    )


def _macros(folders: Iterable[Path]) -> dict[str, Path]:
    """The file of each macro below these folders; the last one of a name."""
    return {
        name: path
        for folder in folders
        for path in sorted(folder.rglob("*.sql"))
        for name in _MACRO.findall(path.read_text(encoding="utf-8"))
    }
