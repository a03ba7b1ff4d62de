"""Open questions about columns: what their values may mean beside what they are read as. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

DATE_NAMES = re.compile(r"(^|_)(date|day|dt|datum|on|ymd|yyyymmdd)(_|$)")
TIME_NAMES = re.compile(
    r"(^|_)(date|datum|day|time|timestamp|ts|at|on|epoch|unix|created|updated|modified|changed)(_|$)"
)
"""Names of columns of days, and of days and times."""

SPREADSHEET_CUT = "a spreadsheet cut long numbers to a few digits, such as 4.00638E+12"

_SHARE = 4
"""One in so many different values makes a question."""

LOST_ZERO_NAMES = re.compile(r"(^|_)(zip|zip_?code|plz|post_?code|postal_?code)(_|$)")
"""Names of codes of one length, which a spreadsheet shortens where they begin with a zero."""

MOMENTS = (
    ("epoch_seconds", "seconds since 1970"),
    ("epoch_milliseconds", "milliseconds since 1970"),
    ("epoch_microseconds", "microseconds since 1970"),
    ("epoch_nanoseconds", "nanoseconds since 1970"),
    ("spreadsheet_day", "days as a spreadsheet counts them, since 1899-12-30"),
)
"""Marks of numbers that count from a day, and what they count."""

_PERIODS = (
    (
        "year_month",
        re.compile(
            r"(^|_)(month|period|periode|monat|mois|mes|mese|maand|yearmonth|ym|yyyymm|accounting|"
            r"fiscal|date|datum)(_|$)"
        ),
        "a year and a month",
    ),
    (
        "year_week",
        re.compile(r"(^|_)(week|woche|semaine|semana|yearweek|yw|kw|yyyyww)(_|$)"),
        "a year and a week",
    ),
    (
        "year_day",
        re.compile(r"(^|_)(julian|ordinal|yyyyddd|yearday|doy|day|date|datum)(_|$)"),
        "a year and the number of a day in it",
    ),
)
"""Marks of numbers that are places in time, the names of such columns, and what they mean."""

_COMPACT = (
    ("short_compact", "dates with two digits for the year"),
    ("day_first_compact", "dates with the year at the end"),
)
_COMPACT_MOMENTS = (
    ("compact_day", "days written as 20240131"),
    ("compact_second", "times written as 20240131235959"),
)
"""Marks of numbers that are hardly by chance days or times, in a column of any name."""

_WHOLE = (
    ("mixed_zone", "times, some with a zone and some without"),
    ("iso_day", "dates of which some do not exist, such as a month 00"),
    ("either_decimal", "numbers, some with a decimal comma and some with a decimal point"),
    ("flag_word", "words or signs for yes and no"),
    ("hexadecimal", "hexadecimal numbers"),
)
"""Marks that every value bears, of columns that no reading fits."""

_WORDS = frozenset(
    {"month_name", "period", "clock", "accounting", "magnitude", "unit", "fraction", "iso_duration"}
    | {"duration", "degrees"}
)
"""Marks that names and codes bear by chance: half of the values make a question."""

_PART = (
    ("spreadsheet_error", "values of which some are errors of a spreadsheet, such as #DIV/0!"),
    ("spreadsheet_text", "signs by which a spreadsheet keeps text are part of the values"),
    ("named_zone", "times with the name of a zone"),
    ("fine_time", "times that are finer than a microsecond"),
    ("month_name", "dates with the name of the month"),
    ("json_date", "times as milliseconds in /Date(…)/"),
    ("period", "months, weeks, quarters or years without a day"),
    ("clock", "times of a day or durations"),
    ("accounting", "amounts that say behind them whether they are credit or debit"),
    ("magnitude", "shortened numbers such as 1.2K"),
    ("unit", "numbers with a unit behind them"),
    ("fraction", "numbers with a fraction such as 1 1/2"),
    ("other_digits", "numbers in digits of another script"),
    ("iso_duration", "durations such as PT15M"),
    ("week_day", "days as a year, a week and a day of it"),
    ("duration", "durations such as 1h 30m"),
    ("degrees", "angles or coordinates in degrees"),
    ("noted", "numbers with a sign or a note beside them, such as <10 or 12*"),
    ("exponent_comma", "numbers with a decimal comma and a power of ten"),
    ("compact_time", "times written without separators"),
    ("other_clock", "dates with a time that no reading fits"),
    ("written_time", "times with the name of the month"),
    ("lakh", "numbers in groups of two digits, such as 12,34,567"),
    ("underscored", "numbers with underscores between the digits"),
    ("currency", "numbers, some with a currency or another sign than others"),
    ("plus", "numbers with a plus in front, which may be codes"),
)


def of_name(name: str) -> list[str]:
    """The marks that make a question in a column of numbers of this name."""
    periods = [mark for mark, names, _ in _PERIODS if names.search(name)]
    return periods + [mark for mark, _ in MOMENTS if TIME_NAMES.search(name)]


def about_number(marks: Mapping[str, int], values: int, name: str, kept: str = "numbers") -> str:
    """What numbers may mean, judged by their size and the column's name; mostly empty.

    Args:
        marks: number of different values that bear each of `marks.MARKS`.
        values: number of all different values.
        kept: what they stay.
    """
    if not values:
        return ""
    for mark, names, meaning in _PERIODS:
        if names.search(name) and marks.get(mark, 0) == values:
            return f"these numbers may be {meaning}: kept as {kept}"
    for mark, meaning in _COMPACT_MOMENTS:
        if marks.get(mark, 0) == values:
            return f"these numbers may be {meaning}: kept as {kept}"
    meanings = (*MOMENTS, *_COMPACT) if DATE_NAMES.search(name) else MOMENTS
    if not TIME_NAMES.search(name):
        return ""
    for mark, meaning in meanings:
        if marks.get(mark, 0) == values:
            return f"these numbers may be {meaning}: kept as {kept}"
    return ""


def about_code(marks: Mapping[str, int], values: int, name: str) -> str:
    """Whether codes of digits may have lost a leading zero; empty where nothing says so."""
    short, full = marks.get("four_digits", 0), marks.get("five_digits", 0)
    if short and full and short + full == values and LOST_ZERO_NAMES.search(name):
        return (
            "codes of four and of five digits: some may have lost a leading zero in a spreadsheet: "
            "kept as text"
        )
    return ""


def about_text(marks: Mapping[str, int], values: int, name: str) -> str:
    """What the values of a column that no reading fits look like; empty for plain text."""
    if not values:
        return ""
    if question := about_number(marks, values, name, "text"):
        return question
    if marks.get("infinite") and marks.get("number_or_infinite") == values:
        return "infinite values among numbers: kept as text"
    if marks.get("serial_or_date") == values and 0 < marks.get("spreadsheet_day", 0) < values:
        return "dates, some of them as the days that a spreadsheet counts: kept as text"
    if marks.get("serial_or_date") == values and 0 < marks.get("iso_day", 0) < values:
        return "dates that are written in more than one way: kept as text"
    if marks.get("spreadsheet_cut"):
        return f"{SPREADSHEET_CUT}: kept as text"
    for mark, meaning in _WHOLE:
        if marks.get(mark, 0) == values and _is_mixed(mark, marks):
            return f"{meaning}: kept as text"
    for mark, meaning in _PART:
        if marks.get(mark, 0) * (2 if mark in _WORDS else _SHARE) >= values:
            return f"{meaning}: kept as text"
    return ""


def _is_mixed(mark: str, marks: Mapping[str, int]) -> bool:
    """Whether both signs occur, where a mark is about decimal signs, or yes and no about words."""
    if mark == "flag_word":
        return marks["flag_word"] > 1
    signs = ("decimal_comma", "decimal_point") if mark == "either_decimal" else ()
    return all(marks.get(sign) for sign in signs)
