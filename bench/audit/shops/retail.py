"""Retail: six stores and later a seventh, a weekly rhythm, slow growth, one price rise.

Sales of the day before come each morning, with a snapshot of the stock of every store.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

from bench.audit.shops.base import Day, calendar, is_holiday, poisson, table

_STORES = {"Berlin": 1.6, "Hamburg": 1.2, "Munich": 1.3, "Cologne": 1.0, "Leipzig": 0.7, "Ulm": 0.4}
_NEW_STORE = "Bremen"
_WEEK = (1.0, 0.95, 1.0, 1.05, 1.35, 1.6, 0.25)  # Monday to Sunday
_PAYMENTS, _WEIGHTS = ("card", "cash", "voucher"), (0.68, 0.26, 0.06)
_PRODUCTS = 60
_GROWTH = 0.0012  # a day
_PRICE_RISE, _OPENING = 150, 200  # days after the first


def deliveries(first: date, days: int, seed: int) -> Iterator[tuple[date, Day]]:
    """Sales, stock and, on the first day and whenever prices change, the products."""
    chance = random.Random(seed)
    prices = [round(chance.lognormvariate(2.2, 0.6), 2) for _ in range(_PRODUCTS)]
    popular = [1 / (n + 3) for n in range(_PRODUCTS)]
    stock: dict[tuple[str, int], int] = {}
    stores = dict(_STORES)
    sale = 0
    for number, day in enumerate(calendar(first, days)):
        if number == _OPENING:
            stores[_NEW_STORE] = 0.8
        files: Day = {}
        if number == _PRICE_RISE:
            prices = [round(price * 1.06, 2) for price in prices]
        if number in (0, _PRICE_RISE):
            files[f"products/products_{day}.csv"] = table(
                ["product_id", "product_name", "category", "list_price"],
                [
                    [n + 1, f"Article {n + 1}", ("food", "drinks", "household")[n % 3], price]
                    for n, price in enumerate(prices)
                ],
            )
        rows: list[list[object]] = []
        weather = chance.gauss(1, 0.05)
        for store, size in stores.items():
            mean = 55 * size * _WEEK[day.weekday()] * (1 + _GROWTH * number) * weather
            for _ in range(poisson(chance, mean * (0.1 if is_holiday(day) else 1))):
                (product,) = chance.choices(range(_PRODUCTS), popular)
                quantity = 1 + poisson(chance, 0.6)
                sale += 1
                minute = min(1199, max(480, round(chance.gauss(860, 160))))
                rows.append(
                    [
                        sale, store, f"{day} {minute // 60:02}:{minute % 60:02}:00", product + 1,
                        quantity, f"{prices[product]:.2f}", f"{prices[product] * quantity:.2f}",
                        chance.choices(_PAYMENTS, _WEIGHTS)[0],
                        f"C{chance.randrange(900):04}" if chance.random() < 0.7 else "",
                    ]
                )  # fmt: skip
                stock[store, product] = stock.get((store, product), 60) - quantity
        rows.sort(key=lambda row: str(row[2]))
        files[f"sales/sales_{day}.csv"] = table(
            ["sale_id", "store", "sold_at", "product_id", "quantity", "price", "amount", "payment",
             "customer_no"],
            rows,
        )  # fmt: skip
        levels: list[list[object]] = []
        for store in stores:
            for product in range(_PRODUCTS):
                level = stock.get((store, product), 60)
                if level < 15:
                    level += 50
                stock[store, product] = level
                levels.append([day, store, product + 1, level])
        files[f"stock/stock_{day}.csv"] = table(["day", "store", "product_id", "on_hand"], levels)
        yield day, files
