"""The lock against two builds for the same databases.

Snowflake has no lock of a session that ends with it. The lock is a row: who has it, and until when.
A thread renews it. A process that was killed loses it after `LEASE` seconds; at once, if the same
store is used: its file lock, which this process holds, proves that the other one has ended.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from first_light.project.product import Product
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.lock_owner import lock_owner
from first_light.warehouse.own_tables import OWN_SCHEMA
from first_light.warehouse.snowflake.names import sql_name
from first_light.warehouse.snowflake.server import databases, errors_as, open_product

LEASE = 180
"""Seconds."""
_RENEWED = LEASE / 6
_NOW = "date_part(epoch_second, current_timestamp())"


@dataclass
class BuildLock:
    """The lock to build; it is renewed until it is released or the process ends.

    Attributes:
        connection: the session that holds it; None without the lock.
    """

    connection: Any = None
    _table: str = ""
    _owner: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)

    def acquire(self, product: Product, store: FolderStore) -> None:
        """Take the lock; the lock of the store must be held.

        Raises:
            DataopsError: another run holds it, or another product uses the databases.
        """
        if self.connection is not None:
            return
        token, build = lock_owner(store), databases(product).build
        table = sql_name(build, OWN_SCHEMA, "build_lock")
        connection = open_product(product)
        with contextlib.ExitStack() as stack:
            stack.callback(connection.close)
            fix = "create the databases of the product: uv run dataops docs snowflake"
            stack.enter_context(errors_as("The build lock could not be taken.", fix))
            cursor = connection.cursor()
            cursor.execute(f"create schema if not exists {sql_name(build, OWN_SCHEMA)}")
            cursor.execute(
                f"create table if not exists {table} "
                "(product varchar, owner varchar, renewed_at integer)"
            )
            cursor.execute(
                f"insert into {table} select %s, '', 0 where not exists (select 1 from {table})",
                (product.slug,),
            )
            cursor.execute(f"select product, owner, renewed_at from {table}")
            (found, holder, renewed_at), *others = cursor.fetchall()
            if others:  # two first runs at the same time: each has inserted a row
                raise DataopsError(
                    "The table of the build lock has more than one row.",
                    where=table,
                    fix=f"drop table {table}; then repeat the command",
                )
            if found != product.slug:
                raise DataopsError(
                    f"The databases belong to another product, {found}.",
                    where=build,
                    fix="use other databases for each product: set SNOWFLAKE_DATABASE",
                )
            owner = f"{token} {uuid4()}"
            cursor.execute(
                f"update {table} set owner = %s, renewed_at = {_NOW} "
                "where owner = %s and renewed_at = %s and "
                f"(owner = '' or split_part(owner, ' ', 1) = %s or renewed_at < {_NOW} - {LEASE})",
                (owner, holder, renewed_at, token),
            )
            if cursor.rowcount != 1:
                raise DataopsError(
                    "Another release is running in this account.",
                    where=build,
                    fix="wait until it has ended, then repeat the command. If it was killed on "
                    f"another machine, its lock ends after {LEASE} seconds",
                )
            stack.pop_all()
        self.connection, self._table, self._owner = connection, table, owner
        self._ended = threading.Event()
        threading.Thread(target=self._renew_again_and_again, daemon=True).start()

    def check(self) -> None:
        """Check that this process still holds the lock, and renew it.

        Raises:
            DataopsError: it does not.
        """
        if self.connection is None:
            raise DataopsError("This process does not hold the build lock.")
        with errors_as("The connection that holds the build lock was lost.", "repeat the command"):
            if not self._renew():
                raise DataopsError("The build lock was lost.", fix="repeat the command")

    def release(self) -> None:
        if self.connection is None:
            return
        from snowflake.connector.errors import Error

        self._ended.set()
        with contextlib.suppress(Error):  # otherwise it ends by itself
            self.connection.cursor().execute(
                f"update {self._table} set owner = '' where owner = %s", (self._owner,)
            )
        self.connection.close()
        self.connection = None

    def _renew(self) -> bool:
        cursor = self.connection.cursor()
        cursor.execute(
            f"update {self._table} set renewed_at = {_NOW} where owner = %s", (self._owner,)
        )
        return bool(cursor.rowcount == 1)

    def _renew_again_and_again(self) -> None:
        """Renew the lock until it is released; `check` reports a connection that is lost."""
        from snowflake.connector.errors import Error

        while not self._ended.wait(_RENEWED):
            with contextlib.suppress(Error):
                self._renew()
