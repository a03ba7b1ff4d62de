"""Load the sample for a rehearsal."""

from __future__ import annotations

from first_light.dbt.source_plan import has_tables
from first_light.project.product import Product
from first_light.utils.sql_names import identifier
from first_light.warehouse.sampled_rows import sampled_tables
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
    with errors_as("The sample could not be loaded into Snowflake."), connect(product) as cursor:
        cursor.execute(f"create schema if not exists {sql_name(database, schema)}")
        for table in sampled_tables(product):
            place = sql_name(database, schema, table.name)
            columns = ", ".join(f"{_name(name)} {_type(kind)}" for name, kind in table.columns)
            cursor.execute(f"create or replace table {place} ({columns})")
            insert(cursor, place, table.rows)


def _name(name: str) -> str:
    """A column's name: in capitals if models write it without quotes."""
    written = identifier(name, rendered=True)
    return written if written.startswith('"') else sql_name(written)


def _type(kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "number").lower()
    return "timestamp_ntz" if kind.startswith("TIMESTAMP_") else _TYPES.get(kind, "varchar")
