"""Database files that somebody else may have written: whoever can write to a store replaces them.

A view is code of whoever made the file, and a macro with the name of a built-in function replaces
it. Such files are read where no other file can be reached, and what is built on a copy of one
starts from its tables only.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from first_light.utils.sql_names import literal, quoted
from first_light.warehouse.base import Relation

FILE = "release"
"""A file in a connection. It is not the default there, so that no macro of it is in the path."""
_ENDS = ("", ".wal", ".wal.checkpoint", ".wal.recovery")  # of a file, and of those beside it
# Listings with their catalog: a macro of the file may have their names.
_VIEWS = "select schema_name, view_name from system.main.duckdb_views()"
_TABLES = "select schema_name, table_name from system.main.duckdb_tables()"
_MACROS = (
    "select distinct schema_name, function_name, function_type "
    "from system.main.duckdb_functions() where function_type in ('macro', 'table_macro')"
)


@dataclass(frozen=True)
class Sandbox:
    """What a connection may reach.

    Attributes:
        folders: with everything below; links that lead out of them are not followed.
        files: single files, databases among them.
    """

    folders: tuple[Path, ...] = ()
    files: tuple[Path, ...] = ()

    def close(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Restrict a connection for good: nothing else is read, written, attached or loaded.

        Raises:
            duckdb.Error: it could not be restricted.
        """
        folders = _list(path for folder in self.folders for path in (folder, folder.resolve()))
        files = _list(path.with_name(f"{path.name}{e}") for path in self.files for e in _ENDS)
        connection.execute(f"set allowed_directories = {folders}")
        connection.execute(f"set allowed_paths = {files}")
        connection.execute("set enable_external_access = false")


class SelectOnly:
    """A cursor that runs single queries: text from a store could end one and begin a statement.

    Args:
        connection: where they run.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    @property
    def description(self) -> Any:
        """The columns of the last query, as of DB-API."""
        return self._connection.description

    def execute(self, query: str) -> SelectOnly:
        """Run a query.

        Raises:
            duckdb.Error: it failed, or is not one query.
        """
        statements = self._connection.extract_statements(query)
        # A pivot is two statements without a text of their own.
        is_single = len(statements) == 1 or not any(part.query for part in statements)
        if not statements or not is_single or statements[-1].type != duckdb.StatementType.SELECT:
            raise duckdb.PermissionException("Permission Error: this is not a single query")
        self._connection.execute(query)
        return self

    def fetchall(self) -> list[Any]:
        """The rows of the last query."""
        return self._connection.fetchall()


def release_ids(file: Path) -> list[Any]:
    """The ids in the label of a release's file, which nothing but this file is read for.

    Raises:
        duckdb.Error: it cannot be read.
    """
    with attached(file, " (read_only)") as connection:
        query = f"select release_id from {FILE}.dataops.release"
        return [row[0] for row in connection.execute(query).fetchall()]


def remove_code(file: Path, kept: Collection[Relation] | None = None) -> set[Relation]:
    """Remove views and macros from a copy of a database; the views, which were in it.

    Args:
        file: a closed database; blocks that become free are used again.
        kept: the tables to keep; None for all.

    Raises:
        duckdb.Error: it cannot be read or written.
    """
    with attached(file) as connection:
        run = connection.execute
        own = f"database_name = '{FILE}'"
        views = run(f"{_VIEWS} where {own} and not internal").fetchall()
        for schema, name in views:
            run(f"drop view {_place(schema, name)}")
        for schema, name, kind in run(f"{_MACROS} and {own}").fetchall():
            run(f"drop macro {'table ' * (kind == 'table_macro')}{_place(schema, name)}")
        for schema, name in run(f"{_TABLES} where {own}").fetchall() if kept is not None else ():
            if Relation(schema, name) not in (kept or ()):
                run(f"drop table {_place(schema, name)} cascade")
        run(f"checkpoint {FILE}")
    return {Relation(schema, name) for schema, name in views}


@contextmanager
def attached(file: Path, mode: str = "") -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in memory that reaches one file, as the catalog `FILE`.

    Args:
        file: a closed database.
        mode: options of `attach`, in brackets.

    Raises:
        duckdb.Error: it cannot be read.
    """
    with duckdb.connect() as connection:
        Sandbox(files=(file,)).close(connection)
        connection.execute(f"attach {literal(os.fspath(file))} as {FILE}{mode}")
        yield connection


def _place(schema: str, name: str) -> str:
    return f"{FILE}.{quoted(schema)}.{quoted(name)}"


def _list(paths: Iterator[Path]) -> str:
    texts = dict.fromkeys(os.fspath(path) for path in paths)
    return f"[{', '.join(map(literal, texts))}]::varchar[]"
