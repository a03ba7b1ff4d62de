"""The lock against two builds for the same datasets: the row of a table."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.bigquery.driver import BigQueryCursor, BigQueryError
from first_light.warehouse.bigquery.server import connect, datasets, errors_as
from first_light.warehouse.leased_lock import LeasedLock

LEASE = 240
"""Seconds."""


@dataclass
class BuildLock(LeasedLock[BigQueryCursor]):
    """The lock of a project. Of two updates at the same time the second finds the row changed."""

    lease = LEASE
    renewals = 4
    error = BigQueryError

    def connect(self, product: Product) -> AbstractContextManager[BigQueryCursor]:
        return connect(product)

    def taking(self) -> AbstractContextManager[None]:
        fix = "let this account create datasets and run jobs: uv run dataops docs bigquery"
        return errors_as("The build lock could not be taken.", fix)

    def checking(self) -> AbstractContextManager[None]:
        return errors_as("The build lock could not be read.", "repeat the command")

    def busy(self, table: str) -> DataopsError:
        return DataopsError(
            "Another release is running in this project.",
            where=table,
            fix="wait until it has ended, then repeat the command. If it was killed on another "
            f"machine, its lock ends after {LEASE} seconds",
        )

    def prepare(self, cursor: BigQueryCursor, product: Product) -> str:
        place = datasets(product)
        table = place.name(place.build, "build_lock")
        _claim(cursor, product, place.build)
        cursor.execute(f"create table if not exists {table} (owner string, renewed_at int64)")
        cursor.execute(
            f"merge {table} using (select 1 as n) as one on true "
            "when not matched then insert (owner, renewed_at) values ('', 0)"
        )
        return table


def _claim(cursor: BigQueryCursor, product: Product, build: str) -> None:
    """Claim the datasets for this product: two products would overwrite each other.

    Raises:
        DataopsError: they belong to another product.
    """
    own = f"First Light: {product.slug}"
    found = cursor.described(build)
    if found is None:
        cursor.create_dataset(build, own)
    elif found != own:
        raise DataopsError(
            f"The datasets belong to another product, {found.removeprefix('First Light: ')}.",
            where=build,
            fix="use another prefix for each product: set BIGQUERY_DATASET",
        )
