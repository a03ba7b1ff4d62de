"""The published views of a lake, and the schemas of a release.

A transaction of a lake may hold any statements, and becomes one snapshot of the catalog: all views
change together, and the snapshot is named after the release.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from first_light.store.run_ids import began_since
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import literal, quoted
from first_light.warehouse.base import Relation
from first_light.warehouse.duckdb.lake.catalog import (
    columns_of,
    listed_schemas,
    name_of,
    rows_or_none,
    tables_of,
)
from first_light.warehouse.own_tables import OWN_SCHEMA, RELEASE, WITHHELD, prefix_of
from first_light.warehouse.prefixed_schemas import PrefixedSchemas

INTERNAL = "dataops_build"
"""The schema of a release that is not published: which run built it, and what is withheld."""
RUN = "run"
"""The table of a release with the id of the run that made its schemas."""
_KEPT = "1 day"
"""For how long the files of a deleted release stay: queries that read them can end."""


@contextlib.contextmanager
def transaction(connection: Any) -> Iterator[None]:
    """One snapshot of the catalog; nothing of it remains if it fails."""
    connection.begin()
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def owner_of(connection: Any, place: PrefixedSchemas, run: str) -> str:
    """The run that made the schemas of this number; empty if none did."""
    return _owner_in(connection, place.of_release(run, INTERNAL))


def _owner_in(connection: Any, schema: str) -> str:
    rows = rows_or_none(connection, f"select run from {name_of(Relation(schema, RUN))}")
    return str(rows[0][0]) if rows else ""


def current_release(connection: Any, place: PrefixedSchemas) -> str:
    """The release that the published views read; empty if there is none."""
    view = name_of(Relation(place.of_readers(OWN_SCHEMA), RELEASE))
    rows = rows_or_none(connection, f"select release_id from {view}")
    return str(rows[0][0]) if rows else ""


def begin_release(connection: Any, place: PrefixedSchemas, run: str) -> None:
    """Create the schema of a release that says which run made it."""
    schema = place.of_release(run, INTERNAL)
    with transaction(connection):
        connection.execute(f"create schema {quoted(schema)}")
        table = name_of(Relation(schema, RUN))
        connection.execute(f"create table {table} as select {literal(run)} as run")


def copy_table(connection: Any, source: Relation, copy: Relation) -> None:
    """Copy a table for the next candidate, with the columns that may not be null."""
    connection.execute(f"create schema if not exists {quoted(copy.schema)}")
    connection.execute(f"create table {name_of(copy)} as from {name_of(source)}")
    rows = connection.execute(
        "select column_name from duckdb_columns() where database_name = current_database() "
        "and schema_name = ? and table_name = ? and not is_nullable",
        [source.schema, source.name],
    ).fetchall()
    for (column,) in rows:
        connection.execute(f"alter table {name_of(copy)} alter {quoted(column)} set not null")


def repoint(connection: Any, place: PrefixedSchemas, run: str) -> None:
    """Make readers see a release, in one transaction; nothing is done if they see it already.

    Raises:
        DataopsError: a view would replace what no release made.
    """
    with transaction(connection):
        if current_release(connection, place) == run or owner_of(connection, place, run) != run:
            return  # of another run: current was released into another warehouse
        views = _views(connection, place)
        targets = _published(connection, place, run)
        if foreign := sorted(name_of(view) for view in targets if not views.get(view, True)):
            raise DataopsError(
                "The lake has a table or view that no release made, with a name of the release.",
                where=", ".join(foreign).replace('"', ""),
                fix="rename or drop it, then repeat the command",
            )
        for schema in sorted({view.schema for view in targets}):
            connection.execute(f"create schema if not exists {quoted(schema)}")
        for view, (source, columns) in sorted(targets.items()):
            selected = ", ".join(map(quoted, columns))
            query = f"select {selected} from {name_of(source)}"
            connection.execute(f"create or replace view {name_of(view)} as {query}")
        for view, is_own in sorted(views.items()):
            if is_own and view not in targets:
                connection.execute(f"drop view {name_of(view)}")
        lake = connection.execute("select current_database()").fetchone()[0]
        connection.execute(
            f"call {quoted(lake)}.set_commit_message('dataops', {literal(message_of(run))})"
        )


def message_of(run: str) -> str:
    """The message of the snapshot that makes a release current."""
    return f"release {run}"


def _published(
    connection: Any, place: PrefixedSchemas, run: str
) -> dict[Relation, tuple[Relation, list[str]]]:
    """What readers get of a release: for each view its table and columns."""
    table = name_of(Relation(place.of_release(run, INTERNAL), WITHHELD))
    query = f'select "schema", "name", "column" from {table}'
    withheld = set(rows_or_none(connection, query) or ())
    result = {}
    for source, names in columns_of(connection, place.of_release(run, "")).items():
        schema = place.plain(source.schema)
        kept = [name for name in names if (schema, source.name, name) not in withheld]
        if kept and schema != INTERNAL:
            result[Relation(place.of_readers(schema), source.name)] = (source, kept)
    return result


def _views(connection: Any, place: PrefixedSchemas) -> dict[Relation, bool]:
    """The tables and views in the schemas of readers, and whether a release made each."""
    release = re.compile(rf"{re.escape(place.prefix)}_r\d{{6,}}_")
    rows = connection.execute(
        "select schema_name, view_name, sql from duckdb_views() "
        "where database_name = current_database() union all "
        "select schema_name, table_name, '' from duckdb_tables() "
        "where database_name = current_database()"
    ).fetchall()
    return {
        Relation(schema, name): bool(release.search(text))
        for schema, name, text in rows
        if schema.startswith(f"{place.prefix}_") and not release.match(schema)
    }


def drop_release(connection: Any, place: PrefixedSchemas, run: str) -> None:
    """Drop the schemas of a release or candidate, if this run made them."""
    if owner_of(connection, place, run) == run:
        _drop(connection, place, run)


def drop_abandoned(connection: Any, place: PrefixedSchemas, run: str, base: str) -> None:
    """Drop schemas of this number that a machine left which failed before the store knew them.

    Those of a run which began before current belong to another store and are kept.

    Raises:
        DataopsError: they are kept.
    """
    found = listed_schemas(connection, place.of_release(run, ""))
    if not found:
        return
    owner = owner_of(connection, place, run)
    is_newer = bool(owner) and began_since(owner, base)
    if owner != run and not (is_newer and current_release(connection, place) == base):
        raise DataopsError(
            "The lake already has another release of this number.",
            where=f"{prefix_of(run)}, schemas {', '.join(found)}: {owner or 'of an unknown run'}",
            fix="set DATAOPS_STORE to the store it was created with, or drop the schemas",
        )
    _drop(connection, place, run)


def _drop(connection: Any, place: PrefixedSchemas, run: str) -> None:
    with transaction(connection):
        for schema in listed_schemas(connection, place.of_release(run, "")):
            connection.execute(f"drop schema {quoted(schema)} cascade")


def clean_up(connection: Any, place: PrefixedSchemas) -> None:
    """Forget snapshots from before the oldest release that is kept, and delete their files.

    Files that a query may still read stay for a day. Nothing is forgotten while another product has
    releases in the same lake: its snapshots are among these.
    """
    name = connection.execute("select current_database()").fetchone()[0]
    lake, kept = literal(name), set()
    for schema in listed_schemas(connection, ""):
        if schema.endswith(f"_{INTERNAL}") and re.search(r"_r\d{6,}_", schema):
            if not schema.startswith(f"{place.prefix}_r"):
                return
            kept.add(message_of(_owner_in(connection, schema)))
    snapshots = connection.execute(
        f"select snapshot_id, commit_message from ducklake_snapshots({lake}) order by 1"
    ).fetchall()
    first = next((number for number, text in snapshots if text in kept), None)
    expired = [number for number, _ in snapshots if first is not None and number < first]
    if expired:
        connection.execute(
            f"select count(*) from ducklake_expire_snapshots({lake}, versions => {expired})"
        ).fetchall()
    connection.execute(
        f"select count(*) from ducklake_cleanup_old_files({lake}, "
        f"older_than => now() - interval '{_KEPT}')"
    ).fetchall()


def drop_schemas(connection: Any, prefix: str) -> None:
    """Drop all schemas whose names begin so."""
    with transaction(connection):
        for schema in listed_schemas(connection, prefix):
            connection.execute(f"drop schema {quoted(schema)} cascade")


def stored_tables(connection: Any, place: PrefixedSchemas, run: str) -> dict[Relation, str]:
    """The tables of a release, without internal ones, and what changes with their rows."""
    internal = place.of_release(run, INTERNAL)
    found = tables_of(connection, place.of_release(run, ""))
    return {relation: state for relation, state in found.items() if relation.schema != internal}
