"""The lock against two builds for the same schemas.

Spark has no lock of a session. The lock is the one row of an Iceberg table: who has it, and until
when. Iceberg rejects the second of two updates at the same time. A thread renews it. A process that
was killed loses it after `LEASE` seconds; at once, if the same store is used: its file lock, which
this process holds, proves that the other one has ended.
"""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from uuid import uuid4

from first_light.project.product import Product
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.lock_owner import lock_owner
from first_light.warehouse.spark.driver import SparkCursor, SparkError
from first_light.warehouse.spark.listing import comment_of, exists
from first_light.warehouse.spark.names import sql_name, sql_text
from first_light.warehouse.spark.server import connect, create_table, errors_as, schemas

LEASE = 300
"""Seconds."""
_RENEWED = LEASE / 5
_NOW = "unix_seconds(current_timestamp())"
_NO_ICEBERG = ("DATA_SOURCE_NOT_FOUND", "CANNOT_FIND_CATALOG_PLUGIN")


@dataclass
class BuildLock:
    """The lock to build; it is renewed until it is released or the process ends.

    Attributes:
        cursor: the session that holds it; None without the lock.
    """

    cursor: SparkCursor | None = None
    _table: str = ""
    _owner: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def acquire(self, product: Product, store: FolderStore) -> None:
        """Take the lock; the lock of the store must be held.

        Raises:
            DataopsError: another run holds it, another product uses the schemas, or the server has
                no Iceberg.
        """
        if self.cursor is not None:
            return
        token, build = lock_owner(store), schemas(product).build
        table = sql_name(build, "build_lock")
        with contextlib.ExitStack() as stack:
            cursor = stack.enter_context(connect(product))
            fix = "let this user create schemas: uv run dataops docs spark"
            with errors_as("The build lock could not be taken.", fix):
                _claim(cursor, product, build)
                if not cursor.rows(f"show tables in {sql_name(build)} like 'build_lock'"):
                    _create(cursor, table)
                owner = f"{token} {uuid4()}"
                _update(
                    cursor,
                    f"update {table} set owner = {sql_text(owner)}, renewed_at = {_NOW} "
                    f"where owner = '' or owner like {sql_text(f'{token} %')} "
                    f"or renewed_at < {_NOW} - {LEASE}",
                )
                if cursor.rows(f"select owner from {table}") != [(owner,)]:
                    raise DataopsError(
                        "Another release is running on this server.",
                        where=table.replace("`", ""),
                        fix="wait until it has ended, then repeat the command. If it was killed on "
                        f"another machine, its lock ends after {LEASE} seconds",
                    )
            self._open = stack.pop_all()
        self.cursor, self._table, self._owner = cursor, table, owner
        self._ended = threading.Event()
        threading.Thread(
            target=self._renew_again_and_again, args=(product, self._ended), daemon=True
        ).start()

    def check(self) -> None:
        """Check that this process still holds the lock.

        Raises:
            DataopsError: it does not.
        """
        if self.cursor is None:
            raise DataopsError("This process does not hold the build lock.")
        with errors_as("The connection that holds the build lock was lost.", "repeat the command"):
            if self.cursor.rows(f"select owner from {self._table}") != [(self._owner,)]:
                raise DataopsError("The build lock was lost.", fix="repeat the command")

    def release(self) -> None:
        if self.cursor is None:
            return
        self._ended.set()
        with contextlib.suppress(SparkError):  # otherwise it ends by itself
            _update(
                self.cursor,
                f"update {self._table} set owner = '' where owner = {sql_text(self._owner)}",
            )
        self._open.close()
        self.cursor = None

    def _renew_again_and_again(self, product: Product, ended: threading.Event) -> None:
        """Renew the lock in a session of its own: a cursor of PyHive serves one thread.

        `check` reports a lock that could not be renewed.
        """
        statement = (
            f"update {self._table} set renewed_at = {_NOW} where owner = {sql_text(self._owner)}"
        )
        while not ended.wait(_RENEWED):
            with contextlib.suppress(SparkError, DataopsError), connect(product) as cursor:
                cursor.execute(statement)


def _claim(cursor: SparkCursor, product: Product, build: str) -> None:
    """Claim the schemas for this product: two products would overwrite each other.

    Raises:
        DataopsError: they belong to another product.
    """
    own = f"First Light: {product.slug}"
    if not exists(cursor, build):
        cursor.execute(f"create schema {sql_name(build)} comment {sql_text(own)}")
    elif (found := comment_of(cursor, build)) != own:
        raise DataopsError(
            f"The schemas belong to another product, {found.removeprefix('First Light: ')}.",
            where=build,
            fix="use another prefix for each product: set SPARK_SCHEMA",
        )


def _create(cursor: SparkCursor, table: str) -> None:
    """Create the table with its row.

    Raises:
        DataopsError: the server has no Iceberg.
    """
    columns = (("owner", "string"), ("renewed_at", "bigint"))
    try:
        create_table(cursor, table, columns, [("", 0)])
    except SparkError as error:
        if error.kind not in _NO_ICEBERG:
            raise
        raise DataopsError(
            "The Spark server has no Iceberg.",
            where=str(error),
            fix="add Iceberg and its catalog to the server: uv run dataops docs spark",
        ) from error


def _update(cursor: SparkCursor, statement: str) -> None:
    """Run an update; it changes nothing if another one came first."""
    try:
        cursor.execute(statement)
    except SparkError as error:
        if "ValidationException" not in str(error) and "CommitFailed" not in str(error):
            raise
