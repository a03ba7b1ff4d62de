"""Check digits of cards, bank accounts and national numbers."""

from __future__ import annotations

import re

IBAN_LENGTHS = range(15, 35)


def luhn_digit(body: str) -> int:
    """The digit, 0 to 9, that ends a number which passes the Luhn check; `body` is ASCII digits."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def is_card(text: str) -> bool:
    """Whether `text` is 13 to 19 digits, with spaces or dashes, that pass the Luhn check."""
    digits = re.sub(r"[ -]", "", text)
    return (
        re.fullmatch(r"[2-6][0-9]{12,18}", digits) is not None
        and luhn_digit(digits[:-1]) == int(digits[-1])
        and len(set(digits)) > 1
    )


def iban_digits(country: str, body: str) -> int:
    """The check digits, 2 to 98, of the IBAN of this country with this body (ASCII, upper case)."""
    return 98 - int("".join(str(int(sign, 36)) for sign in body + country + "00")) % 97


def is_iban(text: str) -> bool:
    """Whether `text` is an IBAN with a valid checksum, in any case, with or without spaces."""
    packed = text.replace(" ", "").upper()
    return (
        len(packed) in IBAN_LENGTHS
        and re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+", packed) is not None
        and iban_digits(packed[:2], packed[4:]) == int(packed[2:4])
    )


def is_spanish_id(text: str) -> bool:
    """Whether `text` is a Spanish DNI or NIE with a valid letter."""
    match = re.fullmatch(r"([XYZ]?)([0-9]{7,8})-?([A-Z])", text.strip().upper())
    if match is None or len(match[1] + match[2]) != 8:
        return False
    number = int(str("XYZ".find(match[1])) + match[2] if match[1] else match[2])
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == match[3]


def is_french_id(text: str) -> bool:
    """Whether `text` is a French social security number with a valid key."""
    packed = text.replace(" ", "")
    return re.fullmatch(r"[12][0-9]{14}", packed) is not None and 97 - int(packed[:13]) % 97 == int(
        packed[13:]
    )
