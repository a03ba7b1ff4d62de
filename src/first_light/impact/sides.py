"""Both sides' databases, open in one DuckDB: every model of either as something to select from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from first_light.dbt.folders import inside
from first_light.dbt.manifest import Node
from first_light.utils.sql_names import quoted
from first_light.warehouse.sandbox import Sandbox, SelectOnly
from first_light.warehouse.scratch import (
    COLUMNS,
    VIEWS,
    AccessError,
    Connection,
    EngineError,
    connect,
)

# The comparison may use this much memory; beyond it DuckDB works on disk.
_MEMORY = "1GB"
# What dbt's views call the database file, whichever side they are on.
_CATALOG = "warehouse"


class Sides:
    """Database files under names of their own, read-only.

    Views spell the catalog of the file that they were made in, so they are copied into tables.

    Args:
        connection: an open DuckDB.
        scratch: a folder for such copies.
        sandbox: what the sides may read; None for all.
    """

    def __init__(
        self, connection: Connection, scratch: Path, sandbox: Sandbox | None = None
    ) -> None:
        self._connection = connection
        self._scratch = scratch
        self._relations: dict[tuple[str, str], str] = {}
        self._columns: dict[str, dict[tuple[str, str], list[str]]] = {}
        connection.execute(f"attach '{_text(scratch / 'views.db')}' as views")
        self._is_restricted = sandbox is not None
        if sandbox is not None:
            sandbox.close(connection)

    @property
    def connection(self) -> Connection:
        return self._connection

    def add(self, name: str, database: Path, files: Path, nodes: Iterable[Node]) -> dict[str, str]:
        """Attach a side.

        Args:
            name: what to call it.
            database: its file.
            files: the folder that relative paths in its views mean.
            nodes: what will be read.

        Returns:
            Unique id → why it cannot be read, for the nodes that cannot.
        """
        if not database.is_file():
            self._columns[name] = {}
            return {node.unique_id: "nothing was built" for node in nodes}
        run = self._connection.execute
        run(f"set file_search_path = '{_text(files)}'")
        run(f"attach '{_text(database)}' as {_CATALOG} (read_only)")
        places = (
            f"select schema_name, view_name from {VIEWS} "
            f"where database_name = '{_CATALOG}' and not internal"
        )
        views = set(run(places).fetchall())
        self._columns[name] = _columns(self._connection)
        unreadable: dict[str, str] = {}
        for i, node in enumerate(nodes):
            if (node.schema, node.alias) in views:
                copy = f"views.main.{quoted(f'{name}_{i}')}"
                try:
                    with self._within(files):
                        run(f"create table {copy} as select * from {_CATALOG}.{_place(node)}")
                except AccessError:
                    unreadable[node.unique_id] = "it reads files that are not of raw"
                    continue
                except EngineError:  # its message may quote a value
                    unreadable[node.unique_id] = "its rows cannot be read"
                    continue
                self._relations[name, node.unique_id] = copy
            elif (node.schema.lower(), node.alias.lower()) in self._columns[name]:
                self._relations[name, node.unique_id] = f"{quoted(name)}.{_place(node)}"
            else:
                unreadable[node.unique_id] = "it was not built"
        run(f"detach {_CATALOG}")
        run(f"attach '{_text(database)}' as {quoted(name)} (read_only)")
        return unreadable

    def relation(self, name: str, unique_id: str) -> str:
        """What to select from, quoted."""
        return self._relations[name, unique_id]

    def columns(self, name: str, node: Node) -> list[str]:
        """The columns of a node on a side, lower case; none when it does not stand there."""
        return self._columns[name].get((node.schema.lower(), node.alias.lower()), [])

    def columns_of_file(self, relation: str, files: Path) -> list[str]:
        """The columns of a source that is read from files, lower case; none when it cannot be."""
        self._connection.execute(f"set file_search_path = '{_text(files)}'")
        query = f"select lower(column_name) from (describe select * from {relation})"
        try:  # the manifest of a release has the relation from its store
            with self._within(files):
                rows = SelectOnly(self._connection).execute(query).fetchall()
        except EngineError:
            return []
        return [row[0] for row in rows]

    def _within(self, files: Path) -> AbstractContextManager[None]:
        """Relative paths are compared with what may be read from the working directory."""
        return inside(files) if self._is_restricted else nullcontext()


@contextmanager
def open_sides(scratch: Path, sandbox: Sandbox | None = None) -> Iterator[Sides]:
    """A DuckDB in memory, with bounded memory, that closes every file at the end.

    Args:
        scratch: a folder for copies and spilled data.
        sandbox: what the sides may read, where somebody else may have written one; None for all.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with connect() as connection:
        connection.execute(f"set memory_limit = '{_MEMORY}'")
        connection.execute(f"set temp_directory = '{_text(scratch / 'spill')}'")
        connection.execute("set TimeZone = 'UTC'")
        yield Sides(connection, scratch, sandbox)


def _columns(connection: Connection) -> dict[tuple[str, str], list[str]]:
    columns: dict[tuple[str, str], list[str]] = {}
    rows = connection.execute(
        f"select lower(schema_name), lower(table_name), lower(column_name) from {COLUMNS} "
        f"where database_name = '{_CATALOG}' and not internal order by table_oid, column_index"
    ).fetchall()
    for schema, table, column in rows:
        columns.setdefault((schema, table), []).append(column)
    return columns


def _place(node: Node) -> str:
    return f"{quoted(node.schema)}.{quoted(node.alias)}"


def _text(path: Path) -> str:
    return os.fspath(path).replace("'", "''")
