"""How each column of a model is written, so that no value changes. Decisions only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from first_light.utils.sql_names import quoted

EXCEL_ROWS = 1_048_576  # with the headings
EXCEL_COLUMNS = 16_384
EXCEL_TEXT = 32_767  # characters of a cell
EXCEL_SHEET = 31  # characters of a name
_EXCEL_DIGITS = 15
_EXCEL_FIRST_DAY = "1900-03-01"  # Excel counts a 29 February 1900
_INTEGER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$")
_NOT_IN_PARQUET = re.compile(r"^(U?HUGEINT|BIGNUM|VARINT|INTERVAL|TIME WITH TIME ZONE|BIT)$|^UNION")
_FORMULA = r"^[=+\-@\t\r]"


@dataclass(frozen=True)
class Column:
    """A column of a model.

    Attributes:
        name: its name.
        kind: its type in the file that is read.
    """

    name: str
    kind: str


@dataclass(frozen=True)
class Written:
    """A column as it is written.

    Attributes:
        name: its name.
        sql: the expression that is written.
        form: of a workbook: text, number, boolean, date or time.
        note: why it is text, or what is lost; empty if nothing is.
    """

    name: str
    sql: str
    form: str = "text"
    note: str = ""


def as_text(column: Column, reason: str) -> Written:
    """A column whose values are written as text, exactly."""
    sql = f"cast({quoted(column.name)} as varchar)"
    return Written(column.name, sql, "text", f"{column.name} is text: {reason}" if reason else "")


def for_parquet(column: Column) -> Written:
    """A column of a Parquet file; a type that Parquet would round or convert becomes text."""
    if _NOT_IN_PARQUET.match(column.kind):
        return as_text(column, f"Parquet has no {column.kind.lower()}")
    return Written(column.name, quoted(column.name))


def excel_measures(columns: Sequence[Column]) -> dict[str, str]:
    """What must be known of the values of each column for a workbook: an expression by column.

    Each is the number of values that a cell of the column's form cannot hold exactly.
    """
    measures = {}
    for column in columns:
        value, kind = quoted(column.name), column.kind
        if _INTEGER.match(kind):
            condition = f"length(ltrim(cast({value} as varchar), '-')) > {_EXCEL_DIGITS}"
        elif kind.startswith("DECIMAL"):
            digits = f"ltrim(replace(ltrim(cast({value} as varchar), '-'), '.', ''), '0')"
            condition = f"length({digits}) > {_EXCEL_DIGITS}"
        elif kind in ("DOUBLE", "FLOAT"):
            double = f"cast({value} as double)"
            condition = (
                f"not isfinite({double}) or cast(format('{{:.16g}}', {double}) as double) "
                f"<> {double}"
            )
        elif kind == "DATE":
            condition = (
                f"not isfinite({value}) or {value} < date '{_EXCEL_FIRST_DAY}' "
                f"or {value} > date '9999-12-31'"
            )
        elif kind in ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"):
            condition = (
                f"not isfinite({value}) or {value} < timestamp '{_EXCEL_FIRST_DAY}' "
                f"or {value} >= timestamp '10000-01-01' "
                f"or cast({value} as timestamp) <> date_trunc('millisecond', {value})"
            )
        else:
            condition = f"length(cast({value} as varchar)) > {EXCEL_TEXT}"
        measures[column.name] = f"count(*) filter (where {condition})"
    return measures


def for_excel(column: Column, inexact: int) -> Written:
    """A column of a workbook.

    Args:
        column: the column.
        inexact: how many of its values a cell cannot hold, as `excel_measures` counts them.
    """
    kind, value = column.kind, quoted(column.name)
    number = bool(_INTEGER.match(kind)) or kind.startswith("DECIMAL")
    if number or kind in ("DOUBLE", "FLOAT"):
        if inexact:
            reason = (
                f"{inexact} values have more than {_EXCEL_DIGITS} digits"
                if number
                else f"{inexact} values need more digits than a cell has, or are not finite"
            )
            return as_text(column, reason)
        return Written(column.name, value, "number")
    if kind == "BOOLEAN":
        return Written(column.name, value, "boolean")
    if kind == "DATE":
        if inexact:
            return as_text(column, f"{inexact} dates are outside of 1900 to 9999")
        return Written(column.name, value, "date")
    if kind in ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS"):
        if inexact:
            reason = f"{inexact} times are finer than a millisecond, or outside of 1900 to 9999"
            return as_text(column, reason)
        return Written(column.name, f"cast({value} as timestamp)", "time")
    return as_text(column, "" if kind == "VARCHAR" else f"Excel has no {kind.lower()}")


def formula_counts(columns: Sequence[Column]) -> dict[str, str]:
    """Expressions for the number of texts that a spreadsheet would compute, by column."""
    return {
        column.name: f"count(*) filter (where regexp_matches({quoted(column.name)}, '{_FORMULA}'))"
        for column in columns
        if column.kind == "VARCHAR"
    }


def formula_notes(counts: Mapping[str, int]) -> tuple[str, ...]:
    """A sentence for each column with such texts."""
    return tuple(
        f"{name}: {count} texts begin with = + - @, a tab or a carriage return; a spreadsheet that "
        "opens the file computes them: import the column as text, or export xlsx"
        for name, count in counts.items()
        if count
    )


def sheet_name(model: str) -> str:
    """The name of a model's sheet; Excel has at most 31 characters, without some signs."""
    return re.sub(r"[\[\]:*?/\\]", "_", model)[:EXCEL_SHEET].strip("'") or "data"
