"""A templater of sqlfluff for dbt's Jinja, also that of packages, without starting dbt.

dbt's own templater compiles the whole project for one file. This one renders a file as sqlfluff's
Jinja templater does, and in addition knows what dbt's context holds and the macros of dbt, of its
adapters and of the packages in dbt_packages/. What a macro would ask of the database is answered
with one column and one row.
"""

from __future__ import annotations

import datetime
import importlib.util
import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from jinja2 import Environment
from jinja2.exceptions import TemplateError, UndefinedError
from jinja2.runtime import Macro
from pluggy import HookimplMarker
from sqlfluff.core import FluffConfig
from sqlfluff.core.plugin import plugin_base_name
from sqlfluff.core.templaters import JinjaTemplater, RawTemplater
from sqlfluff.core.templaters.builtins.dbt import DBT_BUILTINS, MacroReturn, RelationEmulator

_MACRO = re.compile(r"\{%-?\s*macro\s+(\w+)\s*\(")
_SELECT = re.compile(r"\bselect\b", re.IGNORECASE)
_ITEM = "item"
# dbt's names of types, as most databases spell them.
_TYPES = {"string": "varchar", "float": "float", "integer": "int", "numeric": "numeric(28, 6)"}


@HookimplMarker(plugin_base_name)(trylast=True)  # the last one of a name is used
def get_templaters() -> list[type[RawTemplater]]:
    """The templaters of this plugin of sqlfluff."""
    return [DbtJinjaTemplater]


class DbtJinjaTemplater(JinjaTemplater):
    """sqlfluff's Jinja templater, which knows a dbt project where dbt's builtins are applied.

    It has the name of sqlfluff's own, so that a team's settings of it apply.
    """

    name = "jinja"

    def get_context(self, fname: str | None, config: FluffConfig | None) -> dict[str, Any]:
        """The names that a model may use: sqlfluff's, then dbt's, then those of packages."""
        given: dict[str, Any] = super().get_context(fname, config)
        if config is None or not self._apply_dbt_builtins(config):
            return given
        project = Project(Path.cwd(), str(config.get("dialect")), self._get_jinja_env(config))
        return {**project.context(), **given}


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
        return lambda *_, **__: _ITEM


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
            return macro(*arguments, **named) if isinstance(macro, Macro) else _ITEM
        except MacroReturn as returned:
            return returned.value
        except (TemplateError, TypeError, ValueError, AttributeError, KeyError, IndexError):
            text = self._path.read_text(encoding="utf-8")
            body = text[text.index(self._name) :].partition("endmacro")[0]
            return f"select 1 as {_ITEM}" if _SELECT.search(body) else _ITEM


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
    """

    name: str
    macros: Mapping[str, Path]


@cache
def _package(folder: Path) -> Package | None:
    """The package in a folder; None where there is none, or only a part of one."""
    try:
        project = yaml.safe_load((folder / "dbt_project.yml").read_text(encoding="utf-8"))
        name, paths = str(project["name"]), project.get("macro-paths") or ["macros"]
    except (OSError, yaml.YAMLError, TypeError, KeyError, AttributeError):
        return None
    return Package(name=name, macros=_macros(folder / path for path in paths))


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


def _macros(folders: Iterator[Path]) -> dict[str, Path]:
    """The file of each macro below these folders; the last one of a name."""
    return {
        name: path
        for folder in folders
        for path in sorted(folder.rglob("*.sql"))
        for name in _MACRO.findall(path.read_text(encoding="utf-8"))
    }


# ── dbt's context ────────────────────────────────────────────────────────────────────────────────


class _Column:
    """A column of a relation that nobody asked the database for."""

    name = column = _ITEM
    quoted = f'"{_ITEM}"'
    dtype = data_type = "varchar"

    def __getattr__(self, name: str) -> Callable[..., bool]:
        if not name.startswith("is_"):
            raise AttributeError(name)
        return lambda: name == "is_string"

    def values(self) -> list[str]:
        """The column's values, as agate has them."""
        return [_ITEM]

    @staticmethod
    def translate_type(name: str) -> str:
        """A type, from dbt's name of it."""
        return _TYPES.get(name.lower(), name)

    @staticmethod
    def numeric_type(name: str, precision: object, scale: object) -> str:
        """A type of decimals."""
        return f"{name}({precision}, {scale})"

    @staticmethod
    def string_type(size: object) -> str:
        """A type of texts with at most so many characters."""
        return f"varchar({size})"

    def __str__(self) -> str:
        return _ITEM


class _Table:
    """What a query answers: one column and one row."""

    columns = (_Column(),)
    column_names = (_ITEM,)
    rows = ((_ITEM,),)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return 1

    def __getitem__(self, place: Any) -> Any:
        return self.rows[0]

    def print_table(self, *_: Any, **__: Any) -> str:
        """Writes nothing."""
        return ""


def dbt_names(dispatch: Callable[..., Any], adapter: str) -> dict[str, Any]:
    """What dbt's context holds beside macros, where sqlfluff has no builtin for it."""

    def nothing(*_: Any, **__: Any) -> str:
        return ""

    def relation(*arguments: Any, identifier: str = "", **_: Any) -> RelationEmulator:
        names = [name for name in (identifier, *arguments[::-1]) if isinstance(name, str) and name]
        return RelationEmulator(names[0] if names else _ITEM)

    started = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
    target = {"name": "dev", "schema": "main", "type": adapter, "database": _ITEM, "threads": 1}
    return {
        **DBT_BUILTINS,
        "adapter": SimpleNamespace(
            dispatch=dispatch,
            type=lambda: adapter,
            quote=lambda name: f'"{name}"',
            get_columns_in_relation=lambda *_: [_Column()],
            get_missing_columns=lambda *_: [],
            get_relation=relation,
            load_relation=relation,
            check_schema_exists=lambda *_: True,
        ),
        "api": SimpleNamespace(Column=_Column, Relation=SimpleNamespace(create=relation)),
        "dbt_version": "1.12.0",
        "env_var": lambda name, default=None: os.environ.get(
            name, _ITEM if default is None else default
        ),
        "exceptions": SimpleNamespace(raise_compiler_error=nothing, warn=nothing),
        "execute": True,
        "flags": SimpleNamespace(FULL_REFRESH=False, WHICH="run"),
        "graph": {"nodes": {}, "sources": {}, "exposures": {}, "groups": {}, "metrics": {}},
        "invocation_id": _ITEM,
        "load_result": lambda *_: {"data": [[_ITEM]], "table": _Table()},
        "local_md5": lambda text: str(text),
        "log": nothing,
        "model": {"name": _ITEM, "alias": _ITEM, "schema": _ITEM, "unique_id": _ITEM, "config": {}},
        "modules": SimpleNamespace(datetime=datetime, re=re, itertools=itertools),
        "print": nothing,
        "project_name": _ITEM,
        "run_query": lambda *_: _Table(),
        "run_started_at": started,
        "selected_resources": [],
        "set": set,
        "statement": nothing,
        "target": target,
    }
