"""The small tables that dataops writes into a release."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from first_light.utils.sql_names import literal, quoted
from first_light.warehouse.base import Table

_BATCH = 50_000  # rows


def write_tables(connection: Any, schema: str, tables: Sequence[Table]) -> None:
    """Write tables into a schema, replacing tables of the same names, in an open transaction.

    One statement and one text for many rows: a statement for each row would take a minute for a
    long history.
    """
    connection.execute(f"create schema if not exists {quoted(schema)}")
    for table in tables:
        place = f"{quoted(schema)}.{quoted(table.name)}"
        connection.execute(f"create or replace table {place} ({table.definition})")
        connection.execute(f"comment on table {place} is {literal(table.comment)}")
        for at in range(0, len(table.rows), _BATCH):
            columns = list(zip(*table.rows[at : at + _BATCH]))
            encoded = [[None if v is None else str(v) for v in values] for values in columns]
            selected = ", ".join(f"unnest(held[{n + 1}])" for n in range(len(columns)))
            connection.execute(
                f"insert into {place} select {selected} "
                """from (select from_json(?, '[["varchar"]]') as held)""",
                [json.dumps(encoded)],
            )
