"""The sample, loaded into a schema: DuckDB reads the files with the very call that the source's
YAML names, PostgreSQL's COPY writes them. Both are there already; a loader would bring a third
reading of the same files.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import duckdb

from first_light.dbt.source_plan import PlannedTable, has_tables, read_plan
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import identifier, quoted
from first_light.warehouse.postgres.server import connect, in_words

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
    """The schema that dev's sources read, as profiles.yml and the sources' YAML spell it."""
    who = os.environ.get("USER") or os.environ.get("USERNAME") or "me"
    return os.environ.get("DATAOPS_RAW_SCHEMA") or f"dev_{who}_sample"


def load(product: Product, schema: str) -> dict[str, int]:
    """Load every table of the sample into a schema, in one transaction: all of it or nothing.

    Args:
        product: the product; a product without sources has nothing to load.
        schema: made where it is not there; its tables of the same names are replaced.

    Returns:
        Rows by table.

    Raises:
        DataopsError: a file can't be read as its YAML says, or the server rejected.
    """
    from psycopg2 import sql

    if not has_tables(product.root):
        return {}
    plan = read_plan(product.root)
    loaded: dict[str, int] = {}
    with (
        connect(product) as connection,
        in_words("The sample could not be loaded into PostgreSQL."),
        connection.cursor() as cursor,
        duckdb.connect() as files,
        tempfile.TemporaryDirectory() as folder,
    ):
        files.execute("set TimeZone = 'UTC'")
        make = sql.SQL("create schema if not exists {}").format(sql.Identifier(schema))
        cursor.execute(make)
        for table in plan:
            copied = Path(folder) / "table.csv"
            columns = _write(files, table, product.sample, copied)
            place = sql.Identifier(schema, table.name)
            cursor.execute(sql.SQL("drop table if exists {} cascade").format(place))
            spelled = [
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
                for name, kind in columns
            ]
            made = sql.SQL("create table {} ({})").format(place, sql.SQL(", ").join(spelled))
            cursor.execute(made)
            with copied.open("rb") as file:
                read = sql.SQL("copy {} from stdin (format csv, null '')").format(place)
                cursor.copy_expert(read, file)
            loaded[table.name] = int(cursor.rowcount)
    return loaded


def _write(
    files: duckdb.DuckDBPyConnection, table: PlannedTable, sample: Path, to: Path
) -> list[tuple[str, str]]:
    """Write a table as COPY reads it; returns its columns, in PostgreSQL's types."""
    try:
        files.execute(f"create or replace temp table read as from {table.relation(sample)}")
        found = files.execute(
            "select column_name, data_type from duckdb_columns() "
            "where table_name = 'read' order by column_index"
        ).fetchall()
        columns = [(_name(name), _type(kind)) for name, kind in found]
        values = ", ".join(_value(name, kind) for name, kind in found)
        target = str(to).replace("'", "''")
        files.execute(
            f"copy (select {values} from read) to '{target}' (header false, force_quote *)"
        )
    except duckdb.Error as error:
        raise DataopsError(
            f"The sample of {table.name} cannot be read.",
            where=f"{table.where}: {str(error).splitlines()[0]}",
            fix="rebuild it: uv run dataops sample",
        ) from error
    return columns


def _name(name: str) -> str:
    """A column's name on the server: in lower case where models write it without quotes."""
    plain = identifier(name, rendered=True)
    return name if plain.startswith('"') else plain


def _type(kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "numeric").lower()
    if kind.startswith("TIMESTAMP_"):
        return "timestamp"
    return "jsonb" if _NESTED.search(kind) else _TYPES.get(kind, "text")


def _value(name: str, kind: str) -> str:
    column = quoted(name)
    if _NESTED.search(kind):
        return f"to_json({column})"
    return f"'\\x' || hex({column})" if kind == "BLOB" else column
