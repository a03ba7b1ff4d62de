"""The set of dates that may stand in for a date of birth, in the way it is written.

Dates stay in their decade. A date such as 03/04/1990 does not say which part is the day, so it is
exchanged only for dates that are valid both ways; nobody has to know the column's order.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from functools import lru_cache

from dataops.sampling.shapes import Domain, one_of

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
        years = _years(int(text), latest)
        return one_of(years, text, f"year {years[0]} {years[-1]}")
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
    wanted = _class(int(one), int(two), number, bool(century), latest)
    if wanted is None:
        return None
    found = _candidates(number // 10 * 10, widths, wanted, bool(century), latest)

    def write(one: int, two: int, number: int) -> str:
        parts = [
            f"{part:02}" if len(old) == 2 else str(part)
            for part, old in ((one, match["one" + suffix]), (two, match["two" + suffix]))
        ]
        numeral = f"{number:04}"[-len(year) :]
        return by.join([numeral, *parts] if first else [*parts, numeral]) + rest

    return Domain(
        f"date {number // 10} {widths} {wanted} {len(year)}",
        len(found),
        found.index((int(one), int(two), number)),
        lambda index: write(*found[index]),
    )


def _spoken(match: re.Match[str], latest: dt.date | None) -> Domain | None:
    """3 Mar 1990, March 3rd, 1990: the month stays, day and year move."""
    day, years = int(match["day"]), _years(int(match["year"]), latest)
    width = _width(match["day"])
    span = range(10, 29) if width == "full" else range(1, 10)
    if day > 28:
        span = range(day, day + 1)
        if day == 29:  # perhaps of February
            leap = calendar.isleap(int(match["year"]))
            years = [year for year in years if calendar.isleap(int(year)) == leap]
    numeral = "{:02}" if width == "zero" else "{}"
    before, between = match["before"] or "", match["between"]
    texts = [f"{before}{numeral.format(other)}{between}{year}" for other in span for year in years]
    if match[0] not in texts:
        return None
    return one_of(texts, match[0], f"{before} {between} {width} {span} {years}")


def _years(year: int, latest: dt.date | None) -> list[str]:
    """The years of the decade on the same side of the newest full year, four digits each."""
    newest = 9999 if latest is None else latest.year - 1
    decade = range(max(year // 10 * 10, 1), year // 10 * 10 + 10)
    return [f"{other:04}" for other in decade if (other <= newest) == (year <= newest)]


def _century(year: int, latest: dt.date | None) -> int:
    """The century of a two-digit year: the newest one that is not in the future."""
    return 2000 if latest is not None and year <= latest.year % 100 else 1900


def _width(part: str) -> str:
    """How a day or month is written: 1, 01 and 10 are never exchanged for one another."""
    return "short" if len(part) == 1 else "zero" if part[0] == "0" else "full"


def _class(
    one: int, two: int, year: int, short: bool, latest: dt.date | None
) -> tuple[str, bool, bool] | None:
    """What dates must share to be exchangeable: which part is the day, and being past."""
    if short and _century(year % 100, latest) != year // 100 * 100:
        return None
    ways = []
    for day, month in ((one, two), (two, one)):
        try:
            # Others may read a two-digit 00 as 2000, which has a 29 February.
            ways.append(dt.date(2000 if short and year == 1900 else year, month, day))
        except ValueError:
            continue
    if not ways:
        return None
    past = latest is None or all(way <= latest for way in ways)
    if len(ways) == 2 and one <= 12 and two <= 12:
        return "either", past, False
    date = ways[0]
    late = "early" if date.day <= 28 else "leap" if date.month == 2 else "late"
    return late, past, one == date.day


@lru_cache(maxsize=512)
def _candidates(
    decade: int,
    widths: tuple[str, str],
    wanted: tuple[str, bool, bool],
    short: bool,
    latest: dt.date | None,
) -> list[tuple[int, int, int]]:
    return [
        (one, two, year)
        for year in range(max(decade, 1), decade + 10)
        for one in range(1, 32)
        for two in range(1, 32)
        if (not widths[0] or widths == (_style(one, widths[0]), _style(two, widths[1])))
        and _class(one, two, year, short, latest) == wanted
    ]


def _style(part: int, width: str) -> str:
    """How a number would be written where the original was written as `width`."""
    if part > 9:
        return "full"
    return width if width != "full" else "zero"
