"""Which new files a rejected release names, and which of them one command sets aside."""

from __future__ import annotations

from first_light.dbt.manifest import Manifest, Node
from first_light.history.record import FindingRun
from first_light.release.brought import (
    Brought,
    Suspects,
    suspects_of_failure,
    suspects_of_findings,
)

ORDERS, STOCK, MODEL = "source.shop.raw.orders", "source.shop.raw.stock", "model.shop.stg_orders"
SHOP = Manifest(
    {
        ORDERS: Node(ORDERS, "source", "orders", "", schema="raw"),
        STOCK: Node(STOCK, "source", "stock", "", schema="raw"),
        MODEL: Node(MODEL, "model", "stg_orders", "", depends_on=(ORDERS,)),
    },
    {},
)
MONDAY = ("orders/orders_2026-03-02_a.csv", "orders/orders_2026-03-02_b.csv")
TUESDAY = "orders/orders_2026-03-03.csv"
COUNTS = "stock/stock_2026-03-03.csv"
CAME = (Brought("orders", (*MONDAY, TUESDAY)), Brought("stock", (COUNTS,)))


def error(subject: str, delivery: str, column: str = "") -> FindingRun:
    return FindingRun("volume", subject, subject, column, "error", "…", delivery=delivery)


def test_a_finding_about_a_delivery_names_all_its_files_and_no_other() -> None:
    (first, second) = MONDAY
    finding = error(ORDERS, "2026-03-02", "amount")
    echo = error(MODEL, "")
    assert suspects_of_findings([finding, echo], SHOP, CAME) == Suspects(MONDAY, MONDAY)
    both = suspects_of_findings([finding, error(STOCK, "2026-03-03")], SHOP, CAME)
    assert both.delivery == (first, second, COUNTS)
    empty = suspects_of_findings([error(ORDERS, "2026-03-02", first)], SHOP, CAME)
    assert empty.delivery == (first,), "a finding about one file"


def test_a_failure_in_a_model_names_a_delivery_only_where_one_came() -> None:
    several = suspects_of_failure(MODEL, SHOP, CAME)
    assert several == Suspects((*MONDAY, TUESDAY), (MONDAY[0],))
    assert suspects_of_findings([error(MODEL, "")], SHOP, CAME) == several
    assert suspects_of_failure(MODEL, SHOP, (Brought("orders", MONDAY),)).delivery == MONDAY
    archive = tuple(f"orders/{n}.csv" for n in range(50))
    assert len(suspects_of_failure(MODEL, SHOP, (Brought("orders", archive),)).delivery) == 1
    assert suspects_of_findings([], SHOP, CAME) == Suspects()
