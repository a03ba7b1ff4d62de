"""The chosen rows of the loaded tables."""

from __future__ import annotations

from collections import Counter

from first_light.sampling.scratch_tables import LoadedTable
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import Connection


def in_chosen(table: LoadedTable) -> str:
    """The SQL condition that a row of the table is chosen."""
    return f"{table.sql}.id in (select id from {table.sql}_chosen)"


def first_id(condition: str = "true") -> str:
    """The SQL of the id of the first row, in rank order, that meets a condition."""
    return f"(min(rank) filter (where {condition}) & {(1 << 40) - 1})::bigint"


class Selection:
    """The chosen rows of each table in a scratch database."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._changes: Counter[str] = Counter()
        self._made: set[str] = set()

    def clear(self, table: LoadedTable) -> None:
        """Choose no row of a table."""
        self.run(f"create or replace table {table.sql}_chosen (id bigint primary key)")
        self._changes[table.sql] += 1

    def changes(self, table: LoadedTable) -> int:
        """How often the choice of a table has changed: the same number means the same rows."""
        return self._changes[table.sql]

    def chosen(self, table: LoadedTable) -> int:
        """The number of chosen rows of a table."""
        return self.number(f"select count(*) from {table.sql}_chosen")

    def width(self, table: LoadedTable) -> int:
        """The approximate bytes of the chosen rows."""
        return self.number(
            f"select coalesce(sum(width), 0) from {table.sql} where {in_chosen(table)}"
        )

    def extract(self, table: LoadedTable) -> str:
        """Create a table with the chosen rows, original column names, in the order of raw."""
        names = ", ".join(
            f"c{place} as {quoted(column.name)}" for place, column in enumerate(table.columns)
        )
        self.run(
            f"create or replace table {table.sql}_sample as "
            f"select {names} from {table.sql} where {in_chosen(table)} order by {table.sql}.id"
        )
        return f"{table.sql}_sample"

    def files(self, table: LoadedTable) -> str:
        """SQL for the files of the chosen rows, in the order of `extract`; null where unknown."""
        return f"select file from {table.sql} where {in_chosen(table)} order by {table.sql}.id"

    def add(self, table: LoadedTable, ids: str) -> bool:
        """Choose the rows that a query returns; whether any of them is new."""
        added = self.number(
            f"insert or ignore into {table.sql}_chosen "
            f"select id from ({ids}) as chosen(id) where id is not null"
        )
        self._changes[table.sql] += added > 0
        return added > 0

    def drop(self, table: LoadedTable, ids: str) -> bool:
        """Take back the choice of the rows that a query returns; whether there were any."""
        dropped = self.number(f"delete from {table.sql}_chosen where id in ({ids})")
        self._changes[table.sql] += dropped > 0
        return dropped > 0

    def first_rows(self, table: LoadedTable, name: str) -> str:
        """A table with each value of a column and the id of its first row, made once."""
        made = f"{table.sql}_first_{name}"
        if made not in self._made:
            self.run(
                f"create table {made} as "
                f"select {name}, {first_id()} as id from {table.sql} group by {name}"
            )
            self._made.add(made)
        return made

    def run(self, statement: str) -> None:
        """Run a statement."""
        self.connection.execute(statement)

    def number(self, query: str) -> int:
        """The number that a query returns."""
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])
