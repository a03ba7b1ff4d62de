"""The published views of the current release, copied into a database file exactly."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from first_light.project.product import Product
from first_light.warehouse.base import DATABASE_FILE, Readable, Relation
from first_light.warehouse.bigquery.server import connect, datasets, errors_as
from first_light.warehouse.bigquery.views import read_pointer
from first_light.warehouse.driver_rows import write_rows
from first_light.warehouse.prefixed_schemas import sql_name
from first_light.warehouse.server_errors import raise_if_another

_SAME = {
    "BOOL": "boolean",
    "DATE": "date",
    "DATETIME": "timestamp",
    "FLOAT64": "double",
    "INT64": "bigint",
    "NUMERIC": "decimal(38, 9)",
    "STRING": "varchar",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
}
_MOST_DIGITS = 38  # of a decimal in DuckDB


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
    file, place = folder / DATABASE_FILE, datasets(product)
    places: dict[Relation, Relation] = {}
    notes: dict[Relation, tuple[str, ...]] = {}
    with (
        errors_as("The published views could not be read.", "let this account read them"),
        connect(product) as cursor,
        contextlib.closing(duckdb.connect(str(file))) as database,
    ):
        raise_if_another(read_pointer(cursor, place).release, run)
        database.execute("set TimeZone = 'UTC'")
        goals = {r: Relation(place.plain(r.schema), r.name) for r in relations}
        found: dict[Relation, list[tuple[str, str]]] = {}
        for schema in sorted({goal.schema for goal in goals.values()}):
            for _, name, column, kind in cursor.columns(place.of_readers(schema)):
                found.setdefault(Relation(schema, name), []).append((column, kind))
        for relation, goal in goals.items():
            if fields := found.get(goal):
                selected = ", ".join(sql_name(name) for name, _ in fields)
                view = place.name(place.of_readers(goal.schema), goal.name)
                rows = cursor.rows(f"select {selected} from {view}")
                kinds = [(name, kind_of(kind) or "varchar") for name, kind in fields]
                write_rows(database, goal, kinds, rows, folder / "rows.csv")
                places[relation] = goal
                notes[relation] = tuple(
                    f"{name} is text: {kind}, as the driver writes it"
                    for name, kind in fields
                    if not kind_of(kind)
                )
        raise_if_another(read_pointer(cursor, place).release, run)
    return Readable(file, places, notes)


def kind_of(kind: str) -> str:
    """The type in the file of one of BigQuery; empty if it has none."""
    if decimal := re.fullmatch(r"(?:BIG)?NUMERIC\((\d+)(?:, ?(\d+))?\)", kind):
        precision, scale = int(decimal[1]), int(decimal[2] or 0)
        return f"decimal({precision}, {scale})" if precision <= _MOST_DIGITS else ""
    return _SAME.get(re.sub(r"\(\d+\)$", "", kind), "")
