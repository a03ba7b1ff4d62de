"""What the volume monitor catches, and how often it cries wolf: computed, for docs/monitors.md.

python -m bench.monitor_power        prints the tables
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone

from dataops.monitors.expect import Past, expect
from dataops.monitors.levels import ERROR, Case, level_of
from dataops.monitors.measures import Measure

_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
_TRIALS, _YEARS, _MEMORY = 100, 10, 120
_RUNS, _NOISE = (3, 7, 14, 30), (0.05, 0.10, 0.20)
_DROPS = tuple(n / 100 for n in range(10, 100, 5))
_ROWS = 100_000
_WEEK = (1.0, 1.0, 1.0, 1.0, 1.1, 0.4, 0.3)


def gaussian(chance: random.Random, day: int, noise: float) -> float:
    return _ROWS * max(0.01, chance.gauss(1, noise))


def seasonal(chance: random.Random, day: int, noise: float) -> float:
    return gaussian(chance, day, noise) * _WEEK[(_START + timedelta(days=day)).weekday()]


def heavy_tailed(chance: random.Random, day: int, noise: float) -> float:
    """Student's t with three degrees of freedom, of the same standard deviation."""
    t = chance.gauss(0, 1) / math.sqrt(sum(chance.gauss(0, 1) ** 2 for _ in range(3)) / 3)
    return _ROWS * max(0.01, 1 + noise * t / math.sqrt(3))


def judged(past: Sequence[Past], day: int, value: float) -> str:
    """error, warn or nothing, as the volume monitor has it."""
    expected = expect(past, _START + timedelta(days=day))
    if expected is None:
        return ""
    rows = Measure("volume", "rows", "")
    return level_of(Case(rows, value, value, [one.value for one in past], expected))


def smallest_drop(runs: int, noise: float, levels: Sequence[str]) -> float | None:
    """The smallest drop that is caught in 95 of 100 tries; None when none is."""
    for drop in _DROPS:
        caught = 0
        for trial in range(_TRIALS):
            chance = random.Random(trial)
            past = [
                Past(_START + timedelta(days=day), gaussian(chance, day, noise))
                for day in range(runs)
            ]
            caught += judged(past, runs, gaussian(chance, runs, noise) * (1 - drop)) in levels
        if caught >= 0.95 * _TRIALS:
            return drop
    return None


def false_alarms(
    values: Callable[[random.Random, int, float], float], noise: float
) -> tuple[float, float]:
    """Warnings and refusals a year, of a series in which nothing is wrong."""
    chance, past = random.Random(1), list[Past]()
    warned = refused = 0
    for day in range(_YEARS * 365):
        value = values(chance, day, noise)
        level = judged(past, day, value)
        warned += bool(level) and level != ERROR
        refused += level == ERROR
        if not level:  # what was found strange is no measure of what is normal
            past = [*past[-_MEMORY + 1 :], Past(_START + timedelta(days=day), value)]
    return warned / _YEARS, refused / _YEARS


def main() -> None:
    for title, levels in (("told", ("warn", ERROR)), ("refused", (ERROR,))):
        print(f"\nSmallest drop of the rows that is {title} in 95 of 100 tries\n")
        print("| published runs |" + "".join(f" noise {n:.0%} |" for n in _NOISE))
        print("|---|" + "---|" * len(_NOISE))
        for runs in _RUNS:
            found = (smallest_drop(runs, noise, levels) for noise in _NOISE)
            print(f"| {runs} |" + "".join(f" {f'{d:.0%}' if d else 'none'} |" for d in found))
    print("\nFalse alarms a year and relation, one run a day\n")
    print("| history |" + "".join(f" noise {n:.0%}: told / refused |" for n in _NOISE))
    print("|---|" + "---|" * len(_NOISE))
    for values in (gaussian, seasonal, heavy_tailed):
        cells = (false_alarms(values, noise) for noise in _NOISE)
        name = values.__name__.replace("_", "-")
        print(f"| {name} |" + "".join(f" {w:.1f} / {r:.1f} |" for w, r in cells))


if __name__ == "__main__":
    main()
