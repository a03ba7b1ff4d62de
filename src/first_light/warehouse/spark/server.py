"""A session on the product's Spark server, with the target of its releases."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from first_light.dbt.profile import read_profile
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.kinds import RELEASES
from first_light.warehouse.server_errors import query_errors
from first_light.warehouse.spark.driver import SparkCursor, SparkError, open_session
from first_light.warehouse.spark.listing import listed, schemas_like
from first_light.warehouse.spark.names import Schemas, sql_name, sql_text

CANDIDATE = "DATAOPS_SCHEMA"
"""The variable with the first part of the schemas of a candidate."""
_BATCH = 500
_SQL_TYPES = {"double precision": "double", "varchar": "string"}


def target(product: Product) -> dict[str, Any]:
    """The keys of the target of releases, with the prefix of the product as schema.

    Raises:
        DataopsError: profiles.yml cannot be read, or names no schema.
    """
    environment = {key: value for key, value in os.environ.items() if key != CANDIDATE}
    values = read_profile(product.root, RELEASES, environment).values
    if not values.get("schema"):
        raise DataopsError(
            "The connection of dbt names no schema.",
            where=f"profiles.yml, target {RELEASES}",
            fix="uv run dbt debug",
        )
    return values


def schemas(product: Product) -> Schemas:
    """The schemas of a product."""
    return Schemas(str(target(product)["schema"]).lower())


@contextlib.contextmanager
def connect(product: Product) -> Iterator[SparkCursor]:
    """A cursor; each statement commits by itself.

    Raises:
        DataopsError: the server cannot be reached.
    """
    with open_session(target(product)) as cursor:
        yield cursor


def errors_as(message: str, fix: str = "") -> AbstractContextManager[None]:
    """Turn errors of the server into messages.

    Raises:
        QueryError: the server rejected a statement.
    """
    return query_errors(SparkError, str, message, fix)


def rows_or_none(cursor: SparkCursor, query: str) -> list[Any] | None:
    """The rows of a query; None if what it reads does not exist."""
    try:
        return cursor.rows(query)
    except SparkError as error:
        if error.is_missing:
            return None
        raise


def create_table(
    cursor: SparkCursor,
    table: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[Any]],
    comment: str = "",
) -> None:
    """Create an Iceberg table with rows; one of this name is replaced.

    Args:
        cursor: a session.
        table: its name, quoted.
        columns: names and types.
        rows: values or their texts, which Spark casts.
        comment: its description.
    """
    kinds = [_SQL_TYPES.get(kind, kind) for _, kind in columns]
    fields = ", ".join(f"{sql_name(name)} {kind}" for (name, _), kind in zip(columns, kinds))
    text = f" comment {sql_text(comment)}" if comment else ""
    cursor.execute(f"create or replace table {table} ({fields}) using iceberg{text}")
    names = [f"c{n}" for n in range(len(columns))]
    cast = ", ".join(f"cast({name} as {kind})" for name, kind in zip(names, kinds))
    for at in range(0, len(rows), _BATCH):
        values = ", ".join(
            "(" + ", ".join(_literal(value) for value in row) + ")"
            for row in rows[at : at + _BATCH]
        )
        cursor.execute(
            f"insert into {table} select {cast} from values {values} as v({', '.join(names)})"
        )


def drop_schema(cursor: SparkCursor, schema: str) -> None:
    """Drop a schema with its data: `cascade` would leave the files of Iceberg tables."""
    for relation, entry in listed(cursor, schema).items():
        name = sql_name(relation.schema, relation.name)
        if entry.is_view:
            cursor.execute(f"drop view if exists {name}")
        else:
            cursor.execute(f"drop table if exists {name}{' purge' * entry.is_iceberg}")
    cursor.execute(f"drop schema if exists {sql_name(schema)}")


def release_schemas(cursor: SparkCursor, place: Schemas, run: str) -> list[str]:
    """The schemas of a release."""
    return schemas_like(cursor, place.of_release(run, "*"))


def _literal(value: Any) -> str:
    if value is None:
        return "cast(null as string)"
    return sql_text("true" if value is True else "false" if value is False else str(value))
