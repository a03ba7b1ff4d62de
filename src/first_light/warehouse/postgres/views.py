"""The published views: which release they read, and their replacement in one transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from first_light.store.run_ids import began_since
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.own_tables import OWN_SCHEMA, prefix_of
from first_light.warehouse.postgres.catalog import (
    READERS,
    columns_of,
    published_views,
    relations_of,
    schemas_of,
    withheld_of,
)
from first_light.warehouse.postgres.comments import copy_comments
from first_light.warehouse.postgres.server import drop_schemas, schemas

# One attempt to publish waits this long for locks in total: readers queue behind it, and it gives
# up well before deadlock_timeout (a second), so that the server never cancels a reader instead.
_LOCK_WAIT = 0.4
_OTHER_COLUMNS = "42P16"
_DEPENDED_ON = "2BP01"


def repoint(cursor: Any, run: str) -> None:
    from psycopg2 import sql

    if release_in_views(cursor) == run:
        return
    cursor.connection.rollback()  # releases the lock on the view
    targets = relations_of(cursor, run)
    if not targets:
        return  # current was released into another warehouse
    columns = columns_of(cursor, sorted({source.schema for source in targets.values()}))
    withheld = withheld_of(cursor, run)
    kept = {
        view: [name for name in columns[source] if name not in withheld[view]]
        for view, source in targets.items()
        if view in withheld
    }
    targets = {view: source for view, source in targets.items() if kept.get(view, True)}
    published = published_views(cursor)
    budget = _Budget(cursor)
    for view in sorted(set(published) - set(targets)):
        budget.wait()
        _drop_view(cursor, view)
    for view, source in sorted(targets.items()):
        if view not in published:
            schema = sql.Identifier(view.schema)
            cursor.execute(sql.SQL("create schema if not exists {}").format(schema))
            _raise_if_taken(cursor, view)
        budget.wait()
        _make_view(cursor, view, source, kept.get(view, ()))
    copy_comments(cursor, targets)


def release_in_views(cursor: Any) -> str:
    """The release that the published views read; empty if there are none."""
    cursor.execute("select to_regclass(%s) is not null", (f"{OWN_SCHEMA}.release",))
    if not cursor.fetchone()[0]:
        return ""
    cursor.execute(f"select release_id from {OWN_SCHEMA}.release")
    row = cursor.fetchone()
    return str(row[0]) if row else ""


class _Budget:
    """The remaining time that one attempt may wait for locks."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._end = time.monotonic() + _LOCK_WAIT

    def wait(self) -> None:
        milliseconds = max(1, int(1000 * (self._end - time.monotonic())))
        self._cursor.execute(f"set local lock_timeout = {milliseconds}")


def _make_view(cursor: Any, view: Relation, source: Relation, columns: Sequence[str]) -> None:
    """Replace a view, keeping its privileges and dependent views; if impossible, recreate it.

    Args:
        cursor: in the transaction that publishes.
        view: the view.
        source: what it reads.
        columns: of these columns; empty for all.
    """
    import psycopg2
    from psycopg2 import sql

    statement = sql.SQL("create or replace view {} as select {} from {}").format(
        sql.Identifier(view.schema, view.name),
        sql.SQL(", ").join(map(sql.Identifier, columns)) if columns else sql.SQL("*"),
        sql.Identifier(source.schema, source.name),
    )
    cursor.execute("savepoint before")
    try:
        cursor.execute(statement)
    except psycopg2.Error as error:
        if error.pgcode != _OTHER_COLUMNS:
            raise
        cursor.execute("rollback to savepoint before")
        rights = _privileges(cursor, view)
        _drop_view(cursor, view)
        cursor.execute(statement)
        for role, right, may_grant in rights:
            to = sql.SQL("public") if role is None else sql.Identifier(role)
            grant = sql.SQL("grant {} on {} to {}").format(
                sql.SQL(right), sql.Identifier(view.schema, view.name), to
            )
            cursor.execute(grant + sql.SQL(" with grant option" if may_grant else ""))
    cursor.execute("release savepoint before")


def _drop_view(cursor: Any, view: Relation) -> None:
    import psycopg2
    from psycopg2 import sql

    try:
        cursor.execute(sql.SQL("drop view {}").format(sql.Identifier(view.schema, view.name)))
    except psycopg2.Error as error:
        if error.pgcode != _DEPENDED_ON:
            raise
        raise DataopsError(
            f"Another view reads {view.schema}.{view.name}, whose columns this release changes "
            "or removes.",
            where=str(error.diag.message_detail or "").replace("\n", "; "),
            fix="drop it and create it again after the release, or keep the columns",
        ) from error


def _privileges(cursor: Any, view: Relation) -> list[tuple[str | None, str, bool]]:
    """Privileges on a view besides the owner's: role (None: public), privilege, grant option."""
    cursor.execute(
        "select pg_roles.rolname, acl.privilege_type, acl.is_grantable "
        "from pg_class inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid "
        "cross join lateral aclexplode(pg_class.relacl) as acl "
        "left join pg_roles on acl.grantee = pg_roles.oid "
        "where pg_namespace.nspname = %s and pg_class.relname = %s "
        "and acl.grantee <> pg_class.relowner",
        (view.schema, view.name),
    )
    return list(cursor.fetchall())


def _raise_if_taken(cursor: Any, view: Relation) -> None:
    """Fail if a table or view of this name exists that no release created."""
    cursor.execute(
        "select 1 from pg_class where relnamespace = to_regnamespace(quote_ident(%s)) "
        "and relname = %s",
        (view.schema, view.name),
    )
    if cursor.fetchone():
        raise DataopsError(
            f"{view.schema}.{view.name} exists already and was not created by a release.",
            fix="rename or drop it, then repeat the command",
        )


def drop_abandoned(cursor: Any, run: str, base: str) -> None:
    """Drop schemas sealed under this number on a machine that failed before the store knew them.

    Schemas of runs that began before current belong to another store and are kept.
    """
    cursor.execute(
        "select nspname, obj_description(oid, 'pg_namespace') from pg_namespace "
        "where nspname = any(%s)",
        (schemas(cursor, prefix_of(run)),),
    )
    found = cursor.fetchall()
    drop_schemas(cursor, [name for name, owner in found if began_since(owner or "", base)])


def drop_release(cursor: Any, run: str) -> None:
    from psycopg2 import sql

    dropped = schemas_of(cursor, run)
    if not dropped:
        return
    # After an interrupted first release the views read this release, and there is no other.
    published = published_views(cursor)
    for view, source in published.items():
        if source.schema in dropped:
            _drop_view(cursor, view)
    cursor.execute(READERS + " and read_in.nspname = any(%s) and place.nspname <> all(%s)",
                   (dropped, dropped))  # fmt: skip
    if dependents := [f"{row[0]}.{row[1]}" for row in cursor.fetchall()]:
        raise DataopsError(
            f"Release {run} cannot be deleted: another view reads its schemas.",
            where=", ".join(sorted(dependents)),
            fix="change that view to read the published schemas",
        )
    cursor.execute(
        "select nspname, relname from pg_class inner join pg_namespace "
        "on pg_class.relnamespace = pg_namespace.oid "
        "where nspname = any(%s) and relkind in ('r', 'p')",
        (dropped,),
    )
    tables = [sql.Identifier(*row) for row in cursor.fetchall()]
    if tables:  # all at once or none: a reader of one of them may still read another
        table_list = sql.SQL(", ").join(tables)
        cursor.execute(sql.SQL("lock table {} in access exclusive mode nowait").format(table_list))
    drop_schemas(cursor, dropped)
