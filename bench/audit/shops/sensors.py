"""Sensors: forty devices on eight sites report every hour; the seasons move what they measure.

Some devices are silent for days and are replaced. Nothing here knows a week.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import date

from bench.audit.shops.base import Day, calendar, table

_SITES = ("north", "south", "east", "west", "harbour", "airport", "park", "mill")
_DEVICES = 40


def deliveries(first: date, days: int, seed: int) -> Iterator[tuple[date, Day]]:
    """Readings of each hour; the list of devices whenever one is replaced."""
    chance = random.Random(seed)
    serial = list(range(1, _DEVICES + 1))
    offset = [chance.gauss(0, 1.2) for _ in range(_DEVICES)]
    battery = [chance.uniform(60, 100) for _ in range(_DEVICES)]
    silent = [0] * _DEVICES
    reading = 0
    weather = 0.0
    for number, day in enumerate(calendar(first, days)):
        files: Day = {}
        replaced = number == 0
        weather = 0.8 * weather + chance.gauss(0, 1.3)
        season = 11 - 9 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 20) / 365)
        rows: list[list[object]] = []
        for device in range(_DEVICES):
            battery[device] -= chance.uniform(0.1, 0.3)
            if battery[device] < 12:
                serial[device], battery[device] = max(serial) + 1, 100.0
                replaced = True
            if silent[device] == 0 and chance.random() < 0.004:
                silent[device] = chance.randrange(1, 4)
            if silent[device]:
                silent[device] -= 1
                continue
            for hour in range(24):
                if chance.random() < 0.01:
                    continue
                reading += 1
                warmth = (
                    season + weather + offset[device] + 4 * math.sin((hour - 9) / 24 * math.tau)
                )
                warmth += chance.gauss(0, 0.5)
                humidity = min(100.0, max(15.0, 75 - 1.5 * (warmth - 10) + chance.gauss(0, 6)))
                quality = chance.choices(("good", "fair", "bad"), (0.94, 0.05, 0.01))[0]
                rows.append(
                    [
                        reading, f"S-{serial[device]:04}", f"{day} {hour:02}:00:00",
                        f"{warmth:.1f}", "" if quality == "bad" else f"{humidity:.0f}",
                        f"{battery[device]:.0f}", quality,
                    ]
                )  # fmt: skip
        files[f"readings/readings_{day}.csv"] = table(
            ["reading_id", "device_id", "measured_at", "temperature_c", "humidity", "battery",
             "quality"],
            rows,
        )  # fmt: skip
        if replaced:
            files[f"devices/devices_{day}.csv"] = table(
                ["device_id", "site", "installed_on", "firmware"],
                [
                    [f"S-{number_:04}", _SITES[place % len(_SITES)], first, "2.1"]
                    for place, number_ in enumerate(serial)
                ],
            )
        yield day, files
