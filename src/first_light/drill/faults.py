"""The faults of a drill: what goes wrong with deliveries, as data. Nothing here knows a monitor.

A fault changes what came to one source with one delivery: some files, by name. It says what is true
of the world, not what should notice it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from first_light.drill.table import (
    Table,
    UnsuitedError,
    delimiter,
    most_frequent,
    read_table,
    write_table,
)

Files = dict[str, bytes]
_SEED = 1990


@dataclass(frozen=True)
class Delivery:
    """What came to one source.

    Attributes:
        files: names and contents.
        before: earlier deliveries to it, newest first.
        others: what came to the other sources the same time.
        loaded: columns that say when a row was loaded.
        references: columns that lead to another source.
        personal: columns with personal data.
    """

    files: Mapping[str, bytes]
    before: Sequence[Mapping[str, bytes]]
    others: Sequence[Mapping[str, bytes]]
    loaded: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()

    def table(self, content: bytes) -> Table:
        return replace(
            read_table(content),
            loaded=self.loaded,
            references=self.references,
            personal=self.personal,
        )


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: short, for a command line.
        description: one line, for people.
        act: what comes in the place of a delivery.
    """

    name: str
    description: str
    act: Callable[[Delivery], Files]


# ── What is done to files ────────────────────────────────────────────────────────────────────────


def _each_file(act: Callable[[bytes], bytes]) -> Callable[[Delivery], Files]:
    return lambda given: {name: act(content) for name, content in given.files.items()}


def _rows(act: Callable[[Table, random.Random], Table]) -> Callable[[Delivery], Files]:
    """A change of the tables in the files; what changes nothing is no fault."""

    def acted(delivery: Delivery) -> Files:
        changed: Files = {}
        for name, content in delivery.files.items():
            table = delivery.table(content)
            separator = delimiter(content.decode("utf-8-sig").partition("\n")[0])
            changed[name] = write_table(act(table, random.Random(_SEED)), separator)
            if act(table, random.Random(_SEED)) == table:
                raise UnsuitedError("nothing to change")
        return changed

    return acted


def _column(
    choose: Callable[[Table], str], change: Callable[[str], str], share: float = 1.0
) -> Callable[[Delivery], Files]:
    """A change of the values in one column, in a share of the rows; nulls stay nulls."""

    def act(table: Table, chance: random.Random) -> Table:
        name = choose(table)
        values = [
            change(value) if value and chance.random() < share else value
            for value in table.values(name)
        ]
        return table.with_values(name, values)

    return _rows(act)


def _yesterday(delivery: Delivery) -> Mapping[str, bytes]:
    for files in delivery.before:
        if any(files.values()):
            return files
    raise UnsuitedError("no delivery before")


def _repeated_name(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return f"{stem}_again{dot}{ending}" if dot else f"{name}_again"


def _replaced(delivery: Delivery) -> Files:
    return dict(zip(delivery.files, _yesterday(delivery).values()))


def _added(delivery: Delivery) -> Files:
    return {
        **delivery.files,
        **{
            _repeated_name(name): content
            for name, content in zip(delivery.files, _yesterday(delivery).values())
        },
    }


def _full_history(delivery: Delivery) -> Files:
    """All of it once more, in the place of what is new."""
    (name, content), *_ = delivery.files.items()
    all_old = [old for files in reversed(delivery.before) for old in files.values()]
    tables = [delivery.table(old) for old in all_old if old.count(b"\n") > 1]
    newest = delivery.table(content)
    rows = [row for table in tables if table.header == newest.header for row in table.rows]
    if not rows:
        raise UnsuitedError("no delivery before")
    return {name: write_table(newest.with_rows([*rows, *newest.rows]))}


def _of_another(delivery: Delivery) -> Files:
    for files in delivery.others:
        if files:
            return dict(zip(delivery.files, files.values()))
    raise UnsuitedError("no other source")


def _cut(content: bytes) -> bytes:
    """In the middle of a row."""
    place = content.index(b"\n", len(content) * 6 // 10)
    return content[: place + 1 + max(1, (content.find(b"\n", place + 1) - place) // 2)]


def _mixed(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    if len(lines) < 3:
        raise UnsuitedError("too few rows")
    middle = len(lines) // 2
    separator = delimiter(lines[0].decode()).encode()
    lines[middle] = lines[middle].replace(separator, b"\xe9" + separator, 1)
    return b"".join(lines)


def _no_header(content: bytes) -> bytes:
    return content.partition(b"\n")[2]


def _semicolons(delivery: Delivery) -> Files:
    changed = {}
    for name, content in delivery.files.items():
        used = delimiter(content.decode("utf-8-sig").partition("\n")[0])
        changed[name] = write_table(delivery.table(content), ";" if used != ";" else ",")
    return changed


# ── What is done to rows ─────────────────────────────────────────────────────────────────────────


def _share_of(share: float) -> Callable[[Table, random.Random], Table]:
    def act(table: Table, chance: random.Random) -> Table:
        if len(table.rows) < 2:
            raise UnsuitedError("too few rows")
        return table.with_rows(chance.sample(table.rows, max(1, round(len(table.rows) * share))))

    return act


def _until_noon(table: Table, _: random.Random) -> Table:
    name = table.moment()
    place, last = table.header.index(name), max(value[:10] for value in table.values(name))
    rows = [row for row in table.rows if row[place][:10] != last or row[place][11:13] < "12"]
    return table.with_rows(rows)


def _duplicated(table: Table, _: random.Random) -> Table:
    return table.with_rows([row for row in table.rows for _ in range(2)])


def _dropped(table: Table, _: random.Random) -> Table:
    return _drop(table, table.header.index(_measured(table)))


def _drop(table: Table, place: int) -> Table:
    return replace(
        table,
        header=(*table.header[:place], *table.header[place + 1 :]),
        rows=tuple((*row[:place], *row[place + 1 :]) for row in table.rows),
    )


def _measured(table: Table) -> str:
    """What people look at: a measure, or else a category."""
    try:
        return table.amount()
    except UnsuitedError:
        return table.category()


def _more(table: Table, _: random.Random) -> Table:
    return replace(
        table,
        header=(*table.header, "batch"),
        rows=tuple((*row, "7") for row in table.rows),
    )


def _backwards(table: Table, _: random.Random) -> Table:
    return replace(table, header=table.header[::-1], rows=tuple(row[::-1] for row in table.rows))


def _renamed(table: Table, _: random.Random) -> Table:
    name = _measured(table)
    return replace(
        table, header=tuple(f"{title}_v2" if title == name else title for title in table.header)
    )


def _swapped(table: Table, _: random.Random) -> Table:
    """The values of two columns of one kind change places."""
    key_column = table.key()
    reference_column = table.reference()
    if key_column == reference_column:
        raise UnsuitedError("one column is both")
    first, second = table.values(key_column), table.values(reference_column)
    return table.with_values(key_column, second).with_values(reference_column, first)


def _other_keys(table: Table, _: random.Random) -> Table:
    """Numbers begin again at 1, as after a new installation of the source."""
    name = table.key()
    if not all(value.isdecimal() for value in table.values(name)):
        raise UnsuitedError("no counted key")
    return table.with_values(name, [str(n + 1) for n in range(len(table.rows))])


def _same_keys(table: Table, chance: random.Random) -> Table:
    """A tenth of the rows come a second time under their key, with another measure."""
    name = table.amount()
    rows = list(table.rows)
    place = table.header.index(name)
    for row in table.rows[: max(1, len(rows) // 10)]:
        rows.append((*row[:place], _number(float(row[place] or 0) + 1), *row[place + 1 :]))
    return table.with_rows(rows)


def _relabelled(table: Table, _: random.Random) -> Table:
    """The most frequent value vanishes: all are called as the second."""
    name = table.category()
    values = table.values(name)
    first = most_frequent([value for value in values if value])
    second = most_frequent([value for value in values if value and value != first])
    return table.with_values(name, [second if value == first else value for value in values])


def _constant(table: Table, _: random.Random) -> Table:
    name = table.amount()
    value = next(text for text in table.values(name) if text)
    return table.with_values(name, [value] * len(table.rows))


# ── What is done to values ───────────────────────────────────────────────────────────────────────


def _number(value: float) -> str:
    return f"{value:.2f}"


def _times(factor: float) -> Callable[[str], str]:
    return lambda value: _number(float(value) * factor)


def _later(by: timedelta) -> Callable[[str], str]:
    def change(value: str) -> str:
        moved = datetime.fromisoformat(value) + by
        return moved.strftime("%Y-%m-%d") if len(value) == 10 else moved.isoformat(sep=" ")

    return change


def _day_first(value: str) -> str:
    return f"{value[8:10]}/{value[5:7]}/{value[:4]}{value[10:]}"


def _blank(value: str) -> str:
    return ""


_amount, _key, _reference = Table.amount, Table.key, Table.reference
_category, _moment = Table.category, Table.moment

FAULTS: tuple[Fault, ...] = (
    # The delivery as a whole
    Fault("late", "no delivery", lambda given: {}),
    Fault("empty-file", "the file is empty, without a header", _each_file(lambda _: b"")),
    Fault("header-only", "a header and no row", _rows(lambda t, _: t.with_rows([]))),
    Fault("yesterday-instead", "yesterday's data under today's name", _replaced),
    Fault("yesterday-beside", "yesterday's data a second time, in addition to today's", _added),
    Fault("today-twice", "today's file under two names",
          lambda g: {**g.files, **{_repeated_name(n): c for n, c in g.files.items()}}),
    Fault("everything-again", "the full history instead of new rows", _full_history),
    Fault("other-table", "the file of another table under this one's name", _of_another),
    Fault("error-page", "an error page (502) instead of data",
          _each_file(lambda _: b"<html><title>502</title>\n<body>Bad gateway</body></html>\n")),
    # The file as text
    Fault("truncated", "the file ends in the middle of a row", _each_file(_cut)),
    Fault("mixed-encodings", "one row in another encoding", _each_file(_mixed)),
    Fault("utf-16", "the file in UTF-16", _each_file(lambda c: c.decode().encode("utf-16"))),
    Fault("wrong-delimiter", "semicolons between the columns", _semicolons),
    Fault("no-header", "the header is missing", _each_file(_no_header)),
    Fault("quote-open", "an unclosed quotation mark",
          _each_file(lambda c: c.replace(b"\n", b'\n"', 3))),
    # Its columns
    Fault("column-missing", "a column is missing", _rows(_dropped)),
    Fault("column-extra", "one column more", _rows(_more)),
    Fault("column-renamed", "a column has another name", _rows(_renamed)),
    Fault("columns-reordered", "the columns are in another order", _rows(_backwards)),
    Fault("columns-swapped", "the values of key and reference changed places", _rows(_swapped)),
    # Its rows
    Fault("half", "half of the rows are missing", _rows(_share_of(0.5))),
    Fault("one-in-ten", "nine of ten rows are missing", _rows(_share_of(0.1))),
    Fault("partial-day", "the day ends at noon", _rows(_until_noon)),
    Fault("rows-twice", "each row is in the file twice", _rows(_duplicated)),
    Fault("same-keys", "a tenth of the rows duplicated with another measure", _rows(_same_keys)),
    Fault("keys-restart", "keys restart at 1", _rows(_other_keys)),
    # Keys and references
    Fault("key-null", "no row has its key", _column(_key, _blank)),
    Fault("key-shifted", "each reference leads to the next row",
          _column(_reference, lambda v: str(int(v) + 1) if v.isdecimal() else v + "1")),
    Fault("orphans", "a fifth of the foreign keys are orphaned",
          _column(_reference, lambda v: f"9{v}99", 0.2)),
    Fault("key-format", "keys with a prefix", _column(_key, lambda v: f"K-{v}")),
    # Measures
    Fault("measure-null", "no measure", _column(_measured, _blank)),
    Fault("measure-some-null", "a third of the measures are missing",
          _column(_measured, _blank, 0.33)),
    Fault("times-100", "cents instead of euros", _column(_amount, _times(100))),
    Fault("by-1000", "thousands instead of units", _column(_amount, _times(0.001))),
    Fault("currency", "amounts in another currency (times 11)", _column(_amount, _times(11))),
    Fault("sign", "the sign is inverted", _column(_amount, _times(-1))),
    Fault("zeros", "every measure is 0", _column(_amount, lambda _: "0.00")),
    Fault("constant", "every row has the same measure", _rows(_constant)),
    Fault("decimal-comma", "12,50 instead of 12.50",
          _column(_amount, lambda v: v.replace(".", ","))),
    Fault("type", "a fifth of the measures are words", _column(_amount, lambda _: "n/a", 0.2)),
    # Categories
    Fault("category-new", "a tenth has a value that never was",
          _column(_category, lambda _: "wholesale", 0.1)),
    Fault("category-gone", "the most frequent value is called as another", _rows(_relabelled)),
    Fault("case", "values in capitals, with a blank behind",
          _column(_category, lambda v: v.upper() + " ")),
    # Times
    Fault("future", "a year too late", _column(_moment, _later(timedelta(days=365)))),
    Fault("past", "thirty days too early", _column(_moment, _later(timedelta(days=-30)))),
    Fault("time-zone", "two hours too late", _column(_moment, _later(timedelta(hours=2)))),
    Fault("day-first", "31/12/2026 instead of 2026-12-31", _column(_moment, _day_first)),
    Fault("epoch", "every time is the 1st of January 1970",
          _column(_moment, lambda v: "1970-01-01 00:00:00"[: len(v)])),
)  # fmt: skip
