"""What the generated shops share: files, holidays, and draws from skewed distributions."""

from __future__ import annotations

import csv
import io
import math
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

Day = dict[str, bytes]
"""The files of one delivery: path below raw, and content."""

Shop = Callable[[date, int, int], Iterator[tuple[date, Day]]]
"""Deliveries of so many days from a first one on, drawn from a seed."""

# Days on which shops in this calendar sell little: month and day.
HOLIDAYS = frozenset({(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)})


def calendar(first: date, days: int) -> list[date]:
    """The days of a period, in order."""
    return [first + timedelta(days=n) for n in range(days)]


def is_holiday(day: date) -> bool:
    """Whether most people do not work on this day."""
    return (day.month, day.day) in HOLIDAYS


def poisson(chance: random.Random, mean: float) -> int:
    """A count with this mean; for large means the normal approximation."""
    if mean <= 0:
        return 0
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        count += 1
        product *= chance.random()
    return count


def table(header: Sequence[str], rows: Sequence[Sequence[object]], delimiter: str = ",") -> bytes:
    """A file of delimited text in UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
