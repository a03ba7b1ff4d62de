"""The narrow door to a warehouse: where a release is built, and how readers come to see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from first_light.history.facts import RawFile
from first_light.history.record import RawFacts
from first_light.project.product import Product
from first_light.store.locate import FolderStore

# The database of a release, of a check or of a preview, where the warehouse is files.
DATABASE_FILE = "warehouse.duckdb"

__all__ = ["DATABASE_FILE", "Label", "Relation", "Table", "Warehouse", "open_warehouse"]


@dataclass(frozen=True, order=True)
class Relation:
    """A table or view by its place: the schema that dbt names, and its name there."""

    schema: str
    name: str


@dataclass(frozen=True)
class Label:
    """What a release says of itself, in its own database: the one row of dataops.release.

    Attributes:
        release_id: its id.
        kind: release, built from raw; or rehearsal, built from the sample.
        built_from: raw or sample.
        commit: what was built; empty where there is no git.
        dirty: built with uncommitted changes.
        raw_fingerprint: the state of what it was built from.
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
    """A small table that dataops itself writes into a release.

    Attributes:
        name: its name.
        comment: what it holds.
        columns: names and types; types that every warehouse knows by these words.
        rows: its rows.
    """

    name: str
    comment: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]

    @property
    def definition(self) -> str:
        """Its columns, as a `create table` spells them."""
        return ", ".join(f'"{name}" {kind}' for name, kind in self.columns)


class Warehouse(Protocol):
    """One kind of warehouse. A new kind is one file that holds these.

    What monitors ask of a candidate is not among them: dbt's own adapter answers it.

    Nothing here needs transactional DDL. `publish` may be cut short anywhere: the release line
    calls it again, with the release that the store's pointer names, and doing it twice is doing it
    once. Where the engine can, it is one transaction.
    """

    @property
    def name(self) -> str:
        """duckdb, postgres, …: as records say it."""

    @property
    def in_store(self) -> bool:
        """Whether a release's data lie in the store, and not in a place of the warehouse's own."""

    def address(self, run: str) -> str:
        """Where readers find the current release, which is `run`: no secret in it."""

    def environment(self, rehearsal: bool) -> dict[str, str]:
        """dbt's environment for a candidate as far as it is known before dbt reads the project.

        Args:
            rehearsal: it will be built from the sample, not from raw.
        """

    def raw(self) -> tuple[RawFile, ...] | None:
        """The tables of raw with their state; none where none holds a row, None where raw is files.

        Raises:
            DataopsError: raw can't be read.
        """

    def take_sample(self) -> None:
        """Put the sample where a rehearsal's candidate reads it; called once it has begun.

        Raises:
            DataopsError: it could not be put there.
        """

    def take_turn(self) -> None:
        """Keep others out, on other machines too: from before it looks what was cut short, until
        this run's release is current or the run is over.

        Raises:
            DataopsError: somebody else builds or publishes.
        """

    def end_turn(self) -> None:
        """Let others build again."""

    def make_room(self, raw: RawFacts, before: RawFacts) -> None:
        """Look whether a candidate will fit.

        Args:
            raw: what will be read.
            before: what current was built from; empty facts before the first release.

        Raises:
            DataopsError: it will not.
        """

    def begin(self, run: str, base: str, state: Sequence[Relation]) -> dict[str, str]:
        """Make the place where a candidate is built; returns dbt's environment that leads there.

        Args:
            run: the candidate.
            base: the release to take state from; empty to start from nothing.
            state: the relations that go on from what they hold. Nothing else is taken over.

        Raises:
            DataopsError: it could not be made.
        """

    def rows(self, run: str, relations: Sequence[Relation]) -> dict[Relation, int]:
        """How many rows each of these holds in a candidate; views and what is not there left out.

        Raises:
            DataopsError: the candidate can't be read.
        """

    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        """Write these tables into a schema of a candidate, over what is there by their names.

        Raises:
            DataopsError: they could not be written; none of them is there.
        """

    def seal(self, run: str, label: Label) -> None:
        """The candidate is built and audited: label it, let nobody write to it any more.

        Raises:
            DataopsError: it could not be sealed.
        """

    def check(self, run: str) -> None:
        """Look, quickly, whether a release is still there to be made current.

        Raises:
            DataopsError: it is not, or it is damaged.
        """

    def seen(self, pointed: str) -> str:
        """The release that readers see; empty where they see none.

        Args:
            pointed: the one that the store's pointer names; where readers follow it, this one.

        Raises:
            DataopsError: nobody can tell.
        """

    def publish(self, run: str) -> None:
        """Let readers see this release; the store's pointer follows.

        Raises:
            DataopsError: they see what they saw before.
        """

    def discard(self, run: str) -> None:
        """Forget a candidate, as if it had never been."""

    def drop(self, run: str) -> None:
        """Delete a release that is not current; its readers finish in peace."""


def open_warehouse(product: Product, store: FolderStore) -> Warehouse:
    """The warehouse that this product's releases go to, by its answer `warehouse`."""
    from first_light.warehouse.postgres.server import is_postgres

    if is_postgres(product):
        from first_light.warehouse.postgres.warehouse import PostgresWarehouse

        return PostgresWarehouse(product)
    from first_light.warehouse.duckdb import DuckDbWarehouse

    return DuckDbWarehouse(store)
