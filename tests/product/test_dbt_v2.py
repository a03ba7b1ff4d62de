"""Every command with dbt v2, and one result with dbt 1.12."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

import dbt_v2
import harness
from first_light.history.log import History
from first_light.history.record import PUBLISHED, Record
from first_light.utils.sql_names import quoted

MakeProduct = Callable[..., harness.Product]
_OWN = ("dataops", "ops")  # what each release says of itself
V1 = {"DATAOPS_DBT_ENGINE": "v1"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "continued", [False, pytest.param(True, marks=pytest.mark.gauntlet)], ids=["first", "continued"]
)
def test_one_release_with_either_engine(make_product: MakeProduct, continued: bool) -> None:
    shop = {"product_name": "shop"}
    first, second = (make_product(shop, name=name) for name in ("first", "second"))
    v2 = dbt_v2.environment()
    for product in (first, second):
        product.commit("Start")
    # In the gauntlet, each then continues from what the other engine built.
    for one, other in ((V1, v2), (v2, V1))[: 1 + continued]:
        for product, engine in ((first, one), (second, other)):
            done = json.loads(product.dataops("release", "--json", env=engine).stdout)
            assert done["outcome"] == PUBLISHED
        assert relations(first) == relations(second)
        assert facts(newest(first)) == facts(newest(second))
        assert newest(first).tools["dbt-core"][:2] != newest(second).tools["dbt-core"][:2]

    product = second
    first_run = product.git("rev-parse", "HEAD").strip()
    product.git("checkout", "-q", "-b", "change")
    model = product.root / "models/marts/orders.sql"
    model.write_text(
        model.read_text().replace("orders.channel,", "upper(orders.channel) as channel,")
    )
    # Each metric of the orders moves: what it was by channel is under other names.
    moved = "orders amount_ordered average_order orders_placed refund_rate refunds revenue"
    product.commit(f"Change the channel\n\nData-Change: {moved} -- upper case")
    printed = product.dataops("check", "--base", first_run, env=v2).stdout
    assert "the change reaches 4 of 14 models" in printed
    assert "data changes in 1 model" in printed
    assert product.git("status", "--porcelain") == ""
    if continued:
        shown = json.loads(product.dataops("preview", "--json", env=v2).stdout)
        assert shown["pages"] == ["catalog.html", "impact.html"]

    test = product.root / "tests/assert_no_orders.sql"
    test.write_text("select * from {{ ref('orders') }}\n")
    product.commit("Add a test that fails")
    rejected = json.loads(product.dataops("release", "--json", code=1, env=v2).stdout)
    assert "assert_no_orders" in json.dumps(rejected)
    if continued:
        product.dataops("rollback", env=v2)
        assert "from 000002" in product.dataops("status", code=None, env=v2).stdout
    product.dataops("report", env=v2)


@pytest.mark.slow
def test_a_drafted_product_with_either_engine(make_product: MakeProduct, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    with (files / "customers.csv").open("w") as customers:
        print("customer_id,email,created_at", file=customers)
        for number in range(1, 61):
            email = f"{number:03}.person@mail.example"
            print(f"{number},{email},2026-01-{number % 28 + 1:02} 10:00:00", file=customers)
    with (files / "orders.csv").open("w") as orders:
        print("order_id,customer_id,amount,ordered_at", file=orders)
        for number in range(1, 301):
            ordered_at = f"2026-02-{number % 28 + 1:02} 1{number % 10}:00:00"
            print(f"{number},{number % 60 + 1},{number * 37 / 100:.2f},{ordered_at}", file=orders)
    v2 = {**dbt_v2.environment(), "DATAOPS_NOW": "2026-03-01T07:00:00Z"}
    product = make_product({"content": "empty", "product_name": "shop"}, name="first")
    product.dataops("start", "--from", str(files), "--yes", env=v2)  # and commits
    twin = replace(product, root=tmp_path / "second")
    shutil.copytree(product.root, twin.root, symlinks=True)
    for copy, engine in ((product, v2), (twin, {**v2, **V1})):
        done = json.loads(copy.dataops("release", "--json", env=engine).stdout)
        assert done["outcome"] == PUBLISHED
    published = relations(product)
    assert published == relations(twin)
    assert "email" not in [name for name, _ in published["marts.customers"][0]]
    assert facts(newest(product)) == facts(newest(twin))


def relations(product: harness.Product) -> dict[str, Any]:
    """Columns and rows of all relations of current, but for those of the release itself."""
    run = (product.root / "store/current").resolve().name
    file = product.root / "store/releases" / run / "warehouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        names = connection.execute(
            "select distinct schema_name, table_name from duckdb_columns() where not internal"
        ).fetchall()
        content = {}
        for schema, name in names:
            if schema not in _OWN:
                connection.execute(f"select * from {quoted(schema)}.{quoted(name)}")
                columns = [(column[0], str(column[1])) for column in connection.description or ()]
                rows = sorted(map(repr, connection.fetchall()))
                content[f"{schema}.{name}"] = (columns, rows)
    assert any(rows for _, rows in content.values())
    return content


def newest(product: harness.Product) -> Record:
    return next(History(product.root / "store" / "history").newest())


def facts(record: Record) -> dict[str, Any]:
    """What a record says of the data, whichever engine made it."""
    nodes = {
        # Of a unit test, dbt 1.12 gives failing rows, and models that it made for it as parents.
        node.unique_id: (node.status, node.rows)
        if node.resource_type == "unit_test"
        else (node.status, node.rows, node.failures, set(node.depends_on))
        for node in record.nodes
        if node.resource_type not in ("exposure", "saved_query")
    }
    return {
        "nodes": nodes,
        "metrics": record.metrics,
        "profile": {item.unique_id: item for item in record.profile},
        "freshness": {item.unique_id: replace(item, message="") for item in record.freshness},
    }
