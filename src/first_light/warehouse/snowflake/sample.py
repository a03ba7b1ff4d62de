"""Load the sample for a rehearsal: DuckDB reads the files with the call from the source's YAML."""

from __future__ import annotations

import duckdb

from first_light.dbt.source_plan import has_tables, read_plan
from first_light.project.product import Product
from first_light.utils.sql_names import identifier, quoted
from first_light.warehouse.server_errors import unreadable_sample
from first_light.warehouse.snowflake.names import sql_name
from first_light.warehouse.snowflake.server import connect, errors_as, insert

_TYPES = {
    "BIGINT": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double",
    "FLOAT": "double",
    "HUGEINT": "integer",
    "INTEGER": "integer",
    "SMALLINT": "integer",
    "TIME": "time",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp_tz",
    "TINYINT": "integer",
    "UBIGINT": "integer",
    "UINTEGER": "integer",
    "USMALLINT": "integer",
    "UTINYINT": "integer",
}


def load(product: Product, database: str, schema: str) -> None:
    """Load every table of the sample into a schema; tables of the same names are replaced.

    Raises:
        DataopsError: a file cannot be read with its YAML, or the server rejected it.
    """
    if not has_tables(product.root):
        return
    with (
        errors_as("The sample could not be loaded into Snowflake."),
        connect(product) as cursor,
        duckdb.connect() as files,
    ):
        files.execute("set TimeZone = 'UTC'")
        cursor.execute(f"create schema if not exists {sql_name(database, schema)}")
        for table in read_plan(product.root):
            try:
                relation = files.sql(f"from {table.relation(product.sample)}")
                described = list(zip(relation.columns, map(str, relation.types)))
                # Texts, which the server casts to the types of the columns.
                values = [f"cast({quoted(name)} as varchar)" for name in relation.columns]
                rows = relation.project(", ".join(values)).fetchall()
            except duckdb.Error as error:
                raise unreadable_sample(table, error) from error
            place = sql_name(database, schema, table.name)
            columns = ", ".join(f"{_name(name)} {_type(kind)}" for name, kind in described)
            cursor.execute(f"create or replace table {place} ({columns})")
            insert(cursor, place, rows)


def _name(name: str) -> str:
    """A column's name: in capitals if models write it without quotes."""
    written = identifier(name, rendered=True)
    return written if written.startswith('"') else sql_name(written)


def _type(kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "number").lower()
    return "timestamp_ntz" if kind.startswith("TIMESTAMP_") else _TYPES.get(kind, "varchar")
