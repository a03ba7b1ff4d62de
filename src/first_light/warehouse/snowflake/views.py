"""The published views: made in a second database, which then changes places with that of readers.

Snowflake commits each statement of DDL by itself. `alter database … swap with …` is the one that
moves everything that readers see at once.
"""

from __future__ import annotations

import re
from typing import Any

from first_light.store.run_ids import began_since
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.own_tables import OWN_SCHEMA, RELEASE, WITHHELD, prefix_of
from first_light.warehouse.snowflake.names import INTERNAL, Databases, spelled, sql_name
from first_light.warehouse.snowflake.server import (
    columns,
    relations,
    rows_or_none,
    schemas,
)

RUN = "run"
"""The table of a release with the id of the run that made its database."""


def columns_of(cursor: Any, place: Databases, run: str) -> dict[Relation, tuple[str, ...]]:
    """All relations of a release with their columns in order, in dbt's spelling."""
    result: dict[Relation, tuple[str, ...]] = {}
    for schema, name, column, *_ in columns(cursor, place.of_release(run)):
        relation = Relation(spelled(schema), spelled(name))
        if relation.schema != INTERNAL:
            result[relation] = (*result.get(relation, ()), spelled(column))
    return result


def owner_of(cursor: Any, place: Databases, run: str) -> str:
    """The run that made the database of this number; empty if none did."""
    table = sql_name(place.of_release(run), INTERNAL, RUN)
    rows = rows_or_none(cursor, f"select run from {table}")
    return str(rows[0][0]) if rows else ""


def release_in(cursor: Any, database: str) -> str:
    """The release that the views of a database read; empty if there are none."""
    table = sql_name(database, OWN_SCHEMA, RELEASE)
    rows = rows_or_none(cursor, f"select release_id from {table}")
    return str(rows[0][0]) if rows else ""


def repoint(cursor: Any, place: Databases, run: str) -> None:
    """Make readers see a release; nothing is done if they see it already.

    Raises:
        DataopsError: readers' database has something that no release made.
    """
    if release_in(cursor, place.readers) == run:
        return
    if owner_of(cursor, place, run) != run:
        return  # current was released into another warehouse
    _raise_if_foreign(cursor, place)
    _make_views(cursor, place, run)
    if release_in(cursor, place.next) != run:
        raise DataopsError(
            "The views of the release could not be made.",
            where=place.next,
            fix="choose another one: uv run dataops releases",
        )
    cursor.execute(f"alter database {sql_name(place.readers)} swap with {sql_name(place.next)}")


def _make_views(cursor: Any, place: Databases, run: str) -> None:
    """Make the views of a release in the database that readers do not use."""
    withheld = _withheld(cursor, place, run)
    targets = {
        relation: kept
        for relation, names in columns_of(cursor, place, run).items()
        if (kept := [name for name in names if name not in withheld.get(relation, ())])
    }
    for schema in schemas(cursor, place.next):
        cursor.execute(f"drop schema {sql_name(place.next, spelled(schema))}")
    for schema in sorted({relation.schema for relation in targets}):
        cursor.execute(f"create schema {sql_name(place.next, schema)}")
    for relation, names in sorted(targets.items()):
        view = sql_name(place.next, relation.schema, relation.name)
        selected, source = ", ".join(map(sql_name, names)), place.relation(run, relation)
        cursor.execute(f"create view {view} as select {selected} from {source}")


def _withheld(cursor: Any, place: Databases, run: str) -> dict[Relation, set[str]]:
    """The columns that readers of a release do not get, by relation."""
    table = sql_name(place.of_release(run), INTERNAL, WITHHELD)
    names = ", ".join(map(sql_name, ("schema", "name", "column")))
    result: dict[Relation, set[str]] = {}
    for schema, name, column in rows_or_none(cursor, f"select {names} from {table}") or ():
        result.setdefault(Relation(schema, name), set()).add(column)
    return result


def _raise_if_foreign(cursor: Any, place: Databases) -> None:
    """Fail if the database of readers has what no release made: it would be swapped away."""
    own = re.compile(rf"\b{re.escape(place.readers)}_r\d{{6,}}\b", re.IGNORECASE)
    foreign = [
        f"{spelled(schema)}.{spelled(name)}"
        for schema, name, text in relations(cursor, place.readers)
        if not own.search(text)
    ]
    if foreign:
        raise DataopsError(
            f"The database {place.readers} has a table or view that no release made.",
            where=", ".join(foreign),
            fix="move it to another database, then repeat the command",
        )


def drop_release(cursor: Any, place: Databases, run: str) -> None:
    """Drop the database of a release or candidate, if this run made it or nothing is in it."""
    owner, database = owner_of(cursor, place, run), place.of_release(run)
    if owner == run or (not owner and not relations(cursor, database)):
        cursor.execute(f"drop database if exists {sql_name(database)}")


def drop_abandoned(cursor: Any, place: Databases, run: str, base: str) -> None:
    """Drop a database of this number that a machine left which failed before the store knew it.

    That of a run which began before current belongs to another store and is kept.

    Raises:
        DataopsError: it is kept.
    """
    owner, database = owner_of(cursor, place, run), place.of_release(run)
    is_newer = bool(owner) and began_since(owner, base)
    if (
        owner != run
        and relations(cursor, database)
        and not (is_newer and release_in(cursor, place.readers) == base)
    ):
        raise DataopsError(
            "The account already has another release of this number.",
            where=f"{prefix_of(run)}, database {database}: {owner or 'of an unknown run'}",
            fix="set DATAOPS_STORE to the store it was created with, or drop the database",
        )
    cursor.execute(f"drop database if exists {sql_name(database)}")
