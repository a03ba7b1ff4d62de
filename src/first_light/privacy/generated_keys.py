"""The set of dates that may stand in for a date of birth, in the way it is written.

Dates stay in their decade. A date such as 03/04/1990 does not say which part is the day, so it is
exchanged only for dates that are valid both ways; nobody has to know the column's order.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from first_light.privacy.formats import Domain, one_of

_PARTED = re.compile(
    r"(?P<year>[0-9]{4})(?P<by>[-/.]?)(?P<one>[0-9]{1,2})(?P=by)(?P<two>[0-9]{1,2})"
    r"(?P<rest>[t ].*)?"
    r"|(?P<one_>[0-9]{1,2})(?P<by_>[-/.])(?P<two_>[0-9]{1,2})(?P=by_)"
    r"(?P<year_>[0-9]{4}|[0-9]{2})(?P<rest_>[t ].*)?"
)
_YEAR = re.compile(r"[0-9]{4}")
_SPOKEN = re.compile(
    r"(?P<before>[a-z]+\.?[ -])?(?P<day>[0-9]{1,2})"
    r"(?P<between>(?:st|nd|rd|th|\.)?,?[ -](?:[a-z]+\.?,?[ -])?)"
    r"(?P<year>[0-9]{4})"
)


def dates_like(text: str, latest: dt.date | None) -> Domain | None:
    """The dates written as `text` is; None when it is no date.

    Args:
        text: in lower case, without white space around.
        latest: dates up to here stay up to here, so that nobody is born in the future.
    """
    if _YEAR.fullmatch(text) and int(text) > 0:
        years = _years(int(text), latest, latest.year if latest else 0)
        numerals = [f"{year:04}" for year in years]
        return one_of(numerals, text, f"year {years[0]} {years[-1]}")
    spoken = _SPOKEN.fullmatch(text)
    if spoken and (spoken["before"] or spoken["between"].strip(" -.,")):
        return _spoken(spoken, latest)
    match = _PARTED.fullmatch(text)
    if not match:
        return None
    first = match["year"] is not None
    suffix = "" if first else "_"
    one, two, year = match["one" + suffix], match["two" + suffix], match["year" + suffix]
    by, rest = match["by" + suffix], match["rest" + suffix] or ""
    if by == "" and len(one + two) != 4:
        return None
    # Year first is always written with two digits each, unless this one shows otherwise.
    widths = (_width(one), _width(two)) if not first or len(one + two) < 4 else ("", "")
    century = _century(int(year), latest) if len(year) == 2 else 0
    number = int(year) + century
    if not 1 <= number <= 9999:
        return None
    written = _Written(widths, first, bool(century), latest)
    wanted = _class(int(one), int(two), number, written)
    if wanted is None:
        return None
    found = _candidates(number // 10 * 10, wanted, written)

    def write(one: int, two: int, number: int) -> str:
        parts = [
            f"{part:02}" if len(old) == 2 else str(part)
            for part, old in ((one, match["one" + suffix]), (two, match["two" + suffix]))
        ]
        numeral = f"{number:04}"[-len(year) :]
        return by.join([numeral, *parts] if first else [*parts, numeral]) + rest

    return Domain(
        f"date {number // 10} {written} {wanted}",
        len(found),
        found.index((int(one), int(two), number)),
        lambda index: write(*found[index]),
    )


def _spoken(match: re.Match[str], latest: dt.date | None) -> Domain | None:
    """3 Mar 1990, March 3rd, 1990: the month stays, day and year move."""
    day, year = int(match["day"]), int(match["year"])
    before, between = match["before"] or "", match["between"]
    width = _width(match["day"])
    years = _years(year, latest, latest.year - 1 if latest else year)
    february = re.search(r"\bf", before + between) is not None  # in all the languages at hand
    if width != "full":
        pairs = [(other, number) for other in range(1, 10) for number in years]
    elif february:
        pairs = [(other, number) for other in range(10, 29) for number in years]
        pairs += [(29, number) for number in years if calendar.isleap(number)]
    else:
        days = range(10, 31) if day < 31 else range(31, 32)  # who knows how long the month is
        pairs = [(other, number) for other in days for number in years]
    if (day, year) not in pairs:
        return None
    numeral = "{:02}" if width == "zero" else "{}"
    texts = [f"{before}{numeral.format(one)}{between}{number:04}" for one, number in pairs]
    return one_of(texts, match[0], f"{before} {between} {width} {pairs[0]} {pairs[-1]}")


def _years(year: int, latest: dt.date | None, newest: int) -> list[int]:
    """The years of the decade: up to the newest, the one of `latest` alone, or after it."""
    decade = range(max(year // 10 * 10, 1), year // 10 * 10 + 10)
    if latest is None:
        return list(decade)
    return [
        other
        for other in decade
        if (other <= newest, other > latest.year) == (year <= newest, year > latest.year)
    ]


def _century(year: int, latest: dt.date | None) -> int:
    """The century of a two-digit year: the newest one that is not in the future."""
    return 2000 if latest is not None and year <= latest.year % 100 else 1900


def _width(part: str) -> str:
    """How a day or month is written: 1, 01 and 10 are never exchanged for one another."""
    return "short" if len(part) == 1 else "zero" if part[0] == "0" else "full"


@dataclass(frozen=True)
class _Written:
    """How a date is written: the widths of its first two parts, and where and how the year is."""

    widths: tuple[str, str]
    year_first: bool
    short_year: bool
    latest: dt.date | None


def _class(one: int, two: int, year: int, written: _Written) -> tuple[object, ...] | None:
    """What dates must share to be exchangeable; None when it is no date.

    Day and month may be either way around, unless the year is first. What is past stays past.
    """
    latest = written.latest
    if written.short_year:
        if _century(year % 100, latest) != year // 100 * 100:
            return None
        year = 2000 if year == 1900 else year  # how others may read 00
    by_day, by_month = _date(year, two, one), _date(year, one, two)
    if written.year_first and by_month is not None:
        by_day = None
    if by_day is None and by_month is None:
        return None
    past = tuple(latest is None or date is None or date <= latest for date in (by_day, by_month))
    if by_day is not None and by_month is not None:
        return "either", past
    late = (one if by_day else two) > 28
    return late, by_day is None, past


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=128)
def _candidates(
    decade: int, wanted: tuple[object, ...], written: _Written
) -> list[tuple[int, int, int]]:
    one_width, two_width = written.widths
    return [
        (one, two, year)
        for year in range(max(decade, 1), decade + 10)
        for one in range(1, 32)
        for two in range(1, 32)
        if (not one_width or _style(one, one_width) == one_width)
        and (not two_width or _style(two, two_width) == two_width)
        and _class(one, two, year, written) == wanted
    ]


def _style(part: int, width: str) -> str:
    """How a number would be written where the original was written as `width`."""
    if part > 9:
        return "full"
    return width if width != "full" else "zero"
