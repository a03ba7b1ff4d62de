"""SQL types of numbers: how wide, how many decimals, which raw notation."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from first_light.inference.text_formats import INTEGER_PATTERN, SIGNS
from first_light.inference.values import Cast

_MONEY_NAMES = re.compile(
    r"(^|_)(price|amount|amt|total|subtotal|cost|fee|fees|tax|paid|payment|revenue|sales|balance|"
    r"discount|refund|salary|wage|budget|fare|tip|tolls|charge|charges|credit|debit|net|gross|"
    r"margin|profit|money|usd|eur|gbp|chf)(_|$)"
)

_CENTS_NAMES = re.compile(r"(^|_)(price|amount|amt|cost|fee|fare|salary|revenue|subtotal|refund)$")


# Later values of these are likely to have more decimals than those seen so far.
_MEASURE_NAMES = re.compile(
    r"(^|_)(rate|ratio|share|pct|percent|percentage|factor|weight|height|width|length|depth|lat|lon|"
    r"lng|latitude|longitude|temp|temperature|pressure|speed|distance|duration|score|index|mean|avg|"
    r"average|std|stddev|var|variance|probability|humidity|kg|km|hours)(_|$)"
)


_DOUBLE_DIGITS = 17
"""Significant digits of a double."""


@dataclass(frozen=True)
class Size:
    """How large the numbers of a column are: digits before the point, decimals, both at most.

    Attributes:
        decimals: decimals without zeros at the end, which not every format keeps.
        has_point: whether some value is written with a decimal point.
        largest: the largest absolute value, as a float.
    """

    digits: int
    decimals: int
    has_point: bool
    largest: float


def sized(cast: Cast, size: Size, name: str) -> Cast:
    """The cast of a number with its SQL type.

    Amounts and other numbers of two decimals at most are decimals, amounts even where all are whole
    so far. Measures, and numbers with more decimals, become double: later values will have others.
    """
    if cast.kind == "integer" and _CENTS_NAMES.search(name) and size.digits <= 16:
        return replace(cast, kind="decimal", type="decimal(18, 2)")
    if cast.kind == "integer" or (cast.kind == "decimal" and not size.has_point):
        if size.largest <= 500_000_000:
            return replace(cast, kind="integer", type="integer")
        if size.largest <= 4_000_000_000_000_000_000:
            return replace(cast, kind="integer", type="bigint")
        if size.digits <= (37 if cast.form == "whole" else 38):
            return replace(cast, kind="decimal", type="decimal(38, 0)")
        return Cast("text", "varchar", null_words=cast.null_words, trim=cast.trim)
    if cast.kind != "decimal":
        return cast
    is_measure = _MEASURE_NAMES.search(name) is not None
    is_amount = size.decimals <= (4 if money(name) else 2) and not is_measure
    if is_amount or cast.drop or cast.comma:
        scale = max(size.decimals, 2)
        if size.digits + scale <= 18:
            return replace(cast, type=f"decimal(18, {scale})")
        if size.digits + scale <= 38:
            return replace(cast, type=f"decimal(38, {scale})")
    if _DOUBLE_DIGITS < size.digits + size.decimals <= 38:
        return replace(cast, type=f"decimal(38, {size.decimals})")
    return replace(cast, kind="double", type="double")


def raw_shape(cast: Cast) -> str:
    """The regular expression for `Cast.shape`: the one way of writing numbers that the cast reads.

    Empty where text written another way is rejected by the cast itself.
    """
    signs = "|".join(re.escape(sign) for sign in cast.drop if sign in SIGNS)
    separator = next((sign for sign in cast.drop if sign not in SIGNS), "")
    if cast.kind == "text" or not (cast.comma or separator):
        return ""
    whole = (
        f"[1-9][0-9]{{0,2}}([{separator}][0-9]{{3}})+|{INTEGER_PATTERN}"
        if separator
        else INTEGER_PATTERN
    )
    around = f"({signs}| )*" if signs else " *" if cast.trim else ""
    before, behind = ("[-(+\u2212\u2013 ]*", "[-)+ ]*") if cast.negatives else ("-?", "")
    point = "," if cast.comma else "[.]"
    number = f"{around}{before}{around}({whole})({point}[0-9]+)?{around}{behind}{around}"
    words = ("".join(_literal(sign) for sign in word) for word in cast.null_words)
    padding = " *" if cast.trim else ""
    return f"^({'|'.join((number, *(f'{padding}{word}{padding}' for word in words)))})$"


def _literal(sign: str) -> str:
    return sign if sign.isalnum() else "\\\\" if sign == "\\" else f"[{sign}]"


def fits_double(value: str) -> str:
    """SQL for whether a double holds a number: not too many digits, no power of ten that becomes
    infinity or 0. The test `converts_exactly` has the same limits."""
    digits = f"ltrim(replace(regexp_replace({value}, '[eE].*$', ''), '.', ''), ' +-0')"
    wide = f"regexp_matches({value}, '[eE][+-]?([3-9][0-9]{{2}}|[0-9]{{4,}})')"
    return f"length(rtrim({digits}, '0 ')) <= {_DOUBLE_DIGITS} and not {wide}"


def money(name: str) -> bool:
    """Whether a name says that a fraction is an amount of money."""
    return _MONEY_NAMES.search(name) is not None
