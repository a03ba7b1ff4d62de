"""The dates that may replace a date of birth, in the same notation.

Dates stay in their decade. In 03/04/1990 the day is ambiguous, so it is replaced only by dates that
are valid both ways; the order of the column need not be known.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from first_light.privacy.formats import Domain, listed

_NUMERIC = re.compile(
    r"(?P<year>[0-9]{4})(?P<by>[-/.]?)(?P<one>[0-9]{1,2})(?P=by)(?P<two>[0-9]{1,2})"
    r"(?P<rest>[t ].*)?"
    r"|(?P<one_>[0-9]{1,2})(?P<by_>[-/.])(?P<two_>[0-9]{1,2})(?P=by_)"
    r"(?P<year_>[0-9]{4}|[0-9]{2})(?P<rest_>[t ].*)?"
)
_YEAR = re.compile(r"[0-9]{4}")
_WORDED = re.compile(
    r"(?P<before>[a-z]+\.?[ -])?(?P<day>[0-9]{1,2})"
    r"(?P<between>(?:st|nd|rd|th|\.)?,?[ -](?:[a-z]+\.?,?[ -])?)"
    r"(?P<year>[0-9]{4})"
)


def dates_like(text: str, latest: dt.date | None) -> Domain | None:
    """The dates in the notation of `text`; None if it is not a date.

    Args:
        text: in lower case, without white space around.
        latest: dates up to this one stay so, so that no birth is in the future.
    """
    if _YEAR.fullmatch(text) and int(text) > 0:
        years = _years(int(text), latest, latest.year if latest else 0)
        numerals = [f"{year:04}" for year in years]
        return listed(numerals, text, f"year {years[0]} {years[-1]}")
    worded = _WORDED.fullmatch(text)
    if worded and (worded["before"] or worded["between"].strip(" -.,")):
        return _worded(worded, latest)
    match = _NUMERIC.fullmatch(text)
    if not match:
        return None
    is_year_first = match["year"] is not None
    suffix = "" if is_year_first else "_"
    first_part, second_part, year = (
        match["one" + suffix],
        match["two" + suffix],
        match["year" + suffix],
    )
    separator, suffix_text = match["by" + suffix], match["rest" + suffix] or ""
    if separator == "" and len(first_part + second_part) != 4:
        return None
    # With the year first, both parts have two digits unless this date shows otherwise.
    widths = (
        (_width(first_part), _width(second_part))
        if not is_year_first or len(first_part + second_part) < 4
        else ("", "")
    )
    century = _century(int(year), latest) if len(year) == 2 else 0
    number = int(year) + century
    if not 1 <= number <= 9999:
        return None
    notation = _Notation(widths, is_year_first, bool(century), latest)
    date_class = _class(int(first_part), int(second_part), number, notation)
    if date_class is None:
        return None
    candidates = _candidates(number // 10 * 10, date_class, notation)

    def write(first_part: int, second_part: int, number: int) -> str:
        parts = [
            f"{part:02}" if len(original) == 2 else str(part)
            for part, original in (
                (first_part, match["one" + suffix]),
                (second_part, match["two" + suffix]),
            )
        ]
        numeral = f"{number:04}"[-len(year) :]
        return (
            separator.join([numeral, *parts] if is_year_first else [*parts, numeral]) + suffix_text
        )

    return Domain(
        f"date {number // 10} {notation.tweak} {date_class}",
        len(candidates),
        candidates.index((int(first_part), int(second_part), number)),
        lambda index: write(*candidates[index]),
    )


def _worded(match: re.Match[str], latest: dt.date | None) -> Domain | None:
    """Dates such as 3 Mar 1990 and March 3rd, 1990: the month is kept, day and year change."""
    day, year = int(match["day"]), int(match["year"])
    prefix, middle = match["before"] or "", match["between"]
    width = _width(match["day"])
    years = _years(year, latest, latest.year - 1 if latest else year)
    february = re.search(r"\bf", prefix + middle) is not None  # in all supported languages
    if width != "full":
        pairs = [(day_, number) for day_ in range(1, 10) for number in years]
    elif february:
        pairs = [(day_, number) for day_ in range(10, 29) for number in years]
        pairs += [(29, number) for number in years if calendar.isleap(number)]
    else:
        days = range(10, 31) if day < 31 else range(31, 32)  # the length of the month is unknown
        pairs = [(day_, number) for day_ in days for number in years]
    if (day, year) not in pairs:
        return None
    numeral = "{:02}" if width == "zero" else "{}"
    texts = [f"{prefix}{numeral.format(day_)}{middle}{number:04}" for day_, number in pairs]
    return listed(texts, match[0], f"{prefix} {middle} {width} {pairs[0]} {pairs[-1]}")


def _years(year: int, latest: dt.date | None, newest: int) -> list[int]:
    """The years of the decade: up to the newest, the one of `latest` alone, or after it."""
    decade = range(max(year // 10 * 10, 1), year // 10 * 10 + 10)
    if latest is None:
        return list(decade)
    return [
        candidate
        for candidate in decade
        if (candidate <= newest, candidate > latest.year) == (year <= newest, year > latest.year)
    ]


def _century(year: int, latest: dt.date | None) -> int:
    """The century of a two-digit year: the newest one that is not in the future."""
    return 2000 if latest is not None and year <= latest.year % 100 else 1900


def _width(part: str) -> str:
    """The notation of a day or month: 1, 01 and 10 are never exchanged for one another."""
    return "short" if len(part) == 1 else "zero" if part[0] == "0" else "full"


@dataclass(frozen=True)
class _Notation:
    """The notation of a date: the widths of day and month, and position and width of the year."""

    widths: tuple[str, str]
    year_first: bool
    short_year: bool
    latest: dt.date | None

    @property
    def tweak(self) -> str:
        """The notation in the tweak of a mask: a change here changes every masked date."""
        day, month = self.widths
        return f"{day} {month} {self.year_first:d} {self.short_year:d} {self.latest}"


def _class(
    first_part: int, second_part: int, year: int, notation: _Notation
) -> tuple[object, ...] | None:
    """The properties that exchangeable dates share; None if it is not a date.

    Day and month may be in either order, unless the year is first. Past dates stay in the past.
    """
    latest = notation.latest
    if notation.short_year:
        if _century(year % 100, latest) != year // 100 * 100:
            return None
        year = 2000 if year == 1900 else year  # how other programs may read 00
    by_day, by_month = _date(year, second_part, first_part), _date(year, first_part, second_part)
    if notation.year_first and by_month is not None:
        by_day = None
    if by_day is None and by_month is None:
        return None
    past = tuple(latest is None or date is None or date <= latest for date in (by_day, by_month))
    if by_day is not None and by_month is not None:
        return "either", past
    is_late = (first_part if by_day else second_part) > 28
    return is_late, by_day is None, past


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=128)
def _candidates(
    decade: int, date_class: tuple[object, ...], notation: _Notation
) -> list[tuple[int, int, int]]:
    first_width, second_width = notation.widths
    return [
        (first_part, second_part, year)
        for year in range(max(decade, 1), decade + 10)
        for first_part in range(1, 32)
        for second_part in range(1, 32)
        if (not first_width or _style(first_part, first_width) == first_width)
        and (not second_width or _style(second_part, second_width) == second_width)
        and _class(first_part, second_part, year, notation) == date_class
    ]


def _style(part: int, width: str) -> str:
    """The notation of a number if the original has the notation `width`."""
    if part > 9:
        return "full"
    return width if width != "full" else "zero"
