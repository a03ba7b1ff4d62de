"""Campaigns: each delivery states the last seven days again, the newest ones not yet complete.

Campaigns start and end all the time; leads carry the week they belong to; budgets come on the first
of a month.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from bench.audit.shops.base import Day, calendar, is_holiday, poisson, table

_CHANNELS = {
    "search": (0.42, 0.9),
    "social": (0.33, 0.4),
    "video": (0.15, 0.25),
    "mail": (0.1, 0.1),
}
_WEEK = (1.1, 1.15, 1.1, 1.05, 0.95, 0.7, 0.75)
_ARRIVED = (0.72, 0.9, 0.96, 0.98, 0.99, 1.0, 1.0)  # of a day's costs, by its age
_STATES, _STATE_WEIGHTS = ("new", "contacted", "won", "lost"), (0.55, 0.25, 0.08, 0.12)


@dataclass
class _Campaign:
    code: str
    channel: str
    until: date
    level: float
    days: dict[date, tuple[int, int, float]] = field(default_factory=dict)


def deliveries(first: date, days: int, seed: int) -> Iterator[tuple[date, Day]]:
    """Spend by day and campaign of the last week, the leads of a day, and a month's budget."""
    chance = random.Random(seed)
    running: list[_Campaign] = []
    campaign = lead = 0
    for count, day in enumerate(calendar(first, days)):
        for _ in range(18 if count == 0 else poisson(chance, 0.45)):
            campaign += 1
            channel = chance.choices(list(_CHANNELS), [share for share, _ in _CHANNELS.values()])[0]
            until = day + timedelta(days=round(chance.lognormvariate(3.5, 0.4)))
            running.append(
                _Campaign(f"{channel[:2].upper()}{campaign:04}", channel, until,
                          chance.lognormvariate(0, 0.3))
            )  # fmt: skip
        week = _WEEK[day.weekday()] * (0.6 if is_holiday(day) else 1) * chance.gauss(1, 0.05)
        for each in running:
            if each.until >= day:
                shown = poisson(chance, 2600 * each.level * week)
                clicks = poisson(chance, shown * 0.021)
                cost = clicks * _CHANNELS[each.channel][1] * chance.gauss(1, 0.04)
                each.days[day] = shown, clicks, max(cost, 0.0)
        spend: list[list[object]] = []
        for age in range(6, -1, -1):
            about = day - timedelta(days=age)
            for each in running:
                if about in each.days:
                    shown, clicks, cost = each.days[about]
                    part = _ARRIVED[age]
                    spend.append(
                        [about, each.code, each.channel, round(shown * part), round(clicks * part),
                         f"{cost * part:.2f}"]
                    )  # fmt: skip
        running = [each for each in running if each.until >= day - timedelta(days=8)]
        leads: list[list[object]] = []
        monday = day - timedelta(days=day.weekday())
        active = [each for each in running if each.until >= day]
        for _ in range(poisson(chance, 46 * week)):
            lead += 1
            hour = min(23, max(0, round(chance.gauss(14, 4))))
            leads.append(
                [
                    f"{chance.randrange(16**12):012x}", chance.choice(active).code, monday,
                    f"{day}T{hour:02}:{chance.randrange(60):02}:{chance.randrange(60):02}+00:00",
                    min(100, max(0, round(chance.gauss(52, 14)))),
                    chance.choices(_STATES, _STATE_WEIGHTS)[0],
                    chance.choice(("DE", "DE", "DE", "AT", "CH", "")),
                ]
            )  # fmt: skip
        files: Day = {
            f"spend/spend_{day}.csv": table(
                ["day", "campaign", "channel", "impressions", "clicks", "cost"], spend
            ),
            f"leads/leads_{day}.csv": table(
                ["lead", "campaign", "cohort_week", "created_at", "score", "state", "country"],
                leads,
            ),
        }
        if count == 0 or day.day == 1:
            files[f"budgets/budgets_{day}.csv"] = table(
                ["month", "channel", "budget"],
                [
                    [f"{day:%Y-%m}", name, round(40_000 * share * chance.gauss(1, 0.05), -2)]
                    for name, (share, _) in _CHANNELS.items()
                ],
            )
        yield day, files
