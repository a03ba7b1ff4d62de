"""What dbt's Jinja context holds, without dbt and without a database, for the SQL style."""

from __future__ import annotations

import datetime
import itertools
import os
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from sqlfluff.core.templaters.builtins.dbt import DBT_BUILTINS, RelationEmulator

ITEM = "item"
"""What a macro would ask of the database is answered with it."""
# dbt's names of types, as most databases spell them.
_TYPES = {"string": "varchar", "float": "float", "integer": "int", "numeric": "numeric(28, 6)"}


class _Config:
    """The settings of the file: none is known, whichever way they are written."""

    def __call__(self, *_: object, **__: object) -> str:
        return ""

    @staticmethod
    def get(name: str, default: object = None, **_: object) -> object:
        """A setting, which is not set."""
        return default

    @staticmethod
    def require(name: str, **_: object) -> str:
        """A setting that must be set."""
        return name

    meta_get, meta_require = get, require


class _Column:
    """A column of a relation that nobody asked the database for."""

    name = column = ITEM
    quoted = f'"{ITEM}"'
    dtype = data_type = "varchar"

    def __getattr__(self, name: str) -> Callable[..., bool]:
        if not name.startswith("is_"):
            raise AttributeError(name)
        return lambda: name == "is_string"

    def values(self) -> list[str]:
        """The column's values, as agate has them."""
        return [ITEM]

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
        return ITEM


class _Table:
    """What a query answers: one column and one row."""

    columns = (_Column(),)
    column_names = (ITEM,)
    rows = ((ITEM,),)

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
        return RelationEmulator(names[0] if names else ITEM)

    started = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
    target = {"name": "dev", "schema": "main", "type": adapter, "database": ITEM, "threads": 1}
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
        "config": _Config(),
        "dbt_version": "1.12.0",
        "env_var": lambda name, default=None: os.environ.get(
            name, ITEM if default is None else default
        ),
        "exceptions": SimpleNamespace(raise_compiler_error=nothing, warn=nothing),
        "execute": True,
        "flags": SimpleNamespace(FULL_REFRESH=False, WHICH="run"),
        "graph": {"nodes": {}, "sources": {}, "exposures": {}, "groups": {}, "metrics": {}},
        "invocation_id": ITEM,
        "load_result": lambda *_: {"data": [[ITEM]], "table": _Table()},
        "local_md5": lambda text: str(text),
        "log": nothing,
        "model": {"name": ITEM, "alias": ITEM, "schema": ITEM, "unique_id": ITEM, "config": {}},
        "modules": SimpleNamespace(datetime=datetime, re=re, itertools=itertools),
        "print": nothing,
        "project_name": ITEM,
        "run_query": lambda *_: _Table(),
        "run_started_at": started,
        "selected_resources": [],
        "set": set,
        "statement": nothing,
        "target": target,
    }
