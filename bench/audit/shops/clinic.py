"""A clinic: what is booked for the next two weeks, whole each day; visits; results of a laboratory.

Closed on Sundays and holidays. Results of several kinds share one column, each with its own unit.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from bench.audit.shops.base import Day, calendar, is_holiday, poisson, table

_ROOMS, _ROOM_WEIGHTS = ("A1", "A2", "B1", "B2", "C"), (0.26, 0.24, 0.2, 0.2, 0.1)
_WEEK = (1.15, 1.0, 0.95, 1.05, 0.85, 0.3, 0.0)
_TESTS = {  # unit, mean, deviation, digits, share
    "HB": ("g/dl", 14.0, 1.4, 1, 0.3),
    "GLU": ("mg/dl", 96.0, 17.0, 0, 0.3),
    "CRP": ("mg/l", 4.2, 2.1, 1, 0.2),
    "TSH": ("mU/l", 2.1, 0.7, 2, 0.2),
}
_REASONS, _REASON_WEIGHTS = ("check", "acute", "control", "vaccination"), (0.3, 0.35, 0.25, 0.1)


def deliveries(first: date, days: int, seed: int) -> Iterator[tuple[date, Day]]:
    """Appointments of the coming days, the visits of this one and its results."""
    chance = random.Random(seed)
    booked: list[list[object]] = []
    appointment = visit = 0
    for count, day in enumerate(calendar(first, days)):
        for ahead in range(1, 15):
            about = day + timedelta(days=ahead)
            level = _WEEK[about.weekday()] * (0 if is_holiday(about) else 1)
            for _ in range(poisson(chance, 60 * level * (1 if count == 0 else 0.35 / ahead))):
                appointment += 1
                minute = 480 + 10 * chance.randrange(60)
                booked.append(
                    [
                        500_000 + appointment, f"PT{chance.randrange(1, 4000):06}",
                        f"{about} {minute // 60:02}:{minute % 60:02}",
                        chance.choices(_ROOMS, _ROOM_WEIGHTS)[0],
                        chance.choices(_REASONS, _REASON_WEIGHTS)[0],
                        "cancelled" if chance.random() < 0.05 else "booked",
                    ]
                )  # fmt: skip
        booked = [row for row in booked if str(row[2]) > f"{day} 24"]
        level = _WEEK[day.weekday()] * chance.gauss(1, 0.07)
        if not _WEEK[day.weekday()] or is_holiday(day):
            continue
        visits: list[list[object]] = []
        results: list[list[object]] = []
        for _ in range(poisson(chance, 85 * level * (1.25 if day.month in (1, 2) else 1))):
            visit += 1
            minute = min(1140, max(470, round(chance.gauss(720, 150))))
            insured = chance.random() < 0.88
            minutes = max(3, round(chance.lognormvariate(2.5, 0.45)))
            visits.append(
                [
                    f"V{day:%y%m%d}-{visit % 1000:03}", f"PT{chance.randrange(1, 4000):06}",
                    f"{day} {minute // 60:02}:{minute % 60:02}",
                    chance.choices(_ROOMS, _ROOM_WEIGHTS)[0], minutes,
                    f"{18.5 + 1.9 * minutes:.2f}", "yes" if insured else "no",
                    "" if insured else f"R{visit:06}",
                ]
            )  # fmt: skip
            if chance.random() < 0.45:
                for name in chance.sample(list(_TESTS), chance.choice((1, 1, 2))):
                    unit, mean, deviation, digits, _ = _TESTS[name]
                    value = max(0.1, chance.gauss(mean, deviation))
                    results.append(
                        [visits[-1][0], name, f"{value:.{digits}f}", unit,
                         "H" if value > mean + 2 * deviation else "", day]
                    )  # fmt: skip
        yield (
            day,
            {
                f"appointments/appointments_{day}.csv": table(
                    ["appointment_id", "patient", "starts_at", "room", "reason", "state"], booked
                ),
                f"visits/visits_{day}.csv": table(
                    ["visit_no", "patient", "seen_at", "room", "minutes", "fee", "insured",
                     "invoice"],
                    visits,
                ),
                f"results/results_{day}.csv": table(
                    ["visit_no", "test", "result", "unit", "flag", "reported_on"], results
                ),
            },
        )  # fmt: skip
