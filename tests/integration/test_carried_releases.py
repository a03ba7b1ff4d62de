"""A release that takes over what has not changed holds what a full build would hold."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from carried_product import (
    CLOCK,
    STATEFUL,
    CarriedProduct,
    built_names,
    carried_names,
    counts,
    differences,
    order_rows,
)
from first_light.history.record import PUBLISHED, REJECTED
from first_light.project.product import Product
from first_light.report.facts import collect
from first_light.status.current import open_ledger


@pytest.fixture
def carrying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CarriedProduct:
    monkeypatch.setenv("DATAOPS_CARRY_OVER", "true")
    monkeypatch.setenv("DATAOPS_NOW", "2026-01-02T05:00:00Z")
    monkeypatch.setenv("DATAOPS_STORE", "store")
    monkeypatch.chdir(tmp_path)
    return CarriedProduct(tmp_path)


_CHANGES: tuple[Callable[[CarriedProduct, int], object], ...] = (
    # deliveries: a new file, a correction in a new file, a late one, an empty one, a replaced one
    # (rows of the day itself: the monitors reject a jump into the future)
    lambda p, n: p.write(f"raw/orders/2026-02-{n:02}.csv", order_rows(100 * n, f"2026-01-{n:02}")),
    lambda p, n: p.write(f"raw/orders/2026-03-{n:02}.csv", order_rows(1, "2026-01-01", 30 + n)),
    lambda p, n: p.write(f"raw/orders/2025-12-{n:02}.csv", order_rows(50 * n, "2025-12-01")),
    lambda p, n: p.write(f"raw/orders/2026-04-{n:02}.csv", order_rows(1, "2026-01-01", count=0)),
    lambda p, n: p.write("raw/orders/2026-01-01.csv", order_rows(1, "2026-01-01", 40 + n)),
    lambda p, n: p.write(f"raw/customers/2026-02-{n:02}.csv", f"customer_id,city\nc1,City {n}\n"),
    lambda p, n: None,
    # code: a macro, a seed, a model, a view's description
    lambda p, n: p.replace("macros/cents.sql", "decimal(18, 2)", "decimal(18,  2)"),
    lambda p, n: p.write("seeds/channels.csv", f"channel,label\nweb,Web {n}\nshop,Shop\n"),
    lambda p, n: p.replace("models/totals.sql", "select c.city", f"select '{n}' || c.city as city"),
    lambda p, n: p.replace("models/models.yml", "description: Orders.", "description: All."),
)


def equals_a_full_build(
    product: CarriedProduct, monkeypatch: pytest.MonkeyPatch, steps: list[int], at_once: int
) -> None:
    """After each step: relation by relation, row by row, with columns and comments."""
    carried = 0
    first, second = (
        product.root / store / "current" / "warehouse.duckdb" for store in ("store", "full")
    )
    groups = [steps[at : at + at_once] for at in range(0, len(steps), at_once)]
    for number, group in enumerate([[], *groups], start=1):
        for step in group:
            _CHANGES[step](product, number)
        monkeypatch.setenv("DATAOPS_NOW", f"2026-01-{number:02}T05:00:00Z")
        for store, setting in (("store", "true"), ("full", "false")):
            monkeypatch.setenv("DATAOPS_STORE", store)
            monkeypatch.setenv("DATAOPS_CARRY_OVER", setting)
            released = product.release()
            assert released.record.outcome == PUBLISHED, (group, released.record.problem)
            if store == "store":
                carried += counts(released).carried_over
        different = differences(first, second, without=CLOCK)
        assert not different, (steps, group, different)
        assert catalog_text(first.parent) == catalog_text(second.parent)
    assert carried > len(groups), "nothing was carried over: the test proves nothing"
    assert reported(product, "store", monkeypatch) == reported(product, "full", monkeypatch)
    monkeypatch.setenv("DATAOPS_STORE", "full")
    product.release(full_refresh=True)
    without = (*CLOCK, *STATEFUL)  # a full refresh has no state to continue
    different = differences(first, second, without=without)
    assert not different, (steps, different)


def catalog_text(release: Path) -> str:
    """The page of a release, without how much of it was built."""
    page = (release / "catalog.html").read_text("utf-8")
    return re.sub(r" · \d+ built, \d+ carried over", "", page)


def reported(product: CarriedProduct, store: str, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the report says of the data, without how long runs took.

    Of volumes the rows: what they let expect comes from fewer values where profiles are carried
    over, for a baseline counts such a one once.
    """
    monkeypatch.setenv("DATAOPS_STORE", store)
    with open_ledger(Product(product.root)) as book:
        facts = collect(Product(product.root), book)
    volumes = [(each.name, [point[:2] for point in each.points]) for each in facts.volumes]
    same = ("incidents", "ages", "changes", "lineage", "coverage", "exposures")
    return [volumes, *(getattr(facts, name) for name in same)]


@pytest.mark.slow
def test_equals_a_full_build(carrying: CarriedProduct, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(int(os.environ.get("TEST_SEED", "20260901")))
    steps = chance.sample(range(len(_CHANGES)), 4)
    equals_a_full_build(carrying, monkeypatch, steps, at_once=2)


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(5))
def test_equals_a_full_build_always(
    carrying: CarriedProduct, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(f"{os.environ.get('TEST_SEED', '20260901')} {seed}")
    steps = chance.sample(range(len(_CHANGES)), len(_CHANGES))
    equals_a_full_build(carrying, monkeypatch, steps, at_once=1)


@pytest.mark.slow
def test_what_is_carried_over(carrying: CarriedProduct) -> None:
    """Nothing new, a rejected release in between, a changed unit test, a replaced database."""
    product = carrying
    first = product.release()
    assert counts(first).carried_over == 0

    # All but what reads a clock, views too; a warning stays what it was.
    again = product.release()
    assert built_names(again.record) == {*CLOCK}
    assert {"orders", "daily", "customers_history", "channels"} <= carried_names(again.record)
    warned = [node for node in again.record.nodes if node.status == "warn"]
    assert [node.carried_from for node in warned] == [first.record.run]
    assert {profile.carried_from for profile in again.record.profile} >= {first.record.run}

    # What a rejected release built is built again.
    product.write("raw/orders/2026-01-03.csv", order_rows(900, "2026-01-03", -50))
    rejected = product.release()
    assert rejected.record.outcome == REJECTED
    product.write("raw/orders/2026-01-03.csv", order_rows(900, "2026-01-03", 50))
    product.replace("models/models.yml", "customer_id: b, city: X", "customer_id: d, city: X")
    published = product.release()
    assert {"stg_orders", "orders", "daily"} <= built_names(published.record)
    assert rejected.record.run not in {node.carried_from for node in published.record.nodes}
    assert first.record.run in {node.carried_from for node in published.record.nodes}
    # dbt runs a unit test only with its model.
    assert {"counts_cities", "cities"} <= built_names(published.record)
    assert "stg_customers" in carried_names(published.record)

    # The data of current are not those that it built.
    file = (product.root / "store" / "current").resolve() / "warehouse.duckdb"
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        connection.execute("update marts.cities set customers = 0")
    assert not carried_names(product.release().record)
    database = product.root / "store" / "current" / "warehouse.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select min(customers) from marts.cities").fetchall() == [(1,)]


@pytest.mark.slow
def test_lineage_of_what_is_carried_over(carrying: CarriedProduct) -> None:
    """A column renamed upstream changes the lineage of a query that is the same word for word."""
    product = carrying
    product.write("models/all_cities.sql", "select * from {{ ref('renamed') }}\n")
    product.write(
        "models/renamed.sql",
        "{{ config(materialized='view') }}\nselect city as town from {{ ref('stg_customers') }}\n",
    )
    product.release()
    release = product.root / "store" / "current"
    assert _origin(release, "all_cities.town") == "renamed.town"
    lineage = (release / "lineage.json").read_text("utf-8")

    # What is kept is used: here it says what is not so. What dbt compiles is not what is kept.
    wrong = lineage.replace('"town"', '"other"')
    assert wrong != lineage
    (release.resolve() / "lineage.json").write_text(wrong, "utf-8")
    manifest = release.resolve() / "manifest.json"
    wrong = manifest.read_text("utf-8").replace("select city as town", "select 1 as town")
    manifest.write_text(wrong, "utf-8")
    assert {"renamed", "all_cities"} <= carried_names(product.release().record)
    assert _origin(release, "all_cities.town") == "unknown"
    with duckdb.connect(str(release / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(town) from marts.renamed").fetchall() == [(2,)]

    # A full build reads all of it again; then another column, of which only the name is new.
    product.release(full_refresh=True)
    assert _origin(release, "all_cities.town") == "renamed.town"
    product.replace("models/renamed.sql", "as town", "as place")
    assert "renamed" not in carried_names(product.release().record)
    assert _origin(release, "all_cities.place") == "renamed.place"


def _origin(release: Path, column: str) -> str:
    """What the catalog says that a column is computed from."""
    page = (release / "catalog.html").read_text("utf-8")
    row = page.partition(f'id="model.shop.{column}"')[2].partition("</tr>")[0]
    cell = row.partition('data-head="computed from">')[2].partition("</td>")[0]
    return re.sub(r"<[^>]*>", "", cell)
