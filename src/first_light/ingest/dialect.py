"""What a CSV file looks like, decided from its first mebibyte. Pure: text in, a decision out.

The delimiter, where the header is and whether there is one. Quoting is decided later, by reading
the whole file. DuckDB's own sniffer is not asked: it drops what does not fit as lines to skip.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from first_light.ingest.no_records import combined_header, is_group_row
from first_light.utils import null_words

DELIMS = (",", ";", "\t", "|")
_RECORDS = 1000
_PREAMBLE = 30
# Cells are as long as DuckDB's longest line; Python's own limit is 128 KB.
csv.field_size_limit(1 << 24)

_NUMBER = re.compile(r"[-+(]?[$€£]?\s?\d[\d.,' \u00a0]*\s?(?:%|[eE][-+]?\d+|[$€£])?\)?")
_MOMENT = re.compile(
    r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?:[T ]\d{1,2}:\d\d.*)?|\d{1,2}:\d\d(?::\d\d.*)?"
)
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_RARE = frozenset({"::", "~", "^", "\\x01", "\\x1f", "\u00a6"})
"""Delimiters that are in no text by chance, once in every line."""

_NO_DELIMS = frozenset("\"' _-.\t:~^")
"""Signs that stand in names and numbers, or that are tried apart."""

_LEAST_ROWS = 3


@dataclass(frozen=True)
class Dialect:
    """How to read a CSV file.

    Attributes:
        delim: the delimiter; when the file has one column, one that it does not contain.
        width: how many columns it has.
        drop_lines: how many lines to leave out above the header.
        names: the header's cells as written; empty when the file has no header line.
        first_line: the line of the header, or of the first row, counted from 1.
        share: how many of the lines looked at have this many columns, from 0 to 1.
        header: the line to write in place of the header; empty when it stays as it is.
        header_lines: how many lines the header takes in the file.
        notes: what was made of the header.
    """

    delim: str
    width: int
    drop_lines: int
    names: tuple[str, ...]
    first_line: int
    share: float
    header: str = ""
    header_lines: int = 1
    notes: tuple[str, ...] = ()

    @property
    def has_header(self) -> bool:
        return bool(self.names)


@dataclass(frozen=True)
class _Record:
    line: int
    cells: tuple[str, ...]
    is_cut: bool = False

    @property
    def filled(self) -> int:
        return sum(bool(cell.strip()) for cell in self.cells)


@dataclass(frozen=True)
class _Candidate:
    delim: str
    width: int
    share: float
    start: int
    records: tuple[_Record, ...]


def decide(sample: str) -> Dialect:
    """The dialect of a file that begins with `sample`, which is not blank."""
    sample = sample.removeprefix("\ufeff")
    hint = re.match(r"sep=(.)\r?\n|sep=(.)\r", sample, re.IGNORECASE)
    if hint:  # Excel's way to name the delimiter
        delim, rest = hint[1] or hint[2], sample[hint.end() :]
        inner = _dialect(_candidate(delim, rest) or _plain(delim, rest))
        return replace(inner, drop_lines=inner.drop_lines + 1, first_line=inner.first_line + 1)
    candidates = [candidate for delim in DELIMS if (candidate := _candidate(delim, sample))]
    if candidates:
        return _dialect(max(candidates, key=lambda item: (item.share, item.width)))
    # No delimiter fits. When the first line has one, the file is ragged: reading it will say where.
    first = {delim: _records(sample, delim, 1) for delim in DELIMS}
    ragged = [delim for delim in DELIMS if first[delim] and len(first[delim][0].cells) > 1]
    unused = [delim for delim in DELIMS if delim not in sample]
    return _dialect(_plain((ragged or unused or [","])[0], sample))


def _records(sample: str, delim: str, most: int) -> list[_Record]:
    """The first records that are not blank, with the line each begins at."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delim)
    records: list[_Record] = []
    line = 1
    try:
        for cells in reader:
            if cells:
                records.append(_Record(line, tuple(cells)))
            line = reader.line_num + 1
            if len(records) == most:
                break
    except csv.Error:
        # A cell beyond all measure: an open quote. What came before it is enough to decide.
        return records
    return records


def _candidate(delim: str, sample: str) -> _Candidate | None:
    """The file as this delimiter sees it; None when it makes no table."""
    records = _records(sample, delim, _RECORDS)
    counts = Counter(len(record.cells) for record in records)
    if not counts:
        return None
    width = max(counts, key=lambda count: (counts[count], count))
    if width == 1:
        return None
    records = [_fitted(record, width) for record in records]
    start = _start(records, width)
    if len(records[start].cells) != width:
        return None
    share = counts[width] / (len(records) - start)
    return _Candidate(delim, width, min(share, 1.0), start, tuple(records))


def _fitted(record: _Record, width: int) -> _Record:
    """A header that ends with a delimiter, while its rows do not, without the empty cell."""
    cells = record.cells
    extra = len(cells) == width + 1 and not cells[-1].strip() and all(map(str.strip, cells[:-1]))
    if extra and not any(map(kind_of_cell, cells)):
        return replace(record, cells=cells[:-1], is_cut=True)
    return record


def _plain(delim: str, sample: str) -> _Candidate:
    records = _records(sample, delim, _RECORDS)
    width = len(records[0].cells) if records else 1
    alike = sum(len(record.cells) == width for record in records)
    return _Candidate(delim, width, alike / max(1, len(records)), 0, tuple(records))


def _start(records: Sequence[_Record], width: int) -> int:
    """The index of the header: 0, or behind title lines that are certainly no data."""
    for index, record in enumerate(records[: _PREAMBLE + 1]):
        few = max(1, width // 2) if len(record.cells) < width else 1
        title = record.filled <= few and (len(record.cells) < width or width > 2)
        labelled = record.filled <= 2 and record.cells[0].rstrip().endswith(":")
        is_whole = len(record.cells) == record.filled == width
        if labelled or (title and not (index == 0 and is_whole)):
            continue
        if index == 0 or len(record.cells) != width:
            return 0
        below = records[index + 1].cells if index + 1 < len(records) else ()
        grouped = is_group_row(record.cells, below) and _is_header(below, width)
        if not (grouped or _is_header(record.cells, width)):
            return 0
        above, body = records[:index], records[index + 1 + grouped :]
        gap = record.line > above[-1].line + 1 or any(not item.filled for item in above)
        marked = all(item.cells[0].startswith("#") for item in above)
        typed = any(
            _share(kind_of_cell(cell) != "" for cell in column) > 0.8
            for column in _columns([item.cells for item in body], width)
            if column
        )
        return index if gap or marked or typed else 0
    return 0


def _is_header(cells: Sequence[str], width: int) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) >= max(1, width - 1) and not any(kind_of_cell(cell) for cell in filled)


def _dialect(candidate: _Candidate) -> Dialect:
    records = candidate.records[candidate.start :]
    first, body = records[0], [record.cells for record in records[1:]]
    headed = not is_row(first.cells, body)
    dialect = Dialect(
        delim=candidate.delim,
        width=candidate.width,
        drop_lines=first.line - 1,
        names=first.cells if headed else (),
        first_line=first.line,
        share=candidate.share,
    )
    if headed and has_inner_groups(first.cells, body):
        names = combined_header(first.cells, combined_header(body[0], body[1]))
        lines = records[2].line - first.line + 1
        return _with_header(dialect, names, lines, "three header rows made one")
    if headed and _has_groups(first.cells, body):
        names = combined_header(first.cells, body[0])
        lines = records[1].line - first.line + 1
        note = "two header rows made one"
        return _with_header(dialect, names, lines, note)
    if headed and is_units_row(body):
        lines = records[1].line - first.line + 1
        return _with_header(dialect, first.cells, lines, units_note(body[0]))
    if first.is_cut:
        note = "the delimiter at the end of the header, which its rows lack, left out"
        return _with_header(dialect, first.cells, 1, note)
    return dialect


def _with_header(dialect: Dialect, names: Sequence[str], lines: int, note: str) -> Dialect:
    out = io.StringIO()
    csv.writer(out, delimiter=dialect.delim, lineterminator="").writerow(names)
    return replace(
        dialect,
        names=tuple(names),
        header=out.getvalue(),
        header_lines=lines,
        notes=(note,),
    )


def _has_groups(cells: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first line names groups of columns, and the second one the columns."""
    if len(body) < 2 or not is_group_row(cells, body[0]):
        return False
    names = body[0]
    if not all(map(str.strip, names)) or any(map(kind_of_cell, names)):
        return False
    return any(
        _share(kind_of_cell(cell) != "" for cell in column) > 0.8
        for column in _columns(body[1:], len(cells))
        if column
    )


def has_inner_groups(cells: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first two lines name groups of columns, and the third one the columns."""
    return (
        len(body) > _LEAST_ROWS and is_group_row(cells, body[0]) and _has_groups(body[0], body[1:])
    )


def is_units_row(body: Sequence[Sequence[str]]) -> bool:
    """Whether the first row below the header names units: words where all others have numbers.

    Or it is a line of dashes, as printed by database clients.
    """
    if len(body) < _LEAST_ROWS:
        return False
    units = body[0]
    if _is_line(units):
        return True
    columns = _columns([cells for cells in body[1:] if any(cells)], len(units))
    typed = [
        at
        for at, column in enumerate(columns)
        if column and _share(kind_of_cell(cell) != "" for cell in column) == 1
    ]
    words = [units[at].strip() for at in typed if units[at].strip()]
    if len(typed) < 2 or 2 * len(typed) < len(units) or 2 * len(words) < len(typed):
        return False
    return not any(kind_of_cell(word) or word in null_words.ALL for word in words)


def _is_line(cells: Sequence[str]) -> bool:
    """Whether each cell is a line of dashes; one or two of them are a missing value."""
    return len(cells) > 1 and all(re.fullmatch(r"\s*(-{3,}|={3,})\s*", cell) for cell in cells)


def units_note(units: Sequence[str]) -> str:
    """What is said about a row of units."""
    if _is_line(units):
        return "1 row below the header left out, which is a line of dashes"
    named = ", ".join(cell.strip() for cell in units[:5] if cell.strip())
    return f"1 row below the header left out, which names units or says more about it: {named}"


def unquoted(sample: str) -> str:
    """A text whose every line stands in quotes as a whole, with the cells inside, without them.

    Empty where it is not such a text.
    """
    lines = [line for line in sample.removeprefix("\ufeff").splitlines() if line.strip()]
    if len(lines) < _LEAST_ROWS or not all(len(x) > 2 and x[0] == x[-1] == '"' for x in lines):
        return ""
    plain = "\n".join(line[1:-1].replace('""', '"') for line in lines)
    shape = decide(plain)
    return plain + "\n" if shape.width > 1 and shape.share == 1 and not shape.drop_lines else ""


def fitting_delimiter(sample: str) -> str:
    """The delimiter that splits all lines of a file of one column alike; empty when none does.

    White space counts from three parts on: two words a line are names as often as two columns.
    """
    lines = [line for line in sample.removeprefix("\ufeff").splitlines() if line.strip()]
    if len(lines) < 3:
        return ""
    signs = sorted({sign for sign in lines[0] if not (sign.isalnum() or sign in _NO_DELIMS)})
    for delim, pattern, least in (
        ("a space", r"\s+", 3), ("several spaces", r"\s{2,}", 2), ("::", "::", 2), (":", ":", 3),
        ("~", "~", 2), ("^", r"\^", 2), ("\\x01", "\x01", 2), ("\\x1f", "\x1f", 2),
        ("\u00a6", "\u00a6", 2), *((sign, re.escape(sign), 3) for sign in signs),
    ):  # fmt: skip
        parts = [re.split(pattern, line.strip()) for line in lines[:_RECORDS]]
        width = len(parts[0])
        if width < least or any(len(cells) != width for cells in parts):
            continue
        if delim in _RARE:
            return delim
        header, rows = parts[0], parts[1:]
        if not any(map(kind_of_cell, header)) and any(
            all(kind_of_cell(cells[at]) for cells in rows) for at in range(width)
        ):
            return delim
    return ""


def is_doubled(dialect: Dialect, sample: str) -> bool:
    """Whether the delimiter is written twice each time: every second column is empty."""
    between, others = dialect.names[1::2], dialect.names[::2]
    if dialect.width % 2 == 0 or len(others) < 2 or not all(others) or any(between):
        return False
    lines = sample.splitlines()[:_RECORDS]
    return all(2 * line.count(2 * dialect.delim) == line.count(dialect.delim) for line in lines)


def is_row(cells: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the cells of the first line are a row like those below it, not a header.

    It is, when a cell of it is a number, a date or an e-mail address as the cells below it are, and
    no column speaks against it. Years side by side (1960, 1961, …) are a header.
    """
    kinds = [kind_of_cell(cell) for cell in cells]
    numbers = [cell.strip() for cell, kind in zip(cells, kinds, strict=True) if kind]
    if not numbers:
        return _is_among(cells, body)
    if all(_YEAR.fullmatch(cell) for cell in numbers):
        return False
    if not body:
        return True
    alike = against = 0
    for kind, cell, column in zip(kinds, cells, _columns(body, len(cells)), strict=True):
        if not column:
            continue
        if kind:
            alike += _share(kind_of_cell(value) == kind for value in column) >= 0.8
        elif cell.strip():
            against += _share(kind_of_cell(value) != "" for value in column) >= 0.9
    return alike > 0 and not against


def _is_among(cells: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether a line of words is a row: words of it are values of their columns, more than once.

    Lines that repeat the header whole are no values.
    """
    columns = _columns([row for row in body if list(row) != list(cells)], len(cells))
    if any(
        column and _share(kind_of_cell(value) != "" for value in column) >= 0.9
        for column in columns
    ):
        return False
    known = [cell.strip() and column.count(cell) > 1 for cell, column in zip(cells, columns)]
    return sum(map(bool, known)) >= (1 if len(cells) <= _LEAST_ROWS else 2)


def _columns(body: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """The cells below the header that hold something, by column."""
    rows = [cells for cells in body[:200] if len(cells) == width]
    return [[row[at] for row in rows if row[at].strip()] for at in range(width)]


def kind_of_cell(cell: str) -> str:
    """What a cell holds: `number`, `moment` (a date or a time), `mail`, or nothing of these."""
    text = cell.strip()
    if _MOMENT.fullmatch(text):
        return "moment"
    if _NUMBER.fullmatch(text):
        return "number"
    return "mail" if _MAIL.fullmatch(text) else ""


def _share(hits: Iterable[bool]) -> float:
    seen = list(hits)
    return sum(seen) / len(seen) if seen else 0.0
