"""Which rows of the loaded tables are chosen."""

from __future__ import annotations

from first_light.sampling.scratch_tables import Loaded
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import Connection


def in_chosen(table: Loaded) -> str:
    """The condition, in SQL, that a row of the table is chosen."""
    return f"{table.sql}.id in (select id from {table.sql}_chosen)"


def first_id(condition: str = "true") -> str:
    """The row, of those that meet a condition, which comes first in the order."""
    return f"(min(rank) filter (where {condition}) & {(1 << 40) - 1})::bigint"


class Selection:
    """The rows that are chosen of each table of a scratch database."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def chosen(self, table: Loaded) -> int:
        """How many rows of the table are chosen."""
        return self.number(f"select count(*) from {table.sql}_chosen")

    def width(self, table: Loaded) -> int:
        """How many bytes the chosen rows have, about."""
        return self.number(
            f"select coalesce(sum(width), 0) from {table.sql} where {in_chosen(table)}"
        )

    def extract(self, table: Loaded) -> str:
        """A new table with the chosen rows under their own column names, in raw's order."""
        names = ", ".join(
            f"c{place} as {quoted(column.name)}" for place, column in enumerate(table.columns)
        )
        self.run(
            f"create or replace table {table.sql}_sample as "
            f"select {names} from {table.sql} where {in_chosen(table)} order by {table.sql}.id"
        )
        return f"{table.sql}_sample"

    def add(self, table: Loaded, ids: str) -> bool:
        """Choose the rows that a query gives; whether any of them is new."""
        added = self.number(
            f"insert or ignore into {table.sql}_chosen "
            f"select id from ({ids}) as found(id) where id is not null"
        )
        return added > 0

    def run(self, statement: str) -> None:
        """Run a statement."""
        self.connection.execute(statement)

    def number(self, query: str) -> int:
        """The number that a query gives."""
        row = self.connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])
