"""BigQuery: a release is a set of datasets, and published views read those of current.

my_product_r000012_marts    a release, also while it is a candidate: views spell its name
my_product_marts            views for readers
my_product_dataops          with the table that names the release which all views read
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
from first_light.warehouse.bigquery.build_lock import BuildLock
from first_light.warehouse.bigquery.driver import BigQueryCursor, BigQueryError
from first_light.warehouse.bigquery.names import Datasets
from first_light.warehouse.bigquery.server import (
    CANDIDATE,
    connect,
    create_table,
    datasets,
    errors_as,
    rows_or_none,
)
from first_light.warehouse.bigquery.views import (
    BigQueryViews,
    columns_of,
    owner_of,
    release_datasets,
)
from first_light.warehouse.own_tables import OWN_SCHEMA, RELEASE
from first_light.warehouse.pointed_warehouse import PointedWarehouse

_STORED = ("BASE TABLE", "CLONE", "SNAPSHOT")
"""Kinds of relations with rows of their own, which their metadata count."""


@dataclass(frozen=True)
class BigQueryWarehouse(PointedWarehouse[BigQueryCursor]):
    """Releases as datasets of one project.

    Attributes:
        product: the product.
        store: where its releases are recorded; its lock is held while a release is made.
    """

    product: Product
    store: FolderStore
    name: str = "bigquery"
    in_store: bool = False
    _lock: BuildLock = field(default_factory=lambda: BuildLock(), compare=False, repr=False)
    error = BigQueryError
    candidate = CANDIDATE

    @property
    def place(self) -> Datasets:
        return datasets(self.product)

    def connect(self) -> AbstractContextManager[BigQueryCursor]:
        return connect(self.product)

    def views(self, cursor: BigQueryCursor) -> BigQueryViews:
        return BigQueryViews(cursor, self.place)

    def address(self, run: str) -> str:
        """The project and a dataset of readers, which are the same for every release."""
        place = self.place
        return f"BigQuery {place.project}, dataset {place.of_readers('marts')}"

    # ── Raw ──────────────────────────────────────────────────────────────────────────────────

    def raw(self) -> tuple[RawFile, ...]:
        """The tables of raw, from metadata; empty if all are empty. Rows of views and of external
        tables are counted.

        Rows are only added, so that the number of rows identifies the state.
        """
        fix = "let this account read its tables: uv run dataops docs bigquery"
        place = self.place
        with errors_as("The dataset of raw could not be read.", fix), self.session() as cursor:
            sizes, counts = cursor.sizes(place.raw), {}
            for name, kind in cursor.kinds(place.raw).items():
                rows, size, _ = sizes.get(name, (0, 0, ""))
                if kind not in _STORED:
                    table = place.name(place.raw, name)
                    ((rows,),) = cursor.rows(f"select count(*) from {table}")
                counts[name] = (int(rows), size)
        files = tuple(RawFile(name, size, str(rows)) for name, (rows, size) in counts.items())
        return files if any(rows for rows, _ in counts.values()) else ()

    def load_sample(self) -> None:
        """Load it into a dataset beside raw."""
        from first_light.warehouse.bigquery.sample import load

        load(self.product, self.place.sample)

    def raw_states(self) -> dict[str, str]:
        """Rows, bytes and the time of the last change, from metadata; nothing is scanned."""
        with errors_as("The dataset of raw could not be read."), self.session() as cursor:
            sizes = cursor.sizes(self.place.raw)
        return {name: " ".join(map(str, state)) for name, state in sizes.items()}

    # ── The candidate ────────────────────────────────────────────────────────────────────────

    def check_space(self, raw: RawFacts, current_raw: RawFacts) -> None:
        """Nothing to do: a project has no limit of storage."""

    def begin(self, run: str, base: str, state: Sequence[Relation]) -> dict[str, str]:
        """Create the first of its datasets, and clone the stateful tables, which copies no data."""
        self._lock.check()
        place = self.place
        with (
            errors_as("The datasets of the candidate could not be created."),
            self.session() as cursor,
        ):
            self.views(cursor).drop_abandoned(run, base)
            cursor.create_dataset(place.of_release(run, OWN_SCHEMA), run)
            kept = self._tables(cursor, base) if base and state else set()
            for relation in state:
                source = place.moved(base, relation) if base else relation
                if source in kept:
                    copy = place.moved(run, relation)
                    cursor.create_dataset(copy.schema)
                    cursor.execute(
                        f"create table {place.relation(copy)} clone {place.relation(source)}"
                    )
        return {}

    def _tables(self, cursor: BigQueryCursor, run: str) -> set[Relation]:
        return {
            Relation(dataset, name)
            for dataset in release_datasets(cursor, self.place, run)
            for name, kind in cursor.kinds(dataset).items()
            if kind in _STORED
        }

    def rows(self, run: str, relations: Sequence[Relation]) -> dict[Relation, int]:
        """Counted in one query, which BigQuery answers from metadata."""
        place = self.place
        with (
            errors_as("The candidate's rows could not be counted."),
            self.session() as cursor,
        ):
            tables = self._tables(cursor, run)
            present = [relation for relation in relations if place.moved(run, relation) in tables]
            if not present:
                return {}
            counts = ", ".join(
                f"(select count(*) from {place.relation(place.moved(run, relation))})"
                for relation in present
            )
            (row,) = cursor.rows(f"select {counts}")
            return dict(zip(present, map(int, row)))

    def columns(self, run: str) -> dict[Relation, tuple[str, ...]]:
        with (
            errors_as("The candidate's columns could not be read."),
            self.session() as cursor,
        ):
            found = columns_of(cursor, self.place, run)
            return {relation: tuple(columns) for relation, columns in found.items()}

    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        message = f"The dataset {schema} could not be written."
        with errors_as(message), self.session() as cursor, contextlib.ExitStack() as undo:
            dataset = self.place.of_release(run, schema)
            cursor.create_dataset(dataset)
            for table in tables:
                name = self.place.name(dataset, table.name)
                undo.callback(cursor.execute, f"drop table if exists {name}")
                create_table(cursor, name, table.columns, table.rows, table.comment)
            undo.pop_all()

    def data_state(self, run: str) -> str:
        """Rows, bytes and the time of the last change of its tables, from metadata."""
        with errors_as("The release could not be read."), self.session() as cursor:
            states = {
                f"{self.place.plain(dataset)}.{name}": state
                for dataset in release_datasets(cursor, self.place, run)
                for name, state in cursor.sizes(dataset).items()
            }
        return "; ".join(f"{name} {' '.join(map(str, state))}" for name, state in states.items())

    def discard(self, run: str) -> None:
        """Delete a candidate, and a release that was sealed but never stored."""
        with errors_as("The candidate could not be deleted."), self.session() as cursor:
            self.views(cursor).drop_release(run)

    # ── Releases ─────────────────────────────────────────────────────────────────────────────

    def check(self, run: str) -> None:
        place = self.place
        label = place.name(place.of_release(run, OWN_SCHEMA), RELEASE)
        with errors_as("The release could not be read."), self.session() as cursor:
            is_own = owner_of(cursor, place, run) == run
            rows = rows_or_none(cursor, f"select release_id from {label}") if is_own else None
        if rows != [(run,)]:
            raise DataopsError(
                "This release's datasets are missing or damaged.",
                where=place.candidate(run),
                fix="choose another one: uv run dataops releases",
            )

    def readable(self, run: str, relations: Sequence[Relation], folder: Path) -> Readable:
        """A copy of the published views."""
        from first_light.warehouse.bigquery.readable import copy_published

        return copy_published(self.product, run, relations, folder)
