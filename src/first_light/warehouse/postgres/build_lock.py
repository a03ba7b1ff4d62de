"""The lock against two builds in the same database."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.postgres.server import errors_as, open_session, place

LOCK_BY = "select {}(hashtext('First Light: a release is being built'))"
# PostgreSQL knows no right to take such a lock: whoever can connect may hold it.
_HOLDERS = """
select pg_stat_activity.pid, usename from pg_locks
inner join pg_stat_activity on pg_locks.pid = pg_stat_activity.pid
where
    locktype = 'advisory' and granted and objsubid = 1
    and pg_locks.database = (select oid from pg_database where datname = current_database())
    and objid::bigint = hashtext('First Light: a release is being built')::bigint & 4294967295
"""


@dataclass
class BuildLock:
    """The lock to build and publish; the server releases it when the process ends, however it ends.

    A store in a bucket or on a branch has no lock that all machines see; a database has one.
    """

    session: Any = None

    def acquire(self, product: Product) -> None:
        if self.session is not None:
            return
        session = open_session(product)
        session.autocommit = True
        cursor = session.cursor()
        cursor.execute(LOCK_BY.format("pg_try_advisory_lock"))
        if not cursor.fetchone()[0]:
            cursor.execute(_HOLDERS)
            holders = [f"session {pid} of {role}" for pid, role in cursor.fetchall()]
            session.close()
            raise DataopsError(
                "Another release is running in this database.",
                where=": ".join((place(product)["dbname"], *holders)),
                fix="wait until it has ended, then repeat the command",
            )
        self.session = session

    def check(self) -> None:
        """Check that the server still holds the lock for this session.

        Raises:
            DataopsError: it does not.
        """
        if self.session is None:
            raise DataopsError("This process does not hold the build lock.")
        with errors_as("The connection that holds the build lock was lost.", "repeat the command"):
            self.session.cursor().execute("select 1")

    def release(self) -> None:
        if self.session is None:
            return
        from psycopg2 import Error

        with contextlib.suppress(Error):  # the connection is closed, and the lock released
            # Closing alone releases the lock with a delay: the next run might still be rejected.
            self.session.cursor().execute(LOCK_BY.format("pg_advisory_unlock"))
        self.session.close()
        self.session = None
