"""The database of one side, open as readers would see it: without the columns they do not get."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from first_light.dbt.driver import DriverQueries
from first_light.dbt.folders import inside
from first_light.dbt.manifest import Manifest
from first_light.utils.sql_names import quoted
from first_light.warehouse.readers_copy import read_columns
from first_light.warehouse.sandbox import Sandbox, SelectOnly
from first_light.warehouse.scratch import DIALECT, EngineError, connect
from first_light.warehouse.withheld_columns import withheld_columns

Place = tuple[str, str]


@dataclass(frozen=True)
class SideDatabase:
    """A side, open.

    Attributes:
        queries: runs SQL on it.
        built: schema and name of each relation, with its columns in order.
        withheld: columns that readers do not get, likewise.
    """

    queries: DriverQueries
    built: Mapping[Place, Sequence[str]]
    withheld: Mapping[Place, Sequence[str]]


def copy_missing(source: Path, target: Path) -> None:
    """Copy into a file all relations that it does not have and another file has."""
    if not source.is_file() or not target.is_file():
        return
    known = {(r.schema, r.name) for r in read_columns(target)}
    places = ((r.schema, r.name) for r in read_columns(source))
    missing_places = [place for place in places if place not in known]
    if not missing_places:
        return
    with connect(os.fspath(target)) as connection:
        path = os.fspath(source).replace("'", "''")
        connection.execute(f"attach '{path}' as other (read_only)")
        for place in missing_places:
            schema, name = map(quoted, place)
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                f"create table {schema}.{name} as select * from other.{schema}.{name}"
            )


@contextmanager
def open_database(
    database: Path,
    files: Path,
    manifest: Manifest,
    sql: Mapping[str, str],
    sandbox: Sandbox | None = None,
) -> Iterator[SideDatabase]:
    """Open a side; where its file is missing, every query fails.

    Args:
        database: its file.
        files: the folder that relative paths in its views mean.
        manifest: its resources.
        sql: compiled SQL by unique id.
        sandbox: what it may read, where somebody else may have written it; None for all.
    """
    if not database.is_file():
        with connect() as connection:
            yield SideDatabase(DriverQueries(DIALECT, connection, EngineError), {}, {})
        return
    built = {(r.schema, r.name): names for r, names in read_columns(database).items()}
    withheld = withheld_columns(manifest, sql, built)
    with connect(os.fspath(database), read_only=True) as connection:
        place = os.fspath(files).replace("'", "''")
        connection.execute(f"set TimeZone = 'UTC'; set file_search_path = '{place}'")
        queries = DriverQueries(DIALECT, SelectOnly(connection), EngineError)
        side = SideDatabase(queries, built, withheld)
        if sandbox is None:
            yield side
            return
        sandbox.close(connection)
        with inside(files):  # relative paths are compared with what may be read from there
            yield side
