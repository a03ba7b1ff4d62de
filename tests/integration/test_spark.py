"""Releases on Spark itself: a server with two executors and Iceberg tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import harness
import spark_server
import visits_product
from first_light.project.product import Product
from first_light.release.verify.place import Place
from first_light.store.folder import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.spark import pointer
from first_light.warehouse.spark.server import connect
from first_light.warehouse.spark.views import SparkViews
from first_light.warehouse.spark.warehouse import SparkWarehouse
from visits_product import Cut, CutCursor, cut_release, minimal, run, seen

pytestmark = [pytest.mark.slow, pytest.mark.engines]  # a server is up after a minute


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with spark_server.server(tmp_path_factory.mktemp("spark")) as environment:
        yield environment


def test_spark_keeps_every_guarantee(tmp_path: Path, server: dict[str, str]) -> None:
    options = ("--json", "--releases", "2", "--readers", "1", "--rows", "50")
    document: dict[str, Any] = json.loads(
        run(
            minimal(tmp_path / "shop", spark_server.PROFILE),
            server,
            ("warehouse", "verify", *options),
        )
    )
    assert document["warehouse"] == "spark"
    assert document["held"], document
    schemas = {row[0] for row in spark_server.ask(server, "show schemas")}
    assert not {name for name in schemas if name.startswith("shop_verify")}


def test_dbt_builds_releases_on_spark(tmp_path: Path, server: dict[str, str]) -> None:
    root = harness.render(tmp_path / "visits", {"content": "empty", "warehouse": "spark"})
    visits_product.write(root)
    visits_product.add_board(root)
    server = {**server, "SPARK_HOST": "127.0.0.1"}

    def rows(query: str) -> list[tuple[Any, ...]]:
        return spark_server.ask(server, query)

    assert "schema visits_marts" in run(root, server, ["release"])
    assert rows("select count(*) from visits_marts.visits") == [(2,)]
    assert "2025-12-29" in visits_product.published_board(root), "a Monday"
    run(root, server, ["release"])
    assert rows("select count(*) from visits_marts.visits") == [(4,)], "it continues current's"
    assert rows("select count(*) from visits_r000001_marts.visits") == [(2,)]
    run(root, server, ["rollback"])
    assert rows("select count(*) from visits_marts.visits") == [(2,)]
    views = {row[1] for row in rows("show views in visits_dataops")}
    assert {"release", "current_release"} <= views
    assert "withheld" not in views

    # A table of another format would not keep what dbt and a release promise.
    days = root / "models/marts/days.sql"
    days.write_text("{{ config(file_format='parquet') }}\n" + days.read_text())
    schema = root / "models/models.yml"  # a contract is refused by dbt already
    schema.write_text(schema.read_text().replace("enforced: true", "enforced: false"))
    told = run(root, server, ["release"], code=2)
    assert "not Iceberg tables" in told
    assert "marts.days" in told
    assert rows("select count(*) from visits_marts.visits") == [(2,)]


@pytest.fixture
def place(tmp_path: Path, server: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Place:
    """A product with its schemas."""
    for name, value in {**server, "SPARK_SCHEMA": "cut"}.items():
        monkeypatch.setenv(name, value)
    return Place(
        Product(minimal(tmp_path / "shop", spark_server.PROFILE)), tmp_path / "store", rows=3
    )


def test_a_publication_is_cut_short_before_each_statement(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = place.release()
    warehouse = place.warehouse()
    assert isinstance(warehouse, SparkWarehouse)
    orders = Relation("cut_r000001_marts", "orders")
    readable = warehouse.readable(first, [orders, Relation("marts", "none")], tmp_path)
    with duckdb.connect(str(readable.file)) as file:
        rows = file.execute("from marts.orders order by id").fetchall()
    assert rows == [(n, 1) for n in range(3)], "without the withheld column"
    assert readable.places == {orders: Relation("marts", "orders")}

    second = cut_release(place)
    monkeypatch.setattr(pointer, "MARGIN", 2.0)
    count, sights = 0, []
    with connect(place.product) as cursor:
        while True:
            cut: Any = CutCursor(cursor, count)
            try:
                SparkViews(cut, warehouse.place).repoint(second)
                break
            except Cut:
                pointer.read(cursor, warehouse.place)
                sights.append(seen(place))
                SparkViews(cursor, warehouse.place).repoint(first)
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
    elsewhere = SparkWarehouse(place.product, FolderStore(tmp_path / "elsewhere", "shop"))
    with elsewhere.store.lock(), pytest.raises(DataopsError, match="Another release is running"):
        elsewhere.lock()
    other = SparkWarehouse(place.product, place.store)
    with place.store.lock():
        other.lock()  # the lock of the store, which this process has, proves that nobody has it
    with pytest.raises(DataopsError, match="lock was lost"):
        warehouse.begin("000009-20261129T000000Z-verify", "", [])
    warehouse.unlock()
    other.unlock()


def test_a_server_whose_views_cannot_be_replaced_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extensions = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
    with spark_server.server(tmp_path / "spark", "local[1]", extensions) as environment:
        monkeypatch.setenv("SPARK_PORT", environment["SPARK_PORT"])
        place = Place(
            Product(minimal(tmp_path / "shop", spark_server.PROFILE)), tmp_path / "store", rows=3
        )
        with pytest.raises(DataopsError, match="cannot alter a view"):
            place.release()
