"""The published views of the current release, copied into a database file exactly."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from first_light.project.product import Product
from first_light.utils.sql_names import literal, quoted
from first_light.warehouse.base import DATABASE_FILE, Readable, Relation
from first_light.warehouse.server_errors import raise_if_another
from first_light.warehouse.spark.driver import SparkCursor
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
_NULL = "\\N"


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
                _copy(cursor, view, goal, fields, database, folder / "rows.csv")
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


def _copy(
    cursor: SparkCursor,
    view: Relation,
    goal: Relation,
    fields: Sequence[tuple[str, str]],
    database: duckdb.DuckDBPyConnection,
    file: Path,
) -> None:
    target = f"{quoted(goal.schema)}.{quoted(goal.name)}"
    definitions = ", ".join(f"{quoted(name)} {_kind(kind) or 'varchar'}" for name, kind in fields)
    database.execute(f"create schema if not exists {quoted(goal.schema)}")
    database.execute(f"create table {target} ({definitions})")
    selected = ", ".join(sql_name(name) for name, _ in fields)
    rows = cursor.rows(f"select {selected} from {sql_name(view.schema, view.name)}")
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        for row in rows:
            writer.writerow([_text(value) for value in row])
    database.execute(
        f"copy {target} from {literal(str(file))} (format csv, header false, delim ',', "
        f"quote '\"', escape '\"', nullstr '{_NULL}', allow_quoted_nulls true)"
    )
    file.unlink()


def _text(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value.hex() if isinstance(value, (bytes, bytearray)) else str(value)
