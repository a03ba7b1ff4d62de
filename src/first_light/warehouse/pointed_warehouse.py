"""What warehouses share whose releases are schemas, and whose published views follow a pointer."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar, Generic

from first_light.dbt.driver import DriverQueries
from first_light.project.product import Product
from first_light.store.locate import FolderStore
from first_light.warehouse.base import Label, Relation, Table, Withheld
from first_light.warehouse.leased_lock import AnyCursor, LeasedLock
from first_light.warehouse.own_tables import OWN_SCHEMA, label_table, withheld_table
from first_light.warehouse.pointed_views import PointedViews
from first_light.warehouse.prefixed_schemas import PrefixedSchemas
from first_light.warehouse.server_errors import query_errors

if TYPE_CHECKING:
    from first_light.dbt.engine import QueryRunner


class PointedWarehouse(ABC, Generic[AnyCursor]):
    """A part of the warehouse of one product: `base.Warehouse` says what its methods do."""

    product: Product
    store: FolderStore
    name: str
    _lock: LeasedLock[AnyCursor]

    error: ClassVar[type[Exception]]
    """The class of the driver's errors."""
    candidate: ClassVar[str]
    """The variable with the first part of the schemas of a candidate."""

    @property
    @abstractmethod
    def place(self) -> PrefixedSchemas:
        """The schemas of the product."""

    @abstractmethod
    def connect(self) -> AbstractContextManager[AnyCursor]:
        """A session; each statement commits by itself."""

    @abstractmethod
    def views(self, cursor: AnyCursor) -> PointedViews:
        """The published views."""

    @abstractmethod
    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        """Write small tables into a candidate."""

    def errors_as(self, message: str, fix: str = "") -> AbstractContextManager[None]:
        """Turn errors of the server into messages.

        Raises:
            QueryError: the server rejected a statement.
        """
        return query_errors(self.error, str, message, fix)

    @contextlib.contextmanager
    def session(self) -> Iterator[AnyCursor]:
        """A cursor: of the session that holds the lock, while there is one."""
        if self._lock.cursor is not None:
            yield self._lock.cursor
            return
        with self.connect() as cursor:
            yield cursor

    def reader_schema(self, schema: str) -> str:
        return self.place.of_readers(self.place.plain(schema))

    def environment(self, run: str, rehearsal: bool) -> dict[str, str]:
        """The schemas of the candidate, and where sources are: dbt writes both when it parses."""
        place = self.place
        return {
            self.candidate: place.candidate(run),
            "DATAOPS_RAW_SCHEMA": place.sample if rehearsal else place.raw,
        }

    def lock(self) -> None:
        self._lock.acquire(self.product, self.store)

    def unlock(self) -> None:
        self._lock.release()

    def keeps_state(self, base: str, relation: Relation) -> bool:
        """The schemas of a release hold all columns; its published views do not."""
        return True

    def seal(self, run: str, label: Label, withheld: Withheld | None = None) -> None:
        """Label it; dbt writes the next candidate into other schemas."""
        self._lock.check()
        self.inspect(run)
        if withheld:
            prefix = f"{self.place.candidate(run)}_"
            self.write(run, OWN_SCHEMA, [withheld_table(withheld, prefix)])
        self.write(run, OWN_SCHEMA, [label_table(label)])

    def inspect(self, run: str) -> None:
        """Check a candidate before it becomes a release, where dbt may have built what is none.

        Raises:
            DataopsError: it holds something that a release must not have.
        """

    def published_release(self, pointer: str) -> str:
        """The release that the pointer of the views names."""
        with self.errors_as("The current release could not be read."), self.session() as cursor:
            return self.views(cursor).read().release

    @contextlib.contextmanager
    def reader(self, run: str) -> Iterator[QueryRunner]:
        """A session: each query sees the release that is current when it is planned."""
        with self.connect() as cursor:
            yield DriverQueries(self.name, cursor, self.error)

    def publish(self, run: str) -> None:
        """Make the views read it, all at one instant; nothing is done if they do already."""
        with self.errors_as("The release cannot be published now."), self.session() as cursor:
            self.views(cursor).repoint(run)

    def drop(self, run: str) -> None:
        """Drop its schemas; a query that still reads them may fail."""
        message = f"Release {run} cannot be dropped yet."
        with self.errors_as(message), self.session() as cursor:
            self.views(cursor).drop_release(run)
