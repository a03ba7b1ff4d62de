"""Slowly changing reference data: full exports of staff, prices and rates, on working days only."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from bench.audit.shops.base import Day, calendar, is_holiday, table

_UNITS, _UNIT_WEIGHTS = ("sales", "service", "plant", "office"), (0.3, 0.3, 0.25, 0.15)
_RATES = {"USD": 1.09, "GBP": 0.86, "CHF": 0.95, "PLN": 4.3, "SEK": 11.3, "JPY": 163.0}
_SUPPLIERS = ("Adler", "Borsig", "Cramer", "Dietz")


def deliveries(first: date, days: int, seed: int) -> Iterator[tuple[date, Day]]:
    """Full exports: contracts of staff, price list, exchange rates; nothing at weekends."""
    chance = random.Random(seed)
    staff: list[list[object]] = []
    rates = dict(_RATES)
    prices = {
        f"{chance.randrange(10**11, 10**12):013}": round(chance.lognormvariate(3, 0.9), 2)
        for _ in range(400)
    }
    supplier = {code: chance.choice(_SUPPLIERS) for code in prices}
    for number, day in enumerate(calendar(first, days)):
        joined = 160 if number == 0 else (chance.random() < 0.15)
        for _ in range(joined):
            unit = chance.choices(_UNITS, _UNIT_WEIGHTS)[0]
            since = first - timedelta(days=chance.randrange(4000)) if number == 0 else day
            staff.append(
                [len(staff) + 1, unit, f"{chance.randrange(1, 100000):05}", since,
                 chance.choice((20, 30, 40, 40, 40)), ""]
            )  # fmt: skip
        for person in staff:
            if not person[5] and chance.random() < 0.0003:
                person[5] = day
        for code in prices:
            if chance.random() < 0.004:
                prices[code] = round(prices[code] * chance.uniform(0.95, 1.08), 2)
        rates = {name: rate * chance.gauss(1, 0.004) for name, rate in rates.items()}
        if day.weekday() >= 5 or is_holiday(day):
            continue
        yield (
            day,
            {
                f"contracts/contracts_{day}.csv": table(
                    ["contract_id", "unit", "postal_code", "valid_from", "weekly_hours",
                     "valid_to"],
                    staff,
                ),
                f"prices/prices_{day}.csv": table(
                    ["ean", "supplier", "net_price", "vat_rate"],
                    [
                        [code, supplier[code], f"{price:.2f}", "0.19"]
                        for code, price in prices.items()
                    ],
                ),
                f"rates/rates_{day}.csv": table(
                    ["day", "currency", "rate"],
                    [[day, name, f"{rate:.5f}"] for name, rate in rates.items()],
                ),
            },
        )  # fmt: skip
