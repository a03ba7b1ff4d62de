"""Scratch schemas in the lake of a product."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.variables import set_variables
from first_light.warehouse.duckdb.lake.catalog import connect, errors_as, listed_schemas, schemas
from first_light.warehouse.duckdb.lake.published import drop_schemas
from first_light.warehouse.scratch_place import dropped_at_end

VARIABLE = "DUCKLAKE_SCHEMA"
_MARK = "first_light_verify"
"""A schema: this command made the others."""


@contextlib.contextmanager
def scratch_schemas(product: Product) -> Iterator[Mapping[str, str]]:
    """A prefix of its own, whose schemas are dropped at the end.

    Those that a killed command left are dropped first.

    Raises:
        DataopsError: they are not those of a verification, or could not be dropped.
    """
    prefix = f"{schemas(product).prefix}_verify"
    variables = {VARIABLE: prefix}
    with set_variables(variables):
        if schemas(product).prefix != prefix:
            raise DataopsError(
                "The connection of dbt does not follow the variable of the schema.",
                where="profiles.yml, target prod, schema",
                fix=f"write there: {{{{ env_var('{VARIABLE}') }}}}",
            )
    mark = f"{prefix}_{_MARK}"
    with errors_as("The scratch schemas could not be created."), connect(product) as connection:
        present = listed_schemas(connection, f"{prefix}_")
        if present and mark not in present:
            raise DataopsError(
                f"There is a schema {present[0]} that this command did not create.",
                fix="rename or drop it, then repeat the command",
            )
        drop_schemas(connection, f"{prefix}_")

    def create() -> None:
        with (
            errors_as("The scratch schemas could not be created."),
            connect(product) as connection,
        ):
            connection.execute(f'create schema "{mark}"')

    def drop() -> None:
        with (
            errors_as(f"The schemas {prefix}_… could not be dropped."),
            connect(product) as connection,
        ):
            drop_schemas(connection, f"{prefix}_")

    with dropped_at_end(create, drop):
        yield variables
