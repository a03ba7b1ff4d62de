"""Workbooks: one sheet with the rows of one model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from first_light.export.columns import EXCEL_COLUMNS, EXCEL_ROWS, Written, sheet_name
from first_light.utils.errors import DataopsError

_OPTIONS = {
    # Rows are written as they come; a text is a text, whatever it begins with.
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_FORMATS = {"date": "yyyy-mm-dd", "time": "yyyy-mm-dd hh:mm:ss.000"}


def raise_if_too_large(model: str, rows: int, columns: int) -> None:
    """Refuse a model that does not fit on a sheet: Excel would cut it.

    Raises:
        DataopsError: it does not.
    """
    if rows + 1 > EXCEL_ROWS or columns > EXCEL_COLUMNS:
        raise DataopsError(
            f"{model} does not fit on a sheet of Excel.",
            where=f"{rows} rows and {columns} columns; a sheet has {EXCEL_ROWS} with the headings, "
            f"and {EXCEL_COLUMNS}",
            fix="export it as Parquet: uv run dataops export --format parquet",
        )


def write_workbook(
    path: Path, model: str, columns: Sequence[Written], batches: Iterable[Sequence[Sequence[Any]]]
) -> int:
    """Write the rows of a model into a workbook; returns how many.

    Nulls are empty cells; an empty text is a cell with an empty text.

    Raises:
        DataopsError: a value could not be written.
        OSError: the file could not be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxFileError

    workbook = xlsxwriter.Workbook(str(path), _OPTIONS)
    sheet = workbook.add_worksheet(sheet_name(model))
    formats = {form: workbook.add_format({"num_format": text}) for form, text in _FORMATS.items()}
    bold = workbook.add_format({"bold": True})
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column.name, bold)
    row = 0
    for batch in batches:
        for values in batch:
            row += 1
            for at, (column, value) in enumerate(zip(columns, values)):
                if value is None:
                    continue
                if column.form == "number":
                    code = sheet.write_number(row, at, value)
                elif column.form == "boolean":
                    code = sheet.write_boolean(row, at, value)
                elif column.form in formats:
                    code = sheet.write_datetime(row, at, value, formats[column.form])
                else:
                    code = sheet.write_string(row, at, value)
                if code:
                    raise DataopsError(
                        f"A value of {model}.{column.name} does not fit into a cell of Excel.",
                        where=f"row {row}",
                        fix="export it as Parquet: uv run dataops export --format parquet",
                    )
    try:
        workbook.close()
    except XlsxFileError as error:
        raise OSError(str(error)) from error
    return row
