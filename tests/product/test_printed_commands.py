"""The commands that a warned and a rejected release print work where they are printed."""

from __future__ import annotations

import re

import duckdb
import pytest
from conftest import MakeProduct

import harness
from first_light.history.log import History

SOURCE = """\
sources:
  - name: raw
    tables:
      - name: orders
        config:
          meta:
            external_location: "read_csv('{{ env_var('DATAOPS_RAW', 'raw' if target.name == 'prod'
              else 'sample') }}/orders/*.csv', header=true, all_varchar=true)"
"""
MODEL = """\
models:
  - name: stg_orders
    columns:
      - name: order_id
        data_tests: [unique]
      - name: channel
        data_tests:
          - accepted_values: {arguments: {values: [web]}, config: {severity: warn}}
"""


@pytest.fixture
def product(make_product: MakeProduct) -> harness.Product:
    """A product with one model, under git, with a first delivery in raw; nothing was built."""
    made = make_product({"content": "empty"})
    for name, text in {
        "models/staging/raw_orders.yml": SOURCE,
        "models/staging/stg_orders.yml": MODEL,
        "models/staging/stg_orders.sql": "select * from {{ source('raw', 'orders') }}\n",
        "raw/orders/1.csv": "order_id,channel\n1,web\n2,shop\n",
        "packages.yml": "packages: [{local: tool}]\n",
        "tool/dbt_project.yml": "name: tool\nversion: 1.0.0\n",
        "tool/models/tool_notes.sql": "{{ config(materialized='table') }}\nselect 1 as note\n",
    }.items():
        path = made.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    made.dbt("deps")
    made.commit("First light")
    return made


def printed(text: str) -> list[str]:
    """Every command of a text, with its placeholders filled in."""
    commands = re.findall(r"\(export .*\)|(?<![\w;] )(?<!&& )uv run [^;\n]*$", text, re.MULTILINE)
    return [command.replace('"…"', '"two of one"') for command in commands]


@pytest.mark.slow
def test_what_a_warned_and_a_rejected_release_print_can_be_typed(
    product: harness.Product,
) -> None:
    warned = product.dataops("release").stdout
    assert "new data     orders 1.csv with 2 rows" in warned
    assert "warned       test accepted_values_stg_orders_channel__web: 1 row" in warned
    (rows,) = [command for command in printed(warned) if "accepted_values" in command]
    assert "shop" in product.run("sh", "-c", rows).stdout

    # The model of the package is there to be tested, and is neither published nor monitored.
    with duckdb.connect(str(product.root / "store/current/warehouse.duckdb")) as connection:
        tables = {
            name
            for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()
        }
    assert "stg_orders" in tables
    assert "tool_notes" not in tables
    record = next(History(product.root / "store/history").newest())
    assert {profile.name for profile in record.profile} == {"stg_orders", "raw.orders"}

    for name, rows in (("2.csv", "1,web\n3,web\n"), ("3.csv", "4,web\n")):
        (product.root / "raw/orders" / name).write_text(f"order_id,channel\n{rows}", "utf-8")
    rejected = product.dataops("release", code=1).stdout
    assert "failed       test unique_stg_orders_order_id" in rejected
    assert "warned       test accepted_values_stg_orders_channel__web" in rejected
    assert "new in raw: orders/2.csv, orders/3.csv" in " ".join(rejected.split())
    assert len(rejected.splitlines()) < 40
    assert rejected.splitlines()[-1].endswith("then: uv run dataops release")
    status = product.dataops("status", code=1).stdout
    assert rejected_rows(status) == rejected_rows(rejected)
    shown, set_aside, again = printed(rejected[rejected.index("next   ") :])
    assert "| 1 " in re.sub(" +", " ", product.run("sh", "-c", shown).stdout)
    product.run("sh", "-c", set_aside)
    product.commit("Set aside a delivery with an order that was there already")

    # What was good waits no longer, and what was set aside is named.
    (product.root / "raw/orders/4.csv").write_text("order_id,channel\n7,web\n", "utf-8")
    product.run("sh", "-c", again)
    status = product.dataops("status").stdout
    assert "set aside    orders/3.csv" in status
    assert "orders/2.csv" in status
    with duckdb.connect(str(product.root / "store/current/warehouse.duckdb"), True) as connection:
        orders = connection.execute("select order_id from staging.stg_orders order by 1").fetchall()
    assert [order for (order,) in orders] == ["1", "2", "7"]

    # What came wrongly to a source comes before the test that fails by it.
    (product.root / "raw/orders/5.txt").write_text("order_id,channel\n8,web\n", "utf-8")
    (product.root / "raw/orders/6.csv").write_text("order_id,channel\n7,web\n", "utf-8")
    rejected = product.dataops("release", code=1).stdout
    verdict = rejected[rejected.index("rejected  ") :]
    assert re.search(r"problem +raw\.orders: .*5\.txt", verdict)
    assert verdict.index("5.txt") < verdict.index("failed       test unique_stg_orders_order_id")
    assert "root cause   what came to raw.orders; test unique_stg_orders_order_id" in verdict
    assert "new in raw: orders/5.txt, orders/6.csv" in " ".join(verdict.split())
    assert "dataops set-aside orders/5.txt" in " ".join(verdict.split())
    record = next(History(product.root / "store/history").newest())
    assert "5.txt" in record.problem.splitlines()[0]
    incidents = product.dataops("incident", "list", code=None).stdout
    assert incidents.count("open         ") == 1, incidents
    assert "and 1 more that it may have caused: test unique_stg_orders_order_id" in incidents


def rejected_rows(text: str) -> str:
    return next(c for c in printed(text) if "unique_stg_orders" in c)
