"""The published views of the current release, copied into a database file exactly."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from first_light.project.product import Product
from first_light.utils.sql_names import quoted
from first_light.warehouse.base import DATABASE_FILE, Readable, Relation
from first_light.warehouse.postgres.catalog import CANDIDATE
from first_light.warehouse.postgres.server import connect, errors_as
from first_light.warehouse.postgres.side import copy_relation, type_of
from first_light.warehouse.postgres.views import release_in_views
from first_light.warehouse.server_errors import raise_if_another

_WIDEST = 38  # digits of a decimal in the file
_TEXTS = ("character", "text", "name", "uuid", "json")


def copy_published(
    product: Product, run: str, relations: Sequence[Relation], folder: Path
) -> Readable:
    """Copy views in one transaction: while it has read one, no other release is published.

    Args:
        product: the product.
        run: the release that the store's pointer names.
        relations: in the spelling of a candidate.
        folder: where the file is made.

    Raises:
        DataopsError: readers see another release, or the server rejected a statement.
    """
    file = folder / DATABASE_FILE
    places: dict[Relation, Relation] = {}
    notes: dict[Relation, tuple[str, ...]] = {}
    with (
        connect(product) as connection,
        errors_as("The published views could not be read.", "grant this role select on them"),
        connection.cursor() as cursor,
        contextlib.closing(duckdb.connect(str(file))) as database,
    ):
        raise_if_another(release_in_views(cursor), run)
        database.execute("set TimeZone = 'UTC'")
        for relation in relations:
            view = Relation(relation.schema.removeprefix(f"{CANDIDATE}_"), relation.name)
            if columns := _columns(cursor, view):
                kinds = [_exact(cursor, view, name, kind) for name, kind in columns]
                definitions = [f"{quoted(name)} {kind}" for (name, _), kind in zip(columns, kinds)]
                copy_relation(cursor, view, definitions, database, view)
                places[relation] = view
                notes[relation] = tuple(
                    f"{name} is text: {kind}, as the server writes it"
                    for (name, kind), copied in zip(columns, kinds)
                    if copied == "varchar" and not kind.startswith(_TEXTS)
                )
    return Readable(file, places, notes)


def _columns(cursor: Any, view: Relation) -> list[tuple[str, str]]:
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "inner join pg_class on pg_attribute.attrelid = pg_class.oid "
        "inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid "
        "where nspname = %s and relname = %s and attnum > 0 and not attisdropped order by attnum",
        (view.schema, view.name),
    )
    return list(cursor.fetchall())


def _exact(cursor: Any, view: Relation, column: str, kind: str) -> str:
    """A type of the file that holds all values of a column; text if there is none."""
    if kind.startswith("time") and not kind.startswith("timestamp"):
        return "varchar" if kind.endswith("with time zone") else "time"
    if not kind.startswith("numeric") or kind.endswith("]"):
        return type_of(kind)
    from psycopg2 import sql

    # The digits that there are: a numeric without a scale has as many as each value needs.
    cursor.execute(
        sql.SQL(
            "select coalesce(max(scale({c})), 0), coalesce(max(length(trunc(abs({c}))::text)), 1), "
            "count(*) filter (where {c}::text in ('NaN', 'Infinity', '-Infinity')) from {v}"
        ).format(c=sql.Identifier(column), v=sql.Identifier(view.schema, view.name))
    )
    scale, whole, special = cursor.fetchone()
    digits = max(scale + whole, 1)
    return "varchar" if special or digits > _WIDEST else f"decimal({digits}, {scale})"
