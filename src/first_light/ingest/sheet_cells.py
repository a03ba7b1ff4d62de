"""What a workbook's cells hold beside values: errors, formulas without a result, formats of zeros.

The reader of workbooks gives all of these as empty cells or plain numbers, so they are counted in
the XML of the sheets.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

_ERROR = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"(?=[^>]* t="e")[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL
)
_UNCOMPUTED = re.compile(
    rb'<c r="([A-Z]+[0-9]+)"[^>]*><f[^>]*?(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>'
)
_STYLED = re.compile(rb'<c r="([A-Z]+[0-9]+)"(?=[^>]* s="([0-9]+)")(?![^>]* t="[^n])[^>]*><v>')
_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"')
_ROW = re.compile(rb'<row\b[^>]*?\br="([0-9]{1,7})"')
_SHEET = re.compile(r"<sheet\b[^>]*>")
_RELATION = re.compile(r"<Relationship\b[^>]*>")
_FORMAT = re.compile(r"<numFmt\b[^>]*>")
_SHOWN_TEXT = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_PADDED = re.compile(r"[^#0?.]*0[-0 ()/]*0[-0 ()/]*(?:[.].*)?")


def largest_area(path: Path) -> tuple[int, str]:
    """The cells from A1 to the last column and row of the largest sheet, and that cell.

    A reader holds them all in memory, also where only one is filled. 0 unless the file is xlsx.
    """
    largest = (0, "")
    if not zipfile.is_zipfile(path):
        return largest
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not (name.startswith("xl/worksheets/") and name.endswith(".xml")):
                continue
            try:
                xml = archive.read(name)
            except (zipfile.BadZipFile, zlib.error):
                continue  # the reader of workbooks rejects a damaged file
            columns, row = {b"A"}, 1
            for cell in _CELL.finditer(xml):
                columns.add(cell[1])
                row = max(row, int(cell[2]))
            row = max(row, max((int(match[1]) for match in _ROW.finditer(xml)), default=1))
            column = max(columns, key=_column_number)
            largest = max(largest, (_column_number(column) * row, f"{column.decode()}{row}"))
    return largest


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def notes_by_sheet(path: Path) -> dict[str, tuple[str, ...]]:
    """Notes on cells that hold no value of their own, by sheet; empty unless the file is xlsx."""
    if not zipfile.is_zipfile(path):
        return {}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return {}
        targets = {
            _attribute(tag, "Id"): _attribute(tag, "Target").lstrip("/")
            for tag in _RELATION.findall(_text(archive, "xl/_rels/workbook.xml.rels"))
        }
        padded = _zero_styles(_text(archive, "xl/styles.xml")) if "xl/styles.xml" in names else {}
        notes = {}
        for tag in _SHEET.findall(_text(archive, "xl/workbook.xml")):
            target = targets.get(_attribute(tag, "r:id"), "")
            place = target if target.startswith("xl/") else f"xl/{target}"
            if place in names:
                notes[_unescaped(_attribute(tag, "name"))] = _notes(archive.read(place), padded)
        return notes


def _notes(xml: bytes, padded: dict[bytes, str]) -> tuple[str, ...]:
    notes = []
    if errors := _ERROR.findall(xml):
        where = _listed([f"{cell.decode()} {error.decode()}" for cell, error in errors])
        notes.append(f"{_cells(len(errors))} with an error, read as empty: {where}")
    if uncomputed := _UNCOMPUTED.findall(xml):
        where = _listed([cell.decode() for cell in uncomputed])
        notes.append(
            f"{_cells(len(uncomputed))} with a formula that was never computed, read as empty: "
            f"{where}"
        )
    if padded:
        cells = [cell.decode() for cell, style in _STYLED.findall(xml) if style in padded]
        if cells:
            notes.append(
                f"{_cells(len(cells))} with leading zeros that only the cell format shows, read "
                f"without them: {_listed(cells)}"
            )
    return tuple(notes)


def _zero_styles(styles: str) -> dict[bytes, str]:
    """The styles whose number format fills up with zeros, such as 00000 or 000-00-0000."""
    formats = {_attribute(tag, "numFmtId"): tag for tag in _FORMAT.findall(styles) if _fills(tag)}
    cells = re.search(r"<cellXfs\b.*?</cellXfs>", styles, re.DOTALL)
    if not formats or not cells:
        return {}
    numbers = [_attribute(tag, "numFmtId") for tag in re.findall(r"<xf\b[^>]*>", cells[0])]
    return {str(at).encode(): n for at, n in enumerate(numbers) if n in formats}


def _fills(tag: str) -> bool:
    """Whether a number format shows a number with as many digits, whatever its size."""
    code = _unescaped(_attribute(tag, "formatCode")).split(";")[0]
    return _PADDED.fullmatch(_SHOWN_TEXT.sub("", code)) is not None


def _text(archive: zipfile.ZipFile, name: str) -> str:
    return archive.read(name).decode("utf-8", "replace")


def _attribute(tag: str, name: str) -> str:
    match = re.search(rf'\b{name}="([^"]*)"', tag)
    return match[1] if match else ""


def _unescaped(text: str) -> str:
    for escape, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'")):
        text = text.replace(escape, sign)
    return text.replace("&amp;", "&")


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"


def _listed(cells: list[str], most: int = 3) -> str:
    more = f" and {len(cells) - most:,} more" if len(cells) > most else ""
    return ", ".join(cells[:most]) + more
