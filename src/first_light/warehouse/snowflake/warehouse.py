"""Snowflake: a release is a database, and published views read that of current.

my_product_r000012    a release, also while it is a candidate: dbt's views spell its name
my_product            views for readers; all change at once, because the database is swapped
my_product_next       where the views of the next release are made
my_product_build      raw, the sample of rehearsals, and the lock
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from first_light.dbt.driver import DriverQueries
from first_light.history.facts import RawFile
from first_light.history.record import RawFacts
from first_light.project.product import Product
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Label, Readable, Relation, Table, Withheld
from first_light.warehouse.own_tables import OWN_SCHEMA, RELEASE, label_table, withheld_table
from first_light.warehouse.snowflake.build_lock import BuildLock
from first_light.warehouse.snowflake.metadata import raw_rows, states
from first_light.warehouse.snowflake.names import INTERNAL, Databases, sql_name
from first_light.warehouse.snowflake.server import (
    CANDIDATE,
    connect,
    databases,
    errors_as,
    insert,
    open_product,
    rows_or_none,
    tables,
    target,
)
from first_light.warehouse.snowflake.views import (
    RUN,
    columns_of,
    drop_abandoned,
    drop_release,
    owner_of,
    release_in,
    repoint,
)

if TYPE_CHECKING:
    from first_light.dbt.engine import QueryRunner

RAW = "raw"
SAMPLE = "rehearsal"  # sample is a word of SQL there


@dataclass(frozen=True)
class SnowflakeWarehouse:
    """Releases as databases of one account.

    Attributes:
        product: the product.
        store: where its releases are recorded; its lock is held while a release is made.
    """

    product: Product
    store: FolderStore
    name: str = "snowflake"
    in_store: bool = False
    _lock: BuildLock = field(default_factory=lambda: BuildLock(), compare=False, repr=False)

    @property
    def place(self) -> Databases:
        return databases(self.product)

    @contextlib.contextmanager
    def _session(self) -> Iterator[Any]:
        """A cursor: of the session that holds the lock, while there is one."""
        if self._lock.connection is not None:
            yield self._lock.connection.cursor()
            return
        with connect(self.product) as cursor:
            yield cursor

    def address(self, run: str) -> str:
        """The account and the database of readers, which is the same for every release."""
        return f"Snowflake {target(self.product)['account']}, database {self.place.readers}"

    def reader_schema(self, schema: str) -> str:
        return schema

    def environment(self, run: str, rehearsal: bool) -> dict[str, str]:
        """The database of the candidate, and where sources are: dbt writes both when it parses."""
        place = self.place
        return {
            CANDIDATE: place.of_release(run),
            "DATAOPS_RAW_DATABASE": place.build,
            "DATAOPS_RAW_SCHEMA": SAMPLE if rehearsal else RAW,
        }

    # ── Raw ──────────────────────────────────────────────────────────────────────────────────

    def raw(self) -> tuple[RawFile, ...]:
        """The tables of the schema raw, from metadata; empty if all are empty.

        Rows are only added, so that the number of rows identifies the state.
        """
        fix = "grant this role select on its tables: uv run dataops docs snowflake"
        with (
            errors_as("The schema raw could not be read.", fix),
            self._session() as cursor,
        ):
            rows = raw_rows(cursor, self.place.build, RAW)
        files = tuple(RawFile(name, size, str(count)) for name, count, size in rows)
        return files if any(count for _, count, _ in rows) else ()

    def load_sample(self) -> None:
        """Load it into a schema beside raw."""
        from first_light.warehouse.snowflake.sample import load

        load(self.product, self.place.build, SAMPLE)

    def raw_states(self) -> dict[str, str]:
        """Rows, bytes and the time of the last change, from metadata; nothing is scanned."""
        with errors_as("The schema raw could not be read."), self._session() as cursor:
            return {
                relation.name: state
                for relation, state in states(cursor, self.place.build).items()
                if relation.schema == RAW
            }

    # ── The candidate ────────────────────────────────────────────────────────────────────────

    def lock(self) -> None:
        self._lock.acquire(self.product, self.store)

    def unlock(self) -> None:
        self._lock.release()

    def check_space(self, raw: RawFacts, current_raw: RawFacts) -> None:
        """Nothing to do: an account has no limit of storage."""

    def begin(self, run: str, base: str, state: Sequence[Relation]) -> dict[str, str]:
        """Create its database, and clone the stateful tables; a clone copies no data."""
        self._lock.check()
        place, database = self.place, self.place.of_release(run)
        with (
            errors_as("The database of the candidate could not be created."),
            self._session() as cursor,
        ):
            drop_abandoned(cursor, place, run, base)
            cursor.execute(f"create database {sql_name(database)}")
            cursor.execute(f"create schema {sql_name(database, INTERNAL)}")
            table = sql_name(database, INTERNAL, RUN)
            cursor.execute(f"create table {table} (run varchar)")
            insert(cursor, table, [(run,)])
            kept = tables(cursor, place.of_release(base)) if base and state else set()
            for relation in (relation for relation in state if relation in kept):
                schema = sql_name(database, relation.schema)
                cursor.execute(f"create schema if not exists {schema}")
                copy, source = place.relation(run, relation), place.relation(base, relation)
                cursor.execute(f"create table {copy} clone {source}")
        return {}

    def rows(self, run: str, relations: Sequence[Relation]) -> dict[Relation, int]:
        with (
            errors_as("The candidate's rows could not be counted."),
            self._session() as cursor,
        ):
            present = tables(cursor, self.place.of_release(run)).intersection(relations)
            counts = [
                f"(select count(*) from {self.place.relation(run, relation)})"
                for relation in sorted(present)
            ]
            if not counts:
                return {}
            cursor.execute(f"select {', '.join(counts)}")
            return dict(zip(sorted(present), map(int, cursor.fetchone())))

    def columns(self, run: str) -> dict[Relation, tuple[str, ...]]:
        with (
            errors_as("The candidate's columns could not be read."),
            self._session() as cursor,
        ):
            return columns_of(cursor, self.place, run)

    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        message = f"The schema {schema} could not be written."
        with errors_as(message), self._session() as cursor, contextlib.ExitStack() as undo:
            database = self.place.of_release(run)
            cursor.execute(f"create schema if not exists {sql_name(database, schema)}")
            for table in tables:
                name = self.place.relation(run, Relation(schema, table.name))
                undo.callback(cursor.execute, f"drop table if exists {name}")
                columns = ", ".join(f"{sql_name(name)} {kind}" for name, kind in table.columns)
                cursor.execute(
                    f"create or replace table {name} ({columns}) comment = %s", (table.comment,)
                )
                insert(cursor, name, table.rows)
            undo.pop_all()

    def keeps_state(self, base: str, relation: Relation) -> bool:
        """The database of a release holds all columns; its published views do not."""
        return True

    def data_state(self, run: str) -> str:
        """Rows, bytes and the time of the last change of its tables, from metadata."""
        with errors_as("The release could not be read."), self._session() as cursor:
            found = states(cursor, self.place.of_release(run))
        return "; ".join(f"{r.schema}.{r.name} {state}" for r, state in sorted(found.items()))

    def seal(self, run: str, label: Label, withheld: Withheld | None = None) -> None:
        """Label it; dbt writes the next candidate into another database."""
        self._lock.check()
        if withheld:
            self.write(run, INTERNAL, [withheld_table(withheld)])
        self.write(run, OWN_SCHEMA, [label_table(label)])

    def discard(self, run: str) -> None:
        """Drop a candidate, and a release that was sealed but never stored."""
        with errors_as("The candidate could not be dropped."), self._session() as cursor:
            drop_release(cursor, self.place, run)

    # ── Releases ─────────────────────────────────────────────────────────────────────────────

    def check(self, run: str) -> None:
        place = self.place
        label = sql_name(place.of_release(run), OWN_SCHEMA, RELEASE)
        with errors_as("The release could not be read."), self._session() as cursor:
            is_own = owner_of(cursor, place, run) == run
            rows = rows_or_none(cursor, f"select release_id from {label}")
        if not is_own or rows != [(run,)]:
            raise DataopsError(
                "This release's database is missing or damaged.",
                where=place.of_release(run),
                fix="choose another one: uv run dataops releases",
            )

    def published_release(self, pointer: str) -> str:
        """The release in the published label, which changes together with all other views."""
        with errors_as("The current release could not be read."), self._session() as cursor:
            return release_in(cursor, self.place.readers)

    def readable(self, run: str, relations: Sequence[Relation], folder: Path) -> Readable:
        """A copy of the published views."""
        from first_light.warehouse.snowflake.readable import copy_published

        return copy_published(self.product, run, relations, folder)

    @contextlib.contextmanager
    def reader(self, run: str) -> Iterator[QueryRunner]:
        """A session in the database of readers: each query sees the release that is current."""
        from snowflake.connector.errors import Error

        with contextlib.closing(open_product(self.product)) as connection:
            yield DriverQueries(self.name, connection.cursor(), Error)

    def publish(self, run: str) -> None:
        """Make its views, and swap the databases; nothing is done if readers see it already."""
        with errors_as("The release cannot be published now."), self._session() as cursor:
            repoint(cursor, self.place, run)

    def drop(self, run: str) -> None:
        """Drop its database; a query that has begun ends on its data."""
        message = f"Release {run} cannot be dropped yet."
        with errors_as(message), self._session() as cursor:
            drop_release(cursor, self.place, run)
