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
from first_light.warehouse.snowflake.names import spelled, sql_name
from first_light.warehouse.snowflake.server import columns, connect, databases, errors_as
from first_light.warehouse.snowflake.views import release_in

_SAME = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "FLOAT": "double",
    "TEXT": "varchar",
    "TIME": "time",
    "TIMESTAMP_LTZ": "timestamptz",
    "TIMESTAMP_NTZ": "timestamp",
    "TIMESTAMP_TZ": "timestamptz",
}


def copy_published(
    product: Product, run: str, relations: Sequence[Relation], folder: Path
) -> Readable:
    """Copy views out of the database of readers.

    Args:
        product: the product.
        run: the release that the store's pointer names.
        relations: in dbt's spelling.
        folder: where the file is made.

    Raises:
        DataopsError: readers see another release, before or after; or a statement was rejected.
    """
    file, place = folder / DATABASE_FILE, databases(product).readers
    places: dict[Relation, Relation] = {}
    notes: dict[Relation, tuple[str, ...]] = {}
    with (
        errors_as("The published views could not be read.", "grant this role select on them"),
        connect(product) as cursor,
        contextlib.closing(duckdb.connect(str(file))) as database,
    ):
        raise_if_another(release_in(cursor, place), run)
        database.execute("set TimeZone = 'UTC'")
        found: dict[Relation, list[tuple[str, str, str]]] = {}
        for schema, name, column, kind, precision, scale in columns(cursor, place):
            copied = f"decimal({precision}, {scale})" if kind == "NUMBER" else _SAME.get(kind, "")
            found.setdefault(Relation(spelled(schema), spelled(name)), []).append(
                (spelled(column), kind, copied)
            )
        for relation in relations:
            if fields := found.get(relation):
                selected = ", ".join(sql_name(name) for name, _, _ in fields)
                view = sql_name(place, relation.schema, relation.name)
                cursor.execute(f"select {selected} from {view}")
                kinds = [(name, copied or "varchar") for name, _, copied in fields]
                write_rows(database, relation, kinds, cursor, folder / "rows.csv")
                places[relation] = relation
                notes[relation] = tuple(
                    f"{name} is text: {kind}, as the connector writes it"
                    for name, kind, copied in fields
                    if not copied
                )
        raise_if_another(release_in(cursor, place), run)
    return Readable(file, places, notes)
