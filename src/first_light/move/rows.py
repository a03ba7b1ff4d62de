"""The rows of both sides, open in one database in memory, in types that hold both exactly."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from first_light.dbt.folders import inside
from first_light.impact.compare import compare_tables
from first_light.impact.tables import TableDiff
from first_light.move.columns import Column, compared_type, value
from first_light.move.side import Side
from first_light.utils.sql_names import literal, quoted
from first_light.warehouse.base import Relation
from first_light.warehouse.scratch import COLUMNS, DIALECT, Connection, connect

_MEMORY = "1GB"
# What views of a file call its own database, and compiled SQL too.
CATALOG = "warehouse"
_OTHER = "other_side"


@dataclass
class Rows:
    """Both sides.

    Attributes:
        connection: the database in memory.
        before, after: the sides.
    """

    connection: Connection
    before: Side
    after: Side
    _catalogs: Mapping[str, str]
    _columns: dict[tuple[str, Relation], tuple[Column, ...]] = field(default_factory=dict)

    def columns(self, side: Side, unique_id: str) -> tuple[Column, ...]:
        """The columns of a node on a side, in order; none if it was not built."""
        place = side.place(unique_id)
        return self._columns.get((side.kind, place), ()) if place else ()

    def stored(self, side: Side, unique_id: str) -> str:
        """The rows of a node on a side, as they are in its file."""
        place = side.place(unique_id)
        assert place is not None
        parts = (self._catalogs[side.kind], place.schema, place.name)
        return ".".join(map(quoted, parts))

    def pairs(self, unique_id: str) -> list[tuple[Column, Column]]:
        """The columns of a node that both sides have, in the order of the first."""
        after = {column.name.lower(): column for column in self.columns(self.after, unique_id)}
        return [
            (column, after[column.name.lower()])
            for column in self.columns(self.before, unique_id)
            if column.name.lower() in after
        ]

    def compare(
        self,
        unique_id: str,
        keys: Sequence[Sequence[str]],
        hidden: Collection[str],
        rebuilt: str = "",
    ) -> TableDiff:
        """What differs in the rows of a node.

        Args:
            unique_id: the node, which both sides have built.
            keys: what should tell rows apart, best first.
            hidden: columns whose values are not shown.
            rebuilt: rows in place of the first side's, with its columns and types.
        """
        pairs = self.pairs(unique_id)
        kinds = [compared_type(before.type, after.type) for before, after in pairs]
        names = [before.name for before, _ in pairs]
        sides = (
            (rebuilt or self.stored(self.before, unique_id), [before for before, _ in pairs]),
            (self.stored(self.after, unique_id), [after for _, after in pairs]),
        )
        views: list[str] = []
        for relation, columns in sides:
            selected = ", ".join(
                f"{value(column, kind)} as {quoted(name)}"
                for column, kind, name in zip(columns, kinds, names)
            )
            view = f"memory.main.compared_{len(views)}"
            self.connection.execute(
                f"create or replace view {view} as select {selected or '1 as no_column'} "
                f"from {relation}"
            )
            views.append(view)
        return compare_tables(self.connection, views[0], views[1], keys, hidden)


@contextlib.contextmanager
def open_rows(before: Side, after: Side, scratch: Path) -> Iterator[Rows]:
    """Open the files of both sides, read-only; relative paths in SQL are those of the first."""
    scratch.mkdir(parents=True, exist_ok=True)
    with connect(memory=_MEMORY, spill=scratch) as connection, inside(before.product.root):
        connection.execute("set TimeZone = 'UTC'")
        owner = after if after.kind == DIALECT else before
        catalogs = {side.kind: CATALOG if side is owner else _OTHER for side in (before, after)}
        rows = Rows(connection, before, after, catalogs)
        for side in (before, after):
            catalog = catalogs[side.kind]
            file = literal(str(side.readable.file))
            connection.execute(f"attach {file} as {catalog} (read_only)")
            for place, found in _columns(connection, catalog).items():
                spelled = side.types.get(place, {})
                rows._columns[side.kind, place] = tuple(
                    Column(name, kind, spelled.get(name.lower(), "")) for name, kind in found
                )
        yield rows


def _columns(connection: Connection, catalog: str) -> dict[Relation, list[tuple[str, str]]]:
    found: dict[Relation, list[tuple[str, str]]] = {}
    for schema, name, column, kind in connection.execute(
        f"select schema_name, table_name, column_name, data_type from {COLUMNS} "
        f"where database_name = '{catalog}' and not internal order by table_oid, column_index"
    ).fetchall():
        found.setdefault(Relation(schema, name), []).append((column, kind))
    return found
