"""Load the sample for a rehearsal: DuckDB reads the files with the call from the source's YAML."""

from __future__ import annotations

import duckdb

from first_light.dbt.source_plan import has_tables, read_plan
from first_light.project.product import Product
from first_light.utils.sql_names import quoted
from first_light.warehouse.server_errors import unreadable_sample
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
    with (
        errors_as("The sample could not be loaded into Spark."),
        connect(product) as cursor,
        duckdb.connect() as files,
    ):
        files.execute("set TimeZone = 'UTC'")
        cursor.execute(f"create schema if not exists {sql_name(schema)}")
        for table in read_plan(product.root):
            try:
                relation = files.sql(f"from {table.relation(product.sample)}")
                columns = list(zip(relation.columns, map(_type, map(str, relation.types))))
                # Texts, which the server casts to the types of the columns.
                values = [f"cast({quoted(name)} as varchar)" for name in relation.columns]
                rows = relation.project(", ".join(values)).fetchall()
            except duckdb.Error as error:
                raise unreadable_sample(table, error) from error
            create_table(cursor, sql_name(schema, table.name), columns, rows)


def _type(kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return kind.lower()
    return "timestamp" if kind.startswith("TIMESTAMP_") else _TYPES.get(kind, "string")
