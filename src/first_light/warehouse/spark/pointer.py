"""Which release the published views read: one view, which changes at an instant set beforehand.

Spark replaces one view at a time, and a query reads each view's text while it is analysed. So views
of both releases are made first, which ask the pointer. The pointer then changes at an instant that
still lies ahead. Spark computes the current time once for a query: all views of a query agree.
"""

from __future__ import annotations

import time

from first_light.utils.errors import DataopsError
from first_light.warehouse.own_tables import OWN_SCHEMA
from first_light.warehouse.pointed_views import Pointer
from first_light.warehouse.spark.driver import SparkCursor, SparkError
from first_light.warehouse.spark.listing import exists
from first_light.warehouse.spark.names import POINTER, Schemas, sql_name, sql_text
from first_light.warehouse.spark.server import rows_or_none

MARGIN = 5.0
"""Seconds: queries whose planning takes longer than this may see both releases."""
_PAUSE = 0.5


def read(cursor: SparkCursor, place: Schemas) -> Pointer:
    """What the pointer says, once a change that was set has happened.

    Raises:
        SparkError: it could not be read.
    """
    query = (
        "select release_id, other, is_settled, "
        "coalesce(changes_at, 0) - unix_micros(current_timestamp()) "
        f"from {place.pointer}"
    )
    while True:
        rows = rows_or_none(cursor, query)
        if not rows:
            return Pointer()
        release, other, is_settled, left = rows[0]
        if left <= 0:
            return Pointer(str(release), str(other), bool(is_settled))
        time.sleep(min(_PAUSE, left / 1e6))


def write(cursor: SparkCursor, place: Schemas, pointer: Pointer) -> None:
    """Set it, without a change ahead.

    Raises:
        DataopsError: views of this catalog cannot be replaced, as with Iceberg's SQL extensions.
    """
    schema = place.of_readers(OWN_SCHEMA)
    if not exists(cursor, schema):
        cursor.execute(f"create schema {sql_name(schema)}")
    _replace(
        cursor,
        place,
        f"{sql_text(pointer.release)} as release_id, {sql_text(pointer.other)} as other, "
        f"{str(pointer.is_settled).lower()} as is_settled, cast(null as bigint) as changes_at",
    )
    if read(cursor, place) != pointer:
        raise DataopsError(
            "The catalog accepts `alter view`, but keeps the old view.",
            where=place.pointer.replace("`", ""),
            fix="start the server without Iceberg's SQL extensions: uv run dataops docs spark",
        )


def change(cursor: SparkCursor, place: Schemas, old: str, new: str) -> None:
    """Change it from one release to another, and wait until no query sees the old one any more."""
    ((now,),) = cursor.rows("select unix_micros(current_timestamp())")
    at = int(now) + int(MARGIN * 1e6)
    is_before = f"current_timestamp() < timestamp_micros({at})"
    one, two = sql_text(old), sql_text(new)
    _replace(
        cursor,
        place,
        f"case when {is_before} then {one} else {two} end as release_id, "
        f"case when {is_before} then {two} else {one} end as other, "
        f"false as is_settled, {at} as changes_at",
    )
    read(cursor, place)
    time.sleep(MARGIN)


def condition(place: Schemas, run: str) -> str:
    """Whether the pointer names a release, in a statement; Spark folds it when it plans."""
    return f"(select release_id from {place.pointer}) = {sql_text(run)}"


def _replace(cursor: SparkCursor, place: Schemas, selected: str) -> None:
    """Alter the view in place: Spark drops a view that it replaces and creates it again."""
    schema = sql_name(place.of_readers(OWN_SCHEMA))
    is_present = bool(cursor.rows(f"show views in {schema} like '{POINTER}'"))
    action = "alter" if is_present else "create"
    try:
        cursor.execute(f"{action} view {place.pointer} as select {selected}")
    except SparkError as error:
        if "ALTER VIEW" not in str(error):
            raise
        raise DataopsError(
            "This catalog cannot alter a view.",
            where=str(error),
            fix="start the server without Iceberg's SQL extensions: uv run dataops docs spark",
        ) from error
