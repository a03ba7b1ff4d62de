"""Scratch databases in the account of a product."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.variables import set_variables
from first_light.warehouse.scratch_place import dropped_at_end
from first_light.warehouse.snowflake.names import Databases, spelled, sql_name, stored
from first_light.warehouse.snowflake.server import (
    databases,
    errors_as,
    open_product,
    schemas,
)

VARIABLE = "SNOWFLAKE_DATABASE"
_MARK = "first_light_verify"
"""A schema: this command made the database."""


@contextlib.contextmanager
def scratch_databases(product: Product) -> Iterator[Mapping[str, str]]:
    """Create the databases of a product, and drop them at the end.

    Those that a killed command left are replaced.

    Raises:
        DataopsError: they could not be created, or are not those of a verification.
    """
    own = databases(product)
    scratch = Databases(f"{own.readers}_verify")
    variables = {VARIABLE: scratch.readers}
    with set_variables(variables):
        if databases(product) != scratch:
            raise DataopsError(
                "The connection of dbt does not follow the variable of the database.",
                where="profiles.yml, target prod, database",
                fix=f"write there: {{{{ env_var('{VARIABLE}') }}}}",
            )
    role = "let this role create databases: grant create database on account to role …"
    with contextlib.closing(open_product(product)) as connection:
        cursor = connection.cursor()
        with errors_as("The scratch databases could not be created.", role):
            left = _present(cursor, scratch)
            if left and stored(_MARK) not in schemas(cursor, scratch.build):
                raise DataopsError(
                    f"There is a database {left[0]} that this command did not create.",
                    fix="rename or drop it, then repeat the command",
                )
            _drop_all(cursor, scratch)

        def create() -> None:
            with errors_as("The scratch databases could not be created.", role):
                cursor.execute(f"create database {sql_name(scratch.build)}")

        def drop() -> None:
            with errors_as(f"The databases {scratch.readers}… could not be dropped."):
                _drop_all(cursor, scratch)

        with dropped_at_end(create, drop):
            with errors_as("The scratch databases could not be created.", role):
                cursor.execute(f"create schema {sql_name(scratch.build, _MARK)}")
                for database in (scratch.next, scratch.readers):
                    cursor.execute(f"create database {sql_name(database)}")
            yield variables


def _present(cursor: Any, place: Databases) -> list[str]:
    """The databases of a verification that exist."""
    own = re.compile(rf"{re.escape(place.readers)}(_next|_build|_r\d{{6,}})?")
    cursor.execute(f"show databases like '{place.readers}%'")
    column = [field[0] for field in cursor.description].index("name")
    names = sorted(spelled(row[column]) for row in cursor.fetchall())
    return [name for name in names if own.fullmatch(name)]


def _drop_all(cursor: Any, place: Databases) -> None:
    """Drop the databases of a verification; that with the mark is the last."""
    for name in sorted(_present(cursor, place), key=lambda name: name == place.build):
        cursor.execute(f"drop database {sql_name(name)}")
