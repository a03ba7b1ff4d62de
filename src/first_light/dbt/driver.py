"""Connections to what dbt has built, with the warehouse's own Python driver.

Not through dbt's adapters: dbt v2 has none in Python. Not through `dbt show`: a command takes half
a second, a query here less than a millisecond, and a release asks more than a hundred. The drivers
are those that the adapters of dbt 1.12 require, so that a product installs no second one: duckdb
and psycopg2, which also publishes releases.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from first_light.dbt.engine import QueryResult
from first_light.dbt.profile import Profile
from first_light.utils.errors import DataopsError, QueryError
from first_light.utils.sql_names import quoted

# Warehouses whose sources may be files; in others a source is a table.
READS_FILES = frozenset({"duckdb"})
# dbt's keys that libpq knows by the same name.
_LIBPQ = (
    *("host", "port", "user", "dbname", "application_name", "connect_timeout"),
    *("keepalives_idle", "sslmode", "sslcert", "sslkey", "sslrootcert"),
)


class DriverQueries:
    """`QueryRunner` on a cursor of a DB-API driver.

    Args:
        name: the warehouse, as dbt calls it.
        cursor: its connection commits by itself.
        error: the class of all errors of the driver.
    """

    def __init__(self, name: str, cursor: Any, error: type[Exception]) -> None:
        self._name = name
        self._cursor = cursor
        self._error = error

    @property
    def name(self) -> str:
        return self._name

    def run(self, query: str) -> QueryResult:
        try:
            self._cursor.execute(query)
            names = [column[0] for column in self._cursor.description]
            return QueryResult(names, [tuple(row) for row in self._cursor.fetchall()])
        except self._error as error:
            # The first line: what follows quotes the query, and may quote a row.
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise QueryError("The query failed in the warehouse.", where=lines[0]) from error


@contextlib.contextmanager
def connect(profile: Profile) -> Iterator[DriverQueries]:
    """A connection as dbt opens it; relative paths are read from the working directory.

    Raises:
        DataopsError: there is no driver for this warehouse, or it could not connect.
    """
    opening = {"duckdb": _duckdb, "postgres": _postgres}.get(profile.kind)
    if opening is None:
        raise DataopsError(
            f"dataops has no driver for the warehouse {profile.kind}.", where="profiles.yml"
        )
    with opening(profile.values) as (cursor, error):
        yield DriverQueries(profile.kind, cursor, error)


_Opened = tuple[Any, type[Exception]]


@contextlib.contextmanager
def _duckdb(values: Mapping[str, Any]) -> Iterator[_Opened]:
    import duckdb

    with _failures(duckdb.Error):
        path, config = str(values.get("path", ":memory:")), values.get("config_options")
        connection = duckdb.connect(path, config=dict(config or {}))
    with contextlib.closing(connection):
        with _failures(duckdb.Error):
            _prepare_duckdb(connection, values)
        yield connection, duckdb.Error  # a cursor of DuckDB would not have its settings


def settle(profile: Profile) -> None:
    """Write what a process left beside a database file into it; nothing to do for a server.

    Raises:
        DataopsError: the file cannot be opened.
    """
    path = Path(str(profile.values.get("path", "")))
    if profile.kind == "duckdb" and path.with_name(f"{path.name}.wal").is_file():
        with connect(profile) as queries:
            queries.run("checkpoint")


def _prepare_duckdb(connection: Any, values: Mapping[str, Any]) -> None:
    """What a view may need to be read, of the keys that the template's profiles have."""
    for system in values.get("filesystems") or ():
        import fsspec

        options = dict(system)
        connection.register_filesystem(fsspec.filesystem(options.pop("fs"), **options))
    for attached in values.get("attach") or ():
        alias = f" as {quoted(attached['alias'])}" if attached.get("alias") else ""
        mode = " (read_only)" if attached.get("read_only") else ""
        connection.execute(f"attach if not exists {_text(attached['path'])}{alias}{mode}")
    for name, value in (values.get("settings") or {}).items():
        connection.execute(f"set {name} = {_text(value)}")


@contextlib.contextmanager
def _postgres(values: Mapping[str, Any]) -> Iterator[_Opened]:
    import psycopg2

    known = {key: values[key] for key in _LIBPQ if values.get(key) not in (None, "")}
    password = values.get("password") or values.get("pass") or None
    if search_path := str(values.get("search_path") or "").replace(" ", "\\ "):
        known["options"] = f"-c search_path={search_path}"
    with _failures(psycopg2.Error):
        connection = psycopg2.connect(password=password, **known)
        connection.autocommit = True
    with contextlib.closing(connection):
        cursor = connection.cursor()
        if role := values.get("role"):
            with _failures(psycopg2.Error):
                cursor.execute(f"set role {quoted(str(role))}")
        yield cursor, psycopg2.Error


def _text(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"


@contextlib.contextmanager
def _failures(error: type[Exception]) -> Iterator[None]:
    try:
        yield
    except error as raised:
        lines = str(raised).strip().splitlines() or [type(raised).__name__]
        raise DataopsError(
            "The connection of dbt could not be opened.", where=lines[0], fix="uv run dbt debug"
        ) from raised
