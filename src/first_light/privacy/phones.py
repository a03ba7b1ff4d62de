"""Telephone numbers under any name of a column, by the rules of the countries' numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import phonenumbers

from first_light.privacy import value_shapes as shapes

_COUNTRIES: Final = (
    "DE", "AT", "CH", "FR", "ES", "IT", "NL", "BE", "GB", "IE", "US", "SE", "DK", "NO", "FI", "PL",
    "PT", "CZ", "HU", "RO", "GR", "TR", "AU", "NZ", "ZA", "BR", "IN", "JP",
)  # fmt: skip
_SHARE: Final = 0.7  # of the different values
_SPACED: Final = 0.3
_FEW: Final = 5
_PART: Final = 30  # values, which are enough to know the country


def are_phones(values: Sequence[str]) -> bool:
    """Whether the values are telephone numbers of one country, or of any with its code."""
    different = sorted(set(values))
    alike = [value for value in different if shapes.is_phone(value)]
    if len(alike) < _FEW or len(alike) < _SHARE * len(different):
        return False
    # Numbers of articles and orders have as many digits; what is dialled begins and is spaced so.
    spaced = [v for v in alike if v.startswith(("+", "00", "(")) or shapes.is_spaced_phone(v)]
    if len(spaced) < _SPACED * len(alike):
        return False
    part = different[:: max(1, len(different) // _PART)][:_PART]
    return any(
        sum(1 for value in part if _is_possible(value, country)) >= _SHARE * len(part)
        for country in _COUNTRIES
    )


def _is_possible(value: str, country: str) -> bool:
    text = f"+{value.strip()[2:]}" if value.startswith("00") else value
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return False
    # A prefix that no operator has yet, or an extension, is no reason to show a number.
    return phonenumbers.is_possible_number(number)
