"""Releases on an emulator of BigQuery: the kit, by dbt, and a publisher that is cut short."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import bigquery_emulator
import harness
import visits_product
from first_light.project.product import Product
from first_light.release.verify.place import Place
from first_light.store.folder import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.bigquery import views
from first_light.warehouse.bigquery.server import connect
from first_light.warehouse.bigquery.views import BigQueryViews
from first_light.warehouse.bigquery.warehouse import BigQueryWarehouse
from visits_product import Cut, CutCursor, cut_release, minimal, run, seen

pytestmark = [
    pytest.mark.slow,
    pytest.mark.engines,  # a minute of processor time
    bigquery_emulator.needs_emulator,
]


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    with bigquery_emulator.server() as environment:
        yield environment


def datasets(server: dict[str, str], prefix: str) -> list[str]:
    with bigquery_emulator.session(server) as cursor:
        found: list[str] = cursor.datasets(prefix)
        return found


def test_bigquery_keeps_every_guarantee_on_an_emulator(
    tmp_path: Path, server: dict[str, str]
) -> None:
    root = minimal(tmp_path / "shop", bigquery_emulator.PROFILE)
    options = ("--json", "--releases", "2", "--readers", "1", "--rows", "50")
    document: dict[str, Any] = json.loads(run(root, server, ("warehouse", "verify", *options)))
    assert document["warehouse"] == "bigquery"
    assert document["held"], document
    assert datasets(server, "shop_verify") == [], "the scratch datasets are deleted"


def test_dbt_builds_releases_on_bigquery(tmp_path: Path, server: dict[str, str]) -> None:
    root = harness.render(tmp_path / "visits", {"content": "empty", "warehouse": "bigquery"})
    bigquery_emulator.lead_here(root / "profiles.yml")
    visits_product.write(root)
    visits_product.add_board(root)
    server = {**server, "BIGQUERY_PROJECT": "emulated"}

    def rows(dataset: str) -> int:
        ((count,),) = bigquery_emulator.ask(server, f"select count(*) from {dataset}.visits")
        return int(count)

    assert "BigQuery emulated, dataset visits_marts" in run(root, server, ["release"])
    assert rows("visits_marts") == 2
    assert "2025-12-29" in visits_product.published_board(root), "a Monday"
    run(root, server, ["release"])
    assert rows("visits_marts") == 4, "it continues the table of current"
    assert rows("visits_r000001_marts") == 2
    run(root, server, ["rollback"])
    assert rows("visits_marts") == 2
    with bigquery_emulator.session(server) as cursor:
        assert {"release", "current_release"} <= set(cursor.kinds("visits_dataops"))
        assert "withheld" not in cursor.kinds("visits_dataops")

    # Raw: its rows are known from metadata, and a release reads them.
    with bigquery_emulator.session(server) as cursor:
        cursor.create_dataset("visits_raw")
        raw = "create table visits_raw.visits as select"
        cursor.execute(f"{raw} 7 as visit_id, timestamp '2026-02-01 10:00:00' as visited_at")
    run(root, server, ["release"])
    assert rows("visits_marts") == 1, "a release of raw takes no state from the sample"

    # A contract is kept by the database.
    days = root / "models/marts/days.sql"
    days.write_text(days.read_text().replace("cast(visited_at as date) as v", "null as v"))
    assert "model days: error" in run(root, server, ["release"], code=1)
    assert rows("visits_marts") == 1


@pytest.fixture
def place(tmp_path: Path, server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Place:
    """A product with its datasets."""
    for name, value in {**server, "BIGQUERY_DATASET": "cut"}.items():
        monkeypatch.setenv(name, value)
    root = minimal(tmp_path / "shop", bigquery_emulator.PROFILE)
    return Place(Product(root), tmp_path / "store", rows=3)


def test_a_publication_is_cut_short_before_each_statement(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MARGIN", 0.1)  # no other query is planned meanwhile
    first = place.release()
    warehouse = place.warehouse()
    assert isinstance(warehouse, BigQueryWarehouse)
    orders = Relation("cut_r000001_marts", "orders")
    readable = warehouse.readable(first, [orders, Relation("marts", "none")], tmp_path)
    with duckdb.connect(str(readable.file)) as file:
        rows = file.execute("from marts.orders order by id").fetchall()
    assert rows == [(n, 1) for n in range(3)], "without the withheld column"
    assert readable.places == {orders: Relation("marts", "orders")}

    second, count, sights = cut_release(place), 0, []
    with connect(place.product) as cursor:
        while True:
            cut: Any = CutCursor(cursor, count)
            try:
                BigQueryViews(cut, warehouse.place).repoint(second)
                break
            except Cut:
                sights.append(seen(place))
                BigQueryViews(cursor, warehouse.place).repoint(first)
                count += 1
    assert count > 10
    assert set(sights) == {first, second}
    assert sights == sorted(sights), "once"
    assert seen(place) == second
    # The store was never told: the next command returns readers to its release.
    assert place.recover()[0].startswith(f"Readers saw {second}, cut short")
    assert seen(place) == first
    with pytest.raises(DataopsError, match="missing or damaged"):
        warehouse.check(second)

    # The lock: another store, a holder that has gone, and one that lost it.
    with place.store.lock():
        warehouse.lock()
    elsewhere = BigQueryWarehouse(place.product, FolderStore(tmp_path / "elsewhere", "shop"))
    with elsewhere.store.lock(), pytest.raises(DataopsError, match="Another release is running"):
        elsewhere.lock()
    other = BigQueryWarehouse(place.product, place.store)
    with place.store.lock():
        other.lock()  # the lock of the store, which this process has, proves that nobody has it
    with pytest.raises(DataopsError, match="lock was lost"):
        warehouse.begin("000009-20261129T000000Z-verify", "", [])
    warehouse.unlock()
    other.unlock()
