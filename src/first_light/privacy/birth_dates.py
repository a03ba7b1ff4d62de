"""Dates of birth: old, spread over decades, in rows about people."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from first_light.privacy import stems
from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.column_facts import Column

# Of people born in one year.
_COHORTS: Final = words.words("jg jahrgang jhrg rocznik rocnik evfolyam argang aargang")
_ADULT: Final = 40  # years: few events that are recorded are as old
_LIFE: Final = 125
_FEW: Final = 10
# Beginnings of words for the day on which a book, a film or a firm came out or was founded.
_OF_WORKS: Final = (
    "publi", "udgiv", "utg", "erschein", "release", "edition", "premier", "found",
    "gruend", "vydan", "wydan", "uitg", "edicion", "sortie", "parution", "built", "baujahr",
)  # fmt: skip


def are_births(column: Column) -> bool:
    """Whether the values are dates or years of birth, by their spread or by the column's name."""
    if column.share(shapes.TIMED.match) >= 0.5:
        return False
    if column.is_of_goods:
        return False
    if column.hints(words.BIRTH) and column.is_consistent(shapes.is_date_or_year, 0.6):
        return True
    if column.rows.of_people and not _COHORTS.isdisjoint(column.tokens):
        return column.is_consistent(shapes.is_date_or_year, 0.8)
    if column.rows.of_people and column.has_stem(stems.BIRTH):
        return column.is_consistent(shapes.is_date_or_year, 0.8)
    if not column.rows.of_people or column.share(shapes.DATE.fullmatch) < 0.8:
        return False
    if any(token.startswith(_OF_WORKS) for token in column.tokens):
        return False
    if sum(map(_is_day, column.distinct)) < 0.9 * len(column.distinct):
        return False  # 1917.40.02 numbers something
    years = sorted(year for value in column.distinct if (year := year_of(value)))
    if len(years) < _FEW:
        return False
    this_year = dt.date.today().year
    old = sum(_ADULT <= this_year - year <= _LIFE for year in years)
    recent = sum(this_year - year <= 5 for year in years)
    spread = years[len(years) * 9 // 10] - years[len(years) // 10]
    return old >= 0.25 * len(years) and recent <= 0.2 * len(years) and spread >= 20


def _is_day(date: str) -> bool:
    """Whether a month and a day of it can be read, in whatever order."""
    parts = [int(part) for part in re.findall(r"[0-9]+", date)]
    if len(parts) < 2:
        return True  # 19840312, or the name of the month
    small = sorted(part for part in parts[:3] if part <= 31)
    return len(small) >= len(parts[:3]) - 1 and 1 <= small[0] <= 12


def year_of(date: str) -> int | None:
    """The year of a date in digits; two digits are of the years before this one."""
    match = re.search(r"(?<![0-9])((?:18|19|20)[0-9]{2})(?:[0-9]{4})?(?![0-9])", date)
    if match:
        return int(match[1])
    match = re.fullmatch(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{2})", date)
    if match is None:
        return None
    this_year = dt.date.today().year
    return this_year - (this_year - int(match[1])) % 100
