"""Questions to a warehouse through dbt's own adapter, with the connection of profiles.yml.

What is called here every adapter must provide, for dbt itself calls it. dbt's public way, `dbt show
--inline`, costs a tenth of a second a query: for a hundred models more than they take to build.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from first_light.utils.errors import DataopsError

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

CONNECTION = "dataops"  # as dbt and its query comments call it


class Answer(NamedTuple):
    """What a query found.

    Attributes:
        columns: their names.
        rows: their values, as the warehouse's driver gives them.
    """

    columns: list[str]
    rows: list[tuple[Any, ...]]


class Adapter:
    """dbt's adapter while it is connected.

    Args:
        adapter: dbt's.
        manifest: dbt's, to find in which database a relation is.
    """

    def __init__(self, adapter: Any, manifest: Manifest | None) -> None:
        self._adapter = adapter
        self._manifest = manifest

    @property
    def name(self) -> str:
        """duckdb, postgres, snowflake, …: as dbt calls the kind of warehouse."""
        return str(self._adapter.type())

    def ask(self, query: str) -> Answer:
        """What a query finds.

        Raises:
            DataopsError: the warehouse can't answer it.
        """
        from dbt.adapters.sql import SQLAdapter

        with self._in_words():
            if not isinstance(self._adapter, SQLAdapter):
                _, table = self._adapter.execute(query, fetch=True)
                return Answer(list(table.column_names), [tuple(row) for row in table.rows])
            # Where there is a cursor, its rows: `execute` logs three lines, and makes a table whose
            # types it guesses; with a hundred models that was a quarter of the whole time.
            connections = self._adapter.connections
            with connections.exception_handler(query):
                cursor = connections.get_thread_connection().handle.cursor()
                cursor.execute(query)
                names = [column[0] for column in cursor.description]
                return Answer(names, [tuple(row) for row in cursor.fetchall()])

    def columns(self, schema: str, name: str) -> tuple[tuple[str, str], ...]:
        """Names and types of a relation's columns, in order; none when it is not there.

        Raises:
            DataopsError: the warehouse can't tell.
        """
        with self._in_words():
            found = self._adapter.get_relation(self._database(schema, name), schema, name)
            columns = self._adapter.get_columns_in_relation(found) if found else ()
            return tuple((column.name, column.data_type) for column in columns)

    def _database(self, schema: str, name: str) -> Any:
        """Where a model, or a source, says that it is; the profile's where none says so."""
        if self._manifest is not None:
            for node in self._manifest.nodes.values():
                if (node.schema, node.alias) == (schema, name):
                    return node.database
            for source in self._manifest.sources.values():
                if (source.schema, source.identifier) == (schema, name):
                    return source.database
        return self._adapter.config.credentials.database

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        from dbt_common.exceptions import DbtBaseException

        try:
            yield
        except DbtBaseException as error:
            self._adapter.release_connection()  # it may hold a transaction that has failed
            self._adapter.acquire_connection(CONNECTION)
            raise DataopsError("The query failed in the warehouse.", where=_said(error)) from error


def _said(error: Exception) -> str:
    """The first line: what follows quotes the query, and may quote a row."""
    said = str(getattr(error, "msg", "") or error).strip()
    return said.splitlines()[0] if said else type(error).__name__
