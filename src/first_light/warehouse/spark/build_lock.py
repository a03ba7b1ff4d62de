"""The lock against two builds for the same schemas: the row of an Iceberg table."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.leased_lock import LeasedLock
from first_light.warehouse.spark.driver import SparkCursor, SparkError
from first_light.warehouse.spark.listing import comment_of, exists
from first_light.warehouse.spark.names import sql_name, sql_text
from first_light.warehouse.spark.server import connect, create_table, errors_as, schemas

LEASE = 300
"""Seconds."""
_NO_ICEBERG = ("DATA_SOURCE_NOT_FOUND", "CANNOT_FIND_CATALOG_PLUGIN")
_CAME_FIRST = ("ValidationException", "CommitFailed")


@dataclass
class BuildLock(LeasedLock[SparkCursor]):
    """The lock of a server. Iceberg rejects the second of two updates at the same time."""

    lease = LEASE
    renewals = 5
    error = SparkError

    def connect(self, product: Product) -> AbstractContextManager[SparkCursor]:
        return connect(product)

    def taking(self) -> AbstractContextManager[None]:
        fix = "let this user create schemas: uv run dataops docs spark"
        return errors_as("The build lock could not be taken.", fix)

    def checking(self) -> AbstractContextManager[None]:
        message = "The connection that holds the build lock was lost."
        return errors_as(message, "repeat the command")

    def busy(self, table: str) -> DataopsError:
        return DataopsError(
            "Another release is running on this server.",
            where=table,
            fix="wait until it has ended, then repeat the command. If it was killed on another "
            f"machine, its lock ends after {LEASE} seconds",
        )

    def prepare(self, cursor: SparkCursor, product: Product) -> str:
        build = schemas(product).build
        table = sql_name(build, "build_lock")
        _claim(cursor, product, build)
        if not cursor.rows(f"show tables in {sql_name(build)} like 'build_lock'"):
            _create(cursor, table)
        return table

    def update(self, cursor: SparkCursor, statement: str) -> None:
        try:
            cursor.execute(statement)
        except SparkError as error:
            if not any(name in str(error) for name in _CAME_FIRST):
                raise


def _claim(cursor: SparkCursor, product: Product, build: str) -> None:
    """Claim the schemas for this product: two products would overwrite each other.

    Raises:
        DataopsError: they belong to another product.
    """
    own = f"First Light: {product.slug}"
    if not exists(cursor, build):
        cursor.execute(f"create schema {sql_name(build)} comment {sql_text(own)}")
    elif (found := comment_of(cursor, build)) != own:
        raise DataopsError(
            f"The schemas belong to another product, {found.removeprefix('First Light: ')}.",
            where=build,
            fix="use another prefix for each product: set SPARK_SCHEMA",
        )


def _create(cursor: SparkCursor, table: str) -> None:
    """Create the table with its row.

    Raises:
        DataopsError: the server has no Iceberg.
    """
    columns = (("owner", "string"), ("renewed_at", "bigint"))
    try:
        create_table(cursor, table, columns, [("", 0)])
    except SparkError as error:
        if error.kind not in _NO_ICEBERG:
            raise
        raise DataopsError(
            "The Spark server has no Iceberg.",
            where=str(error),
            fix="add Iceberg and its catalog to the server: uv run dataops docs spark",
        ) from error
