"""Telephone numbers under any name of a column, by the rules of the countries' numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import phonenumbers

from first_light.privacy import value_shapes as shapes
from first_light.privacy.column_values import share

_COUNTRIES: Final = (
    "DE", "AT", "CH", "FR", "ES", "IT", "NL", "BE", "GB", "IE", "US", "SE", "DK", "NO", "FI", "PL",
    "PT", "CZ", "HU", "RO", "GR", "TR", "AU", "NZ", "ZA", "BR", "IN", "JP",
)  # fmt: skip
_SHARE: Final = 0.7  # of the different values
_SPACED: Final = 0.3
_FEW: Final = 5
_PART: Final = 30  # values, which are enough to know the country
_CODES: Final = 3  # of countries
_BEGINS: Final = re.compile(r"[+(0]")
_VALID: Final = 0.85  # of the values, where nothing but the numbers themselves says so
# In groups, with a leading zero, or as long as numbers with the code of a country and no plus.
_DIALLED: Final = re.compile(
    r"[0-9]{2,4}(?:[ ./-][0-9]{2,4}){2,4}|0[1-9][0-9]{7,10}|(?!(?:19|20)[0-9]{2})[1-9][0-9]{10,13}"
)


def are_phones(values: Sequence[str]) -> bool:
    """Whether the values are telephone numbers of one country, or of any with its code."""
    different = sorted(set(values))
    alike = [value for value in different if shapes.is_phone(value)]
    if len(alike) < _FEW or len(alike) < _SHARE * len(different):
        return False
    # Numbers of articles and orders have as many digits; what is dialled begins and is spaced so.
    spaced = [v for v in alike if v.startswith(("+", "00", "(")) or shapes.is_spaced_phone(v)]
    part = different[:: max(1, len(different) // _PART)][:_PART]
    if len(spaced) < _SPACED * len(alike):
        return False
    # What no sign of dialling begins must be a number that somebody has.
    is_number = _is_possible if share(alike, _BEGINS.match) >= _SPACED else _is_valid
    return any(
        sum(1 for value in part if is_number(value, country)) >= _SHARE * len(part)
        for country in _COUNTRIES
    )


def are_valid(values: Sequence[str]) -> bool:
    """Whether the values are numbers that one country's operators have, however they are written.

    Fewer than one in three numbers of articles and orders is.
    """
    different = sorted(set(values))
    if len(different) < 2 * _FEW or share(different, _DIALLED.fullmatch) < _VALID:
        return False
    part = different[:: max(1, len(different) // _PART)][:_PART]
    least = _VALID * len(part)
    if all(value.isdigit() and value[0] != "0" for value in part):
        numbers = [_parsed(f"+{value}", None) for value in part]
        valid = [n for n in numbers if n and phonenumbers.is_valid_number(n)]
        codes = {number.country_code for number in valid}
        return len(valid) >= least and len(codes) <= _CODES
    return any(
        sum(1 for value in part if _is_valid(value, country)) >= least for country in _COUNTRIES
    )


def _is_possible(value: str, country: str) -> bool:
    number = _parsed(value, country)
    # A prefix that no operator has yet, or an extension, is no reason to show a number.
    return number is not None and phonenumbers.is_possible_number(number)


def _is_valid(value: str, country: str) -> bool:
    number = _parsed(value, country)
    return number is not None and phonenumbers.is_valid_number_for_region(number, country)


def _parsed(value: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    text = f"+{value.strip()[2:]}" if value.startswith("00") else value
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
