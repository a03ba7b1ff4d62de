"""Faults, and harmless changes, drawn at random in kind, size and place."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bench.audit.facts import TableFacts
from bench.audit.shops.base import Day, table

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Injected:
    """One fault in the deliveries of a shop.

    Attributes:
        kind: which fault, as the table of the documentation names it.
        size: how large, for people; empty where it has no size.
        source: the table that it hits.
        column: the column at fault; empty where the whole delivery is.
        harmful: whether readers would get something wrong; otherwise nothing may be rejected.
        days: the deliveries to judge, in order, in the place of the last clean ones.
    """

    kind: str
    size: str
    source: str
    column: str
    harmful: bool
    days: tuple[Day, ...]


class UnsuitedError(Exception):
    """The fault can't be placed in this table."""


@dataclass(frozen=True)
class Place:
    """Where a fault is put.

    Attributes:
        source: the table.
        facts: what is true of it.
        days: clean deliveries, oldest first; the last ones are changed.
        chance: what sizes and places are drawn from.
    """

    source: str
    facts: TableFacts
    days: Sequence[tuple[date, Day]]
    chance: random.Random

    def names(self, back: int = 0) -> list[str]:
        """The files of the table in the newest delivery, or one before it."""
        return [name for name in self.days[-1 - back][1] if name.startswith(f"{self.source}/")]

    def rows(self, back: int = 0) -> tuple[str, list[str], Rows]:
        """Name, header and rows of its file."""
        (name,) = self.names(back)
        reader = csv.DictReader(io.StringIO(self.days[-1 - back][1][name].decode()))
        rows = list(reader)
        return name, list(reader.fieldnames or ()), rows

    def changed(
        self, column: str, change: Callable[[str], str], share: float = 1.0
    ) -> tuple[list[str], Rows]:
        """The header and the rows, with a column changed in a share of the rows."""
        _, header, rows = self.rows()
        return header, [
            {**row, column: change(row[column])} if self.chance.random() < share else row
            for row in rows
        ]

    def pick(self, columns: Sequence[str]) -> str:
        """One of these columns.

        Raises:
            UnsuitedError: there are none.
        """
        if not columns:
            raise UnsuitedError
        return self.chance.choice(list(columns))

    def fault(
        self,
        kind: str,
        header: Sequence[str],
        rows: Rows,
        *,
        size: str = "",
        column: str = "",
        harmful: bool = True,
    ) -> Injected:
        """The newest delivery with these rows in the place of the table's own."""
        (name,) = self.names()
        content = table(header, [[row[field] for field in header] for row in rows])
        if content == self.days[-1][1][name]:
            raise UnsuitedError
        return self.files(kind, {name: content}, size=size, column=column, harmful=harmful)

    def files(
        self,
        kind: str,
        changed: Mapping[str, bytes | None],
        *,
        size: str = "",
        column: str = "",
        harmful: bool = True,
    ) -> Injected:
        """The newest delivery with changed files; None takes one away."""
        files = {**self.days[-1][1], **changed}
        kept = {name: content for name, content in files.items() if content is not None}
        return Injected(kind, size, self.source, column, harmful, (kept,))


Maker = Callable[[Place], Injected]


def _percent(share: float) -> str:
    return f"{share:.0%}"


# ── Rows ─────────────────────────────────────────────────────────────────────────────────────────


def rows_lost(place: Place) -> Injected:
    share = place.chance.uniform(0.25, 0.9)
    _, header, rows = place.rows()
    kept = [row for row in rows if place.chance.random() >= share]
    return place.fault("rows lost at random", header, kept, size=_percent(share))


def day_cut(place: Place) -> Injected:
    time = place.pick(place.facts.times)
    _, header, rows = place.rows()
    rows.sort(key=lambda row: row[time])
    share = place.chance.uniform(0.3, 0.7)
    kept = rows[: round(len(rows) * (1 - share))]
    return place.fault("the day is cut", header, kept, size=_percent(share), column=time)


def rows_doubled(place: Place) -> Injected:
    _, header, rows = place.rows()
    return place.fault("each row twice", header, [row for row in rows for _ in range(2)])


def segment_lost(place: Place) -> Injected:
    column = place.pick(place.facts.categories)
    _, header, rows = place.rows()
    counts = Counter(row[column] for row in rows)
    common = [
        v for v, n in counts.items() if n >= max(0.05 * len(rows), 16) and n < 0.9 * len(rows)
    ]
    value = place.pick(common)
    kept = [row for row in rows if row[column] != value]
    share = counts[value] / len(rows)
    return place.fault("a value is missing", header, kept, size=_percent(share), column=column)


# ── Categories ───────────────────────────────────────────────────────────────────────────────────


def category_switched(place: Place) -> Injected:
    column = place.pick(place.facts.categories)
    _, header, rows = place.rows()
    values = sorted({row[column] for row in rows})
    if len(values) < 2:
        raise UnsuitedError
    value = place.chance.choice([*values, "unknown"])
    changed = [{**row, column: value} for row in rows]
    kind = "all rows have one new value" if value == "unknown" else "all rows have one known value"
    return place.fault(kind, header, changed, column=column)


def category_renamed(place: Place) -> Injected:
    column = place.pick(place.facts.categories)
    _, header, rows = place.rows()
    (value, count), *_ = Counter(row[column] for row in rows).most_common(1)
    if count < 16:
        raise UnsuitedError
    changed = [
        {**row, column: value.upper() + " " if row[column] == value else row[column]}
        for row in rows
    ]
    return place.fault("a value is spelled otherwise", header, changed, column=column)


# ── Times ────────────────────────────────────────────────────────────────────────────────────────


def _moved(value: str, by: timedelta) -> str:
    zone = "Z" if value.endswith("Z") else ""
    moved = datetime.fromisoformat(value.removesuffix("Z")) + by
    return moved.isoformat(sep="T" if "T" in value else " ") + zone


def hours_shifted(place: Place) -> Injected:
    column = place.pick([] if place.facts.full else place.facts.times)
    hours = place.chance.choice((-8, -5, 5, 8))
    header, rows = place.changed(column, lambda value: _moved(value, timedelta(hours=hours)))
    return place.fault("times are shifted", header, rows, size=f"{hours:+} h", column=column)


def hours_lost(place: Place) -> Injected:
    column = place.pick(place.facts.times)
    header, rows = place.changed(column, lambda value: value[:11] + "00:00:00")
    return place.fault("the time of day is lost", header, rows, column=column)


def dates_in_1970(place: Place) -> Injected:
    column = place.pick((*place.facts.times, *place.facts.dates))
    share = place.chance.uniform(0.05, 0.5)
    header, rows = place.changed(column, lambda value: "1970-01-01" + value[10:], share)
    return place.fault("dates in 1970", header, rows, size=_percent(share), column=column)


def yesterday_again(place: Place) -> Injected:
    if place.facts.full:
        raise UnsuitedError
    (name,), (_, header, rows) = place.names(), place.rows(1)
    content = table(header, [[row[field] for field in header] for row in rows])
    return place.files("the file of the day before again", {name: content})


# ── Measures ─────────────────────────────────────────────────────────────────────────────────────


def _scaled(place: Place, column: str, factor: float) -> tuple[list[str], Rows]:
    decimals = 2 if any("." in row[column] for row in place.rows()[2]) else 0
    return place.changed(column, lambda value: value and f"{float(value) * factor:.{decimals}f}")


def measure_scaled(place: Place) -> Injected:
    column = place.pick(place.facts.measures)
    factor = place.chance.choice((0.01, 0.001, 10, 100, 1000, -1))
    header, rows = _scaled(place, column, factor)
    return place.fault("a measure is scaled", header, rows, size=f"× {factor:g}", column=column)


def measure_taxed(place: Place) -> Injected:
    column = place.pick(place.facts.stable)
    header, rows = _scaled(place, column, 1.19)
    return place.fault("a stable measure × 1.19", header, rows, column=column)


def measure_constant(place: Place) -> Injected:
    column = place.pick(place.facts.measures)
    constant = place.chance.choice((place.rows()[2][0][column], "0"))
    header, rows = place.changed(column, lambda _: constant)
    return place.fault("a measure is constant", header, rows, size=constant, column=column)


def measure_words(place: Place) -> Injected:
    column = place.pick(place.facts.measures)
    share = place.chance.uniform(0.05, 0.5)
    header, rows = place.changed(column, lambda value: f"1,{value.zfill(3)}.50", share)
    return place.fault("text among numbers", header, rows, size=_percent(share), column=column)


def values_shuffled(place: Place) -> Injected:
    columns = [name for name in ("amount", "gross") if name in place.facts.measures]
    column = place.pick(columns)
    _, header, rows = place.rows()
    values = [row[column] for row in rows]
    place.chance.shuffle(values)
    changed = [{**row, column: value} for row, value in zip(rows, values)]
    return place.fault("amounts are shuffled", header, changed, column=column)


def measure_drifts(place: Place) -> Injected:
    column = place.pick([] if place.facts.full else place.facts.stable)
    days = []
    for back in range(13, -1, -1):
        earlier = replace(place, days=place.days[: len(place.days) - back])
        factor = 0.97 ** (14 - back)
        header, rows = _scaled(earlier, column, factor)
        days.append(earlier.fault("", header, rows).days[0])
    return Injected(
        "a measure drifts by −3 % a day", "14 days", place.source, column, True, tuple(days)
    )


# ── Nulls, formats, keys ─────────────────────────────────────────────────────────────────────────


def _blanked(place: Place, column: str, share: float) -> tuple[list[str], Rows]:
    return place.changed(column, lambda _: "", share)


def nulls_in_reference(place: Place) -> Injected:
    column = place.pick(place.facts.references)
    share = place.chance.uniform(0.1, 0.6)
    header, rows = _blanked(place, column, share)
    return place.fault("nulls in a reference", header, rows, size=_percent(share), column=column)


def nulls_in_measure(place: Place) -> Injected:
    column = place.pick(place.facts.measures)
    share = place.chance.uniform(0.1, 1.0)
    header, rows = _blanked(place, column, share)
    return place.fault("nulls in a measure", header, rows, size=_percent(share), column=column)


def nulls_in_nullable(place: Place) -> Injected:
    column = place.pick(place.facts.nullable)
    header, rows = _blanked(place, column, 1.0)
    return place.fault("a nullable column is empty", header, rows, column=column)


def format_broken(place: Place) -> Injected:
    column = place.pick(place.facts.formats)
    share = place.chance.uniform(0.3, 1.0)

    def broken(value: str) -> str:
        return value and (value.lstrip("0CISuV-")[:-1] or "x")

    header, rows = place.changed(column, broken, share)
    kind = "texts of another format"
    return place.fault(kind, header, rows, size=_percent(share), column=column)


def keys_shifted(place: Place) -> Injected:
    column = place.pick(place.facts.references)
    share = place.chance.uniform(0.1, 1.0)
    header, rows = place.changed(column, lambda value: f"9{value}7", share)
    kind = "references lead nowhere"
    return place.fault(kind, header, rows, size=_percent(share), column=column)


# ── Files ────────────────────────────────────────────────────────────────────────────────────────


def empty_file(place: Place) -> Injected:
    (name,) = place.names()
    return place.files("an empty file", {name: b""})


def no_rows(place: Place) -> Injected:
    _, header, _ = place.rows()
    return place.fault("a header without rows", header, [])


def unread_file(place: Place) -> Injected:
    (name,) = place.names()
    content = place.days[-1][1][name]
    other = place.chance.choice(
        (name.replace(".csv", ".CSV"), name.replace(f"{place.source}/", f"new/{place.source}/"))
    )
    return place.files(
        "a file that no source reads", {name: None, other: content}, size=other.rpartition(".")[2]
    )


def column_lost(place: Place) -> Injected:
    _, header, rows = place.rows()
    column = place.pick(place.facts.measures or place.facts.categories)
    return place.fault(
        "a column is missing", [name for name in header if name != column], rows, column=column
    )


def file_cut(place: Place) -> Injected:
    (name,) = place.names()
    content = place.days[-1][1][name]
    share = place.chance.uniform(0.3, 0.7)
    end = content.index(b"\n", round(len(content) * (1 - share))) + 4
    return place.files("the file ends in a row", {name: content[:end]}, size=_percent(share))


def missing(place: Place) -> Injected:
    (name,) = place.names()
    return place.files("no delivery", {name: None})


# ── Harmless ─────────────────────────────────────────────────────────────────────────────────────


def columns_reordered(place: Place) -> Injected:
    _, header, rows = place.rows()
    return place.fault("columns in another order", header[::-1], rows, harmful=False)


def rows_reordered(place: Place) -> Injected:
    _, header, rows = place.rows()
    place.chance.shuffle(rows)
    return place.fault("rows in another order", header, rows, harmful=False)


def byte_order_mark(place: Place) -> Injected:
    (name,) = place.names()
    content = b"\xef\xbb\xbf" + place.days[-1][1][name]
    return place.files("a byte order mark", {name: content}, harmful=False)


def windows_lines(place: Place) -> Injected:
    (name,) = place.names()
    content = place.days[-1][1][name].replace(b"\n", b"\r\n")
    return place.files("lines of Windows", {name: content}, harmful=False)


def compressed(place: Place) -> Injected:
    (name,) = place.names()
    content = gzip.compress(place.days[-1][1][name], mtime=0)
    return place.files("a compressed file", {name: None, f"{name}.gz": content}, harmful=False)


def two_days_together(place: Place) -> Injected:
    """The delivery of the day before came with this one: one file for both."""
    if place.facts.full:
        raise UnsuitedError
    (name,), (before,) = place.names(), place.names(1)
    _, header, rows = place.rows()
    _, _, earlier = place.rows(1)
    content = table(header, [[row[field] for field in header] for row in earlier + rows])
    late = {name: content for name, content in place.days[-2][1].items() if name != before}
    return Injected(
        "two days in one file", "", place.source, "", False,
        (late, {**place.days[-1][1], name: content}),
    )  # fmt: skip


HARMFUL: tuple[Maker, ...] = (
    rows_lost, day_cut, rows_doubled, segment_lost, category_switched, category_renamed,
    hours_shifted, hours_lost, dates_in_1970, yesterday_again, measure_scaled, measure_taxed,
    measure_constant, measure_words, values_shuffled, measure_drifts, nulls_in_reference,
    nulls_in_measure, nulls_in_nullable, format_broken, keys_shifted, empty_file, no_rows,
    unread_file, column_lost, file_cut, missing,
)  # fmt: skip
HARMLESS: tuple[Maker, ...] = (
    columns_reordered, rows_reordered, byte_order_mark, windows_lines, compressed,
    two_days_together,
)  # fmt: skip


def draw(
    facts: Mapping[str, TableFacts], days: Sequence[tuple[date, Day]], count: int, seed: int
) -> list[Injected]:
    """So many faults: every kind that the shop's tables allow, in turn, then again elsewhere.

    Args:
        facts: the tables.
        days: clean deliveries, oldest first; faults change the last of them.
        count: how many.
        seed: what places and sizes are drawn from.
    """
    chance = random.Random(seed)
    daily = {name: facts_ for name, facts_ in facts.items() if facts_.daily}
    faults: list[Injected] = []
    makers: list[Maker] = []
    attempts = 0
    while len(faults) < count and attempts < 40 * count:
        if not makers:
            makers = [*HARMFUL, *HARMLESS]
            chance.shuffle(makers)
        attempts += 1
        maker = makers.pop()
        for source in chance.sample(sorted(daily), len(daily)):
            try:
                faults.append(maker(Place(source, daily[source], days, chance)))
                break
            except UnsuitedError:
                continue
    return faults
