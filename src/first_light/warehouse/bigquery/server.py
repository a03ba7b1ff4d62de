"""A session in the product's project of BigQuery, with the target of its releases."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from first_light.dbt.profile import read_profile
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.bigquery.credentials import project_of
from first_light.warehouse.bigquery.driver import BigQueryCursor, BigQueryError, open_session
from first_light.warehouse.bigquery.names import Datasets, sql_text
from first_light.warehouse.kinds import RELEASES
from first_light.warehouse.prefixed_schemas import sql_name
from first_light.warehouse.server_errors import query_errors

CANDIDATE = "DATAOPS_SCHEMA"
"""The variable with the first part of the datasets of a candidate."""
_LONGEST = 500_000
"""Letters of the rows of one statement; BigQuery takes one of a million."""
_SQL_TYPES = {
    "bigint": "int64",
    "boolean": "bool",
    "double precision": "float64",
    "integer": "int64",
    "varchar": "string",
}


def target(product: Product) -> dict[str, Any]:
    """The keys of the target of releases, with the prefix of the product as schema.

    Raises:
        DataopsError: profiles.yml cannot be read, or names no dataset.
    """
    environment = {key: value for key, value in os.environ.items() if key != CANDIDATE}
    values = read_profile(product.root, RELEASES, environment).values
    values["schema"] = values.get("schema") or values.get("dataset")
    if not values["schema"]:
        raise DataopsError(
            "The connection of dbt names no dataset.",
            where=f"profiles.yml, target {RELEASES}",
            fix="uv run dbt debug",
        )
    return values


def datasets(product: Product) -> Datasets:
    """The datasets of a product."""
    values = target(product)
    return Datasets(str(values["schema"]), project_of(values))


@contextlib.contextmanager
def connect(product: Product) -> Iterator[BigQueryCursor]:
    """A session; each statement commits by itself.

    Raises:
        DataopsError: there are no credentials.
    """
    with open_session(target(product)) as cursor:
        yield cursor


def errors_as(message: str, fix: str = "") -> AbstractContextManager[None]:
    """Turn errors of the server into messages.

    Raises:
        QueryError: the server rejected a statement.
    """
    return query_errors(BigQueryError, str, message, fix)


def rows_or_none(cursor: BigQueryCursor, query: str) -> list[Any] | None:
    """The rows of a query; None if a table that it reads does not exist, in a dataset that does."""
    try:
        return cursor.rows(query)
    except BigQueryError as error:
        if error.is_missing:
            return None
        raise


def create_table(
    cursor: BigQueryCursor,
    table: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[Any]],
    comment: str = "",
) -> None:
    """Create a table with rows; one of this name is replaced.

    Args:
        cursor: a session.
        table: its name, quoted.
        columns: names and types.
        rows: values or their texts, which BigQuery casts.
        comment: its description.
    """
    kinds = [_SQL_TYPES.get(kind, kind) for _, kind in columns]
    fields = ", ".join(f"{sql_name(name)} {kind}" for (name, _), kind in zip(columns, kinds))
    options = f" options(description = {sql_text(comment)})" if comment else ""
    cursor.execute(f"create or replace table {table} ({fields}){options}")
    struct = ", ".join(f"c{n} string" for n in range(len(columns)))
    cast = ", ".join(f"cast(c{n} as {_unbounded(kind)})" for n, kind in enumerate(kinds))
    for values in _batches(rows):
        cursor.execute(
            f"insert into {table} select {cast} from unnest(array<struct<{struct}>>[{values}])"
        )


def _unbounded(kind: str) -> str:
    """A type without its precision, which a cast to it must not have; the column has it."""
    return kind.partition("(")[0]


def _batches(rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Rows as values of statements that are not too long."""
    batch: list[str] = []
    length = 0
    for row in rows:
        text = f"struct({', '.join(map(_literal, row))})"
        if batch and length + len(text) > _LONGEST:
            yield ", ".join(batch)
            batch, length = [], 0
        batch.append(text)
        length += len(text) + 2
    if batch:
        yield ", ".join(batch)


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return sql_text(value.isoformat(sep=" "))
    return sql_text("true" if value is True else "false" if value is False else str(value))
