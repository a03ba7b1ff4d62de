"""Spark with Iceberg tables: a release is a set of schemas, and published views read current.

my_product_r000012_marts    a release, also while it is a candidate: views spell its name
my_product_marts            views for readers
my_product_dataops          with the view that names the release which all others read
my_product_raw, …_rehearsal, …_build    raw, the sample of rehearsals, and the lock
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from first_light.history.facts import RawFile
from first_light.history.record import RawFacts
from first_light.project.product import Product
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Readable, Relation, Table
from first_light.warehouse.own_tables import OWN_SCHEMA, RELEASE
from first_light.warehouse.pointed_warehouse import PointedWarehouse
from first_light.warehouse.spark.build_lock import BuildLock
from first_light.warehouse.spark.driver import SparkCursor, SparkError
from first_light.warehouse.spark.listing import Entry, listed
from first_light.warehouse.spark.names import Schemas, sql_name
from first_light.warehouse.spark.server import (
    CANDIDATE,
    connect,
    create_table,
    errors_as,
    rows_or_none,
    schemas,
    target,
)
from first_light.warehouse.spark.state import copy_table
from first_light.warehouse.spark.views import (
    SparkViews,
    begin_release,
    entries_of,
    owner_of,
)


@dataclass(frozen=True)
class SparkWarehouse(PointedWarehouse[SparkCursor]):
    """Releases as schemas of one catalog.

    Attributes:
        product: the product.
        store: where its releases are recorded; its lock is held while a release is made.
    """

    product: Product
    store: FolderStore
    name: str = "spark"
    in_store: bool = False
    _lock: BuildLock = field(default_factory=lambda: BuildLock(), compare=False, repr=False)
    error = SparkError
    candidate = CANDIDATE

    @property
    def place(self) -> Schemas:
        return schemas(self.product)

    def connect(self) -> AbstractContextManager[SparkCursor]:
        return connect(self.product)

    def views(self, cursor: SparkCursor) -> SparkViews:
        return SparkViews(cursor, self.place)

    def address(self, run: str) -> str:
        """The server and the schemas of readers, which are the same for every release."""
        values = target(self.product)
        place = f"{values.get('host')}:{values.get('port') or 10000}"
        return f"Spark {place}, schema {self.place.of_readers('marts')}"

    # ── Raw ──────────────────────────────────────────────────────────────────────────────────

    def raw(self) -> tuple[RawFile, ...]:
        """The tables of raw; empty if all are empty. Rows of Iceberg tables are in their metadata,
        those of others are counted.

        Rows are only added, so that the number of rows identifies the state.
        """
        fix = "let this user read its tables: uv run dataops docs spark"
        with errors_as("The schema of raw could not be read.", fix), self.session() as cursor:
            counts = {
                relation.name: (_count(cursor, relation, entry), entry.bytes)
                for relation, entry in sorted(listed(cursor, self.place.raw).items())
            }
        files = tuple(RawFile(name, size, str(rows)) for name, (rows, size) in counts.items())
        return files if any(rows for rows, _ in counts.values()) else ()

    def load_sample(self) -> None:
        """Load it into a schema beside raw."""
        from first_light.warehouse.spark.sample import load

        load(self.product, self.place.sample)

    def raw_states(self) -> dict[str, str]:
        """The snapshot of each Iceberg table of raw; the number of rows of others."""
        with errors_as("The schema of raw could not be read."), self.session() as cursor:
            return {
                relation.name: entry.snapshot or str(_count(cursor, relation, entry))
                for relation, entry in listed(cursor, self.place.raw).items()
                if not entry.is_view
            }

    # ── The candidate ────────────────────────────────────────────────────────────────────────

    def check_space(self, raw: RawFacts, current_raw: RawFacts) -> None:
        """Nothing to do: a catalog does not report its free space."""

    def begin(self, run: str, base: str, state: Sequence[Relation]) -> dict[str, str]:
        """Create the first of its schemas, and copy the stateful tables."""
        self._lock.check()
        place = self.place
        with (
            errors_as("The schemas of the candidate could not be created."),
            self.session() as cursor,
        ):
            self.views(cursor).drop_abandoned(run, base)
            begin_release(cursor, place, run)
            kept = entries_of(cursor, place, base) if base and state else {}
            for relation in state:
                source = place.moved(base, relation) if base else relation
                if source in kept and not kept[source].is_view:
                    copy_table(cursor, source, place.moved(run, relation))
        return {}

    def rows(self, run: str, relations: Sequence[Relation]) -> dict[Relation, int]:
        with (
            errors_as("The candidate's rows could not be counted."),
            self.session() as cursor,
        ):
            entries = entries_of(cursor, self.place, run)
            return {
                relation: _count(cursor, stored, entries[stored])
                for relation in relations
                if (stored := self.place.moved(run, relation)) in entries
                and not entries[stored].is_view
            }

    def columns(self, run: str) -> dict[Relation, tuple[str, ...]]:
        with (
            errors_as("The candidate's columns could not be read."),
            self.session() as cursor,
        ):
            return {
                relation: tuple(name for name, _ in entry.columns)
                for relation, entry in entries_of(cursor, self.place, run).items()
            }

    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        message = f"The schema {schema} could not be written."
        with errors_as(message), self.session() as cursor, contextlib.ExitStack() as undo:
            stored = self.place.of_release(run, schema)
            cursor.execute(f"create schema if not exists {sql_name(stored)}")
            for table in tables:
                name = sql_name(stored, table.name)
                undo.callback(cursor.execute, f"drop table if exists {name} purge")
                create_table(cursor, name, table.columns, table.rows, table.comment)
            undo.pop_all()

    def data_state(self, run: str) -> str:
        """The snapshots of its tables, from metadata."""
        with errors_as("The release could not be read."), self.session() as cursor:
            entries = entries_of(cursor, self.place, run)
        return "; ".join(
            f"{self.place.plain(relation.schema)}.{relation.name} {entry.snapshot}"
            for relation, entry in sorted(entries.items())
            if not entry.is_view
        )

    def inspect(self, run: str) -> None:
        with errors_as("The candidate could not be read."), self.session() as cursor:
            entries = entries_of(cursor, self.place, run)
        others = sorted(
            f"{self.place.plain(relation.schema)}.{relation.name}"
            for relation, entry in entries.items()
            if not entry.is_view and not entry.is_iceberg
        )
        if others:
            raise DataopsError(
                "The release has tables that are not Iceberg tables.",
                where=", ".join(others),
                fix="set +file_format: iceberg in dbt_project.yml: uv run dataops docs spark",
            )

    def discard(self, run: str) -> None:
        """Drop a candidate, and a release that was sealed but never stored."""
        with errors_as("The candidate could not be dropped."), self.session() as cursor:
            self.views(cursor).drop_release(run)

    # ── Releases ─────────────────────────────────────────────────────────────────────────────

    def check(self, run: str) -> None:
        place = self.place
        label = sql_name(place.of_release(run, OWN_SCHEMA), RELEASE)
        with errors_as("The release could not be read."), self.session() as cursor:
            is_own = owner_of(cursor, place, run) == run
            rows = rows_or_none(cursor, f"select release_id from {label}") if is_own else None
        if rows != [(run,)]:
            raise DataopsError(
                "This release's schemas are missing or damaged.",
                where=place.candidate(run),
                fix="choose another one: uv run dataops releases",
            )

    def readable(self, run: str, relations: Sequence[Relation], folder: Path) -> Readable:
        """A copy of the published views."""
        from first_light.warehouse.spark.readable import copy_published

        return copy_published(self.product, run, relations, folder)


def _count(cursor: SparkCursor, relation: Relation, entry: Entry) -> int:
    """The rows of a relation: from metadata, if they are there."""
    if entry.rows is not None:
        return entry.rows
    ((count,),) = cursor.rows(f"select count(*) from {sql_name(relation.schema, relation.name)}")
    return int(count)
