"""The views that readers see: which release they read, and their replacement in one transaction."""

from __future__ import annotations

import time
from typing import Any

from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.postgres.catalog import (
    READERS,
    prefix_of,
    published_views,
    relations_of,
    schemas_of,
)
from first_light.warehouse.postgres.server import drop_schemas, schemas

OURS = "dataops"
# One try to publish waits this long for locks, all in all: readers queue behind it, and well before
# deadlock_timeout (a second) it lets go, so that the server never ends one of them in its stead.
_TRY = 0.4
_OTHER_COLUMNS = "42P16"
_DEPENDED_ON = "2BP01"


def repoint(cursor: Any, run: str) -> None:
    from psycopg2 import sql

    if release_in_views(cursor) == run:
        return
    cursor.connection.rollback()  # lets go of the lock on the view
    wanted = relations_of(cursor, run)
    if not wanted:
        return  # current was released into another warehouse: it has nothing here
    now = published_views(cursor)
    budget = _Budget(cursor)
    for view in sorted(set(now) - set(wanted)):
        budget.wait()
        _drop_view(cursor, view)
    for view, source in sorted(wanted.items()):
        if view not in now:
            schema = sql.Identifier(view.schema)
            cursor.execute(sql.SQL("create schema if not exists {}").format(schema))
            _must_be_free(cursor, view)
        budget.wait()
        _make_view(cursor, view, source)


def release_in_views(cursor: Any) -> str:
    """The release that the published views lead to; empty where there are none."""
    cursor.execute("select to_regclass(%s) is not null", (f"{OURS}.release",))
    if not cursor.fetchone()[0]:
        return ""
    cursor.execute(f"select release_id from {OURS}.release")
    said = cursor.fetchone()
    return str(said[0]) if said else ""


class _Budget:
    """What is left of the time that one try may wait for locks."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._end = time.monotonic() + _TRY

    def wait(self) -> None:
        left = max(1, int(1000 * (self._end - time.monotonic())))
        self._cursor.execute(f"set local lock_timeout = {left}")


def _make_view(cursor: Any, view: Relation, source: Relation) -> None:
    """Replace it: then rights on it stay, and views that read it. Else drop it and make it anew."""
    import psycopg2
    from psycopg2 import sql

    statement = sql.SQL("create or replace view {} as select * from {}").format(
        sql.Identifier(view.schema, view.name), sql.Identifier(source.schema, source.name)
    )
    cursor.execute("savepoint before")
    try:
        cursor.execute(statement)
    except psycopg2.Error as error:
        if error.pgcode != _OTHER_COLUMNS:
            raise
        cursor.execute("rollback to savepoint before")
        rights = _rights(cursor, view)
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


def _rights(cursor: Any, view: Relation) -> list[tuple[str | None, str, bool]]:
    """Who may do what with a view besides its owner: role (None: everybody), right, pass it on."""
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


def _must_be_free(cursor: Any, view: Relation) -> None:
    """Somebody else's table or view of the same name is not replaced."""
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
    """Drop what was sealed under this number on a machine that never came back: the store, and so
    everybody, knows nothing of it. What began before current did was made with another store."""
    cursor.execute(
        "select nspname, obj_description(oid, 'pg_namespace') from pg_namespace "
        "where nspname = any(%s)",
        (schemas(cursor, prefix_of(run)),),
    )
    begun = base.partition("-")[2]
    drop_schemas(
        cursor, [name for name, of in cursor.fetchall() if (of or "").partition("-")[2] >= begun]
    )


def drop_release(cursor: Any, run: str) -> None:
    from psycopg2 import sql

    gone = schemas_of(cursor, run)
    if not gone:
        return
    # Where a first release was cut short, the views lead here, and there is no other to lead to.
    published = published_views(cursor)
    for view, source in published.items():
        if source.schema in gone:
            _drop_view(cursor, view)
    cursor.execute(READERS + " and read_in.nspname = any(%s) and place.nspname <> all(%s)",
                   (gone, gone))  # fmt: skip
    if others := [f"{row[0]}.{row[1]}" for row in cursor.fetchall()]:
        raise DataopsError(
            f"Release {run} cannot be deleted: another view reads its schemas.",
            where=", ".join(sorted(others)),
            fix="change that view to read the published schemas",
        )
    cursor.execute(
        "select nspname, relname from pg_class inner join pg_namespace "
        "on pg_class.relnamespace = pg_namespace.oid "
        "where nspname = any(%s) and relkind in ('r', 'p')",
        (gone,),
    )
    tables = [sql.Identifier(*row) for row in cursor.fetchall()]
    if tables:  # all at once or none: a reader who is in one of them can still come to another
        listed = sql.SQL(", ").join(tables)
        cursor.execute(sql.SQL("lock table {} in access exclusive mode nowait").format(listed))
    drop_schemas(cursor, gone)
