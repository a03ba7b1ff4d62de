"""The lock against two builds, for a server that has no lock of a session.

The lock is the one row of a table: who has it, and until when. Of two updates at the same time the
server refuses one. A thread renews it. A process that was killed loses it after `lease` seconds; at
once, if the same store is used: its file lock, which this process holds, proves that the other one
has ended.
"""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from uuid import uuid4

from first_light.project.product import Product
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.lock_owner import lock_owner

_NOW = "unix_seconds(current_timestamp())"


class Cursor(Protocol):
    """What a session runs statements with."""

    def execute(self, statement: str) -> None:
        """Run a statement."""

    def rows(self, query: str) -> list[Any]:
        """The rows of a query."""


AnyCursor = TypeVar("AnyCursor", bound=Cursor)


@dataclass
class LeasedLock(ABC, Generic[AnyCursor]):
    """The lock to build; it is renewed until it is released or the process ends.

    Attributes:
        cursor: the session that holds it; None without the lock.
    """

    cursor: AnyCursor | None = None
    _table: str = ""
    _owner: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    lease: ClassVar[int]
    """Seconds."""
    renewals: ClassVar[int]
    """How often it is renewed in that time."""
    error: ClassVar[type[Exception]]
    """The class of the driver's errors."""

    @abstractmethod
    def connect(self, product: Product) -> AbstractContextManager[AnyCursor]:
        """A session; it serves one thread."""

    @abstractmethod
    def taking(self) -> AbstractContextManager[None]:
        """Turn errors while the lock is taken into messages."""

    @abstractmethod
    def checking(self) -> AbstractContextManager[None]:
        """Turn errors while the lock is checked into messages."""

    @abstractmethod
    def prepare(self, cursor: AnyCursor, product: Product) -> str:
        """Make sure that there is the table with its row, and that no other product uses it.

        Returns:
            Its name in a statement.

        Raises:
            DataopsError: another product uses it, or the server has no such tables.
        """

    @abstractmethod
    def busy(self, table: str) -> DataopsError:
        """That another run holds the lock."""

    def update(self, cursor: AnyCursor, statement: str) -> None:
        """Run an update; it changes nothing if another one came first."""
        cursor.execute(statement)

    def acquire(self, product: Product, store: FolderStore) -> None:
        """Take the lock; the lock of the store must be held.

        Raises:
            DataopsError: another run holds it, another product uses the table, or the server has no
                such tables.
        """
        if self.cursor is not None:
            return
        token = lock_owner(store)
        with contextlib.ExitStack() as stack:
            cursor = stack.enter_context(self.connect(product))
            with self.taking():
                table, owner = self.prepare(cursor, product), f"{token} {uuid4()}"
                self.update(
                    cursor,
                    f"update {table} set owner = '{owner}', renewed_at = {_NOW} "
                    f"where owner = '' or owner like '{token} %' "
                    f"or renewed_at < {_NOW} - {self.lease}",
                )
                if cursor.rows(f"select owner from {table}") != [(owner,)]:
                    raise self.busy(table.replace("`", ""))
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
        with self.checking():
            if self.cursor.rows(f"select owner from {self._table}") != [(self._owner,)]:
                raise DataopsError("The build lock was lost.", fix="repeat the command")

    def release(self) -> None:
        if self.cursor is None:
            return
        self._ended.set()
        with contextlib.suppress(self.error):  # otherwise it ends by itself
            self.update(self.cursor, f"update {self._table} set owner = '' {self._held()}")
        self._open.close()
        self.cursor = None

    def _held(self) -> str:
        return f"where owner = '{self._owner}'"

    def _renew_again_and_again(self, product: Product, ended: threading.Event) -> None:
        """Renew the lock in a session of its own. `check` reports one that was not renewed."""
        statement = f"update {self._table} set renewed_at = {_NOW} {self._held()}"
        while not ended.wait(self.lease / self.renewals):
            with (
                contextlib.suppress(self.error, DataopsError),
                self.connect(product) as cursor,
            ):
                cursor.execute(statement)
