"""The texts in personal columns of files, read into a scratch database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from first_light.dbt.source_plan import PlannedTable
from first_light.privacy.repository_values import texts_of
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import Connection


def load_personal(connection: Connection, table: PlannedTable, root: Path, name: str) -> None:
    """Read the personal columns of a table once."""
    columns = ", ".join(quoted(column) for column in table.personal)
    connection.execute(
        f"create or replace table {name} as select {columns} from {table.relation(root)}"
    )


def texts_in(connection: Connection, name: str, column: str) -> Iterator[str]:
    """The different texts of a column that was loaded, those in its JSON too."""
    cursor = connection.execute(
        f"select distinct {quoted(column)} from {name} where {quoted(column)} is not null"
    )
    while rows := cursor.fetchmany(10_000):
        for row in rows:
            yield from texts_of(row[0])
