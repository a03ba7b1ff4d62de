"""A scratch database on the server of a product."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.postgres.server import errors_as, open_session, place
from first_light.warehouse.scratch_place import dropped_at_end

_COMMENT = "First Light: scratch database of dataops warehouse verify"
_LONGEST = 63 - len("_verify")  # bytes of a name


@contextlib.contextmanager
def scratch_database(product: Product) -> Iterator[Mapping[str, str]]:
    """Create a database, and drop it at the end; one that a killed command left is replaced.

    Raises:
        DataopsError: it could not be created, or is in use.
    """
    from psycopg2 import sql

    name = f"{place(product)['dbname'][:_LONGEST]}_verify"
    database = sql.Identifier(name)
    with contextlib.closing(open_session(product)) as session:
        session.autocommit = True
        cursor = session.cursor()
        fix = f"let this role create databases: alter role {place(product)['user']} createdb"
        with errors_as("The scratch database could not be created.", fix):
            _drop_left(cursor, name)

        def create() -> None:
            with errors_as("The scratch database could not be created.", fix):
                cursor.execute(sql.SQL("create database {}").format(database))

        def drop() -> None:
            with errors_as("The scratch database could not be dropped.", f"drop database {name}"):
                # The queries of a killed process go on for a while.
                cursor.execute(sql.SQL("drop database if exists {} with (force)").format(database))

        with dropped_at_end(create, drop):
            with errors_as("The scratch database could not be created.", fix):
                comment = sql.SQL("comment on database {} is %s").format(database)
                cursor.execute(comment, (_COMMENT,))
                cursor.execute(sql.SQL("revoke all on database {} from public").format(database))
            yield {"PGDATABASE": name}


def _drop_left(cursor: Any, name: str) -> None:
    """Drop the scratch database of a killed command, if nobody is connected to it.

    Raises:
        DataopsError: a database of this name is not such a one, or is in use.
    """
    from psycopg2 import sql

    cursor.execute(
        "select shobj_description(oid, 'pg_database'), "
        "exists (select 1 from pg_stat_activity where datid = pg_database.oid) "
        "from pg_database where datname = %s",
        (name,),
    )
    row = cursor.fetchone()
    if row is None:
        return
    comment, in_use = row
    if comment != _COMMENT:
        raise DataopsError(
            f"There is a database {name} that this command did not create.",
            fix="rename or drop it, then repeat the command",
        )
    if in_use:
        raise DataopsError(
            "Another verification is running on this server.",
            where=f"database {name}",
            fix="wait until it has ended, then repeat the command",
        )
    cursor.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))
