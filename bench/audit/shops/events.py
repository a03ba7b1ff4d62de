"""Web events: sessions with heavy tails, campaigns that double a day, three devices, many pages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

from bench.audit.shops.base import Day, calendar, is_holiday, poisson, table

_PAGES = ("/", "/search", "/item", "/basket", "/checkout", "/thanks")
_ONWARD = (0.62, 0.7, 0.35, 0.55, 0.8)
_DEVICES, _DEVICE_WEIGHTS = ("mobile", "desktop", "tablet"), (0.58, 0.37, 0.05)
_COUNTRIES, _COUNTRY_WEIGHTS = ("DE", "AT", "CH", "other"), (0.7, 0.12, 0.1, 0.08)
_SOURCES, _SOURCE_WEIGHTS = ("search", "direct", "newsletter", "ads"), (0.45, 0.3, 0.1, 0.15)
_WEEK = (1.0, 1.0, 0.98, 1.02, 0.95, 0.8, 1.15)


def deliveries(first: date, days: int, seed: int) -> Iterator[tuple[date, Day]]:
    """One file of page views and one of orders each day."""
    chance = random.Random(seed)
    session = order = 0
    level = 1.0
    for day in calendar(first, days):
        level = max(0.7, min(1.4, level * chance.gauss(1, 0.02)))
        campaign = 2.0 if day.day in (5, 19) else 1.0
        rows: list[list[object]] = []
        orders: list[list[object]] = []
        mean = 260 * level * campaign * _WEEK[day.weekday()] * (0.8 if is_holiday(day) else 1)
        for _ in range(poisson(chance, mean)):
            session += 1
            second = min(86_399, max(0, round(chance.gauss(15, 4.5) * 3600)))
            device = chance.choices(_DEVICES, _DEVICE_WEIGHTS)[0]
            country = chance.choices(_COUNTRIES, _COUNTRY_WEIGHTS)[0]
            source = chance.choices(_SOURCES, _SOURCE_WEIGHTS)[0]
            user = f"u{chance.randrange(20_000):05}" if chance.random() < 0.35 else ""
            for step, page in enumerate(_PAGES):
                stayed = round(min(1800, chance.paretovariate(1.4) * 6), 1)
                clock = f"{second // 3600:02}:{second % 3600 // 60:02}:{second % 60:02}"
                rows.append(
                    [
                        f"s{session:07}",
                        user,
                        f"{day} {clock}",
                        page,
                        device,
                        country,
                        source,
                        stayed,
                    ]
                )
                if page == "/thanks":
                    order += 1
                    value = chance.lognormvariate(3.6, 0.7)
                    orders.append(
                        [order, f"s{session:07}", f"{day} {clock}", f"{value:.2f}", "EUR"]
                    )
                if step == len(_ONWARD) or chance.random() > _ONWARD[step]:
                    break
                second = min(86_399, second + round(stayed))
        yield (
            day,
            {
                f"views/views_{day}.csv": table(
                    ["session_id", "user_id", "viewed_at", "page", "device", "country", "source",
                     "seconds"],
                    rows,
                ),
                f"orders/orders_{day}.csv": table(
                    ["order_id", "session_id", "ordered_at", "order_value", "currency"], orders
                ),
            },
        )  # fmt: skip
