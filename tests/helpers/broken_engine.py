"""A kind of warehouse, as another package brings it, that breaks each guarantee.

`install` puts it into a folder of packages; its profile type is `broken`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from first_light.dbt.driver import GROUP
from first_light.project.product import Product
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import DATABASE_FILE, Label, Relation, Table, Withheld
from first_light.warehouse.duckdb.kind import DuckDbKind
from first_light.warehouse.duckdb.warehouse import DuckDbWarehouse


def install(folder: Path) -> None:
    """Leave in a folder what an installer leaves there."""
    facts = folder / "broken_engine-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-engine\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[{GROUP}]\nbroken = broken_engine:KIND\n")
    (folder / "broken_engine.py").write_text(Path(__file__).read_text("utf-8"), "utf-8")


@dataclass(frozen=True)
class BrokenWarehouse(DuckDbWarehouse):
    """DuckDB that promises what it does not keep."""

    def begin(self, run: str, base: str, state: Sequence[Relation]) -> dict[str, str]:
        """Start from nothing, whatever was asked."""
        return super().begin(run, "", ())

    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        """Leave payments as they were one release before."""
        number = int(run.partition("-")[0])
        super().write(
            run,
            schema,
            [
                replace(t, rows=tuple((a, number - 1, b) for a, _, b in t.rows))
                if t.name == "payments"
                else t
                for t in tables
            ],
        )

    def seal(self, run: str, label: Label, withheld: Withheld | None = None) -> None:
        """Withhold nothing."""
        super().seal(run, label)

    def check(self, run: str) -> None:
        """See no damage."""

    def discard(self, run: str) -> None:
        """Leave what a killed run has built."""
        if (self.store.candidate(run) / DATABASE_FILE).exists():
            raise DataopsError("The candidate cannot be dropped.")


class BrokenKind(DuckDbKind):
    """Its scratch place is the folder of the scratch store, as DuckDB's."""

    def open(self, product: Product, store: FolderStore) -> BrokenWarehouse:
        return BrokenWarehouse(store, product.root)


KIND = BrokenKind()
