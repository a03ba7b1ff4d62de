"""A scratch place for releases of generated tables: a store in a folder, and a scratch warehouse.

Nothing of the product is read or written there but its profile and its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from first_light.history.log import History
from first_light.history.record import PUBLISHED, Record
from first_light.project.product import Product, now
from first_light.release.recovery import recover
from first_light.store.folder import RECORD, FolderStore
from first_light.store.run_ids import run_id, run_number
from first_light.utils.timestamps import utc
from first_light.warehouse.base import Label, Relation, Table, Warehouse
from first_light.warehouse.kinds import kind_of, warehouse_type

STEPS = ("build", "seal", "promote", "publish", "point", "conclude")
"""The steps of a release, in order; a publisher can be killed before each."""
TABLES = ("orders", "customers", "payments")
STATE = "events"
"""A table with one row for each release: what a candidate takes over from current."""
WITHHELD = "email"
SCHEMA = "marts"
_SPELLED = "schema"  # the file with the schema of the tables, as dbt would spell it


@dataclass(frozen=True)
class Place:
    """Where the scratch releases are.

    Attributes:
        product: the product, for its profile.
        folder: the folder of the scratch store.
        rows: rows of each table.
    """

    product: Product
    folder: Path
    rows: int

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.folder, self.product.slug)

    @property
    def history(self) -> History:
        return History(self.store.history)

    def warehouse(self) -> Warehouse:
        """The scratch warehouse, with no connection of before."""
        return kind_of(self.product).open(self.product, self.store)

    def release(self, reached: Callable[[str], None] = lambda step: None) -> str:
        """Make a release of generated tables, as `dataops release` does; returns its id.

        Args:
            reached: called before each step.

        Raises:
            DataopsError: it could not be made.
        """
        store, warehouse = self.store, self.warehouse()
        with store.lock():
            warehouse.lock()
            try:
                return self._release(store, warehouse, reached)
            finally:
                warehouse.unlock()

    def _release(
        self, store: FolderStore, warehouse: Warehouse, reached: Callable[[str], None]
    ) -> str:
        base = store.current() or ""
        number, began = store.next_number(self.history.highest()), utc(now())
        run = run_id(number, began, "verify")
        record = self._record(run, began, base)
        store.write_record(run, record.to_json())
        reached("build")
        state = self._state() if base else None
        warehouse.begin(run, base, [state] if state else [])
        warehouse.write(run, SCHEMA, [_generated(name, number, self.rows) for name in TABLES])
        if not state:
            rows = tuple((n,) for n in range(self.rows))
            warehouse.write(run, SCHEMA, [Table(STATE, "State", (("id", "integer"),), rows)])
        reached("seal")
        label = Label(run, "release", "raw", "", False, "", record.ended_at)
        built = warehouse.columns(run)
        schema = next(relation.schema for relation in built if relation.name == TABLES[0])
        (self.folder / _SPELLED).write_text(schema, encoding="utf-8")
        withheld = {relation: [WITHHELD] for relation in built if WITHHELD in built[relation]}
        warehouse.seal(run, label, withheld)
        reached("promote")
        store.promote(run)
        reached("publish")
        warehouse.publish(run)
        reached("point")
        store.point(run, (run, record.to_json()))
        reached("conclude")
        self.history.add(record)
        store.conclude(run)
        return run

    def state_rows(self) -> int:
        """Rows of the state that a new candidate takes over from current; it is discarded.

        Raises:
            DataopsError: the candidate could not be made.
        """
        store, warehouse, state = self.store, self.warehouse(), self._state()
        with store.lock():
            warehouse.lock()
            try:
                run = run_id(store.next_number(self.history.highest()), utc(now()), "verify")
                warehouse.begin(run, store.current() or "", [state])
                rows = warehouse.rows(run, [state]).get(state, 0)
                warehouse.discard(run)
                store.discard(run)
                return rows
            finally:
                warehouse.unlock()

    def reader_schema(self, name: str) -> str:
        """A schema as readers spell it: that of the tables, or that of the label.

        Args:
            name: `marts` or `dataops`.
        """
        schema = self._state().schema.removesuffix(SCHEMA) + name
        return self.warehouse().reader_schema(schema)

    def recover(self) -> list[str]:
        """What the next command does after a publisher was killed.

        Raises:
            DataopsError: it could not be done.
        """
        store, warehouse = self.store, self.warehouse()
        with store.lock():
            warehouse.lock()
            try:
                return recover(store, self.history, warehouse)
            finally:
                warehouse.unlock()

    def roll_back(self, run: str) -> None:
        """Make another release current, as `dataops rollback` does.

        Raises:
            DataopsError: it could not be done.
        """
        store, warehouse = self.store, self.warehouse()
        with store.lock():
            warehouse.check(run)
            warehouse.publish(run)
            store.point(run, (run, (store.releases / run / RECORD).read_bytes()))

    def drop(self, run: str) -> None:
        """Delete a release that is not current.

        Raises:
            DataopsError: it could not be done.
        """
        store = self.store
        with store.lock():
            self.warehouse().drop(run)
            store.drop(run)

    def _state(self) -> Relation:
        """The state, with its schema as dbt would spell it."""
        return Relation((self.folder / _SPELLED).read_text(encoding="utf-8"), STATE)

    def _record(self, run: str, began: str, base: str) -> Record:
        return Record(
            run=run,
            number=run_number(run),
            product=self.product.slug,
            command="release",
            trigger="manual",
            outcome=PUBLISHED,
            started_at=began,
            ended_at=began,
            base=base,
            current=run,
            warehouse=warehouse_type(self.product),
        )


def _generated(name: str, number: int, rows: int) -> Table:
    """A table of a release: all its rows hold the number of the release."""
    columns = (("id", "integer"), ("release_number", "integer"), (WITHHELD, "varchar"))
    return Table(name, "Generated", columns, tuple((n, number, f"{n}@x.org") for n in range(rows)))
