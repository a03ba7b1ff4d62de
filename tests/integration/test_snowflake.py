"""Releases on an emulator of Snowflake: a cut short publisher, the lock, foreign tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import snowflake_emulator
from first_light.project.product import Product
from first_light.release.verify.place import Place
from first_light.release.verify.reader import visit
from first_light.store.folder import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.snowflake.server import connect
from first_light.warehouse.snowflake.views import repoint
from first_light.warehouse.snowflake.warehouse import SnowflakeWarehouse

ORDERS = Relation("marts", "orders")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """A product with its databases, on an emulator."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / ".copier-answers.yml").write_text("{}\n")
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (root / "profiles.yml").write_text(snowflake_emulator.PROFILE)
    with snowflake_emulator.server() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        for database in ("shop_next", "shop_build"):
            snowflake_emulator.ask(environment, f"create database {database}")
        yield Place(Product(root), tmp_path / "store", rows=3)


@pytest.mark.slow
@pytest.mark.gauntlet  # `warehouse verify` runs on every change, and kills publishers too
def test_a_release_on_snowflake(place: Place, tmp_path: Path) -> None:
    first = place.release()
    warehouse = place.warehouse()
    assert isinstance(warehouse, SnowflakeWarehouse)
    assert seen(place) == first

    # A file with what readers see.
    readable = warehouse.readable(first, [ORDERS, Relation("marts", "none")], tmp_path)
    with duckdb.connect(str(readable.file)) as file:
        rows = file.execute("from marts.orders order by id").fetchall()
    assert rows == [(n, 1) for n in range(3)], "without the withheld column"
    assert readable.places == {ORDERS: ORDERS}

    assert cut_publisher(place, first) > 5

    # The lock: another store, a holder that has gone, and one that lost it.
    with place.store.lock():
        warehouse.lock()
    elsewhere = SnowflakeWarehouse(place.product, FolderStore(tmp_path / "elsewhere", "shop"))
    with elsewhere.store.lock(), pytest.raises(DataopsError, match="Another release is running"):
        elsewhere.lock()
    other = SnowflakeWarehouse(place.product, place.store)
    with place.store.lock():
        other.lock()  # the lock of the store, which this process has, proves that nobody has it
    with pytest.raises(DataopsError, match="lock was lost"):
        warehouse.begin("000009-20261129T000000Z-verify", "", [])
    warehouse.unlock()
    other.unlock()
    with elsewhere.store.lock():
        elsewhere.lock()
    elsewhere.unlock()

    # What no release made is not swapped away.
    snowflake_emulator.ask(os.environ, "create table shop.marts.own as select 1 as n")
    with pytest.raises(DataopsError, match="no release made") as error:
        place.release()
    assert error.value.where == "marts.own"
    assert seen(place) == first


def seen(place: Place) -> str:
    """The release that a reader sees, whole."""
    result = visit(place)
    assert not result["problem"], result
    return str(result["release"])


class Cut(Exception):
    """The end of a process: nothing handles it."""


class CutCursor:
    """A cursor of a process that ends before a statement.

    Args:
        cursor: what runs the statements before.
        count: how many.
    """

    def __init__(self, cursor: Any, count: int) -> None:
        self._cursor, self._left = cursor, count

    def execute(self, *arguments: Any) -> Any:
        if self._left == 0:
            raise Cut
        self._left -= 1
        return self._cursor.execute(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def cut_publisher(place: Place, current: str) -> int:
    """Publish a release, cut short before each statement in turn; how many statements there are."""

    def reached(step: str) -> None:
        if step == "publish":
            raise Cut

    with pytest.raises(Cut):
        place.release(reached)
    (run,) = place.store.publishing()
    engine, count = place.warehouse(), 0
    assert isinstance(engine, SnowflakeWarehouse)
    with connect(place.product) as cursor:
        while True:
            try:
                repoint(CutCursor(cursor, count), engine.place, run)
                break
            except Cut:
                assert seen(place) == current, f"after {count} statements"
                count += 1
    assert seen(place) == run
    # The store was never told: the next command returns readers to its release.
    assert place.recover()[0].startswith(f"Readers saw {run}, cut short")
    assert seen(place) == current
    with pytest.raises(DataopsError, match="missing or damaged"):
        engine.check(run)
    return count
