"""Load the sample into a schema: DuckDB reads the files with the call from the source's YAML,
and PostgreSQL's COPY writes them. A separate loader would parse the same files in a third way.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import duckdb

from first_light.dbt.source_plan import PlannedTable, has_tables, read_plan
from first_light.project import settings
from first_light.project.product import Product
from first_light.utils.sql_names import identifier, quoted
from first_light.warehouse.postgres.server import connect, errors_as
from first_light.warehouse.server_errors import unreadable_sample

_TYPES = {
    "BIGINT": "bigint",
    "BLOB": "bytea",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "HUGEINT": "numeric(38, 0)",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TINYINT": "smallint",
    "UBIGINT": "numeric(20, 0)",
    "UINTEGER": "bigint",
    "USMALLINT": "integer",
    "UTINYINT": "smallint",
    "UUID": "uuid",
}
_NESTED = re.compile(r"\[|^(STRUCT|MAP|UNION|LIST|JSON)")


def own_schema() -> str:
    """The schema that the sources of dev read, as in profiles.yml and the sources' YAML."""
    user = os.environ.get("USER") or os.environ.get("USERNAME") or "me"
    return settings.current().raw_schema or f"dev_{user}_sample"


def load(product: Product, schema: str) -> dict[str, int]:
    """Load every table of the sample into a schema, in one transaction.

    Args:
        product: the product; a product without sources has nothing to load.
        schema: created if missing; tables of the same names are replaced.

    Returns:
        Rows by table.

    Raises:
        DataopsError: a file cannot be read with its YAML, or the server rejected it.
    """
    from psycopg2 import sql

    if not has_tables(product.root):
        return {}
    plan = read_plan(product.root)
    loaded: dict[str, int] = {}
    with (
        connect(product) as connection,
        errors_as("The sample could not be loaded into PostgreSQL."),
        connection.cursor() as cursor,
        duckdb.connect() as files,
        tempfile.TemporaryDirectory() as folder,
    ):
        files.execute("set TimeZone = 'UTC'")
        create_schema = sql.SQL("create schema if not exists {}").format(sql.Identifier(schema))
        cursor.execute(create_schema)
        for table in plan:
            copied = Path(folder) / "table.csv"
            columns = _write(files, table, product.sample, copied)
            place = sql.Identifier(schema, table.name)
            cursor.execute(sql.SQL("drop table if exists {} cascade").format(place))
            definitions = [
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
                for name, kind in columns
            ]
            create = sql.SQL("create table {} ({})").format(place, sql.SQL(", ").join(definitions))
            cursor.execute(create)
            with copied.open("rb") as file:
                read = sql.SQL("copy {} from stdin (format csv, null '')").format(place)
                cursor.copy_expert(read, file)
            loaded[table.name] = int(cursor.rowcount)
    return loaded


def _write(
    files: duckdb.DuckDBPyConnection, table: PlannedTable, sample: Path, to: Path
) -> list[tuple[str, str]]:
    """Write a table as CSV for COPY; returns its columns with PostgreSQL's types."""
    try:
        files.execute(f"create or replace temp table read as from {table.relation(sample)}")
        described = files.execute(
            "select column_name, data_type from duckdb_columns() "
            "where table_name = 'read' order by column_index"
        ).fetchall()
        columns = [(_name(name), _type(kind)) for name, kind in described]
        values = ", ".join(_value(name, kind) for name, kind in described)
        target = str(to).replace("'", "''")
        files.execute(
            f"copy (select {values} from read) to '{target}' (header false, force_quote *)"
        )
    except duckdb.Error as error:
        raise unreadable_sample(table, error) from error
    return columns


def _name(name: str) -> str:
    """A column's name on the server: in lower case if models write it without quotes."""
    written = identifier(name, rendered=True)
    return name if written.startswith('"') else written


def _type(kind: str) -> str:
    if _NESTED.search(kind):
        return "jsonb"
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "numeric").lower()
    if kind.startswith("TIMESTAMP_"):
        return "timestamp"
    return _TYPES.get(kind, "text")


def _value(name: str, kind: str) -> str:
    column = quoted(name)
    if _NESTED.search(kind):
        return f"to_json({column})"
    return f"'\\x' || hex({column})" if kind == "BLOB" else column
