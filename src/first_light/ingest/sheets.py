"""Excel and OpenDocument workbooks: every visible sheet that is not empty becomes a CSV text."""

from __future__ import annotations

import csv
import datetime
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from first_light.ingest import blocks, no_records, sheet_cells
from first_light.ingest.containers import DataFile, limit_unpacked
from first_light.ingest.dialect import has_inner_groups, is_row, is_units_row, units_note
from first_light.utils.errors import DataopsError

# The reader holds a workbook in memory: measured, about two bytes for each byte of unpacked XML.
MOST_UNPACKED = 300 << 20
# It also holds the empty cells up to the last column and row; a million rows of 50 columns fit.
MOST_CELLS = 60_000_000
_LOOK = 50
# A spreadsheet shows 15 digits of a number; a larger whole number is rarely meant as one.
_LONG = 1e15
_LARGEST = 1e21


@dataclass(frozen=True)
class Sheet:
    """One sheet, written as CSV.

    Attributes:
        name: the sheet's name in the workbook.
        path: the CSV written: comma, double quotes, UTF-8, header first.
        names: the cells of the header.
        notes: what was left out.
    """

    name: str
    path: Path
    names: tuple[str, ...]
    notes: tuple[str, ...]


def convert(data_file: DataFile, into: Path) -> tuple[list[Sheet], list[str]]:
    """Writes each sheet of a workbook as CSV into `into`; also says which sheets were skipped.

    Raises:
        DataopsError: when the workbook is encrypted, broken or too large, or all sheets are empty.
    """
    if zipfile.is_zipfile(data_file.path):
        with zipfile.ZipFile(data_file.path) as archive:
            size = sum(item.file_size for item in archive.infolist())
        limit_unpacked(size, data_file.path, data_file.place, into)
        if size > MOST_UNPACKED:
            raise DataopsError(
                f"The workbook is {size / 1e6:,.0f} MB unpacked; the limit is "
                f"{MOST_UNPACKED / 1e6:,.0f} MB.",
                data_file.place,
                "save its sheets as CSV and add those",
            )
    count, last_cell = sheet_cells.largest_area(data_file.path)
    if count > MOST_CELLS:
        raise DataopsError(
            f"A sheet of the workbook reaches to cell {last_cell}; the limit is {MOST_CELLS:,} "
            "cells, empty ones included.",
            data_file.place,
            "delete the cells far from the data, or save its sheets as CSV and add those",
        )
    sheets: list[Sheet] = []
    skipped: list[str] = []
    oddities = sheet_cells.notes_by_sheet(data_file.path)
    try:
        with CalamineWorkbook.from_path(str(data_file.path)) as workbook:
            for number, meta in enumerate(workbook.sheets_metadata):
                if meta.typ is not SheetTypeEnum.WorkSheet:
                    continue
                if meta.visible is not SheetVisibleEnum.Visible:
                    skipped.append(f"Sheet {meta.name} was skipped: it is hidden.")
                    continue
                opened = workbook.get_sheet_by_index(number)
                spans = _vertical_spans(opened)
                rows = opened.iter_rows()
                target = into / f"sheet_{number}.csv"
                sheet = _write(rows, meta.name, target, spans, data_file.place)
                odd = oddities.get(meta.name, ())
                if sheet is None:
                    skipped.append(f"Sheet {meta.name} was skipped: it is empty.")
                else:
                    sheets.append(replace(sheet, notes=(*sheet.notes, *odd)))
    except PasswordError as error:
        raise DataopsError(
            "The workbook is protected with a password.",
            data_file.place,
            "save it without a password",
        ) from error
    except (CalamineError, OSError) as error:
        raise DataopsError(
            "The workbook cannot be read: it is damaged or not a workbook.",
            data_file.place,
            "open it in a spreadsheet program and save it again, or save its sheets as CSV",
        ) from error
    if not sheets:
        raise DataopsError("All sheets of the workbook are empty.", data_file.place, "leave it out")
    return sheets, skipped


def _vertical_spans(sheet: CalamineSheet) -> dict[tuple[int, int], int]:
    """Cells that are merged with those below them: the number of rows by row and column."""
    left = (sheet.start or (0, 0))[1]
    return {
        (top, first - left): bottom - top + 1
        for (top, first), (bottom, last) in sheet.merged_cell_ranges or ()
        if bottom > top and first == last
    }


def _write(
    rows: Iterator[list[object]],
    name: str,
    target: Path,
    spans: Mapping[tuple[int, int], int],
    place: str,
) -> Sheet | None:
    long_numbers = 0

    def texts(row: list[object]) -> list[str]:
        nonlocal long_numbers
        long_numbers += sum(isinstance(c, float) and abs(c) >= _LONG for c in row)
        return [_text(cell) for cell in row]

    head = [texts(row) for row in islice(rows, _LOOK)]
    start = _header(head)
    if start is None:
        return None
    header, first = head[start], start + 1
    notes = [f"converted from sheet {name}"]
    grouped = start > 0 and no_records.is_group_row(head[start - 1], header)
    if is_row(header, head[first:]):
        header, first = [f"column{n}" for n in range(1, len(header) + 1)], start
        notes.append("no header row, so one was written")
    elif grouped and has_inner_groups(head[start - 1], head[start:]):
        header = no_records.combined_header(header, head[first])
        header, first = no_records.combined_header(head[start - 1], header), first + 1
        notes.append("three header rows made one")
    elif grouped:
        header = no_records.combined_header(head[start - 1], header)
        notes.append("two header rows made one")
    elif is_units_row(head[first:]):
        notes.append(units_note(head[first]))
        first += 1
    body = _Filled(chain(head[first:], map(texts, rows)), first, spans)
    below = blocks.SecondHeader(header)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        filled: set[int] = set()
        last: deque[list[str]] = deque(maxlen=no_records.LAST_ROWS)
        for number, cells in enumerate(body, first + 1):
            below.take(number, cells)
            if any(cells):
                writer.writerow(cells)
                last.append(cells)
                filled.update(at for at, cell in enumerate(cells) if cell)
    if below.found:
        row, names = below.found
        raise DataopsError(
            f"This sheet holds two tables: row {row} is a header of its own ({names}).",
            f"{place}, sheet {name}",
            "Save each table in a sheet of its own.",
        )
    if total := no_records.totals_note(list(last)):
        notes.append(total)
    if _is_parted(header, filled):
        notes.append("an empty column between others, which may part two tables: save each alone")
    if body.count:
        cells_word = "1 empty cell" if body.count == 1 else f"{body.count} empty cells"
        notes.append(f"{cells_word} merged with a cell above filled with its value")
    if long_numbers:
        noun = "1 number" if long_numbers == 1 else f"{long_numbers:,} numbers"
        notes.append(f"{noun} with more than 15 digits, of which a spreadsheet keeps 15")
    dropped = sum(any(cells) for cells in head[: start - grouped])
    if dropped:
        notes.append(f"{_rows(dropped)} above the header left out")
    return Sheet(name, target, tuple(header), tuple(notes))


def _is_parted(header: Sequence[str], filled: set[int]) -> bool:
    """Whether an empty column stands between two or more columns on either side."""
    empty = [at for at, name in enumerate(header) if not name and at not in filled]
    return any(len(filled & set(range(at))) > 1 < len(filled - set(range(at))) for at in empty)


class _Filled:
    """Rows with the value of a merged cell in each of its rows; `count` says in how many cells."""

    def __init__(
        self, rows: Iterator[list[str]], first: int, spans: Mapping[tuple[int, int], int]
    ) -> None:
        self.count = 0
        self._rows = enumerate(rows, first)
        self._spans = spans
        self._open: dict[int, tuple[int, str]] = {}

    def __iter__(self) -> Iterator[list[str]]:
        for number, cells in self._rows:
            for column, cell in enumerate(cells):
                end, value = self._open.get(column, (0, ""))
                if rows := self._spans.get((number, column)):
                    self._open[column] = (number + rows, cell)
                elif number < end and value and not cell:
                    cells[column] = value
                    self.count += 1
            yield cells


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _header(head: list[list[str]]) -> int | None:
    """The row of the header: the first that is about as full as the fullest of the first rows."""
    fullest = max((sum(map(bool, cells)) for cells in head), default=0)
    for at, cells in enumerate(head):
        if fullest and sum(map(bool, cells)) >= max(1, fullest * 0.7):
            return at
    return None


def _text(cell: object) -> str:
    """A cell as text: whole numbers without a fraction, dates and times in ISO 8601."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < _LARGEST
        return str(int(Decimal(repr(cell)))) if whole else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ")
    if isinstance(cell, (datetime.date, datetime.time)):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        seconds = round(cell.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(cell)
