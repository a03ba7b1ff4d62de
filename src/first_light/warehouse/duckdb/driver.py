"""A DuckDB file, opened with the keys of a profile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from first_light.dbt.driver import Opened, opening
from first_light.utils.sql_names import literal, quoted


@contextlib.contextmanager
def connect(values: Mapping[str, Any]) -> Iterator[Opened]:
    import duckdb

    with opening(duckdb.Error):
        path, config = str(values.get("path", ":memory:")), values.get("config_options")
        connection = duckdb.connect(path, config=dict(config or {}))
    with contextlib.closing(connection):
        with opening(duckdb.Error):
            _prepare(connection, values)
        yield connection, duckdb.Error  # a cursor of DuckDB would not have its settings


def settle(values: Mapping[str, Any]) -> None:
    """Write what a process left beside a database file into it.

    Raises:
        DataopsError: the file cannot be opened.
    """
    path = Path(str(values.get("path", "")))
    if path.with_name(f"{path.name}.wal").is_file():
        with connect(values) as (connection, error), opening(error):
            connection.execute("checkpoint")


def _prepare(connection: Any, values: Mapping[str, Any]) -> None:
    """What a view may need to be read, of the keys that the template's profiles have."""
    for system in values.get("filesystems") or ():
        import fsspec

        options = dict(system)
        connection.register_filesystem(fsspec.filesystem(options.pop("fs"), **options))
    for name in values.get("extensions") or ():
        if isinstance(name, str):  # from elsewhere than the index of the engine: dbt installs it
            _load(connection, name)
    for attached in values.get("attach") or ():
        alias = f" as {quoted(attached['alias'])}" if attached.get("alias") else ""
        terms = ["read_only"] if attached.get("read_only") else []
        terms += [f"{key} {_text(value)}" for key, value in _options(attached)]
        mode = f" ({', '.join(terms)})" if terms else ""
        connection.execute(f"attach if not exists {_text(attached['path'])}{alias}{mode}")
    if _is_attached(values):
        connection.execute(f"use {quoted(values['database'])}")
    for name, value in (values.get("settings") or {}).items():
        connection.execute(f"set {name} = {_text(value)}")


def _load(connection: Any, extension: str) -> None:
    """Load an extension; as dbt does, install it if it is missing."""
    import duckdb

    try:
        connection.execute(f"load {extension}")
    except duckdb.Error:
        connection.execute(f"install {extension}")
        connection.execute(f"load {extension}")


def _options(attached: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The options of an attached database, such as the folder of the files of a lake."""
    return list((attached.get("options") or {}).items())


def _is_attached(values: Mapping[str, Any]) -> bool:
    """Whether dbt builds in a database that the profile attaches."""
    aliases = {attached.get("alias") for attached in values.get("attach") or ()}
    return bool(values.get("database")) and values["database"] in aliases


def _text(value: Any) -> str:
    return literal(str(value))
