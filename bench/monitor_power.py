"""What the monitors catch, and how often they are wrong: computed, for docs/reference/monitors.md.

python -m bench.monitor_power        prints the tables, in about a minute
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from first_light.history.record import ColumnProfile, RelationProfile
from first_light.monitors.baseline import Release, release_of, remember
from first_light.monitors.judge import judge
from first_light.monitors.levels import ERROR, WARN, Case, level_of
from first_light.monitors.measures import Measure
from first_light.monitors.prediction import Past, expect

_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
_THURSDAY = datetime(2026, 3, 19, tzinfo=timezone.utc)  # the day of the faults
_DAY = timedelta(days=1)
_TRIALS, _YEARS, _MEMORY = 100, 5, 90
_RUNS, _NOISE = (3, 7, 14, 30), (0.05, 0.10, 0.20)
_WEEK = (1.0, 1.0, 1.0, 1.0, 1.1, 0.4, 0.3)

History = Callable[[random.Random, datetime, float], float]
"""A day's factor, around 1, with nothing wrong: chance, the day, and the noise."""


def gaussian(chance: random.Random, at: datetime, noise: float) -> float:
    return max(0.01, chance.gauss(1, noise))


def seasonal(chance: random.Random, at: datetime, noise: float) -> float:
    return gaussian(chance, at, noise) * _WEEK[at.weekday()]


def heavy_tailed(chance: random.Random, at: datetime, noise: float) -> float:
    """Student's t with three degrees of freedom, of the same standard deviation."""
    t = chance.gauss(0, 1) / math.sqrt(sum(chance.gauss(0, 1) ** 2 for _ in range(3)) / 3)
    return max(0.01, 1 + noise * t / math.sqrt(3))


HISTORIES: dict[str, History] = {
    "Gaussian": gaussian,
    "weekly pattern": seasonal,
    "heavy-tailed": heavy_tailed,
}


# ── What is caught ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong, by how much.

    Attributes:
        title: for people.
        what: the measure in which it shows.
        usual: its value where nothing is wrong.
        rows: how many rows it comes from.
        struck: what a fault of a size makes of a value.
        sizes: smallest first.
    """

    title: str
    what: Measure
    usual: float
    rows: int
    struck: Callable[[float, float], float]
    sizes: tuple[float, ...]


_STEPS = tuple(n / 100 for n in range(10, 100, 5))
FAULTS = (
    Fault("Fewer rows, in %", Measure("volume", "rows", ""), 100_000, 100_000,
          lambda value, size: value * (1 - size), _STEPS),
    Fault("A rise of the share of nulls, in points; usually it is 5 %",
          Measure("nulls", "share", "x"), 0.05, 1000,
          lambda value, size: min(1.0, value + size), (0.05, 0.07, *_STEPS)),
    Fault("Larger mean, in %", Measure("mean", "mean", "x"), 100.0, 1000,
          lambda value, size: value * (1 + size),
          (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 7, 10)),
)  # fmt: skip


def smallest(
    fault: Fault, history: History, runs: int, noise: float
) -> tuple[float | None, float | None]:
    """The smallest fault that is told, and that rejects, in 95 of 100 tries; None where none is."""
    levels: dict[float, Counter[str]] = {size: Counter() for size in fault.sizes}
    for trial in range(_TRIALS):
        chance = random.Random(trial)
        days = [_THURSDAY - n * _DAY for n in range(runs, 0, -1)]
        values = [fault.usual * history(chance, day, noise) for day in days]
        clean = fault.usual * history(chance, _THURSDAY, noise)
        if expected := expect([Past(day, item) for day, item in zip(days, values)], _THURSDAY):
            for size, seen in levels.items():
                value = fault.struck(clean, size)
                seen[level_of(Case(fault.what, value, fault.rows, values, expected))] += 1
    warned = (s for s, seen in levels.items() if seen[WARN] + seen[ERROR] >= 0.95 * _TRIALS)
    rejected = (s for s, seen in levels.items() if seen[ERROR] >= 0.95 * _TRIALS)
    return next(warned, None), next(rejected, None)


# ── False alarms ─────────────────────────────────────────────────────────────────────────────────


def table(history: History, noise: float) -> Iterator[tuple[datetime, RelationProfile]]:
    """A table to which about 1,000 rows come every day, nothing wrong: a key, a number that is
    missing in one row of twenty, a category and a time. What comes, how much of it is missing and
    how large it is on average: each varies as the history has it."""
    chance = random.Random(1)
    rows = nulls = 0
    total = greatest = 0.0
    kinds: Counter[str] = Counter()
    for day in (_START + n * _DAY for n in range(_YEARS * 365)):
        came = max(1, round(1000 * history(chance, day, noise)))
        missing = min(came - 1, round(came * 0.05 * history(chance, day, noise)))
        total += (came - missing) * 50 * history(chance, day, noise)
        greatest = max(greatest, chance.lognormvariate(4, 0.3) * math.log(came + 1))
        for kind, share in (("paid", 0.6), ("open", 0.3)):
            scatter = math.sqrt(share * (1 - share) / came)
            kinds[kind] += max(0, round(came * chance.gauss(share, scatter)))
        rows, nulls = rows + came, nulls + missing
        kinds["sent"] = rows - kinds["paid"] - kinds["open"]
        newest = (day + timedelta(hours=23)).timestamp()
        columns = (
            ColumnProfile("id", "BIGINT", 0, rows, 1, rows, rows / 2),
            ColumnProfile("amount", "DOUBLE", nulls, rows // 2, 0.5, greatest,
                          total / (rows - nulls)),
            ColumnProfile("kind", "VARCHAR", 0, 3, min_length=4, max_length=4, mean_length=4.0,
                          counts=dict(kinds)),
            ColumnProfile("at", "TIMESTAMP", 0, rows // 2, _START.timestamp(), newest,
                          distinct_days=(day - _START).days + 1),
        )  # fmt: skip
        yield day + _DAY, RelationProfile("model.shop.orders", "orders", rows, columns, newest)


def false_alarms(history: History, noise: float) -> tuple[float, float]:
    """Runs a year that are told of something, and that are rejected, though nothing is wrong."""
    warned = rejected = 0
    past: list[Release] = []
    for number, (at, profile) in enumerate(table(history, noise)):
        result = judge(profile, remember(past[-_MEMORY:], "", at), at, {}).findings
        bad = any(item.level == ERROR for item in result)
        rejected += bad
        warned += bool(result) and not bad
        if not bad:
            strange = frozenset((item.check, item.subject, item.column) for item in result)
            facts = {"run": f"{number}", "number": number, "fingerprint": f"{number}"}
            past.append(release_of([profile], at=at, anomalies=strange, checksums={}, **facts))
    return warned / _YEARS, rejected / _YEARS


# ── Tables ───────────────────────────────────────────────────────────────────────────────────────


def line(fault: Fault, name: str, runs: int) -> str:
    """What is told and what rejects after so many deliveries, by noise."""
    result = (smallest(fault, HISTORIES[name], runs, noise) for noise in _NOISE)
    return f"| {name} | {runs} | {' | '.join(f'{_size(t)} / {_size(r)}' for t, r in result)} |"


def _size(found: float | None) -> str:
    return "none" if found is None else f"{100 * found:.0f}"


def main() -> None:
    heads = " | ".join(f"noise {100 * noise:.0f} %" for noise in _NOISE)
    for fault in FAULTS:
        print(f"\n{fault.title}:\n\n| history | deliveries | {heads} |\n|---|---|---|---|---|")
        for name in HISTORIES:
            for runs in _RUNS:
                print(line(fault, name, runs))
    print(f"\nFalse alarms a year:\n\n| history | {heads} |\n|---|---|---|---|")
    for name, history in HISTORIES.items():
        alarms = (false_alarms(history, noise) for noise in _NOISE)
        cells = (f"{warned:.1f} / {rejected:.1f}" for warned, rejected in alarms)
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
