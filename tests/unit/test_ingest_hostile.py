"""Files that are small and need all memory: rejected in words."""

from __future__ import annotations

from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from first_light.ingest import land, sheet_cells
from first_light.ingest.sheets import MOST_CELLS
from first_light.utils.errors import DataopsError


def workbook(path: Path, *cells: str) -> Path:
    book = openpyxl.Workbook()
    for cell in cells:
        book.active[cell] = "value"
    book.save(path)
    return path


@pytest.mark.parametrize("cells", [("XFD1048576",), ("A1", "XFD1048576"), ("A1", "ZZ900000")])
def test_a_cell_far_from_the_data_is_rejected(cells: tuple[str, ...], tmp_path: Path) -> None:
    path = workbook(tmp_path / "far.xlsx", *cells)
    with pytest.raises(DataopsError, match=f"reaches to cell {cells[-1]}") as error:
        land(path, tmp_path / "raw")
    assert "far.xlsx" in error.value.where


@pytest.mark.parametrize("cells", [("A1", "A900000"), ("A1", "XFD1")])
def test_a_long_or_wide_sheet_is_within_the_limit(cells: tuple[str, ...], tmp_path: Path) -> None:
    count, last_cell = sheet_cells.largest_area(workbook(tmp_path / "a.xlsx", *cells))
    assert last_cell == cells[-1]
    assert 0 < count < MOST_CELLS
