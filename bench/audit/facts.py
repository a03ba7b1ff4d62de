"""What is true of the shops' tables: where a fault can be placed. No product is shown it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TableFacts:
    """One table of a shop.

    Attributes:
        key: the columns that identify a row.
        measures: numbers that people add up or average; a stable mean is told by `stable`.
        stable: of these, the ones whose daily mean hardly varies.
        categories: columns with few values that each come in every delivery.
        times: columns with a time of day.
        dates: columns with a date.
        references: columns that lead to another table; nullable ones are in `nullable`.
        nullable: columns in which nulls are usual.
        formats: texts of one format.
        full: whether each delivery is a full export.
        daily: whether it comes with every delivery.
    """

    key: tuple[str, ...]
    measures: tuple[str, ...] = ()
    stable: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    nullable: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    full: bool = False
    daily: bool = True


FACTS: dict[str, dict[str, TableFacts]] = {
    "retail": {
        "sales": TableFacts(
            ("sale_id",), ("amount", "price", "quantity"), ("price", "amount"),
            ("store", "payment"), ("sold_at",), (), ("product_id",), ("customer_no",),
            ("customer_no",),
        ),
        "stock": TableFacts(
            ("day", "store", "product_id"), ("on_hand",), ("on_hand",), ("store",), (), ("day",),
            ("product_id",), full=True,
        ),
        "products": TableFacts(("product_id",), ("list_price",), daily=False, full=True),
    },
    "subscriptions": {
        "accounts": TableFacts(
            ("account_id",), ("seats",), ("seats",), ("plan", "country", "status"),
            ("signed_up_at",), full=True,
        ),
        "invoices": TableFacts(
            ("invoice_no",), ("net", "tax", "gross"), (), ("currency", "state"), (),
            ("issued_on",), ("account_id",), formats=("invoice_no",),
        ),
        "logins": TableFacts(
            ("account_id", "at"), (), (), ("client",), ("at",), (), ("account_id",),
        ),
    },
    "sensors": {
        "readings": TableFacts(
            ("reading_id",), ("temperature_c", "humidity", "battery"), ("battery",),
            ("quality",), ("measured_at",), (), ("device_id",), ("humidity",), ("device_id",),
        ),
        "devices": TableFacts(("device_id",), categories=("site",), daily=False, full=True),
    },
    "events": {
        "views": TableFacts(
            ("session_id", "viewed_at", "page"), ("seconds",), (),
            ("page", "device", "country", "source"), ("viewed_at",), (), (), ("user_id",),
            ("session_id", "user_id"),
        ),
        "orders": TableFacts(
            ("order_id",), ("order_value",), (), (), ("ordered_at",), (), ("session_id",),
            formats=("session_id",),
        ),
    },
    "reference": {
        "contracts": TableFacts(
            ("contract_id",), ("weekly_hours",), ("weekly_hours",), ("unit",), (),
            ("valid_from",), (), ("valid_to",), ("postal_code",), full=True,
        ),
        "prices": TableFacts(
            ("ean",), ("net_price",), ("net_price",), ("supplier",), formats=("ean",), full=True,
        ),
        "rates": TableFacts(("currency",), ("rate",), ("rate",), dates=("day",)),
    },
    "parcels": {
        "parcels": TableFacts(
            ("tracking_no",), ("weight_kg", "postage", "declared_value"), ("postage",),
            ("depot", "service"), ("accepted_at",), (), (), ("declared_value",),
            ("postal_code",),
        ),
        "scans": TableFacts(
            ("tracking_no", "scanned_at"), (), (), ("depot", "status"), ("scanned_at",), (),
            ("tracking_no",), ("courier",),
        ),
        "claims": TableFacts(
            ("claim_id",), ("amount",), (), ("reason",), (), ("claimed_on",), ("tracking_no",),
        ),
        "depots": TableFacts(("depot",), categories=("region",), daily=False, full=True),
    },
    "meters": {
        "readings": TableFacts(
            ("meter", "read_at"), ("kwh_total", "volts"), ("volts",), ("quality",), ("read_at",),
            (), ("meter",), (), ("meter",),
        ),
        "meters": TableFacts(
            ("meter",), ("phases",), (), ("kind", "tariff"), (), ("installed_on",), (),
            ("removed_on",), ("meter",), full=True,
        ),
        "payments": TableFacts(
            ("payment_no",), ("amount",), (), (), (), ("paid_on",), ("meter",),
            formats=("payment_no",),
        ),
        "tariffs": TableFacts(("tariff", "valid_from"), ("price_per_kwh",), daily=False),
    },
    "campaigns": {
        "spend": TableFacts(
            ("day", "campaign"), ("impressions", "clicks", "cost"), ("impressions",),
            ("channel",), (), ("day",), (), (), ("campaign",),
        ),
        "leads": TableFacts(
            ("lead",), ("score",), ("score",), ("state", "country"), ("created_at",), (),
            ("campaign",), ("country",), ("lead",),
        ),
        "budgets": TableFacts(("month", "channel"), ("budget",), daily=False),
    },
    "clinic": {
        "appointments": TableFacts(
            ("appointment_id",), (), (), ("room", "reason", "state"), ("starts_at",), (), (), (),
            ("patient",), full=True,
        ),
        "visits": TableFacts(
            ("visit_no",), ("minutes", "fee"), ("fee",), ("room", "insured"), ("seen_at",), (), (),
            ("invoice",), ("patient", "visit_no"),
        ),
        "results": TableFacts(
            ("visit_no", "test"), ("result",), (), ("test", "unit"), (), ("reported_on",),
            ("visit_no",), ("flag",),
        ),
    },
    "ferries": {
        "sailings": TableFacts(
            ("sailing",), ("passengers", "delay_minutes"), (), ("route", "ship"),
            ("departs_at",), (), (), ("reason",), ("sailing",),
        ),
        "tickets": TableFacts(
            ("ticket_no",), ("price",), ("price",), ("kind", "channel"), ("sold_at",), (),
            ("sailing",), ("discount_code",), ("ticket_no",),
        ),
        "fuel": TableFacts(
            ("ship", "bunkered_on"), ("litres", "price_per_litre"), ("price_per_litre",), ("ship",),
            (), ("bunkered_on",),
        ),
    },
}  # fmt: skip
