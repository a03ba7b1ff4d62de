"""A connection to the product's Snowflake account, with the target of its releases."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from first_light.dbt.profile import read_profile
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.kinds import RELEASES
from first_light.warehouse.server_errors import query_errors
from first_light.warehouse.snowflake.driver import open_session
from first_light.warehouse.snowflake.names import Databases, spelled, sql_name

CANDIDATE = "DATAOPS_DATABASE"
"""The variable with the database of a candidate; without it profiles.yml names that of readers."""
# Snowflake does not tell what does not exist from what a role may not see.
_MISSING = (2003, 2043)
_BATCH = 1000


def target(product: Product) -> dict[str, Any]:
    """The keys of the target of releases, with the database of readers.

    Raises:
        DataopsError: profiles.yml cannot be read, or names no database.
    """
    environment = {key: value for key, value in os.environ.items() if key != CANDIDATE}
    values = read_profile(product.root, RELEASES, environment).values
    if not values.get("database"):
        raise DataopsError(
            "The connection of dbt names no database.",
            where=f"profiles.yml, target {RELEASES}",
            fix="uv run dbt debug",
        )
    return values


def databases(product: Product) -> Databases:
    """The databases of a product."""
    return Databases(str(target(product)["database"]).lower())


def open_product(product: Product) -> Any:
    """A connection for the product, in the database of readers; the caller closes it.

    Raises:
        DataopsError: the account cannot be reached.
    """
    values = target(product)
    values.pop("schema", None)  # of dbt: it is not in the database of readers
    from snowflake.connector.errors import Error

    try:
        return open_session(values)
    except Error as error:
        raise DataopsError(
            "Snowflake cannot be reached.",
            where=reason_of(error),
            fix="set the variables of the connection: uv run dataops docs snowflake",
        ) from error


@contextlib.contextmanager
def connect(product: Product) -> Iterator[Any]:
    """A cursor; each statement commits by itself, as all DDL of Snowflake does.

    Raises:
        DataopsError: see `open_product`.
    """
    with contextlib.closing(open_product(product)) as connection:
        yield connection.cursor()


def errors_as(message: str, fix: str = "") -> AbstractContextManager[None]:
    """Turn errors of the server into messages.

    Raises:
        QueryError: the server rejected a statement.
    """
    from snowflake.connector.errors import Error

    return query_errors(Error, reason_of, message, fix)


def reason_of(error: Exception) -> str:
    """The first line of an error: what follows quotes the statement, and may quote a row."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def rows_or_none(cursor: Any, query: str) -> list[Any] | None:
    """The rows of a query; None if what it reads does not exist."""
    from snowflake.connector.errors import ProgrammingError

    try:
        cursor.execute(query)
    except ProgrammingError as error:
        if error.errno in _MISSING:
            return None
        raise
    return list(cursor.fetchall())


def relations(cursor: Any, database: str) -> list[tuple[str, str, str]]:
    """Schema, name and, of a view, definition of all relations of a database, as stored;
    none if the database is missing.
    """
    catalog = f"{sql_name(database)}.information_schema"
    query = (
        f"select table_schema, table_name, '' from {catalog}.tables "
        "where table_type = 'BASE TABLE' union all "
        f"select table_schema, table_name, view_definition from {catalog}.views order by 1, 2"
    )
    rows = rows_or_none(cursor, query) or []
    return [row for row in rows if row[0] != "INFORMATION_SCHEMA"]


def tables(cursor: Any, database: str) -> set[Relation]:
    """The tables of a database, in dbt's spelling."""
    return {
        Relation(spelled(schema), spelled(name))
        for schema, name, definition in relations(cursor, database)
        if not definition
    }


def columns(cursor: Any, database: str) -> list[tuple[Any, ...]]:
    """Schema, relation, column, type, precision and scale of all columns, as stored, in order."""
    query = (
        "select table_schema, table_name, column_name, data_type, numeric_precision, numeric_scale "
        f"from {sql_name(database)}.information_schema.columns "
        "where table_schema <> 'INFORMATION_SCHEMA' "
        "order by table_schema, table_name, ordinal_position"
    )
    return rows_or_none(cursor, query) or []


def schemas(cursor: Any, database: str) -> list[str]:
    """The schemas of a database, as stored, without those that every database has."""
    query = f"select schema_name from {sql_name(database)}.information_schema.schemata"
    rows = rows_or_none(cursor, query) or []
    return sorted(row[0] for row in rows if row[0] not in ("INFORMATION_SCHEMA", "PUBLIC"))


def insert(cursor: Any, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, in batches that stay below the size of a statement."""
    for at in range(0, len(rows), _BATCH):
        batch = [tuple(row) for row in rows[at : at + _BATCH]]
        marks = ", ".join(["%s"] * len(batch[0]))
        cursor.executemany(f"insert into {table} values ({marks})", batch)
