"""What Snowflake knows of tables without a scan."""

from __future__ import annotations

from typing import Any

from first_light.warehouse.base import Relation
from first_light.warehouse.snowflake.names import INTERNAL, spelled, sql_name, stored
from first_light.warehouse.snowflake.server import rows_or_none


def states(cursor: Any, database: str) -> dict[Relation, str]:
    """What changes with the rows of each table of a database; none if it is missing."""
    query = (
        "select table_schema, table_name, row_count, bytes, last_altered "
        f"from {sql_name(database)}.information_schema.tables "
        "where table_type = 'BASE TABLE' and table_schema <> 'INFORMATION_SCHEMA'"
    )
    return {
        Relation(spelled(schema), spelled(name)): " ".join(map(str, state))
        for schema, name, *state in rows_or_none(cursor, query) or []
        if schema != stored(INTERNAL)
    }


def raw_rows(cursor: Any, database: str, schema: str) -> list[tuple[str, int, int]]:
    """Name, rows and bytes of the tables and views of a schema; the rows of views are counted."""
    query = (
        "select table_name, row_count, bytes "
        f"from {sql_name(database)}.information_schema.tables "
        f"where table_schema = '{stored(schema)}' and table_type = 'BASE TABLE' order by 1"
    )
    cursor.execute(query)
    result = [(spelled(name), int(rows or 0), int(size or 0)) for name, rows, size in cursor]
    cursor.execute(
        f"select table_name from {sql_name(database)}.information_schema.views "
        f"where table_schema = '{stored(schema)}' order by 1"
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"select count(*) from {sql_name(database, schema, spelled(name))}")
        result.append((spelled(name), int(cursor.fetchone()[0]), 0))
    return result
