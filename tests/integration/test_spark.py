"""Releases on Spark itself: a server with two executors and Iceberg tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

import harness
import spark_server
from first_light.project.product import Product
from first_light.release.verify.place import Place
from first_light.release.verify.reader import visit
from first_light.store.folder import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation
from first_light.warehouse.spark import pointer
from first_light.warehouse.spark.server import connect
from first_light.warehouse.spark.views import repoint
from first_light.warehouse.spark.warehouse import SparkWarehouse

pytestmark = [pytest.mark.slow, pytest.mark.gauntlet]  # a server is up after a minute

FILES = {
    "sample/visits/visits.csv": "visit_id,visited_at\n1,2026-01-01 10:00\n2,2026-01-02 10:00\n",
    "models/staging/raw_visits.yml": """sources:
  - name: raw
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
    "models/marts/days.sql": """select cast(visited_at as date) as visited_on, count(*) as visits
from {{ ref('stg_visits') }} group by cast(visited_at as date)
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
  - name: days
    description: Visits by day.
    config:
      contract: {enforced: true}
    columns:
      - name: visited_on
        description: The day.
        data_type: date
        data_tests: [unique]
        constraints: [{type: not_null}]
      - name: visits
        description: How many.
        data_type: bigint
""",
}
"""A product with a mart that keeps its rows, and one with a contract."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with spark_server.server(tmp_path_factory.mktemp("spark")) as environment:
        yield environment


def minimal(root: Path) -> Path:
    """The least that has a profile."""
    root.mkdir()
    (root / ".copier-answers.yml").write_text("{}\n")
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (root / "profiles.yml").write_text(spark_server.PROFILE)
    return root


def run(root: Path, environment: dict[str, str], arguments: Sequence[str], code: int = 0) -> str:
    command = [sys.executable, "-m", "first_light.cli.app", *arguments]
    ended = subprocess.run(
        command, cwd=root, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr * bool(code)


def test_spark_keeps_every_guarantee(tmp_path: Path, server: dict[str, str]) -> None:
    options = ("--json", "--releases", "2", "--readers", "1", "--rows", "50")
    document: dict[str, Any] = json.loads(
        run(minimal(tmp_path / "shop"), server, ("warehouse", "verify", *options))
    )
    assert document["warehouse"] == "spark"
    assert document["held"], document
    schemas = {row[0] for row in spark_server.ask(server, "show schemas")}
    assert not {name for name in schemas if name.startswith("shop_verify")}


def test_dbt_builds_releases_on_spark(tmp_path: Path, server: dict[str, str]) -> None:
    root = harness.render(tmp_path / "shop", {"content": "empty"})
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    profile = spark_server.PROFILE.replace("shop:", "dataops:").replace("'shop'", "'visits'")
    (root / "profiles.yml").write_text(profile)
    project = root / "dbt_project.yml"
    text = project.read_text().replace(
        "columns: true}", "columns: false}\n    +file_format: iceberg"
    )
    project.write_text(text)

    def rows(query: str) -> list[tuple[Any, ...]]:
        return spark_server.ask(server, query)

    assert "schema visits_marts" in run(root, server, ["release"])
    assert rows("select count(*) from visits_marts.visits") == [(2,)]
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
    return Place(Product(minimal(tmp_path / "shop")), tmp_path / "store", rows=3)


class Cut(Exception):
    """The end of a process: nothing handles it."""


class CutCursor:
    """A cursor of a process that ends before a statement that changes something.

    Args:
        cursor: what runs the statements before.
        count: how many.
    """

    def __init__(self, cursor: Any, count: int) -> None:
        self._cursor, self._left = cursor, count

    def execute(self, statement: str) -> None:
        if self._left == 0:
            raise Cut
        self._left -= 1
        self._cursor.execute(statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def seen(place: Place) -> str:
    """The release that a reader sees, whole."""
    result = visit(place)
    assert not result["problem"], result
    return str(result["release"])


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

    def reached(step: str) -> None:
        if step == "publish":
            raise Cut

    with pytest.raises(Cut):
        place.release(reached)
    (second,) = place.store.publishing()
    monkeypatch.setattr(pointer, "MARGIN", 2.0)
    count, sights = 0, []
    with connect(place.product) as cursor:
        while True:
            cut: Any = CutCursor(cursor, count)
            try:
                repoint(cut, warehouse.place, second)
                break
            except Cut:
                pointer.read(cursor, warehouse.place)
                sights.append(seen(place))
                repoint(cursor, warehouse.place, first)
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
        place = Place(Product(minimal(tmp_path / "shop")), tmp_path / "store", rows=3)
        with pytest.raises(DataopsError, match="keeps the old view"):
            place.release()
