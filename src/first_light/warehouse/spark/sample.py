"""Load the sample for a rehearsal."""

from __future__ import annotations

from first_light.dbt.source_plan import has_tables
from first_light.project.product import Product
from first_light.warehouse.sampled_rows import sampled_tables
from first_light.warehouse.spark.names import sql_name
from first_light.warehouse.spark.server import connect, create_table, errors_as

_TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double",
    "FLOAT": "float",
    "HUGEINT": "decimal(38, 0)",
    "INTEGER": "int",
    "SMALLINT": "int",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TINYINT": "int",
    "UBIGINT": "decimal(20, 0)",
    "UINTEGER": "bigint",
    "USMALLINT": "int",
    "UTINYINT": "int",
}


def load(product: Product, schema: str) -> None:
    """Load every table of the sample into a schema; tables of the same names are replaced.

    Raises:
        DataopsError: a file cannot be read with its YAML, or the server rejected it.
    """
    if not has_tables(product.root):
        return
    with errors_as("The sample could not be loaded into Spark."), connect(product) as cursor:
        cursor.execute(f"create schema if not exists {sql_name(schema)}")
        for table in sampled_tables(product):
            columns = [(name, _type(kind)) for name, kind in table.columns]
            create_table(cursor, sql_name(schema, table.name), columns, table.rows)


def _type(kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return kind.lower()
    return "timestamp" if kind.startswith("TIMESTAMP_") else _TYPES.get(kind, "string")
