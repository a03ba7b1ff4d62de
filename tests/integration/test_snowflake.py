"""Releases on an emulator of Snowflake: by dbt, a cut short publisher, the lock, foreign tables."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import harness
import snowflake_emulator
import visits_product
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
FILES = {
    "sample/visits/visits.csv": "visit_id,visited_at\n1,2026-01-01 10:00\n2,2026-01-02 10:00\n",
    "models/staging/raw_visits.yml": """sources:
  - name: raw
    database: "{{ env_var('DATAOPS_RAW_DATABASE', target.database) }}"
    schema: "{{ env_var('DATAOPS_RAW_SCHEMA', 'raw') }}"
    tables:
      - name: visits
        description: Visits, as they arrive.
        config:
          meta:
            external_location: "read_csv('{{ env_var('DATAOPS_RAW', 'sample') }}/visits/*.csv')"
""",
    "models/staging/stg_visits.sql": """select
    cast(visit_id as bigint) as visit_id,
    cast(visited_at as timestamp) as visited_at
from {{ source('raw', 'visits') }}
""",
    "models/marts/visits.sql": """{{
    config(materialized='incremental', incremental_strategy='append')
}}
select visit_id, visited_at from {{ ref('stg_visits') }}
""",
    "models/models.yml": """models:
  - name: stg_visits
    description: Visits.
    columns:
      - name: visit_id
        description: It's a number.
        data_tests: [not_null, unique]
  - name: visits
    description: Visits, those of each release again.
""",
}
"""A product whose one mart keeps its rows."""


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
@snowflake_emulator.needs_emulator
@pytest.mark.engines  # `warehouse verify` runs on every change, and kills publishers too
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


@pytest.mark.slow
@snowflake_emulator.needs_emulator
@pytest.mark.engines  # two releases of a product by dbt
def test_dbt_builds_releases_on_snowflake(tmp_path: Path) -> None:
    root = harness.render(tmp_path / "shop", {"content": "empty", "warehouse": "snowflake"})
    snowflake_emulator.lead_here(root / "profiles.yml")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    visits_product.add_board(root)

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "first_light.cli.app", *arguments]
        ended = subprocess.run(
            command, cwd=root, env={**os.environ, **variables}, capture_output=True, text=True
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    with snowflake_emulator.server() as variables:
        variables |= snowflake_emulator.ACCOUNT

        def rows() -> int:
            (row,) = snowflake_emulator.ask(variables, "select count(*) from shop.marts.visits")
            return int(row[0])

        for statement in ("database shop_next", "database shop_build", "schema shop_build.raw"):
            snowflake_emulator.ask(variables, f"create {statement}")
        assert "Snowflake emulator, database shop" in run("release")
        assert rows() == 2
        assert "2025-12-29" in visits_product.published_board(root), "a Monday"
        run("release")
        assert rows() == 4, "it continues the table of current"
        run("rollback")
        assert rows() == 2
        assert "dataops_build" not in {
            row[0].lower()
            for row in snowflake_emulator.ask(
                variables, "select table_schema from shop.information_schema.views"
            )
        }


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
