"""A lake without its extension: the same statements in a database in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from first_light.project.product import Product
from first_light.store.folder import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation, Table, open_warehouse
from first_light.warehouse.duckdb import driver
from first_light.warehouse.duckdb.lake import catalog, published
from first_light.warehouse.duckdb.lake.warehouse import LakeWarehouse
from first_light.warehouse.duckdb.own_rows import write_tables
from first_light.warehouse.own_tables import OWN_SCHEMA, withheld_table
from first_light.warehouse.prefixed_schemas import PrefixedSchemas

PLACE = PrefixedSchemas("shop")
OLD, NEW = "000012-20261129T000000Z-ci", "000013-20261130T000000Z-ci"
ORDERS = Relation("shop_marts", "orders")


@pytest.fixture
def lake() -> Any:
    """A database with two releases, of which none is published."""
    connection = duckdb.connect()
    # What names a snapshot is a function of the extension.
    connection.execute("create macro set_commit_message(author, message) as table select message")
    for run, number in ((OLD, 12), (NEW, 13)):
        published.begin_release(connection, PLACE, run)
        label = Table("release", "It's this.", (("release_id", "varchar"),), ((run,),))
        write_tables(connection, PLACE.of_release(run, OWN_SCHEMA), [label])
        marts = PLACE.of_release(run, "marts")
        connection.execute(f"create schema {marts}")
        connection.execute(
            f"create table {marts}.orders as select {number} as n, 'x' as email, 1 as kept"
        )
        connection.execute(f"alter table {marts}.orders alter n set not null")
        relation = Relation(marts, "orders")
        table = withheld_table({relation: ["email"]}, f"{PLACE.candidate(run)}_")
        write_tables(connection, PLACE.of_release(run, published.INTERNAL), [table])
    connection.execute("create table shop_r000012_marts.gone as select 1 as n")
    return connection


def rows(lake: Any, query: str) -> list[tuple[Any, ...]]:
    return list(lake.execute(query).fetchall())


def test_one_transaction_repoints_all_views(lake: Any) -> None:
    published.repoint(lake, PLACE, OLD)
    assert published.current_release(lake, PLACE) == OLD
    assert rows(lake, "from shop_marts.orders") == [(12, 1)], "without the withheld column"
    assert rows(lake, "from shop_marts.gone") == [(1,)]
    lake.execute("create view shop_marts.by_hand as select 1 as n")
    published.repoint(lake, PLACE, NEW)
    published.repoint(lake, PLACE, NEW)
    assert rows(lake, "from shop_marts.orders") == [(13, 1)]
    assert catalog.rows_or_none(lake, "from shop_marts.gone") is None
    assert rows(lake, "from shop_marts.by_hand") == [(1,)], "what no release made stays"
    assert not catalog.listed_schemas(lake, "shop_dataops_build"), "internal tables"
    assert published.current_release(lake, PLACE) == NEW


def test_what_no_release_made_is_not_replaced(lake: Any) -> None:
    published.repoint(lake, PLACE, OLD)
    lake.execute("drop view shop_marts.gone")
    lake.execute("create table shop_r000013_marts.gone as select 2 as n")
    lake.execute("create table shop_marts.gone as select 3 as n")
    with pytest.raises(DataopsError, match="no release made") as error:
        published.repoint(lake, PLACE, NEW)
    assert error.value.where == "shop_marts.gone"
    assert published.current_release(lake, PLACE) == OLD, "nothing has changed"
    assert rows(lake, "from shop_marts.orders") == [(12, 1)]


def test_only_schemas_of_a_run_are_dropped(lake: Any) -> None:
    published.drop_release(lake, PLACE, "000012-20261130T101010Z-other")
    assert published.owner_of(lake, PLACE, OLD) == OLD
    published.repoint(lake, PLACE, NEW)
    with pytest.raises(DataopsError, match="already has another release of this number"):
        published.drop_abandoned(lake, PLACE, "000012-20261201T000000Z-other", NEW)
    published.drop_abandoned(lake, PLACE, OLD, NEW)
    assert catalog.listed_schemas(lake, "shop_r000012_") == []
    assert rows(lake, "from shop_marts.orders") == [(13, 1)]


def test_state_is_copied_with_the_columns_that_may_not_be_null(lake: Any) -> None:
    copy = Relation("shop_r000014_marts", "orders")
    published.copy_table(lake, Relation("shop_r000013_marts", "orders"), copy)
    assert rows(lake, "from shop_r000014_marts.orders") == [(13, "x", 1)]
    with pytest.raises(duckdb.ConstraintException):
        lake.execute("insert into shop_r000014_marts.orders values (null, 'x', 1)")


def product(root: Path, target: str) -> Product:
    (root / ".copier-answers.yml").write_text("{}\n")
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (root / "profiles.yml").write_text(f"shop: {{outputs: {{prod: {{{target}}}}}}}\n")
    return Product(root)


def test_the_target_of_releases_decides_whether_there_is_a_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_SCHEMA", "shop_r000013")
    store = FolderStore(tmp_path / "store", "shop")
    schema = "schema: \"{{ env_var('DATAOPS_SCHEMA', 'Shop') }}\""
    attach = "attach: [{path: 'ducklake:sqlite:lake/catalog.sqlite', alias: lake}]"
    found = product(tmp_path, f"type: duckdb, {attach}, database: lake, {schema}")
    warehouse = open_warehouse(found, store)
    assert isinstance(warehouse, LakeWarehouse)
    assert warehouse.place == PLACE, "readers' prefix, also while a candidate is built"
    assert warehouse.address(NEW) == "DuckLake sqlite:lake/catalog.sqlite, schema shop_marts"
    assert warehouse.environment(NEW, rehearsal=False) == {"DATAOPS_SCHEMA": "shop_r000013"}

    secret = "attach: [{path: 'ducklake:postgres:dbname=lake password=hush', alias: lake}]"
    found = product(tmp_path, f"type: duckdb, {secret}, database: lake, {schema}")
    assert catalog.place_of(found) == "postgres:dbname=lake"
    for other in (f"type: duckdb, path: x.duckdb, {attach}", "type: duckdb, path: x.duckdb"):
        assert not catalog.is_lake(product(tmp_path, other))


def test_the_driver_builds_where_dbt_does(tmp_path: Path) -> None:
    attached = {"path": str(tmp_path / "other.duckdb"), "alias": "other"}
    values = {
        "path": ":memory:",
        "extensions": ["json"],
        "attach": [{**attached, "options": {"block_size": 16384}}],
        "database": "other",
    }
    with driver.connect(values) as (connection, _):
        assert connection.execute("select current_database()").fetchone() == ("other",)
    read_only = {"attach": [{**attached, "read_only": True}]}
    with (
        driver.connect(read_only) as (connection, error),
        pytest.raises(error, match="read-only"),
    ):
        connection.execute("create table other.x as select 1 as n")
