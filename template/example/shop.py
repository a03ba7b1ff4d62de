"""The example's raw data: a small shop for stargazers that exports five tables every evening.

    python example/shop.py                       120 days up to yesterday, into raw/
    python example/shop.py                       again, days later: adds the days that are missing
    python example/shop.py --until 2026-03-31    up to this day: the sample in git was cut from it

Everybody in it is invented, and everything follows from the arguments, to the byte. One file for
each table and day, `orders/orders_2026-03-31.csv`, holds what was new or had changed that evening:

    customers    changed customers, with their personal data
    orders       changed orders: placed, then shipped or cancelled. No customer_id: a guest
    order_lines  what was bought, with the product as it was that day
    payments     money, both ways: `kind` says payment or refund, the amount is always positive
    returns      what came back, and what was given back for it

What makes it worth a lesson: busy Saturdays, growth, gift cards that split a payment, tills of the
shop in town that upload days late (`INCIDENTS` names the day they were offline), and one evening on
which the export ran twice.

Standard library only. For other tools: `deliveries()` gives one day's files at a time, off disk.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

DAYS = 120
SEED = 1990

# Incidents, as day numbers counted from the opening day, 0.
TILLS_OFFLINE = range(61, 65)
EXPORT_RAN_TWICE = 40
INCIDENTS = (
    f"tills offline on days {TILLS_OFFLINE[0]} to {TILLS_OFFLINE[-1]}, "
    f"export of day {EXPORT_RAN_TWICE} delivered twice"
)

COLUMNS = {
    "customers": (
        *("customer_id", "first_name", "last_name", "email", "phone"),
        *("street", "postcode", "city", "country", "birth_date"),
        *("tier", "newsletter", "created_at", "updated_at", "exported_at"),
    ),
    "orders": (
        *("order_id", "customer_id", "channel", "status", "shipping_fee"),
        *("ordered_at", "updated_at", "exported_at"),
    ),
    "order_lines": (
        *("order_id", "line_number", "sku", "product_name", "category"),
        *("quantity", "unit_price", "discount", "exported_at"),
    ),
    "payments": (
        *("payment_id", "order_id", "kind", "method", "amount", "paid_at", "exported_at"),
    ),
    "returns": (
        *("return_id", "order_id", "line_number", "quantity", "reason"),
        *("refund_amount", "returned_at", "exported_at"),
    ),
}

CLOSES_AT = time(23, 30)  # of the same day, so that a delivery never lies in the future
OPENING_CUSTOMERS = 1200
WEEKDAYS = (86, 84, 88, 94, 112, 142, 108)  # Monday to Sunday, percent of an average day


@dataclass(frozen=True)
class Product:
    """One article of the catalogue; `price` in cents."""

    sku: str
    name: str
    category: str
    price: int


CATALOGUE = (
    Product("TEL-070", "Refractor 70 mm", "telescopes", 14900),
    Product("TEL-102", "Refractor 102 mm", "telescopes", 32900),
    Product("TEL-130", "Reflector 130 mm", "telescopes", 26900),
    Product("TEL-203", "Dobsonian 8 inch", "telescopes", 54900),
    Product("BIN-842", "Binoculars 8x42", "binoculars", 11900),
    Product("BIN-150", "Binoculars 15x70", "binoculars", 16900),
    Product("EYE-006", "Eyepiece 6 mm", "eyepieces", 5900),
    Product("EYE-010", "Eyepiece 10 mm", "eyepieces", 4900),
    Product("EYE-025", "Eyepiece 25 mm", "eyepieces", 3900),
    Product("EYE-200", "Barlow lens 2x", "eyepieces", 4490),
    Product("FIL-MOO", "Moon filter", "filters", 1990),
    Product("FIL-SUN", "Solar film, A4", "filters", 2490),
    Product("FIL-UHC", "Nebula filter", "filters", 6990),
    Product("ACC-RED", "Red light torch", "accessories", 1290),
    Product("ACC-DEW", "Dew shield", "accessories", 2290),
    Product("ACC-TRI", "Tripod", "accessories", 8900),
    Product("ACC-CLN", "Lens cleaning kit", "accessories", 990),
    Product("ACC-PHO", "Phone adapter", "accessories", 3490),
    Product("BOO-ATL", "Star atlas", "books", 2990),
    Product("BOO-MOO", "The Moon, a guide", "books", 1890),
    Product("BOO-KID", "My first night sky", "books", 1490),
    Product("BOO-CAL", "Sky calendar", "books", 1190),
    Product("MAP-WHL", "Planisphere", "maps", 1290),
    Product("MAP-MOO", "Moon map, poster", "maps", 990),
)

FIRST_NAMES, LAST_NAMES, STREETS = (
    line.split("|")
    for line in (
        "Ada|Amélie|Anna|Bente|Björn|Carla|Chloé|Daan|Edwin|Elif|Emre|Fatima|Femke|Finn|Freya|"
        "Gustav|Hanna|Henrietta|Ines|Jakub|Jan|Jocelyn|Johannes|José|Kateřina|Lena|Lotte|Luca|"
        "Łukasz|Maja|Maria|Mehmet|Mila|Noah|Nora|Olivia|Omar|Paul|Priya|Rosa|Samuel|Sofia|Theo|"
        "Vera|Wei|Yusuf|Zoë",
        "Bakker|Bauer|Bell|Bernard|Cannon|Costa|Demir|Dubois|Fischer|Fleming|García|Hansen|"
        "Herschel|Hoffmann|Huygens|Ivanova|Jansen|Jensen|Kaya|Kovač|Leavitt|Lefèvre|Lindqvist|"
        "Martin|Messier|Meyer|Moreau|Müller|Nielsen|Novák|O'Neill|Payne|Peeters|Petrov|Popescu|"
        "Rossi|Santos|Schmidt|Silva|Smit|Sørensen|Tinsley|Visser|Weber|Wójcik|Yilmaz|Zwicky",
        "Andromeda Way|Comet Lane|Cygnus Street|Eclipse Road|Galileo Street|Lyra Gardens|"
        "Nebula Close|Observatory Hill|Orion Street|Perseus Lane|Polaris Square|"
        "Rue de l'Étoile|Vega Road",
    )
)
CITIES = (
    ("Amsterdam", "NL", "10"),
    ("Antwerp", "BE", "20"),
    ("Berlin", "DE", "101"),
    ("Brussels", "BE", "10"),
    ("Cologne", "DE", "506"),
    ("Hamburg", "DE", "200"),
    ("Leiden", "NL", "23"),
    ("Lille", "FR", "590"),
    ("Lyon", "FR", "690"),
    ("Paris", "FR", "750"),
    ("Utrecht", "NL", "35"),
    ("Vienna", "AT", "10"),
)
CHANNELS = ("web", "web", "app", "store")
ONLINE_METHODS = ("card", "card", "paypal", "invoice")
STORE_METHODS = ("card", "cash")
TIERS = {3: "silver", 8: "gold"}  # from this order on
RETURN_REASONS = ("changed_mind", "changed_mind", "damaged", "not_as_described", "wrong_item")


T = TypeVar("T")


class Dice:
    """Chance that is the same on every Python: it uses `Random.random` alone, the one method whose
    sequence Python promises to keep."""

    def __init__(self, *seed: object) -> None:
        self._random = random.Random("/".join(str(part) for part in seed)).random

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        return int(self._random() * n)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both possible."""
        return low + self.below(high - low + 1)

    def percent(self, chance: int) -> bool:
        """True in `chance` of a hundred cases."""
        return self._random() * 100 < chance

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each as likely as the other."""
        return items[self.below(len(items))]


@dataclass(frozen=True)
class Customer:
    """A customer as the shop knows them at one moment."""

    customer_id: int
    first_name: str
    last_name: str
    email: str
    phone: str
    street: str
    postcode: str
    city: str
    country: str
    birth_date: date
    tier: str
    newsletter: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Line:
    """One line of an order; `discount` in cents, for all its pieces together."""

    number: int
    product: Product
    quantity: int
    discount: int

    @property
    def amount(self) -> int:
        """What the customer pays for the line, in cents."""
        return self.quantity * self.product.price - self.discount


@dataclass(frozen=True)
class Order:
    """An order as it was placed; `shipping_fee` in cents, `customer_id` None for a guest."""

    order_id: int
    customer_id: int | None
    channel: str
    method: str
    shipping_fee: int
    ordered_at: datetime
    lines: tuple[Line, ...]

    @property
    def total(self) -> int:
        """What the customer pays for all of it, in cents."""
        return self.shipping_fee + sum(line.amount for line in self.lines)


Row = tuple[object, ...]
Event = Callable[[date, Dice], None]


class Shop:
    """The shop's state, moved on one day at a time by `trade`.

    Args:
        opened: the first day of business; growth and incidents count from it.
        seed: another number is another shop.
        incidents: whether the tills go offline for some days; a few late uploads happen anyway.
    """

    def __init__(self, opened: date, seed: int, incidents: bool) -> None:
        self._opened = opened
        self._seed = seed
        self._incidents = incidents
        self._customers: list[Customer] = []
        self._orders_of: Counter[int] = Counter()
        self._next_id = {"orders": 100_000, "payments": 500_000, "returns": 9_000}
        self._rows = _no_rows()  # of today, for the evening's export
        self._later: defaultdict[date, list[Event]] = defaultdict(list)

    def trade(self, day: date) -> dict[str, list[Row]]:
        """One day of business; days must come in order.

        Returns:
            The rows that each table's export of this evening holds.
        """
        dice = Dice(self._seed, (day - self._opened).days)
        if day == self._opened:
            self._welcome_first_customers(day, dice)
        for event in self._later.pop(day, []):
            event(day, dice)
        self._sell(day, dice)
        self._move_house(day, dice)
        rows, self._rows = self._rows, _no_rows()
        # A customer who changed twice is exported once, as they are in the evening.
        rows["customers"] = list({row[0]: row for row in rows["customers"]}.values())
        return rows

    def _number(self, table: str) -> int:
        self._next_id[table] += 1
        return self._next_id[table]

    # Customers

    def _welcome_first_customers(self, day: date, dice: Dice) -> None:
        for _ in range(OPENING_CUSTOMERS):
            at = _moment(day - timedelta(days=dice.between(1, 700)), dice)
            self._sign_up(at, dice)

    def _sign_up(self, at: datetime, dice: Dice) -> Customer:
        number = 1001 + len(self._customers)
        first, last = dice.pick(FIRST_NAMES), dice.pick(LAST_NAMES)
        customer = Customer(
            customer_id=number,
            first_name=first,
            last_name=last,
            email=f"{_ascii(first)}.{_ascii(last)}.{number}@example.org",
            # The numbers that the British regulator keeps free for invented people.
            phone=f"+44 7700 900{dice.below(1000):03}",
            birth_date=date(1940, 1, 1) + timedelta(days=dice.below(67 * 365)),
            tier="bronze",
            newsletter=dice.percent(40),
            created_at=at,
            updated_at=at,
            **_address(dice),
        )
        self._customers.append(customer)
        self._rows["customers"].append(astuple(customer))
        return customer

    def _change(self, customer_id: int, at: datetime, **changes: Any) -> None:
        index = customer_id - 1001
        at = max(at, self._customers[index].updated_at)
        self._customers[index] = replace(self._customers[index], updated_at=at, **changes)
        self._rows["customers"].append(astuple(self._customers[index]))

    def _move_house(self, day: date, dice: Dice) -> None:
        for _ in range(dice.between(2, 6)):
            customer, at = dice.pick(self._customers), _evening(day)
            if dice.percent(60):
                self._change(customer.customer_id, at, **_address(dice))
            else:
                self._change(customer.customer_id, at, newsletter=not customer.newsletter)

    # Orders and what becomes of them

    def _sell(self, day: date, dice: Dice) -> None:
        age = (day - self._opened).days
        count = (100 + age * 6 // 10) * WEEKDAYS[day.weekday()] * dice.between(90, 110) // 10_000
        known = len(self._customers)
        for at in sorted(_moment(day, dice) for _ in range(count)):
            channel = dice.pick(CHANNELS)
            customer_id: int | None = None
            if channel != "store" and dice.percent(12):
                customer_id = self._sign_up(at - timedelta(minutes=3), dice).customer_id
            elif not dice.percent(35 if channel == "store" else 8):
                # Squared: those who came first buy most.
                customer_id = self._customers[
                    dice.below(known) * dice.below(known) // known
                ].customer_id
            order = Order(
                order_id=self._number("orders"),
                customer_id=customer_id,
                channel=channel,
                method=dice.pick(STORE_METHODS if channel == "store" else ONLINE_METHODS),
                shipping_fee=0 if channel == "store" or dice.percent(30) else 490,
                ordered_at=at,
                lines=_basket(dice),
            )
            days_late = self._days_late(channel, age, dice)
            if days_late:
                self._later[day + timedelta(days=days_late)].append(partial(self._place, order))
            else:
                self._place(order, day, dice)

    def _days_late(self, channel: str, age: int, dice: Dice) -> int:
        if channel != "store":
            return 0
        if self._incidents and age in TILLS_OFFLINE:
            return TILLS_OFFLINE.stop - age
        return dice.between(1, 4) if dice.percent(2) else 0

    def _place(self, order: Order, day: date, dice: Dice) -> None:
        in_store = order.channel == "store"
        self._export_order(order, "completed" if in_store else "placed", order.ordered_at)
        self._rows["order_lines"] += [
            (
                order.order_id,
                line.number,
                line.product.sku,
                line.product.name,
                line.product.category,
                line.quantity,
                _money(line.product.price),
                _money(line.discount),
            )
            for line in order.lines
        ]
        voucher = min(2500, order.total) if dice.percent(5) else 0
        for method, cents in (("gift_card", voucher), (order.method, order.total - voucher)):
            if cents:
                self._pay(order, "payment", method, cents, order.ordered_at)
        if order.customer_id is not None:
            self._orders_of[order.customer_id] += 1
            tier = TIERS.get(self._orders_of[order.customer_id])
            if tier:
                self._change(order.customer_id, _evening(day), tier=tier)
        if in_store:
            self._maybe_return(order, day, dice)
        elif dice.percent(4):
            self._later[day + timedelta(days=1)].append(partial(self._cancel, order))
        else:
            self._later[day + timedelta(days=dice.between(1, 3))].append(partial(self._ship, order))

    def _cancel(self, order: Order, day: date, dice: Dice) -> None:
        at = _moment(day, dice)
        self._export_order(order, "cancelled", at)
        self._pay(order, "refund", order.method, order.total, at)

    def _ship(self, order: Order, day: date, dice: Dice) -> None:
        self._export_order(order, "completed", _moment(day, dice))
        self._maybe_return(order, day, dice)

    def _maybe_return(self, order: Order, day: date, dice: Dice) -> None:
        if dice.percent(7):
            back = day + timedelta(days=dice.between(3, 14))
            self._later[back].append(partial(self._take_back, order))

    def _take_back(self, order: Order, day: date, dice: Dice) -> None:
        line, at = dice.pick(order.lines), _moment(day, dice)
        quantity = dice.between(1, line.quantity)
        cents = line.amount * quantity // line.quantity
        number, reason = self._number("returns"), dice.pick(RETURN_REASONS)
        self._rows["returns"].append(
            (number, order.order_id, line.number, quantity, reason, _money(cents), at)
        )
        self._pay(order, "refund", order.method, cents, at)

    def _export_order(self, order: Order, status: str, at: datetime) -> None:
        self._rows["orders"].append(
            (
                order.order_id,
                order.customer_id,
                order.channel,
                status,
                _money(order.shipping_fee),
                order.ordered_at,
                at,
            )
        )

    def _pay(self, order: Order, kind: str, method: str, cents: int, at: datetime) -> None:
        number = self._number("payments")
        self._rows["payments"].append((number, order.order_id, kind, method, _money(cents), at))


def deliveries(
    opened: date, until: date, seed: int = SEED, incidents: bool = True
) -> Iterator[tuple[date, dict[str, bytes]]]:
    """The shop's deliveries, one day at a time.

    Args:
        opened: the first day of business.
        until: the last day, included. What earlier days hold does not depend on it.
        seed: another number is another shop.
        incidents: False leaves out what `INCIDENTS` says; ordinary late uploads stay.

    Yields:
        Each day with its files: path below raw, such as `orders/orders_2026-03-31.csv`, to content.
    """
    shop = Shop(opened, seed, incidents)
    again: dict[str, bytes] = {}
    for age in range((until - opened).days + 1):
        day = opened + timedelta(days=age)
        exported_at = datetime.combine(day, CLOSES_AT)
        rows = shop.trade(day)
        files = {
            f"{table}/{table}_{day}.csv": _csv(table, rows[table], exported_at) for table in rows
        }
        yield day, {**files, **again}
        again = {}
        if incidents and age == EXPORT_RAN_TWICE:
            again = {path.replace(".csv", "_again.csv"): content for path, content in files.items()}


def generate(out: Path, until: date, days: int = DAYS, seed: int = SEED) -> list[Path]:
    """Add the files that raw lacks; files that are there stay untouched.

    Args:
        out: raw's folder, made if it is missing.
        until: the last day, included.
        days: how many days a new raw holds; an `out` that has files keeps its first day.
        seed: another number is another shop.

    Returns:
        The files written, in order.

    Raises:
        FileExistsError: a file that is there is not what seed and start make; nothing is written.
    """
    opened = _first_day(out) or until - timedelta(days=days - 1)
    missing: list[tuple[Path, bytes]] = []
    for _, files in deliveries(opened, until, seed):
        for name, content in files.items():
            path = out / name
            if not path.exists():
                missing.append((path, content))
            elif path.read_bytes() != content:
                raise FileExistsError(path)
    for path, content in missing:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")  # which dbt does not read
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return [path for path, _ in missing]


def main() -> int:
    """Parse the command line, generate, say what was written."""
    parser = argparse.ArgumentParser(
        description="Generate the example's raw data: a small shop.",
        epilog=f"Incidents: {INCIDENTS}.",
    )
    parser.add_argument("--days", type=int, default=DAYS, help="days in a new raw (default: 120)")
    parser.add_argument("--until", type=date.fromisoformat, help="last day (default: yesterday)")
    parser.add_argument("--out", type=Path, default=Path("raw"), help="folder (default: raw)")
    parser.add_argument("--seed", type=int, default=SEED, help="another number, another shop")
    asked = parser.parse_args()
    if asked.days < 1:
        parser.error("--days: at least 1")
    until = asked.until or _now().date() - timedelta(days=1)
    try:
        written = generate(asked.out, until, asked.days, asked.seed)
    except FileExistsError as problem:
        print(f"{problem} is not what these arguments make; nothing was written.", file=sys.stderr)
        print("fix:   use another --out, or the --seed it was made with.", file=sys.stderr)
        return 2
    size = sum(path.stat().st_size for path in written) / 1e6
    print(f"{asked.out}: {len(written)} files added, {size:.1f} MB, up to {until}")
    return 0


def _now() -> datetime:
    """The clock, UTC; DATAOPS_NOW replaces it, as everywhere in the product."""
    told = os.environ.get("DATAOPS_NOW")
    if not told:
        return datetime.now(timezone.utc)
    moment = datetime.fromisoformat(told.replace("Z", "+00:00"))
    return moment if moment.tzinfo is None else moment.astimezone(timezone.utc)


def _first_day(out: Path) -> date | None:
    # Customers are written first, so a run that was cut short is found again, too.
    names = sorted(path.stem for path in (out / "customers").glob("customers_????-??-??.csv"))
    return date.fromisoformat(names[0].removeprefix("customers_")) if names else None


def _no_rows() -> dict[str, list[Row]]:
    return {table: [] for table in COLUMNS}


def _csv(table: str, rows: list[Row], exported_at: datetime) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS[table])
    writer.writerows([_text(value) for value in (*row, exported_at)] for row in rows)
    return text.getvalue().encode()


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _moment(day: date, dice: Dice) -> datetime:
    """Some second of the day's business, which ends before the evening's changes and the export."""
    return datetime.combine(day, time(7)) + timedelta(seconds=dice.below(15 * 3600))


def _evening(day: date) -> datetime:
    return datetime.combine(day, time(23))


def _basket(dice: Dice) -> tuple[Line, ...]:
    products: list[Product] = []
    for _ in range(dice.pick((1, 1, 1, 2, 2, 3, 4))):
        product = CATALOGUE[dice.below(len(CATALOGUE))]
        if product not in products:
            products.append(product)
    lines = []
    for number, product in enumerate(products, start=1):
        quantity = dice.pick((1, 1, 1, 2, 3)) if product.price < 5000 else 1
        percent_off = dice.pick((0, 0, 0, 0, 0, 0, 10, 20))
        discount = quantity * product.price * percent_off // 100
        lines.append(Line(number, product, quantity, discount))
    return tuple(lines)


def _address(dice: Dice) -> dict[str, Any]:
    city, country, area = dice.pick(CITIES)
    digits = (4 if country in {"AT", "BE", "NL"} else 5) - len(area)
    return {
        "street": f"{dice.pick(STREETS)} {dice.between(1, 180)}",
        "postcode": f"{area}{dice.below(10**digits):0{digits}}",
        "city": city,
        "country": country,
    }


def _ascii(name: str) -> str:
    plain = name.lower().translate(str.maketrans("øł", "ol", "'"))
    return unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()


if __name__ == "__main__":
    sys.exit(main())
