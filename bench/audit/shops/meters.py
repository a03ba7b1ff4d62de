"""Meters: counters that only go up, in 60 houses, more of them each month; tariffs on Mondays.

What is used follows the season and the day of the week; a payment comes for few of the houses.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import date

from bench.audit.shops.base import Day, calendar, poisson, table

_HOUSES = 60
_KINDS, _KIND_WEIGHTS = ("flat", "house", "shop"), (0.6, 0.3, 0.1)
_USE = {"flat": 5.5, "house": 11.0, "shop": 24.0}  # kWh a day
_TARIFFS = {"basic": 0.312, "green": 0.338, "night": 0.284}
_METHODS, _METHOD_WEIGHTS = ("debit", "transfer", "card"), (0.7, 0.22, 0.08)


def deliveries(first: date, days: int, seed: int) -> Iterator[tuple[date, Day]]:
    """Three readings a day of each meter, all meters as they are known, and payments."""
    chance = random.Random(seed)
    meters: list[list[object]] = []
    totals: list[float] = []
    tariffs = dict(_TARIFFS)
    payment = 0
    for count, day in enumerate(calendar(first, days)):
        joined = _HOUSES if count == 0 else (chance.random() < 0.12)
        for _ in range(joined):
            kind = chance.choices(_KINDS, _KIND_WEIGHTS)[0]
            meters.append(
                [
                    f"1EMH00{chance.randrange(10**7):07}", kind, chance.choice(list(_TARIFFS)),
                    day, chance.choice((1, 1, 1, 3)), "",
                ]
            )  # fmt: skip
            totals.append(chance.uniform(100, 30_000))
        season = 1 + 0.3 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 15) / 365)
        week = 1.12 if day.weekday() >= 5 else 1.0
        readings: list[list[object]] = []
        for number, meter in enumerate(meters):
            if meter[5]:
                continue
            if chance.random() < 0.0006:
                meter[5] = day
            use = _USE[str(meter[1])] * season * week * chance.lognormvariate(-0.03, 0.25)
            for hour, share in ((6, 0.18), (14, 0.37), (22, 0.45)):
                totals[number] += use * share
                if chance.random() < 0.004:
                    continue  # out of reach
                readings.append(
                    [
                        meter[0], f"{day} {hour:02}:{chance.randrange(4):02}:00",
                        f"{totals[number]:.3f}", f"{chance.gauss(231, 1.8):.1f}",
                        "estimated" if chance.random() < 0.03 else "read",
                    ]
                )  # fmt: skip
        payments: list[list[object]] = []
        for _ in range(poisson(chance, 14 if day.day in (1, 2, 3) else 4)):
            payment += 1
            payments.append(
                [
                    f"P-{day:%y}-{payment:05}", chance.choice(meters)[0], day,
                    f"{chance.lognormvariate(4.1, 0.5):.2f}",
                    chance.choices(_METHODS, _METHOD_WEIGHTS)[0],
                ]
            )  # fmt: skip
        files: Day = {
            f"readings/readings_{day}.csv": table(
                ["meter", "read_at", "kwh_total", "volts", "quality"], readings
            ),
            f"meters/meters_{day}.csv": table(
                ["meter", "kind", "tariff", "installed_on", "phases", "removed_on"], meters
            ),
            f"payments/payments_{day}.csv": table(
                ["payment_no", "meter", "paid_on", "amount", "method"], payments
            ),
        }
        if day.weekday() == 0:
            tariffs = {name: price * chance.gauss(1, 0.003) for name, price in tariffs.items()}
            files[f"tariffs/tariffs_{day}.csv"] = table(
                ["tariff", "valid_from", "price_per_kwh"],
                [[name, day, f"{price:.4f}"] for name, price in tariffs.items()],
            )
        yield day, files
