"""The published views of the current release, copied into a database file exactly."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import duckdb

from first_light.project.product import Product
from first_light.utils.sql_names import literal, quoted
from first_light.warehouse.base import DATABASE_FILE, Readable, Relation
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
_NULL = "\\N"


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
                _copy(cursor, place, relation, fields, database, folder / "rows.csv")
                places[relation] = relation
                notes[relation] = tuple(
                    f"{name} is text: {kind}, as the connector writes it"
                    for name, kind, copied in fields
                    if not copied
                )
        raise_if_another(release_in(cursor, place), run)
    return Readable(file, places, notes)


def _copy(
    cursor: Any,
    place: str,
    relation: Relation,
    fields: Sequence[tuple[str, str, str]],
    database: duckdb.DuckDBPyConnection,
    file: Path,
) -> None:
    target = f"{quoted(relation.schema)}.{quoted(relation.name)}"
    definitions = ", ".join(f"{quoted(name)} {copied or 'varchar'}" for name, _, copied in fields)
    database.execute(f"create schema if not exists {quoted(relation.schema)}")
    database.execute(f"create table {target} ({definitions})")
    selected = ", ".join(sql_name(name) for name, _, _ in fields)
    cursor.execute(f"select {selected} from {sql_name(place, relation.schema, relation.name)}")
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        for row in cursor:
            writer.writerow([_text(value) for value in row])
    database.execute(
        f"copy {target} from {literal(str(file))} (format csv, header false, delim ',', "
        f"quote '\"', escape '\"', nullstr '{_NULL}', allow_quoted_nulls true)"
    )
    file.unlink()


def _text(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return value.hex() if isinstance(value, (bytes, bytearray)) else str(value)
