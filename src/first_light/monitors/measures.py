"""The numbers that are compared: of a relation as it is, and of what came to it with a delivery.

Most tables only grow: half a day's rows are nothing beside a year's. What came is the difference of
two profiles, so it costs no query: rows, the share of nulls, the mean among the rows that came.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

_HOUR, _DAY = 3600.0, 86_400.0
# With fewer rows that came, what they hold on average says little; and with fewest, nothing.
MINIMUM_ROWS, LEAST_ROWS = 20, 5
_EACH = 0.99  # of the rows of a counter have a value of their own
# Above so many rows different values are estimated: their difference is noise.
_COUNTED = 100_000


class Measure(NamedTuple):
    """What is measured: the check that it belongs to, how, and of which column (or empty)."""

    check: str
    metric: str
    column: str

    @property
    def is_of_new_rows(self) -> bool:
        """Whether it is of the rows that came, not of a whole table."""
        return self.metric in ("came", "each", "delivered")


class Value(NamedTuple):
    """A measured number, and from how many rows it comes."""

    value: float
    rows: float


def measure(
    now: Mapping[str, Any], before: Mapping[str, Any] | None, at: datetime
) -> dict[Measure, Value]:
    """Everything that is compared of one relation.

    Args:
        now: its profile, columns by name.
        before: the one of the delivery before; None when there is none.
        at: when it was looked at.
    """
    rows = now["rows"]
    values: dict[Measure, Value] = {}
    files = now.get("files")
    if files is None:
        values[Measure("volume", "rows", "")] = Value(rows, rows)
    else:
        values[Measure("delivery", "files", "")] = Value(files, files)
        if not files:
            return values
        values[Measure("volume", "delivered", "")] = Value(rows, rows)
    clock = at.timestamp()
    if files is not None and now.get("newest") is not None:
        values[Measure("freshness", "lag", "")] = Value((clock - now["newest"]) / _HOUR, rows)
    if not rows:
        return values
    for name, column in now["columns"].items():
        _measure_column(name, column, rows, clock, values, files is not None)
    for reference, orphans in (now.get("orphans") or {}).items():
        values[Measure("orphans", "share", reference)] = Value(orphans / rows, rows)
    if before is not None and files is None:
        _measure_growth(now, before, values)
    return values


def amounts(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, float]:
    """How much came, in files (under an empty name) and in days of each time column.

    A delivery that holds several days or files is compared as so many deliveries.
    """
    counts: dict[str, float] = {}
    is_delivery = now.get("files") is not None
    if is_delivery:
        counts[""] = now["files"]
    for name, column in now["columns"].items():
        days = column.get("distinct_days")
        if days is None:
            continue
        if is_delivery:
            counts[name] = days
        elif before is not None:
            old = (before["columns"].get(name) or {}).get("distinct_days")
            if old is not None:
                counts[name] = days - old
    return counts


def _measure_column(
    name: str,
    column: Mapping[str, Any],
    rows: int,
    clock: float,
    values: dict[Measure, Value],
    is_delivery: bool,
) -> None:
    filled = rows - column["nulls"]
    if is_delivery:
        _measure_delivered(name, column, filled, values)
    values[Measure("nulls", "share", name)] = Value(column["nulls"] / rows, rows)
    distinct = column.get("distinct")
    if distinct is not None and is_delivery and rows >= MINIMUM_ROWS:
        values[Measure("distinct", "each", name)] = Value(distinct / rows, rows)
    if distinct is not None and (not is_delivery or distinct <= rows / 3):
        values[Measure("distinct", "count", name)] = Value(distinct, rows)
    if column.get("mean_length") is not None and column.get("mean") is None:
        values[Measure("length", "mean", name)] = Value(column["mean_length"], filled)
    low, high = column.get("min"), column.get("max")
    if column.get("mean") is not None:
        values[Measure("mean", "mean", name)] = Value(column["mean"], filled)
        for metric, limit in (("min", low), ("max", high)):
            if limit is not None:
                values[Measure("range", metric, name)] = Value(limit, filled)
    elif high is not None:  # a time
        values[Measure("freshness", "lag", name)] = Value((clock - high) / _HOUR, filled)


def _measure_delivered(
    name: str, column: Mapping[str, Any], filled: float, values: dict[Measure, Value]
) -> None:
    """Of a delivery: how complete a counter is, and how far its times lie behind the newest."""
    low, high, distinct = column.get("min"), column.get("max"), column.get("distinct")
    if filled < LEAST_ROWS or low is None or high is None:
        return
    # A counter has another whole number in each row.
    has_rows = filled >= MINIMUM_ROWS
    if has_rows and column.get("mean") is not None and high > low and distinct:
        share = distinct / (high - low + 1)
        if share <= 1 and distinct >= _EACH * filled:
            values[Measure("counter", "delivered", name)] = Value(share, filled)
    if column.get("mean_time") is not None:
        values[Measure("age", "mean", name)] = Value(high - column["mean_time"], filled)
        values[Measure("age", "span", name)] = Value(high - low, filled)


def _measure_growth(
    now: Mapping[str, Any],
    before: Mapping[str, Any],
    values: dict[Measure, Value],
) -> None:
    """What came since the delivery before, from the difference of two profiles."""
    added_rows = now["rows"] - before["rows"]
    values[Measure("volume", "came", "")] = Value(added_rows, added_rows)
    for name, column in now["columns"].items():
        old = before["columns"].get(name)
        if old is None:
            continue
        if column.get("distinct_days") and old.get("distinct_days"):
            values[Measure("gaps", "days", name)] = Value(
                _missing(column) - _missing(old), added_rows
            )
        if added_rows < MINIMUM_ROWS:
            continue
        nulls = column["nulls"] - old["nulls"]
        if 0 <= nulls <= added_rows:
            values[Measure("nulls", "came", name)] = Value(nulls / added_rows, added_rows)
        if now["rows"] <= _COUNTED and None not in (column["distinct"], old["distinct"]):
            new = (column["distinct"] - old["distinct"]) / added_rows
            values[Measure("distinct", "came", name)] = Value(new, added_rows)
        for check, key in (("mean", "mean"), ("length", "mean_length")):
            if check == "length" and column.get("mean") is not None:
                continue
            if column.get(key) is not None and old.get(key) is not None and added_rows > nulls:
                filled, old_filled = now["rows"] - column["nulls"], before["rows"] - old["nulls"]
                middle = (column[key] * filled - old[key] * old_filled) / (added_rows - nulls)
                values[Measure(check, "came", name)] = Value(middle, added_rows - nulls)


def _missing(column: Mapping[str, Any]) -> float:
    """Days between the first and the last that the column does not hold."""
    if column.get("min") is None or column.get("max") is None:
        return 0.0
    return float(column["max"] // _DAY - column["min"] // _DAY + 1 - column["distinct_days"])
