"""Ferries: sailings by a timetable of the week, their tickets, and fuel by ship.

Weekends and summers are busiest. In bad weather sailings are cancelled.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import date

from bench.audit.shops.base import Day, calendar, is_holiday, poisson, table

_ROUTES = {  # minutes under way, sailings on a weekday, share of passengers
    "Nordholm-Sund": (35, 14, 0.34),
    "Nordholm-Vik": (50, 10, 0.24),
    "Sund-Klint": (25, 12, 0.22),
    "Klint-Haven": (90, 4, 0.14),
    "Vik-Haven": (110, 3, 0.06),
}
_SHIPS = ("Alba", "Brisa", "Corona", "Delta", "Espera", "Flora", "Gaivota")
_KINDS, _KIND_WEIGHTS = ("adult", "child", "car", "bicycle"), (0.55, 0.17, 0.2, 0.08)
_PRICES = {"adult": 8.5, "child": 4.25, "car": 27.0, "bicycle": 3.0}
_CHANNELS, _CHANNEL_WEIGHTS = ("web", "kiosk", "agent", "on board"), (0.48, 0.3, 0.12, 0.1)
_WEEK = (0.85, 0.8, 0.82, 0.9, 1.2, 1.35, 1.25)


def deliveries(first: date, days: int, seed: int) -> Iterator[tuple[date, Day]]:
    """The sailings of a day, the tickets for them, what was bunkered."""
    chance = random.Random(seed)
    sailing = ticket = 0
    wind, diesel = 0.0, 0.92
    for day in calendar(first, days):
        wind = 0.6 * wind + chance.gauss(0, 1)
        diesel = max(0.6, diesel + chance.gauss(0, 0.004))
        season = 1 + 0.35 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 200) / 365)
        level = (
            season * _WEEK[day.weekday()] * (1.3 if is_holiday(day) else 1) * chance.gauss(1, 0.05)
        )
        sailings: list[list[object]] = []
        tickets: list[list[object]] = []
        distance = dict.fromkeys(_SHIPS, 0.0)
        for route, (minutes, daily, share) in _ROUTES.items():
            count = daily + (2 if day.weekday() >= 4 and daily > 5 else 0)
            for number in range(count):
                sailing += 1
                minute = 360 + round(number * 960 / count)
                ship = _SHIPS[(sailing + number) % len(_SHIPS)]
                is_cancelled = chance.random() < (0.3 if wind > 2.6 else 0.004)
                delay = 0 if is_cancelled else round(max(-3.0, chance.gauss(3 + max(0.0, wind), 4)))
                sold = 0 if is_cancelled else poisson(chance, 620 * level * share / count)
                sailings.append(
                    [
                        f"{route[0]}{day:%y%m%d}{number:02}", route, ship,
                        f"{day} {minute // 60:02}:{minute % 60:02}:00",
                        "" if is_cancelled else delay, sold,
                        "cancelled" if is_cancelled else "sailed",
                        "wind" if is_cancelled else "",
                    ]
                )  # fmt: skip
                distance[ship] += 0 if is_cancelled else minutes
                for _ in range(sold):
                    ticket += 1
                    kind = chance.choices(_KINDS, _KIND_WEIGHTS)[0]
                    at = max(0, minute - round(chance.expovariate(1 / 90)))
                    has_code = chance.random() < 0.07
                    price = _PRICES[kind] * (1 + minutes / 120) * (0.85 if has_code else 1)
                    tickets.append(
                        [
                            f"TK-{ticket:08}", sailings[-1][0],
                            f"{day} {at // 60:02}:{at % 60:02}:{chance.randrange(60):02}", kind,
                            chance.choices(_CHANNELS, _CHANNEL_WEIGHTS)[0], f"{price:.2f}",
                            f"SUN{chance.randrange(10, 99)}" if has_code else "",
                        ]
                    )  # fmt: skip
        fuel = [
            [ship, day, round(minutes * chance.gauss(6.2, 0.3)), f"{diesel:.3f}"]
            for ship, minutes in distance.items()
            if minutes
        ]
        yield (
            day,
            {
                f"sailings/sailings_{day}.csv": table(
                    ["sailing", "route", "ship", "departs_at", "delay_minutes", "passengers",
                     "state", "reason"],
                    sailings,
                ),
                f"tickets/tickets_{day}.csv": table(
                    ["ticket_no", "sailing", "sold_at", "kind", "channel", "price",
                     "discount_code"],
                    tickets,
                ),
                f"fuel/fuel_{day}.csv": table(
                    ["ship", "bunkered_on", "litres", "price_per_litre"], fuel
                ),
            },
        )  # fmt: skip
