"""One side of a move: the product built, and its rows in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from first_light.dbt.engine import DbtRun, Engine, NodeResult, open_engine
from first_light.dbt.manifest import Manifest, Node, read_manifest
from first_light.history.record import PUBLISHED, Record
from first_light.project.product import Product, now
from first_light.store.folder import FolderStore
from first_light.store.run_ids import run_id
from first_light.utils.errors import DataopsError
from first_light.utils.timestamps import utc
from first_light.utils.variables import set_variables
from first_light.warehouse.base import Label, Readable, Relation, Warehouse, WarehouseKind
from first_light.warehouse.kinds import RELEASES, kind_of

NOT_TESTS = ("--exclude-resource-type", "test", "unit_test")
TESTS = ("--resource-type", "test", "--resource-type", "unit_test")
KEPT = ("incremental", "snapshot")
"""Materializations that build their second time in another way."""


@dataclass(frozen=True)
class Side:
    """What one warehouse made of the product.

    Attributes:
        kind: the kind of warehouse, by its name in dbt.
        product: the copy that was built.
        manifest: its resources.
        results: what dbt said of each model, snapshot and seed, by unique id.
        sql: the compiled SQL of the first build of each, by unique id.
        tests: what dbt said of each test.
        readable: a file with the rows of all that was built.
        types: the type of each column as the warehouse writes it, by relation in the file.
    """

    kind: str
    product: Product
    manifest: Manifest
    results: Mapping[str, NodeResult]
    sql: Mapping[str, str]
    tests: Mapping[str, NodeResult]
    readable: Readable
    types: Mapping[Relation, Mapping[str, str]] = field(default_factory=dict)

    @property
    def nodes(self) -> dict[str, Node]:
        """All that has rows, by unique id."""
        return {
            name: node
            for name, node in self.manifest.nodes.items()
            if node.kind in ("model", "snapshot", "seed") and node.materialized != "ephemeral"
        }

    def place(self, unique_id: str) -> Relation | None:
        """Where the rows of a node are in the file; None if it was not built."""
        node = self.nodes.get(unique_id)
        result = self.results.get(unique_id)
        if node is None or result is None or result.status != "success":
            return None
        return self.readable.places.get(Relation(node.schema, node.alias))


def raise_if_no_adapter(kind: str, provided: WarehouseKind) -> None:
    """Check that dbt can build on a kind of warehouse here.

    Raises:
        DataopsError: the adapter of dbt is not installed.
    """
    if find_spec(f"dbt.adapters.{kind}") is None:
        raise DataopsError(
            f"The adapter of dbt for {kind} is not installed.",
            where=provided.setup.package,
            fix=f"uv run --with '{provided.setup.package}' dataops move --to {kind}",
        )


def build(copy: Product, folder: Path, clock: str, progress: Callable[[str], None]) -> Side:
    """Build a product in a scratch place of its warehouse, copy the rows, and remove the place.

    Args:
        copy: the product, set up for the warehouse.
        folder: where artifacts and the file with the rows are made.
        clock: the time of the product's clock, ISO 8601.
        progress: shows what is being done.

    Raises:
        DataopsError: it could not be tried.
    """
    kind = kind_of(copy)
    with kind.scratch(copy) as variables, set_variables(variables):
        store = FolderStore(folder / "store", copy.slug)
        store.prepare()
        warehouse = kind.open(copy, store)
        with store.lock():
            warehouse.lock()
            try:
                return _Build(copy, folder, clock, progress, kind, store, warehouse).run()
            finally:
                warehouse.unlock()


@dataclass
class _Build:
    copy: Product
    folder: Path
    clock: str
    progress: Callable[[str], None]
    kind: WarehouseKind
    store: FolderStore
    warehouse: Warehouse

    def run(self) -> Side:
        name, began = self.warehouse.name, utc(now())
        run = run_id(self.store.next_number(0), began, "move")
        record = self._record(run, began)
        self.store.write_record(run, record)
        environment = {
            "DATAOPS_RAW": self.copy.sample.name,
            "DATAOPS_NOW": self.clock,
            **self.warehouse.environment(run, True),
        }
        dbt = open_engine(
            self.copy.root,
            RELEASES,
            self.folder / "dbt",
            environment,
            lambda line: self.progress(f"{name}: {line}"),
        )
        self.progress(f"{name}: dbt parse")
        parsed = dbt.parse(warnings_are_errors=False)
        if not parsed.ok:
            raise DataopsError(
                f"dbt cannot parse the project for {name}.", where=parsed.problem[:2000]
            )
        manifest = read_manifest(self.folder / "dbt" / "manifest.json", packages=True)
        dbt = dbt.with_environment(self.warehouse.begin(run, "", []))
        self.progress(f"{name}: load the data")
        self.warehouse.load_sample()
        results, sql = self._build(dbt, manifest)
        self.progress(f"{name}: tests")
        tests = {result.unique_id: result for result in dbt.build(*TESTS).nodes}
        self.progress(f"{name}: read the rows")
        label = Label(run, "rehearsal", "sample", "", False, "", began)
        self.warehouse.seal(run, label)
        self.store.promote(run)
        self.warehouse.publish(run)
        self.store.point(run, (run, record))
        self.store.conclude(run)
        relations = [
            Relation(node.schema, node.alias)
            for unique_id, node in manifest.nodes.items()
            if unique_id in results and node.alias
        ]
        rows = self.folder / "rows"
        rows.mkdir()
        readable = self.warehouse.readable(run, relations, rows)
        return Side(
            name, self.copy, manifest, results, sql, tests, readable,
            self._types(run, relations, readable),
        )  # fmt: skip

    def _build(
        self, dbt: Engine, manifest: Manifest
    ) -> tuple[dict[str, NodeResult], dict[str, str]]:
        """Build all, and then again what builds in another way where its table exists."""
        first = dbt.build(*NOT_TESTS)
        if not first.nodes and not first.ok:
            raise DataopsError(
                f"dbt cannot build on {self.warehouse.name}.", where=first.problem[:2000]
            )
        results = {result.unique_id: result for result in first.nodes}
        sql = {name: result.sql for name, result in results.items()}
        kept = [
            node.name
            for name, node in manifest.nodes.items()
            if node.materialized in KEPT and name in results and results[name].status == "success"
        ]
        if kept:
            self.progress(f"{self.warehouse.name}: second build of {', '.join(kept[:3])}")
            second: DbtRun = dbt.build(*NOT_TESTS, "--select", *kept)
            results |= {result.unique_id: result for result in second.nodes}
        return results, sql

    def _types(
        self, run: str, relations: list[Relation], readable: Readable
    ) -> dict[Relation, dict[str, str]]:
        """The types of columns as the warehouse writes them, by relation in the file."""
        schemas = {
            relation.schema: self.warehouse.reader_schema(relation.schema) for relation in relations
        }
        places = {
            (schemas[relation.schema].lower(), relation.name.lower()): readable.places[relation]
            for relation in relations
            if relation in readable.places
        }
        types: dict[Relation, dict[str, str]] = {}
        query = self.kind.dialect().columns(sorted(set(schemas.values())))
        with self.warehouse.reader(run) as queries:
            for schema, name, column, kind in queries.run(query).rows if schemas else ():
                if place := places.get((str(schema).lower(), str(name).lower())):
                    types.setdefault(place, {})[str(column).lower()] = str(kind).lower()
        return types

    def _record(self, run: str, began: str) -> bytes:
        return Record(
            run=run, number=1, product=self.copy.slug, command="release", trigger="manual",
            outcome=PUBLISHED, started_at=began, ended_at=began, current=run,
            warehouse=self.warehouse.name,
        ).to_json()  # fmt: skip
