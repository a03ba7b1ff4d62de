"""A release whose staging reads each file once holds what a build from all files would hold."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import dbt_v2
from carried_product import CLOCK, FILES, CarriedProduct, differences, order_rows
from first_light.commands.release import release as make_release
from first_light.history.record import PUBLISHED, REJECTED
from first_light.project import set_aside
from first_light.project.product import Product
from first_light.release import by_file
from first_light.release.options import Options
from first_light.release.outcome import Released
from first_light.release.rollback import rollback

STAGING = """\
{{ config(
    materialized='incremental' if target.name == 'prod' else 'table',
    incremental_strategy='append'
) }}

with source as (

    select * from {{ source('raw', 'orders') }}
    where {{ is_new_file() }} and order_id is not null

)

select cast(order_id as bigint) as order_id, customer_id, channel,
    cast(day as date) as day, {{ cents('amount') }} as amount, filename
from source
"""
# Continues what it reads: right only where that is only added to.
CONTINUED = """\
{{ config(materialized='incremental', incremental_strategy='append') }}

select order_id, amount, filename from {{ ref('stg_orders') }}
{% if is_incremental() %}where filename not in (select filename from {{ this }}){% endif %}
"""
# Rows of the models that continue by time, not by file, and of a history differ from a full build.
OTHERS = (*CLOCK, "daily", "customers_history")
INCREMENT = "filename in ("


class ByFileProduct(CarriedProduct):
    """The product, released into two stores: one continues, the other builds all in full."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(root)
        self.monkeypatch = monkeypatch
        self.number = 0
        self.said: list[str] = []
        condition = set_aside.condition("orders").replace('"', '\\"')
        source = FILES["models/raw.yml"]
        orders, _, customers = source.partition("      - name: customers")
        orders = orders.replace('"read_csv', '"(select * from read_csv')
        orders = orders.replace('=true)"', f'=true, filename=true) where {condition})"')
        self.write("models/raw.yml", f"{orders}      - name: customers{customers}")
        self.replace("dbt_project.yml", "vars: {limit: 1000}", "vars:\n  limit: 1000")
        self.write("models/stg_orders.sql", STAGING)
        self.write("models/continued.sql", CONTINUED)
        self.write("raw/orders/2026-01-02.csv", order_rows(11, "2026-01-01"))
        self.write("raw/orders/2026-01-03.csv", order_rows(21, "2026-01-01"))

    def made(self, store: str, *, full_refresh: bool = False) -> Released:
        """A release in a store."""
        self.monkeypatch.setenv("DATAOPS_STORE", store)
        self.said = []
        options = Options(allow_dirty=True, full_refresh=full_refresh)
        return make_release(Product(self.root), options, self.said.append, lambda line: None)

    def both(self, expected: str = PUBLISHED) -> list[str]:
        """A release in each of the two stores; returns in what they differ."""
        self.number += 1
        time = datetime(2026, 1, 2) + timedelta(hours=self.number)
        self.monkeypatch.setenv("DATAOPS_NOW", f"{time:%Y-%m-%dT%H:%M:%SZ}")
        for store in ("full", "store"):
            released = self.made(store, full_refresh=store == "full")
            assert released.record.outcome == expected, released.record.problem
        ours, full = (
            self.root / store / "current" / "warehouse.duckdb" for store in ("store", "full")
        )
        return differences(ours, full, without=OTHERS)

    def reasons(self) -> list[str]:
        """Why the last release built models from all files."""
        return [line for line in self.said if line.startswith("Built from all files: ")]

    def sql(self) -> str:
        """What dbt ran for the staging model, of the current release."""
        manifest = self.root / "store" / "current" / "manifest.json"
        node = json.loads(manifest.read_text())["nodes"]["model.shop.stg_orders"]
        return str(node["compiled_code"])

    def file(self, chance: random.Random) -> str:
        """A file of orders that is read."""
        entries = {entry.file for entry in set_aside.read(self.root)}
        names = sorted(path.name for path in (self.root / "raw/orders").iterdir())
        return chance.choice(
            [name for name in names if f"orders/{name}" not in entries and "'" not in name]
        )

    def deliver(self, name: str, count: int = 3, amount: int = 30) -> None:
        """A new file of orders, or another one in its place."""
        self.number += 1
        rows = order_rows(1000 * self.number, "2026-01-01", amount, count)
        self.write(f"raw/orders/{name}.csv", rows)

    def set_aside(self, name: str) -> None:
        """Set a file aside."""
        path = self.root / set_aside.FILE
        entry = set_aside.SetAside(f"orders/{name}", "wrong", "2026-01-05")
        path.write_text(set_aside.with_entry(path.read_text("utf-8"), entry), "utf-8")


def append(product: ByFileProduct, chance: random.Random) -> None:
    product.deliver(f"2026-02-{product.number:02}")


def late(product: ByFileProduct, chance: random.Random) -> None:
    product.deliver(f"2025-02-{product.number:02}")


def several(product: ByFileProduct, chance: random.Random) -> None:
    for part in range(3):
        product.deliver(f"o'part-{product.number}-{part}")


def empty(product: ByFileProduct, chance: random.Random) -> None:
    product.deliver(f"2026-03-{product.number:02}", count=0)


def other_order(product: ByFileProduct, chance: random.Random) -> None:
    number = 1000 * (product.number + 1)
    text = f"amount,day,channel,order_id,customer_id\n30.00,2026-01-01,web,{number},c1\n"
    product.write(f"raw/orders/2026-04-{product.number:02}.csv", text)


def replaced(product: ByFileProduct, chance: random.Random) -> None:
    product.deliver(product.file(chance).removesuffix(".csv"), amount=50)


def gone(product: ByFileProduct, chance: random.Random) -> None:
    (product.root / "raw/orders" / product.file(chance)).unlink()


def left_out(product: ByFileProduct, chance: random.Random) -> None:
    product.set_aside(product.file(chance))


def code(product: ByFileProduct, chance: random.Random) -> None:
    text = (product.root / "models/stg_orders.sql").read_text("utf-8")
    product.write("models/stg_orders.sql", text.replace("customer_id,", "customer_id ,", 1))


def macro(product: ByFileProduct, chance: random.Random) -> None:
    product.replace("macros/cents.sql", "{{ c }}", "({{ c }})")


def rejected(product: ByFileProduct, chance: random.Random) -> None:
    first, bad = (f"2026-05-{part}-{product.number:02}" for part in "ab")
    product.deliver(first)
    product.deliver(bad, amount=-90)
    product.both(REJECTED)
    product.deliver(bad)


def rolled_back(product: ByFileProduct, chance: random.Random) -> None:
    product.deliver(f"2026-06-{product.number:02}")
    assert not product.both()
    product.monkeypatch.setenv("DATAOPS_STORE", "store")
    rollback(Product(product.root), None)


def nothing(product: ByFileProduct, chance: random.Random) -> None:
    pass


_ADDED: tuple[Callable[[ByFileProduct, random.Random], None], ...] = (
    *(append, late, several, empty, other_order, nothing, rejected, rolled_back),
)
_OTHERWISE = (replaced, gone, left_out, code, macro)


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ByFileProduct:
    monkeypatch.chdir(tmp_path)
    return ByFileProduct(tmp_path, monkeypatch)


def equals_a_full_build(product: ByFileProduct, seed: str, rounds: int) -> None:
    """After each round: relation by relation, row by row."""
    print(f"TEST_SEED={seed}")
    chance = random.Random(seed)
    assert not product.both()
    assert not product.reasons(), "there is nothing to continue in the first release"
    for _ in range(rounds):
        added, others = chance.sample(_ADDED, 2), chance.sample(_OTHERWISE, 1)
        for step in added:
            step(product, chance)
        different = product.both()
        names = [step.__name__ for step in added]
        assert not different, (seed, names, different)
        assert not product.reasons(), (seed, names)
        for step in others:
            step(product, chance)
        different = product.both()
        names = [step.__name__ for step in others]
        assert not different, (seed, names, different)
        assert len(product.reasons()) == 1, (seed, names, product.said)


@pytest.mark.slow
def test_equals_a_full_build(product: ByFileProduct) -> None:
    equals_a_full_build(product, os.environ.get("TEST_SEED", "20261201"), rounds=1)


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("carry_over", ["true", "false"])
def test_equals_a_full_build_always(
    product: ByFileProduct, monkeypatch: pytest.MonkeyPatch, number: int, carry_over: str
) -> None:
    monkeypatch.setenv("DATAOPS_CARRY_OVER", carry_over)
    seed = f"{os.environ.get('TEST_SEED', '20261201')} {number}"
    equals_a_full_build(product, seed, rounds=6)


@pytest.mark.slow
def test_what_it_says_and_what_it_reads(product: ByFileProduct) -> None:
    """Only the new file is read; a replaced one is named, and without the decision it is missed."""
    assert not product.both()
    append(product, random.Random())
    assert not product.both()
    assert f"{INCREMENT}'raw/orders/2026-02-" in product.sql()
    assert product.sql().count("raw/orders/") == 2, "the place of the source and one file"

    product.deliver("2026-01-02", amount=50)
    assert not product.both()
    assert product.reasons() == [
        "Built from all files: stg_orders, because orders/2026-01-02.csv was edited; "
        "and what continues it: continued, daily."
    ]
    assert INCREMENT not in product.sql()

    product.monkeypatch.setattr(by_file, "obstacle", lambda *_: "")
    product.deliver("2026-01-02", amount=60)
    assert any("stg_orders" in line for line in product.both())


@pytest.mark.slow
def test_dbt_v2(product: ByFileProduct) -> None:
    """The same with dbt v2, whose increments are read by file too."""
    for name, value in dbt_v2.environment().items():
        product.monkeypatch.setenv(name, value)
    assert not product.both()
    append(product, random.Random())
    assert not product.both()
    assert not product.reasons()
    assert INCREMENT in product.sql()
