"""Scratch schemas in the catalog of a product."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.variables import set_variables
from first_light.warehouse.scratch_place import dropped_at_end
from first_light.warehouse.spark.driver import SparkCursor
from first_light.warehouse.spark.listing import comment_of, schemas_like
from first_light.warehouse.spark.names import Schemas, sql_name, sql_text
from first_light.warehouse.spark.server import connect, drop_schema, errors_as, schemas

VARIABLE = "SPARK_SCHEMA"


@contextlib.contextmanager
def scratch_schemas(product: Product) -> Iterator[Mapping[str, str]]:
    """A prefix of its own, whose schemas are dropped at the end.

    Those that a killed command left are dropped first.

    Raises:
        DataopsError: they are not those of a verification, or could not be dropped.
    """
    scratch = Schemas(f"{schemas(product).prefix}_verify")
    variables = {VARIABLE: scratch.prefix}
    with set_variables(variables):
        if schemas(product) != scratch:
            raise DataopsError(
                "The connection of dbt does not follow the variable of the schema.",
                where="profiles.yml, target prod, schema",
                fix=f"write there: {{{{ env_var('{VARIABLE}') }}}}",
            )
    with connect(product) as cursor:
        with errors_as("The scratch schemas could not be created."):
            _drop_all(cursor, product, scratch)

        def create() -> None:
            with errors_as("The scratch schemas could not be created."):
                own = sql_text(_mark(product))
                cursor.execute(f"create schema {sql_name(scratch.build)} comment {own}")

        def drop() -> None:
            with errors_as(f"The schemas {scratch.prefix}_… could not be dropped."):
                _drop_all(cursor, product, scratch)

        with dropped_at_end(create, drop):
            yield variables


def _mark(product: Product) -> str:
    """The comment of the schema with the lock, which the lock writes too."""
    return f"First Light: {product.slug}"


def _drop_all(cursor: SparkCursor, product: Product, place: Schemas) -> None:
    """Drop the schemas of a verification; that with the mark is the last.

    Raises:
        DataopsError: there is one of these names that no verification made.
    """
    present = schemas_like(cursor, f"{place.prefix}_*")
    if present and comment_of(cursor, place.build) != _mark(product):
        raise DataopsError(
            f"There is a schema {present[0]} that this command did not create.",
            fix="rename or drop it, then repeat the command",
        )
    for schema in sorted(present, key=lambda name: name == place.build):
        drop_schema(cursor, schema)
