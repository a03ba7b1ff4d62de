"""The database file that readers get where they do not get everything: a new file.

A file keeps deleted values in free blocks, so nothing is deleted from a copy: withheld columns are
removed while the new file has no rows yet, and only the others are filled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from first_light.utils.sql_names import quoted
from first_light.warehouse.base import Relation, Withheld
from first_light.warehouse.sandbox import FILE, attached

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NEW = "readers"  # the new file in the connection; the old one has the name that views spell


class _Column(NamedTuple):
    name: str
    nullable: bool
    comment: str | None


def write_readers_copy(
    source: Path, goal: Path, withheld: Withheld, root: Path, *, tables_only: bool = False
) -> None:
    """Write a copy of a database without some columns. Views that cannot do without them become
    tables.

    Args:
        source: a closed database.
        goal: the new file, of the same name in another folder.
        withheld: the columns to leave out, by relation; all columns: the relation itself.
        root: the folder that relative paths in views mean.
        tables_only: make tables of all views.

    Raises:
        duckdb.Error: it could not be written.
        OSError: the same.
    """
    with duckdb.connect() as connection:
        connection.execute(f"set TimeZone = 'UTC'; set file_search_path = {_text(root)}")
        # Nothing reaches the new file before the withheld columns are gone from it.
        connection.execute("set wal_autocheckpoint = '1TB'")
        copy = _ReadersCopy(connection, source, goal, withheld)
        copy.create()
        copy.fill()
        connection.execute(f"checkpoint {_NEW}")
        copy.make_tables(copy.views if tables_only else copy.broken_views())
        connection.execute(f"use memory; checkpoint {_NEW}; detach {_NEW}")


def read_columns(database: Path) -> dict[Relation, tuple[str, ...]]:
    """The relations of a closed database, with their columns in order.

    Raises:
        duckdb.Error: it cannot be read.
    """
    relations: dict[Relation, tuple[str, ...]] = {}
    with attached(database, " (read_only)") as connection:
        for schema, name, column in connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            f"where database_name = '{FILE}' and not internal "
            "order by schema_name, table_name, column_index"
        ).fetchall():
            relation = Relation(schema, name)
            relations[relation] = (*relations.get(relation, ()), column)
    return relations


@dataclass
class _ReadersCopy:
    connection: DuckDBPyConnection
    source: Path
    goal: Path
    withheld: Withheld

    def create(self) -> None:
        """Create in the new file what readers get, without rows. Views that need more are left out.

        Types are left out too: columns do without them, and an enumeration lists its values.
        """
        run = self.connection.execute
        run(f"attach {_text(self.source)} as {self._old} (read_only)")
        run(f"attach {_text(self.goal)} as {_NEW}; use {self._old}")
        run(f"begin; copy from database {self._old} to {_NEW} (schema)")
        for relation in self.withheld:
            if relation in self.views:
                run(f"drop view {_NEW}.{_name(relation)}")
            elif relation in self.tables:
                run(f"drop table {_NEW}.{_name(relation)}")
                if self._kept(relation):
                    self._create_table(relation, "limit 0")
        for schema, name in run(
            "select schema_name, type_name from duckdb_types() "
            f"where database_name = '{_NEW}' and not internal"
        ).fetchall():
            run(f"drop type {_NEW}.{_name(Relation(schema, name))}")
        run("commit")

    def fill(self) -> None:
        """Copy the rows. A table with a foreign key comes after the one that it refers to."""
        pending = [table for table in self.tables if self._kept(table)]
        while pending:
            later = []
            for table in pending:
                columns = _list(self._kept(table))
                query = f"select {columns} from {self._old}.{_name(table)}"
                try:
                    self.connection.execute(
                        f"insert into {_NEW}.{_name(table)} ({columns}) {query}"
                    )
                except duckdb.ConstraintException:
                    later.append(table)
                    if later == pending:
                        raise
            pending = later

    def make_tables(self, views: Iterable[Relation]) -> None:
        """Make tables of views, with the columns that readers get."""
        for view in views:
            if self._kept(view):
                self.connection.execute(f"drop view if exists {_NEW}.{_name(view)}")
                self._create_table(view)

    def broken_views(self) -> list[Relation]:
        """The views that cannot be read in the new file, though in the old one they can be."""
        run = self.connection.execute
        self._open(self.goal)
        broken = [view for view in self.views if not self._is_readable(view)]
        self._open(self.source)
        run(f"attach {_text(self.goal)} as {_NEW}")
        return [view for view in broken if self._is_readable(view)]

    @cached_property
    def tables(self) -> dict[Relation, list[_Column]]:
        """The tables of the old file."""
        return self._relations("duckdb_tables()", "table_name")

    @cached_property
    def views(self) -> dict[Relation, list[_Column]]:
        """The views of the old file."""
        return self._relations("duckdb_views()", "view_name")

    @property
    def _old(self) -> str:
        return quoted(self.source.stem)

    def _relations(self, listing: str, name: str) -> dict[Relation, list[_Column]]:
        relations: dict[Relation, list[_Column]] = {}
        for schema, relation, *facts in self.connection.execute(
            f"select l.schema_name, l.{name}, c.column_name, c.is_nullable, c.comment "
            f"from {listing} as l inner join duckdb_columns() as c "
            f"on l.database_oid = c.database_oid and l.schema_oid = c.schema_oid "
            f"and l.{name} = c.table_name "
            "where l.database_name = ? and not l.internal "
            f"order by l.schema_name, l.{name}, c.column_index",
            [self.source.stem],
        ).fetchall():
            relations.setdefault(Relation(schema, relation), []).append(_Column(*facts))
        return relations

    def _kept(self, relation: Relation) -> list[str]:
        columns = self.tables.get(relation) or self.views.get(relation) or []
        hidden = set(self.withheld.get(relation, ()))
        return [column.name for column in columns if column.name not in hidden]

    def _create_table(self, relation: Relation, limit: str = "") -> None:
        run = self.connection.execute
        kept, place = self._kept(relation), f"{_NEW}.{_name(relation)}"
        run(
            f"create table {place} as select {_list(kept)} "
            f"from {self._old}.{_name(relation)} {limit}"
        )
        for column in self.tables.get(relation, ()):
            if column.name in kept and not column.nullable:
                run(f"alter table {place} alter {quoted(column.name)} set not null")
            if column.name in kept and column.comment:
                run(f"comment on column {place}.{quoted(column.name)} is {_text(column.comment)}")
        comments = run(
            "select comment from duckdb_tables() where database_name = $1 and schema_name = $2 "
            "and table_name = $3 union all select comment from duckdb_views() "
            "where database_name = $1 and schema_name = $2 and view_name = $3",
            [self.source.stem, relation.schema, relation.name],
        ).fetchall()
        for (comment,) in comments:
            if comment:
                run(f"comment on table {place} is {_text(comment)}")

    def _open(self, file: Path) -> None:
        """Open one of the two files alone, under the name that its views spell."""
        self.connection.execute("use memory")
        for name in (_NEW, self._old):
            self.connection.execute(f"detach database if exists {name}")
        self.connection.execute(f"attach {_text(file)} as {self._old} (read_only); use {self._old}")

    def _is_readable(self, view: Relation) -> bool:
        try:
            self.connection.execute(f"describe {self._old}.{_name(view)}")
        except duckdb.Error:
            return False
        return True


def _name(relation: Relation) -> str:
    return f"{quoted(relation.schema)}.{quoted(relation.name)}"


def _list(columns: Sequence[str]) -> str:
    return ", ".join(map(quoted, columns))


def _text(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"
