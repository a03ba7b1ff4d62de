"""The published views of the current release, copied into a database file exactly."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import duckdb

from first_light.project.product import Product
from first_light.warehouse.base import DATABASE_FILE, Readable, Relation
from first_light.warehouse.driver_rows import write_rows
from first_light.warehouse.server_errors import raise_if_another
from first_light.warehouse.spark.listing import listed
from first_light.warehouse.spark.names import sql_name
from first_light.warehouse.spark.pointer import read
from first_light.warehouse.spark.server import connect, errors_as, schemas

_SAME = {
    "bigint": "bigint",
    "boolean": "boolean",
    "date": "date",
    "double": "double",
    "float": "float",
    "int": "integer",
    "smallint": "smallint",
    "string": "varchar",
    "timestamp": "timestamp",
    "timestamp_ntz": "timestamp",
    "tinyint": "tinyint",
}


def copy_published(
    product: Product, run: str, relations: Sequence[Relation], folder: Path
) -> Readable:
    """Copy the views of readers.

    Args:
        product: the product.
        run: the release that the store's pointer names.
        relations: in dbt's spelling.
        folder: where the file is made.

    Raises:
        DataopsError: readers see another release, before or after; or a statement was rejected.
    """
    file, place = folder / DATABASE_FILE, schemas(product)
    places: dict[Relation, Relation] = {}
    notes: dict[Relation, tuple[str, ...]] = {}
    with (
        errors_as("The published views could not be read.", "let this user read them"),
        connect(product) as cursor,
        contextlib.closing(duckdb.connect(str(file))) as database,
    ):
        raise_if_another(read(cursor, place).release, run)
        database.execute("set TimeZone = 'UTC'")
        views = {
            relation: Relation(place.of_readers(place.plain(relation.schema)), relation.name)
            for relation in relations
        }
        found = {
            view: entry.columns
            for schema in sorted({view.schema for view in views.values()})
            for view, entry in listed(cursor, schema).items()
        }
        for relation, view in views.items():
            if fields := found.get(view):
                goal = Relation(place.plain(view.schema), view.name)
                selected = ", ".join(sql_name(name) for name, _ in fields)
                rows = cursor.rows(f"select {selected} from {sql_name(view.schema, view.name)}")
                kinds = [(name, _kind(kind) or "varchar") for name, kind in fields]
                write_rows(database, goal, kinds, rows, folder / "rows.csv")
                places[relation] = goal
                notes[relation] = tuple(
                    f"{name} is text: {kind}, as the driver writes it"
                    for name, kind in fields
                    if not _kind(kind)
                )
        raise_if_another(read(cursor, place).release, run)
    return Readable(file, places, notes)


def _kind(kind: str) -> str:
    """The type in the file; empty if it has none."""
    return kind if kind.startswith("decimal") else _SAME.get(kind, "")
