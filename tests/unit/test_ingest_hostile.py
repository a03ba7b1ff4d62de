"""Small files that need all memory or all stack: rejected in words, or read as text."""

from __future__ import annotations

from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

from first_light.inference import personal
from first_light.inference.values import Leaf
from first_light.ingest import land, sheet_cells
from first_light.ingest.sheets import MOST_CELLS
from first_light.privacy.detect import classify
from first_light.privacy.json_text import parse_json
from first_light.privacy.mask import Masker
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


@pytest.mark.parametrize("depth", [150, 400, 900, 3000, 20_000])
@pytest.mark.parametrize("shape", ["[", "[]", '{"a":'])
def test_deep_nesting_in_a_value_is_text(depth: int, shape: str) -> None:
    """Neither the detection of personal data nor the masking walks it."""
    value = {
        "[": "[" * depth,
        "[]": "[" * depth + '"pat@example.org"' + "]" * depth,
        '{"a":': '{"a":' * depth + '"pat@example.org"' + "}" * depth,
    }[shape]
    assert parse_json(value) is None
    assert "pat@" not in str(Masker(b"k" * 32).mask("text", value))
    leaf = Leaf(("note",), "VARCHAR")
    assert personal.kinds({leaf: [value]}, "notes", classify).keys() == {leaf}


def test_shallow_json_is_read() -> None:
    assert parse_json('{"a": [1, {"b": 2}]}') == {"a": [1, {"b": 2}]}
    assert parse_json("[") is None
    assert parse_json("1") is None
