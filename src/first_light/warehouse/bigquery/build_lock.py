"""The lock against two builds for the same datasets.

BigQuery has no lock of a session. The lock is the one row of a table: who has it, and until when.
Of two updates at the same time the second finds the row changed. A thread renews it. A process that
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
from first_light.warehouse.bigquery.driver import BigQueryCursor, BigQueryError
from first_light.warehouse.bigquery.names import sql_text
from first_light.warehouse.bigquery.server import connect, datasets, errors_as
from first_light.warehouse.lock_owner import lock_owner

LEASE = 240
"""Seconds."""
_RENEWED = LEASE / 4
_NOW = "unix_seconds(current_timestamp())"


@dataclass
class BuildLock:
    """The lock to build; it is renewed until it is released or the process ends.

    Attributes:
        cursor: the session that holds it; None without the lock.
    """

    cursor: BigQueryCursor | None = None
    _table: str = ""
    _owner: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def acquire(self, product: Product, store: FolderStore) -> None:
        """Take the lock; the lock of the store must be held.

        Raises:
            DataopsError: another run holds it, or another product uses the datasets.
        """
        if self.cursor is not None:
            return
        place, token = datasets(product), lock_owner(store)
        table = place.name(place.build, "build_lock")
        with contextlib.ExitStack() as stack:
            cursor = stack.enter_context(connect(product))
            fix = "let this account create datasets and run jobs: uv run dataops docs bigquery"
            with errors_as("The build lock could not be taken.", fix):
                _claim(cursor, product, place.build)
                columns = "owner string, renewed_at int64"
                cursor.execute(f"create table if not exists {table} ({columns})")
                cursor.execute(
                    f"merge {table} using (select 1 as n) as one on true "
                    "when not matched then insert (owner, renewed_at) values ('', 0)"
                )
                owner = f"{token} {uuid4()}"
                cursor.execute(
                    f"update {table} set owner = {sql_text(owner)}, renewed_at = {_NOW} "
                    f"where owner = '' or starts_with(owner, {sql_text(f'{token} ')}) "
                    f"or renewed_at < {_NOW} - {LEASE}"
                )
                if cursor.rows(f"select owner from {table}") != [(owner,)]:
                    raise DataopsError(
                        "Another release is running in this project.",
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
        with errors_as("The build lock could not be read.", "repeat the command"):
            if self.cursor.rows(f"select owner from {self._table}") != [(self._owner,)]:
                raise DataopsError("The build lock was lost.", fix="repeat the command")

    def release(self) -> None:
        if self.cursor is None:
            return
        self._ended.set()
        with contextlib.suppress(BigQueryError):  # otherwise it ends by itself
            self.cursor.execute(f"update {self._table} set owner = '' {self._held()}")
        self._open.close()
        self.cursor = None

    def _held(self) -> str:
        return f"where owner = {sql_text(self._owner)}"

    def _renew_again_and_again(self, product: Product, ended: threading.Event) -> None:
        """Renew the lock in a session of its own: Google's client serves one thread.

        `check` reports a lock that could not be renewed.
        """
        statement = f"update {self._table} set renewed_at = {_NOW} {self._held()}"
        while not ended.wait(_RENEWED):
            with contextlib.suppress(BigQueryError, DataopsError), connect(product) as cursor:
                cursor.execute(statement)


def _claim(cursor: BigQueryCursor, product: Product, build: str) -> None:
    """Claim the datasets for this product: two products would overwrite each other.

    Raises:
        DataopsError: they belong to another product.
    """
    own = f"First Light: {product.slug}"
    found = cursor.described(build)
    if found is None:
        cursor.create_dataset(build, own)
    elif found != own:
        raise DataopsError(
            f"The datasets belong to another product, {found.removeprefix('First Light: ')}.",
            where=build,
            fix="use another prefix for each product: set BIGQUERY_DATASET",
        )
