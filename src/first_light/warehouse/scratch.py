"""Scratch databases: an embedded engine that reads files, computes and keeps nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb

ENGINE: Final = "DuckDB"
"""The name of the engine, for messages that quote it."""
DIALECT: Final = "duckdb"
"""The name of its SQL, as dbt and sqlglot have it."""
VIEWS: Final = "duckdb_views()"
"""What lists the views of all attached databases."""
COLUMNS: Final = "duckdb_columns()"
"""What lists the columns of all attached databases."""

_SMALL: Final = 64_000_000  # bytes

Connection = duckdb.DuckDBPyConnection
EngineError = duckdb.Error
"""Anything that the engine reports."""
AccessError = duckdb.PermissionException
"""A query reaches what its connection may not."""
InvalidInputError = duckdb.InvalidInputException
"""A file or a value does not have the form that a query expects."""
OutOfMemoryError = duckdb.OutOfMemoryException
CAST_ERRORS: Final = (duckdb.DataError, duckdb.InvalidInputException)
"""What the engine reports when a value cannot be cast."""


def connect(
    database: str = ":memory:",
    *,
    memory: str = "",
    spill: Path | None = None,
    read_only: bool = False,
    extensions: bool = True,
) -> Connection:
    """Open a database, by default a new one in memory.

    Args:
        database: its file.
        memory: the most memory that it uses, such as `600MB`.
        spill: the folder for data that exceeds the memory.
        read_only: whether nothing may be written to the file.
        extensions: whether the engine may load or download extensions.
    """
    config: dict[str, str | bool | int | float | list[str]] = {}
    if memory:
        config["memory_limit"] = memory
    if spill is not None:
        config["temp_directory"] = str(spill)
    if not extensions:
        config["autoinstall_known_extensions"] = False
        config["autoload_known_extensions"] = False
    connection = duckdb.connect(database, read_only=read_only, config=config)
    connection.execute("set enable_progress_bar = false")
    return connection


def spare_threads(connection: Connection, size: int) -> None:
    """Use one thread for small files: to share them out takes longer than to read them.

    Args:
        size: bytes of all files that are read.
    """
    if size < _SMALL:
        connection.execute("set threads = 1")


@contextmanager
def temporary(
    prefix: str, memory: str, *, extensions: bool = True
) -> Iterator[tuple[Connection, Path]]:
    """A database in memory, in UTC, and its temporary folder; both are removed at the end.

    Args:
        prefix: how the name of the folder begins.
        memory: the most memory that the database uses; the rest is spilled to the folder.
        extensions: whether the engine may load or download extensions.
    """
    with TemporaryDirectory(prefix=prefix) as folder:
        connection = connect(memory=memory, spill=Path(folder, "spill"), extensions=extensions)
        try:
            connection.execute("set TimeZone = 'UTC'")
            yield connection, Path(folder)
        finally:
            connection.close()


def reserved_words(connection: Connection) -> frozenset[str]:
    """Words that the engine does not accept everywhere as an unquoted name."""
    rows = connection.execute(
        "select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'"
    ).fetchall()
    return frozenset(str(row[0]) for row in rows)
