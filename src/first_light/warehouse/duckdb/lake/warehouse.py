"""A lake: a release is a set of schemas, and published views read those of current.

my_product_r000012_marts    a release, also while it is a candidate: views spell its name
my_product_marts            views for readers, which one transaction changes
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from first_light.dbt.driver import DriverQueries
from first_light.history.facts import RawFile
from first_light.history.record import RawFacts
from first_light.project.product import Product
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import (
    DATABASE_FILE,
    Label,
    Readable,
    Relation,
    Table,
    Withheld,
)
from first_light.warehouse.duckdb.lake.catalog import (
    CANDIDATE,
    columns_of,
    connect,
    errors_as,
    name_of,
    place_of,
    rows_or_none,
    schemas,
)
from first_light.warehouse.duckdb.lake.published import (
    INTERNAL,
    begin_release,
    clean_up,
    copy_table,
    current_release,
    drop_abandoned,
    drop_release,
    owner_of,
    repoint,
    stored_tables,
    transaction,
)
from first_light.warehouse.duckdb.own_rows import write_tables
from first_light.warehouse.own_tables import OWN_SCHEMA, RELEASE, label_table, withheld_table
from first_light.warehouse.prefixed_schemas import PrefixedSchemas
from first_light.warehouse.server_errors import raise_if_another

if TYPE_CHECKING:
    from first_light.dbt.engine import QueryRunner


@dataclass(frozen=True)
class LakeWarehouse:
    """Releases as schemas of a lake.

    Attributes:
        product: the product.
        store: where its releases are recorded; its lock is held while a release is made.
    """

    product: Product
    store: FolderStore
    name: str = "duckdb"
    in_store: bool = False

    @property
    def place(self) -> PrefixedSchemas:
        return schemas(self.product)

    @contextlib.contextmanager
    def _session(self, message: str) -> Iterator[Any]:
        with errors_as(message), connect(self.product) as connection:
            yield connection

    def address(self, run: str) -> str:
        """The catalog and a schema of readers, which are the same for every release."""
        return f"DuckLake {place_of(self.product)}, schema {self.place.of_readers('marts')}"

    def reader_schema(self, schema: str) -> str:
        return self.place.of_readers(self.place.plain(schema))

    def environment(self, run: str, rehearsal: bool) -> dict[str, str]:
        """The schemas of the candidate."""
        return {CANDIDATE: self.place.candidate(run)}

    def raw(self) -> tuple[RawFile, ...] | None:
        """DuckDB reads the files themselves."""
        return None

    def load_sample(self) -> None:
        """Nothing to do: DuckDB reads the files themselves."""

    def raw_states(self) -> dict[str, str]:
        """Empty: raw is files."""
        return {}

    # ── The candidate ────────────────────────────────────────────────────────────────────────

    def lock(self) -> None:
        """Nothing to do: the store's lock orders runs, and each number has its own schemas."""

    def unlock(self) -> None:
        """Nothing to do."""

    def check_space(self, raw: RawFacts, current_raw: RawFacts) -> None:
        """Nothing to do: the files of a lake may be in a bucket."""

    def begin(self, run: str, base: str, state: Sequence[Relation]) -> dict[str, str]:
        """Create the first of its schemas, and copy the stateful tables."""
        place = self.place
        with self._session("The schemas of the candidate could not be created.") as connection:
            drop_abandoned(connection, place, run, base)
            begin_release(connection, place, run)
            kept = stored_tables(connection, place, base) if base and state else {}
            for relation in state:
                source = place.moved(base, relation) if base else relation
                if source in kept:
                    copy_table(connection, source, place.moved(run, relation))
        return {}

    def rows(self, run: str, relations: Sequence[Relation]) -> dict[Relation, int]:
        with self._session("The candidate's rows could not be counted.") as connection:
            tables = stored_tables(connection, self.place, run)
            present = [r for r in relations if self.place.moved(run, r) in tables]
            if not present:
                return {}
            counts = ", ".join(
                f"(select count(*) from {name_of(self.place.moved(run, r))})" for r in present
            )
            return dict(zip(present, connection.execute(f"select {counts}").fetchone()))

    def columns(self, run: str) -> dict[Relation, tuple[str, ...]]:
        internal = self.place.of_release(run, INTERNAL)
        with self._session("The candidate's columns could not be read.") as connection:
            found = columns_of(connection, self.place.of_release(run, ""))
        return {relation: names for relation, names in found.items() if relation.schema != internal}

    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        stored = self.place.of_release(run, schema)
        with (
            self._session(f"The schema {schema} could not be written.") as connection,
            transaction(connection),
        ):
            write_tables(connection, stored, tables)

    def keeps_state(self, base: str, relation: Relation) -> bool:
        """The schemas of a release hold all columns; its published views do not."""
        return True

    def data_state(self, run: str) -> str:
        """The numbers and rows of its tables, from the catalog."""
        with self._session("The release could not be read.") as connection:
            states = stored_tables(connection, self.place, run)
        return "; ".join(
            f"{self.place.plain(relation.schema)}.{relation.name} {state}"
            for relation, state in sorted(states.items())
        )

    def seal(self, run: str, label: Label, withheld: Withheld | None = None) -> None:
        """Label it; dbt writes the next candidate into other schemas."""
        if withheld:
            prefix = f"{self.place.candidate(run)}_"
            self.write(run, INTERNAL, [withheld_table(withheld, prefix)])
        self.write(run, OWN_SCHEMA, [label_table(label)])

    def discard(self, run: str) -> None:
        """Drop a candidate, and a release that was sealed but never stored."""
        with self._session("The candidate could not be dropped.") as connection:
            drop_release(connection, self.place, run)

    # ── Releases ─────────────────────────────────────────────────────────────────────────────

    def check(self, run: str) -> None:
        label = name_of(Relation(self.place.of_release(run, OWN_SCHEMA), RELEASE))
        with self._session("The release could not be read.") as connection:
            is_own = owner_of(connection, self.place, run) == run
            rows = rows_or_none(connection, f"select release_id from {label}")
        if not is_own or rows != [(run,)]:
            raise DataopsError(
                "This release's schemas are missing or damaged.",
                where=self.place.candidate(run),
                fix="choose another one: uv run dataops releases",
            )

    def published_release(self, pointer: str) -> str:
        """The release in the published label, which changes together with all other views."""
        with self._session("The current release could not be read.") as connection:
            return current_release(connection, self.place)

    def readable(self, run: str, relations: Sequence[Relation], folder: Path) -> Readable:
        """A copy of the published views, read in one transaction."""
        file, place = folder / DATABASE_FILE, self.place
        goals = {r: Relation(place.plain(r.schema), r.name) for r in relations}
        places: dict[Relation, Relation] = {}
        with (
            self._session("The published views could not be read.") as connection,
            transaction(connection),
        ):
            raise_if_another(current_release(connection, place), run)
            connection.execute("set TimeZone = 'UTC'")
            found = columns_of(connection, f"{place.prefix}_")
            read = {
                relation: connection.sql(f"from {name_of(view)}").to_arrow_table()
                for relation, goal in goals.items()
                if (view := Relation(place.of_readers(goal.schema), goal.name)) in found
            }
        with contextlib.closing(duckdb.connect(str(file))) as database:
            for relation, rows in read.items():
                goal = goals[relation]
                database.execute(f'create schema if not exists "{goal.schema}"')
                database.register("read_rows", rows)
                database.execute(f"create table {name_of(goal)} as from read_rows")
                places[relation] = goal
        return Readable(file, places)

    @contextlib.contextmanager
    def reader(self, run: str) -> Iterator[QueryRunner]:
        """A connection: each query sees the release that is current."""
        with self._session("The lake could not be opened.") as connection:
            connection.execute("set TimeZone = 'UTC'")
            yield DriverQueries(self.name, connection, duckdb.Error)

    def publish(self, run: str) -> None:
        """Repoint all views in one transaction; nothing is done if they read it already."""
        with self._session("The release cannot be published now.") as connection:
            repoint(connection, self.place, run)

    def drop(self, run: str) -> None:
        """Drop its schemas; its files stay for a day, so that its readers can finish."""
        with self._session(f"Release {run} cannot be dropped yet.") as connection:
            drop_release(connection, self.place, run)
            clean_up(connection, self.place)
