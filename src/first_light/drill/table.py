"""A delimited text file as a table of texts, and what its columns are good for in a drill."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

_TIME = re.compile(r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?")
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


class UnsuitedError(Exception):
    """This data can't have the fault: it has no column, or no file, of the kind."""


@dataclass(frozen=True)
class Table:
    """Texts in columns.

    Attributes:
        header: names of the columns.
        rows: texts; nulls are empty.
        loaded: columns that say when a row was loaded, not when something happened.
        references: columns that lead to another table.
        personal: columns that are no measure, however much they look like one.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    loaded: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()

    def values(self, name: str) -> list[str]:
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def with_values(self, name: str, values: list[str]) -> Table:
        place = self.header.index(name)
        rows = ((*row[:place], value, *row[place + 1 :]) for row, value in zip(self.rows, values))
        return replace(self, rows=tuple(rows))

    def with_rows(self, rows: list[tuple[str, ...]]) -> Table:
        return replace(self, rows=tuple(rows))

    def key(self) -> str:
        """The column that names a row."""

        def is_candidate(name: str, values_: list[str]) -> bool:
            names_rows = len(set(values_)) == len(self.rows)
            return names_rows and name not in self.loaded and not all(map(_TIME.match, values_))

        return self._first(is_candidate, "key")

    def reference(self) -> str:
        """A column that leads to another table."""
        return self._first(lambda name, told: name in self.references, "reference")

    def amount(self) -> str:
        """A measure: a number that is no key and leads nowhere; with decimals, if there is one."""

        def is_candidate(name: str, values_: list[str]) -> bool:
            if name in self.references | self.personal or name.endswith("_id"):
                return False
            counted = len(set(values_)) == len(self.rows) and not any(
                "." in text for text in values_
            )
            return all(map(_NUMBER.match, values_)) and not counted

        try:
            return self._first(
                lambda name, values_: (
                    is_candidate(name, values_) and any("." in text for text in values_)
                ),
                "measure",
            )
        except UnsuitedError:
            return self._first(is_candidate, "measure")

    def category(self) -> str:
        """A text with few values."""

        def is_candidate(name: str, values_: list[str]) -> bool:
            is_small = 1 < len(set(values_)) <= min(30, len(self.rows) / 3)
            has_letters = all(re.search(r"[^\W\d]", text) for text in values_)
            return (
                is_small
                and has_letters
                and not {text.lower() for text in values_} <= {"true", "false"}
            )

        return self._first(is_candidate, "category")

    def moment(self) -> str:
        """When something happened."""

        def is_candidate(name: str, values_: list[str]) -> bool:
            is_excluded = name in self.loaded or name in self.personal
            return not is_excluded and all(map(_TIME.match, values_))

        return self._first(is_candidate, "time")

    def _first(self, is_candidate: Callable[[str, list[str]], bool], kind: str) -> str:
        for name in self.header:
            values_ = [value for value in self.values(name) if value]
            if values_ and is_candidate(name, values_):
                return name
        raise UnsuitedError(f"no {kind} column")


def most_frequent(values: list[str]) -> str:
    """The value that comes most often."""
    return Counter(values).most_common(1)[0][0]


def read_table(content: bytes) -> Table:
    """A file's table, comma, semicolon, tab or bar between its columns.

    Raises:
        UnsuitedError: it is no text, or holds no row.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnsuitedError("not UTF-8 text") from error
    header_line = text.partition("\n")[0]
    rows = [
        tuple(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter(header_line)) if row
    ]
    if len(rows) < 2 or len(rows[0]) < 2:
        raise UnsuitedError("no table with rows")
    header, *body = rows
    return Table(header, tuple(row for row in body if len(row) == len(header)))


def delimiter(line: str) -> str:
    """What stands between the columns of a header."""
    return max(",;\t|", key=line.count)


def write_table(table: Table, separator: str = ",", header: bool = True) -> bytes:
    """The table as a UTF-8 file."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    if header:
        writer.writerow(table.header)
    writer.writerows(table.rows)
    return text.getvalue().encode()
