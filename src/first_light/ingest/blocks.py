"""Several tables in one CSV file, one below the other."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from first_light.ingest.dialect import kind_of_cell
from first_light.utils import null_words

_MOST_ROWS = 100_000
_MOST_ABOVE = 10_000
# Of a whole file: rows that say what its columns hold, lines below a blank one, and how many of
# those are looked at.
_ROWS_ABOVE, _WINDOW, _MOST_WINDOW, _BELOW, _MOST_BLANKS = 500, 50, 1000, 4, 200
_TYPED = 0.9  # of the values above, so that a word below them is none of them


def second_header(sample: str, delim: str, names: Sequence[str]) -> tuple[int, str] | None:
    """The header of a second table: its line in the sample, counted from 1, and its cells as text.

    A blank line stands above it, it has words where the rows above have numbers or dates, and rows
    with numbers or dates follow. A header that is repeated is no second one.

    Args:
        sample: the first part of the file.
        delim: its delimiter.
        names: the cells of its header.

    Returns:
        None if the file holds one table, as far as the sample goes.
    """
    below = SecondHeader(names)
    line = 1
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delim)
    try:
        for cells in islice(reader, _MOST_ROWS):
            below.take(line, cells)
            if below.found:
                return below.found
            line = reader.line_num + 1
    except csv.Error:  # a cell beyond all measure; reading the file says where
        return None
    return None


class SecondHeader:
    """Takes the rows of a table one by one, and finds the header of a second one below it.

    Attributes:
        found: its line or row and its cells as text; None if there is none so far.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.found: tuple[int, str] | None = None
        self._header = [name.strip() for name in names]
        self._above = _Above()
        self._is_below_blank = False
        self._candidate: tuple[int, list[str]] | None = None

    def take(self, line: int, cells: Sequence[str]) -> None:
        """The next row, with its number."""
        plain = [cell.strip() for cell in cells]
        if not any(plain):
            self._is_below_blank = True
            return
        if self.found:
            return
        if self._candidate is not None and any(map(kind_of_cell, plain)):
            self.found = self._candidate[0], ", ".join(filter(None, self._candidate[1]))
        self._candidate = None
        if self._is_below_blank and plain != self._header and _has_words_only(plain):
            speaks_against = self._above.speak_against(plain)
            self._candidate = (line, plain) if speaks_against else None
        self._above.add(plain)
        self._is_below_blank = False


def later_header(
    lines: Iterable[bytes], delim: str, names: Sequence[str]
) -> tuple[int, str] | None:
    """The header of a second table anywhere in a file, of which only lines near a blank one are
    looked at, each with the first rows of the file above it. A blank line in quotes is none.

    Args:
        lines: of the file, in UTF-8; the first one is the header.
        delim: its delimiter.
        names: the cells of its header.

    Returns:
        Its line, counted from 1, and its cells as text; None if there is no such line.
    """
    nothing = b' \t\r\n"' + delim.encode()
    above: list[bytes] = []
    window: list[bytes] = []
    start = quotes = blanks = 0
    for number, line in enumerate(lines, 1):
        quotes += line.count(b'"')
        is_blank = not line.strip(nothing) and quotes % 2 == 0
        if window:
            window.append(line)
            recent_blank = is_blank or any(not each.strip(nothing) for each in window[-_BELOW:])
            if len(window) < _WINDOW or (recent_blank and len(window) < _MOST_WINDOW):
                continue
            if block := _header_in(above, window, start, delim, names):
                return block
            window = []
        elif is_blank and blanks < _MOST_BLANKS:
            window, start, blanks = [line], number, blanks + 1
        elif len(above) < _ROWS_ABOVE:
            above.append(line)
    return _header_in(above, window, start, delim, names) if window else None


def _header_in(
    above: Sequence[bytes], window: Sequence[bytes], start: int, delim: str, names: Sequence[str]
) -> tuple[int, str] | None:
    """The second header among lines that begin with number `start`, below the first rows."""
    text = b"".join([*above, *window]).decode("utf-8", "replace")
    block = second_header(text, delim, names)
    if block is None or block[0] <= len(above):
        return None
    return block[0] - len(above) + start - 1, block[1]


class _Above:
    """The rows above a line, counted once each, and only if a line asks."""

    def __init__(self) -> None:
        self._rows: list[list[str]] = []
        self._counted = 1  # the first one is the header
        self._filled: Counter[int] = Counter()
        self._typed: Counter[int] = Counter()

    def add(self, row: list[str]) -> None:
        if len(self._rows) < _MOST_ABOVE:
            self._rows.append(row)

    def speak_against(self, cells: Sequence[str]) -> bool:
        """Whether a cell is a word where the rows have numbers, dates or e-mail addresses."""
        for row in self._rows[self._counted :]:
            for at, cell in enumerate(row):
                self._filled[at] += bool(cell)
                self._typed[at] += bool(kind_of_cell(cell))
        self._counted = max(self._counted, len(self._rows))
        return any(
            self._typed[at] >= max(1, _TYPED * self._filled[at])
            for at, cell in enumerate(cells)
            if cell and cell.lower() not in null_words.ALL
        )


def _has_words_only(cells: Sequence[str]) -> bool:
    """Whether the cells may be names: two or more different ones, no number or date."""
    filled = [cell for cell in cells if cell]
    return (
        len(filled) >= 2 and len(set(filled)) == len(filled) and not any(map(kind_of_cell, filled))
    )
