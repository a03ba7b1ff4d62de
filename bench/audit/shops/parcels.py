"""Parcels: five depots and later a sixth, nothing on Sundays, a peak before Christmas, few claims.

A scan belongs to a parcel of this day or of one of the days before; a claim to one of last week.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from bench.audit.shops.base import Day, calendar, is_holiday, poisson, table

_DEPOTS = {"Kassel": 1.5, "Nürnberg": 1.1, "Bremen": 1.0, "Dresden": 0.8, "Trier": 0.35}
_NEW_DEPOT = "Erfurt"
_OPENING = 120  # days after the first
_WEEK = (1.3, 1.05, 1.0, 1.0, 1.1, 0.45, 0.0)  # Monday to Sunday
_SERVICES, _SERVICE_WEIGHTS = ("standard", "express", "bulky"), (0.78, 0.17, 0.05)
_FEES = {"standard": 4.2, "express": 9.9, "bulky": 24.0}
_REASONS, _REASON_WEIGHTS = ("damaged", "lost", "late"), (0.5, 0.2, 0.3)


def deliveries(first: date, days: int, seed: int) -> Iterator[tuple[date, Day]]:
    """Parcels, scans and claims of a working day; the depots once, and when one opens."""
    chance = random.Random(seed)
    depots = dict(_DEPOTS)
    number = claim = 0
    underway: list[tuple[str, str, int]] = []  # tracking number, depot, days on the way
    recent: list[tuple[str, float]] = []
    for count, day in enumerate(calendar(first, days)):
        if count == _OPENING:
            depots[_NEW_DEPOT] = 0.6
        files: Day = {}
        if count in (0, _OPENING):
            files[f"depots/depots_{day}.csv"] = table(
                ["depot", "region", "opened_in", "gates"],
                [
                    [name, ("north", "south", "east")[n % 3], 1998 + 3 * n, 4 + 2 * n]
                    for n, name in enumerate(depots)
                ],
            )
        if not _WEEK[day.weekday()] or is_holiday(day):
            continue
        parcels: list[list[object]] = []
        level = _WEEK[day.weekday()] * _season(day) * chance.gauss(1, 0.06)
        for depot, size in depots.items():
            for _ in range(poisson(chance, 52 * size * level)):
                number += 1
                service = chance.choices(_SERVICES, _SERVICE_WEIGHTS)[0]
                weight = min(31.5, chance.lognormvariate(2.4 if service == "bulky" else 0.7, 0.6))
                value = chance.lognormvariate(3.4, 0.9) if chance.random() < 0.4 else 0.0
                tracking = f"PK{number:09}DE"
                minute = min(1319, max(360, round(chance.gauss(1010, 130))))
                parcels.append(
                    [
                        tracking, depot, service, f"{weight:.3f}",
                        f"{_FEES[service] + 0.35 * weight:.2f}", f"{value:.2f}" if value else "",
                        f"{day}T{minute // 60:02}:{minute % 60:02}:{chance.randrange(60):02}Z",
                        f"{chance.randrange(1067, 99999):05}",
                    ]
                )  # fmt: skip
                underway.append((tracking, depot, 0))
                recent.append((tracking, value or 50.0))
        scans: list[list[object]] = []
        still: list[tuple[str, str, int]] = []
        for tracking, depot, age in underway:
            hour = min(21, max(5, round(chance.gauss(11 if age else 18, 2))))
            clock = f"{day}T{hour:02}:{chance.randrange(60):02}:{chance.randrange(60):02}Z"
            done = age and chance.random() < 0.8
            status = ("returned" if chance.random() < 0.06 else "delivered") if done else (
                "sorted" if age else "received"
            )  # fmt: skip
            courier = f"K{chance.randrange(100, 160)}" if done else ""
            scans.append([tracking, depot, status, clock, courier])
            if not done and age < 6:
                still.append((tracking, depot, age + 1))
        underway = still
        claims: list[list[object]] = []
        for _ in range(poisson(chance, 5)):
            claim += 1
            tracking, value = chance.choice(recent)
            claims.append(
                [
                    claim, tracking, day, f"{value * chance.uniform(0.4, 1):.2f}",
                    chance.choices(_REASONS, _REASON_WEIGHTS)[0],
                ]
            )  # fmt: skip
        recent = recent[-1500:]
        files[f"parcels/parcels_{day}.csv"] = table(
            ["tracking_no", "depot", "service", "weight_kg", "postage", "declared_value",
             "accepted_at", "postal_code"],
            parcels,
        )  # fmt: skip
        files[f"scans/scans_{day}.csv"] = table(
            ["tracking_no", "depot", "status", "scanned_at", "courier"], scans
        )
        files[f"claims/claims_{day}.csv"] = table(
            ["claim_id", "tracking_no", "claimed_on", "amount", "reason"], claims
        )
        yield day, files


def _season(day: date) -> float:
    """Rises for five weeks before Christmas, falls after it."""
    before = (date(day.year, 12, 23) - day).days
    if 0 <= before < 35:
        return 1 + 0.8 * (35 - before) / 35
    return 0.75 if timedelta(0) < day - date(day.year, 12, 23) < timedelta(9) else 1.0
