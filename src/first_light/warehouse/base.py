"""The interface of a warehouse: where a release is built, and how it is published.

Each kind of warehouse is a folder here, or a package of somebody else: see `WarehouseKind`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from first_light.dbt.driver import Driver
from first_light.history.facts import RawFile
from first_light.history.record import RawFacts
from first_light.project.product import Product
from first_light.store.locate import FolderStore

if TYPE_CHECKING:
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer

    from first_light.dbt.engine import Engine, QueryRunner
    from first_light.dbt.manifest import Manifest
    from first_light.warehouse.dialect import Dialect
    from first_light.warehouse.setup import Setup

# The database of a release, of a check or of a preview, where the warehouse is files.
DATABASE_FILE = "warehouse.duckdb"


@dataclass(frozen=True, order=True)
class Relation:
    """A table or view: the schema in dbt's spelling, and its name."""

    schema: str
    name: str


# Columns that readers do not get, by relation; all columns of it: not the relation.
Withheld = Mapping[Relation, Sequence[str]]


@dataclass(frozen=True)
class Label:
    """The description of a release in its own database: the one row of dataops.release.

    Attributes:
        release_id: its id.
        kind: release, built from raw; or rehearsal, built from the sample.
        built_from: raw or sample.
        commit: what was built; empty without git.
        dirty: built with uncommitted changes.
        raw_fingerprint: the state of the input.
        published_at: ISO 8601, UTC.
    """

    release_id: str
    kind: str
    built_from: str
    commit: str
    dirty: bool
    raw_fingerprint: str
    published_at: str


@dataclass(frozen=True)
class Table:
    """A small table that dataops writes into a release.

    Attributes:
        name: its name.
        comment: its description.
        columns: names and types; only types with the same name in every warehouse.
        rows: its rows.
    """

    name: str
    comment: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def definition(self) -> str:
        """Its columns, as in a `create table` statement."""
        return ", ".join(f'"{name}" {kind}' for name, kind in self.columns)


@dataclass(frozen=True)
class Readable:
    """A database file with what readers see.

    Attributes:
        file: the file.
        places: where each relation is in it; without those of which readers see nothing.
        notes: by relation, columns that are text there because the file has no such type.
    """

    file: Path
    places: Mapping[Relation, Relation]
    notes: Mapping[Relation, tuple[str, ...]] = field(default_factory=dict)


class Warehouse(Protocol):
    """The warehouse of one product.

    Queries of monitors are not among them: they go through dbt's adapter.

    Transactional DDL is not required. `publish` may be interrupted anywhere: the pipeline calls it
    again with the release that the store's pointer names, so it must be idempotent. Where the
    engine allows it, it is one transaction.
    """

    @property
    def name(self) -> str:
        """duckdb, postgres, …: as in records."""

    @property
    def in_store(self) -> bool:
        """Whether a release's data are in the store, and not in the warehouse."""

    def address(self, run: str) -> str:
        """Where readers find the current release, which is `run`; contains no secret."""

    def reader_schema(self, schema: str) -> str:
        """A schema of the candidate, as readers spell it once it is published."""

    def environment(self, run: str, rehearsal: bool) -> dict[str, str]:
        """dbt's environment for a candidate, as far as it is known before dbt parses the project.

        Args:
            run: the candidate.
            rehearsal: whether it will be built from the sample, not from raw.
        """

    def raw(self) -> tuple[RawFile, ...] | None:
        """The tables of raw with their state; empty if all are empty, None if raw is files.

        Raises:
            DataopsError: raw cannot be read.
        """

    def load_sample(self) -> None:
        """Load the sample for a rehearsal's candidate; called after `begin`.

        Raises:
            DataopsError: it could not be loaded.
        """

    def lock(self) -> None:
        """Lock the warehouse for one run, also against other machines: from before the recovery of
        interrupted runs until the release is current or the run has ended.

        Raises:
            DataopsError: another run holds the lock.
        """

    def unlock(self) -> None:
        """Release the lock."""

    def check_space(self, raw: RawFacts, current_raw: RawFacts) -> None:
        """Check that there is enough space for a candidate.

        Args:
            raw: the input of the candidate.
            current_raw: the input of current; empty before the first release.

        Raises:
            DataopsError: there is not.
        """

    def keeps_state(self, base: str, relation: Relation) -> bool:
        """Whether a relation of which readers do not get all can be copied from a release.

        Args:
            base: the release.
            relation: a relation of it with withheld columns.
        """

    def data_state(self, run: str) -> str:
        """What changes when the data of a release are replaced, with those that readers do not get;
        empty if they are not here. Of a candidate, once it is sealed.

        Raises:
            DataopsError: they cannot be read.
        """

    def raw_states(self) -> dict[str, str]:
        """What changes with the rows of each table of raw, by name; empty if raw is files.

        Raises:
            DataopsError: raw cannot be read.
        """

    def begin(self, run: str, base: str, state: Sequence[Relation]) -> dict[str, str]:
        """Create the place where a candidate is built; returns dbt's environment for it.

        Args:
            run: the candidate.
            base: the release to take state from; empty to start from nothing.
            state: the stateful relations to copy from it. Nothing else is copied.

        Raises:
            DataopsError: it could not be created.
        """

    def rows(self, run: str, relations: Sequence[Relation]) -> dict[Relation, int]:
        """The row counts of these relations in a candidate, without views and missing relations.

        Raises:
            DataopsError: the candidate cannot be read.
        """

    def columns(self, run: str) -> dict[Relation, tuple[str, ...]]:
        """All relations of a candidate, with their columns in order.

        Raises:
            DataopsError: the candidate cannot be read.
        """

    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        """Write tables into a schema of a candidate, replacing tables of the same names.

        Raises:
            DataopsError: they could not be written; none of them exists.
        """

    def seal(self, run: str, label: Label, withheld: Withheld | None = None) -> None:
        """Label the built and audited candidate and make it read-only.

        What is withheld is kept apart, as private state, where private state is kept at all.

        Raises:
            DataopsError: it could not be sealed.
        """

    def check(self, run: str) -> None:
        """Check quickly that a release still exists and can be made current.

        Raises:
            DataopsError: it is missing or damaged.
        """

    def published_release(self, pointer: str) -> str:
        """The release that readers see; empty if there is none.

        Args:
            pointer: the release that the store's pointer names; the result where readers follow it.

        Raises:
            DataopsError: it cannot be determined.
        """

    def reader(self, run: str) -> AbstractContextManager[QueryRunner]:
        """A connection to what readers see, opened as a reader opens it.

        Args:
            run: the release that the store's pointer names.

        Raises:
            DataopsError: it could not be opened.
        """

    def readable(self, run: str, relations: Sequence[Relation], folder: Path) -> Readable:
        """A database file with relations of the current release, exactly as readers see them.

        Args:
            run: the release that the store's pointer names.
            relations: in dbt's spelling for a candidate.
            folder: where a file may be made; it is private.

        Raises:
            DataopsError: it could not be read.
        """

    def publish(self, run: str) -> None:
        """Make this release visible to readers; the store's pointer follows.

        Raises:
            DataopsError: it failed; readers still see the previous release.
        """

    def discard(self, run: str) -> None:
        """Delete a candidate without a trace."""

    def drop(self, run: str) -> None:
        """Delete a release that is not current; its readers can finish."""


class WarehouseKind(Driver, Protocol):
    """One kind of warehouse, as its folder or its package provides it in the entry point group.

    It is loaded whenever a manifest is read: what it needs is imported where it is used.
    """

    @property
    def how_to_load(self) -> str:
        """How to load landing data into it, as a sentence for a message."""

    @property
    def setup(self) -> Setup:
        """What a product of this kind has in its profile, its sources and its configuration."""

    @property
    def server(self) -> Server | None:
        """How development and checks run on it; None where they run on files."""

    def open(self, product: Product, store: FolderStore) -> Warehouse:
        """The warehouse of a product's releases.

        Args:
            product: the product.
            store: where its releases are recorded.
        """

    def scratch(self, product: Product) -> AbstractContextManager[Mapping[str, str]]:
        """A scratch place beside the product's, which is removed at the end.

        It yields the variables of the environment that lead there; empty if the store is enough.

        Raises:
            DataopsError: it could not be made.
        """

    def dialect(self) -> Dialect:
        """The SQL of profile queries."""

    def metric_sql(self) -> tuple[SqlEngine, SqlPlanRenderer] | None:
        """The SQL of metrics, as MetricFlow writes it; None if it cannot."""


class Server(Protocol):
    """Development and checks on a database server: the sample, the sides of a check, raw."""

    def sample_schema(self) -> str:
        """The schema of the sample for development."""

    def load_sample(self, product: Product, schema: str) -> dict[str, int]:
        """Load every table of the sample into a schema, in one transaction; returns rows by table.

        Raises:
            DataopsError: a file cannot be read with its YAML, or the server rejected it.
        """

    def check_environment(self) -> dict[str, str]:
        """dbt's variables for the schemas of a check."""

    def open_check_engine(
        self,
        root: Path,
        target_path: Path,
        environment: dict[str, str],
        progress: Callable[[str], None],
    ) -> Engine:
        """dbt for one side of a check."""

    def current_release(
        self, product: Product, run: str, manifest: Path, folder: Path
    ) -> ServerRelease:
        """The current release, and the temporary schemas of a branch beside it."""

    def raw_tables(self, product: Product) -> tuple[RawFile, ...]:
        """The tables of raw as they are now."""


class ServerRelease(Protocol):
    """The current release on a server, and where a branch is built beside it."""

    @property
    def manifest(self) -> Manifest:
        """Its resources, with the names of the scratch schemas."""

    @property
    def state(self) -> Path:
        """A folder for dbt's `--state`, with the names of the release's schemas."""

    @property
    def database(self) -> Path:
        """The file for the relations that were fetched."""

    def environment(self) -> dict[str, str]:
        """dbt's variables for the scratch schemas."""

    def dbt(
        self, target_path: Path, environment: dict[str, str], progress: Callable[[str], None]
    ) -> Engine:
        """dbt for the branch."""

    def fetch(self, unique_ids: Iterable[str]) -> None:
        """Copy models of the release, by unique id, into the file."""


def open_warehouse(product: Product, store: FolderStore) -> Warehouse:
    """The warehouse of this product's releases, by the type of its profile."""
    from first_light.warehouse.kinds import kind_of

    return kind_of(product).open(product, store)
