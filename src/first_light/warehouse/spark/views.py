"""The published views, and the schemas of a release."""

from __future__ import annotations

from collections.abc import Mapping

from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.own_tables import OWN_SCHEMA, WITHHELD, prefix_of
from first_light.warehouse.spark import pointer
from first_light.warehouse.spark.driver import SparkCursor
from first_light.warehouse.spark.listing import Entry, comment_of, exists, listed
from first_light.warehouse.spark.names import Schemas, sql_name, sql_text
from first_light.warehouse.spark.pointer import Pointer
from first_light.warehouse.spark.server import drop_schema, release_schemas, rows_or_none

Columns = Mapping[str, str]
"""Types by name, in order."""


def entries_of(cursor: SparkCursor, place: Schemas, run: str) -> dict[Relation, Entry]:
    """All relations of a release."""
    return {
        relation: entry
        for schema in release_schemas(cursor, place, run)
        for relation, entry in listed(cursor, schema).items()
    }


def owner_of(cursor: SparkCursor, place: Schemas, run: str) -> str:
    """The run that made the schemas of this number; empty if none did."""
    return comment_of(cursor, place.of_release(run, OWN_SCHEMA))


def repoint(cursor: SparkCursor, place: Schemas, run: str) -> None:
    """Make readers see a release; nothing is done if they see it already.

    At any instant all published views read the release that the pointer names, so that a process
    that is killed anywhere leaves readers with one whole release.
    """
    current = settle(cursor, place)
    if current.release == run:
        return
    if owner_of(cursor, place, run) != run:
        return  # current was released into another warehouse
    old, new = _published(cursor, place, current.release), _published(cursor, place, run)
    pointer.write(cursor, place, Pointer(current.release, run, is_settled=False))
    for relation, columns in sorted(old.items()):
        _make_view_of_both(
            cursor, place, relation, (current.release, columns), (run, new.get(relation, {}))
        )
    if current.release:
        pointer.change(cursor, place, current.release, run)
    else:
        pointer.write(cursor, place, Pointer(run, "", is_settled=False))
    _finish(cursor, place, Pointer(run, current.release), new, set(old) - set(new))


def settle(cursor: SparkCursor, place: Schemas) -> Pointer:
    """Finish or undo what was cut short: views of both releases become views of current."""
    found = pointer.read(cursor, place)
    if not found.is_settled:
        views = _published(cursor, place, found.release)
        gone = set(_published(cursor, place, found.other)) - set(views)
        _finish(cursor, place, found, views, gone)
    return Pointer(found.release)


def _finish(
    cursor: SparkCursor,
    place: Schemas,
    found: Pointer,
    views: Mapping[Relation, Columns],
    gone: set[Relation],
) -> None:
    """Make the views of current, and drop those of which it has no relation."""
    for schema in sorted({relation.schema for relation in views}):
        if not exists(cursor, place.of_readers(schema)):
            cursor.execute(f"create schema {sql_name(place.of_readers(schema))}")
    for relation, columns in sorted(views.items()):
        query = _selected(place, relation, found.release, columns)
        cursor.execute(f"create or replace view {_view(place, relation)} as {query}")
    for relation in sorted(gone):
        cursor.execute(f"drop view if exists {_view(place, relation)}")
    pointer.write(cursor, place, Pointer(found.release))


def _make_view_of_both(
    cursor: SparkCursor,
    place: Schemas,
    relation: Relation,
    old: tuple[str, Columns],
    new: tuple[str, Columns],
) -> None:
    """Make a view with the columns of the old release, and the rows of the one that is current.

    For the seconds until it is replaced, a column that the new release has no more is null, and one
    of another type is converted if that is possible.
    """
    (old_run, columns), (new_run, others) = old, new
    branches = [
        f"{_selected(place, relation, old_run, columns)} where {pointer.condition(place, old_run)}"
    ]
    if others:
        values = ", ".join(
            sql_name(name)
            if others.get(name) == kind
            else f"try_cast({sql_name(name) if name in others else 'null'} as {kind}) "
            f"as {sql_name(name)}"
            for name, kind in columns.items()
        )
        source = sql_name(place.of_release(new_run, relation.schema), relation.name)
        branches.append(f"select {values} from {source} where {pointer.condition(place, new_run)}")
    query = " union all ".join(branches)
    cursor.execute(f"create or replace view {_view(place, relation)} as {query}")


def _selected(place: Schemas, relation: Relation, run: str, columns: Columns) -> str:
    source = sql_name(place.of_release(run, relation.schema), relation.name)
    return f"select {', '.join(map(sql_name, columns))} from {source}"


def _view(place: Schemas, relation: Relation) -> str:
    return sql_name(place.of_readers(relation.schema), relation.name)


def _published(cursor: SparkCursor, place: Schemas, run: str) -> dict[Relation, Columns]:
    """What readers get of a release, with schemas as after the prefix; nothing without a run."""
    if not run:
        return {}
    withheld = _withheld(cursor, place, run)
    result: dict[Relation, Columns] = {}
    for stored, entry in entries_of(cursor, place, run).items():
        relation = Relation(place.plain(stored.schema), stored.name)
        left_out = withheld.get(relation, ())
        columns = {name: kind for name, kind in entry.columns if name not in left_out}
        if columns and relation != Relation(OWN_SCHEMA, WITHHELD):
            result[relation] = columns
    return result


def _withheld(cursor: SparkCursor, place: Schemas, run: str) -> dict[Relation, set[str]]:
    """The columns that readers of a release do not get, by relation."""
    table = sql_name(place.of_release(run, OWN_SCHEMA), WITHHELD)
    result: dict[Relation, set[str]] = {}
    query = f"select `schema`, name, `column` from {table}"
    for schema, name, column in rows_or_none(cursor, query) or ():
        result.setdefault(Relation(schema, name), set()).add(column)
    return result


def begin_release(cursor: SparkCursor, place: Schemas, run: str) -> None:
    """Create the schema of a release that says which run made it."""
    schema = sql_name(place.of_release(run, OWN_SCHEMA))
    cursor.execute(f"create schema {schema} comment {sql_text(run)}")


def drop_release(cursor: SparkCursor, place: Schemas, run: str) -> None:
    """Drop the schemas of a release or candidate, if this run made them."""
    if owner_of(cursor, place, run) != run:
        return
    settle(cursor, place)  # while a release is published, views name two
    _drop(cursor, place, run)


def drop_abandoned(cursor: SparkCursor, place: Schemas, run: str, base: str) -> None:
    """Drop schemas of this number that a machine left which failed before the store knew them.

    Those of a run which began before current belong to another store and are kept.

    Raises:
        DataopsError: they are kept.
    """
    found = release_schemas(cursor, place, run)
    if not found:
        return
    owner = owner_of(cursor, place, run)
    is_newer = owner.partition("-")[2] >= base.partition("-")[2] if owner else False
    if owner != run and not (is_newer and pointer.read(cursor, place).release == base):
        raise DataopsError(
            "The catalog already has another release of this number.",
            where=f"{prefix_of(run)}, schemas {', '.join(found)}: {owner or 'of an unknown run'}",
            fix="set DATAOPS_STORE to the store it was created with, or drop the schemas",
        )
    settle(cursor, place)
    _drop(cursor, place, run)


def _drop(cursor: SparkCursor, place: Schemas, run: str) -> None:
    """Drop the schemas of a release; that with the owner is the last."""
    own = place.of_release(run, OWN_SCHEMA)
    for schema in sorted(release_schemas(cursor, place, run), key=lambda name: name == own):
        drop_schema(cursor, schema)
