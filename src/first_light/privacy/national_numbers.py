"""Numbers of persons with check digits, of many countries, and documents and plates by format."""

from __future__ import annotations

import datetime as dt
import importlib
import re
from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Final

from stdnum.es import cif

from first_light.privacy.column_values import share

# Modules of stdnum for numbers of persons; numbers that firms have as well are not among them.
_NUMBERS: Final = (
    "de.idnr", "at.vnr", "ch.ssn", "fr.nir", "fr.nif", "es.dni", "es.nie", "it.codicefiscale",
    "nl.bsn", "be.nn", "be.bis", "gb.nhs", "se.personnummer", "no.fodselsnummer",
    "fi.hetu", "pl.pesel", "pt.cc", "ie.pps", "cz.rc", "hr.oib", "ro.cnp", "bg.egn", "si.emso",
    "tr.tckimlik", "ee.ik", "lt.asmens", "br.cpf", "mx.curp", "in_.aadhaar", "in_.pan", "za.idnr",
    "cn.ric", "is_.kennitala", "gr.amka", "il.idnr", "kr.rrn",
)  # fmt: skip
_SHARE: Final = 0.8  # of the values: one number in ten passes by chance
_PART: Final = 12  # values
_SHARE_OF_PART: Final = 0.6
_FEW: Final = 5
_PLATES: Final = (
    r"[A-Z]{2}-[0-9]{3}-[A-Z]{2}",  # France, Italy with spaces
    r"[A-ZÄÖÜ]{1,3}[- ][A-ZÄÖÜ]{1,2} [0-9]{1,4} ?[EH]?",  # Germany
    r"[A-Z]{2}[0-9]{2} [A-Z]{3}",  # United Kingdom
    r"[0-9]{4} [BCDFGHJKLMNPRSTVWXYZ]{3}",  # Spain
    r"[A-Z]{2} [0-9]{3} ?[A-Z]{2}",
    # Netherlands: six signs
    r"(?=.*[0-9])(?=.*[A-Z])(?=(?:-?[A-Z0-9]){6}$)[A-Z0-9]{1,3}-[A-Z0-9]{2,3}-[A-Z0-9]{1,2}",
    r"[A-Z]{3} [0-9]{2}[0-9A-Z]",  # Sweden
)
# Formats that only numbers of persons have: Italy, Switzerland, Belgium, Brazil, Mexico.
_OWN_FORMATS: Final = (
    r"[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z]",
    r"756\.?[0-9]{4}\.?[0-9]{4}\.?[0-9]{2}",
    r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}",
    r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
    r"[A-Z]{4}[0-9]{6}[HM][A-Z]{5}[0-9A-Z][0-9]",
)
# Formats that other numbers have as well, so that the rows must be about people: the United
# Kingdom, India, Spain, Germany, France, Finland, and health insurance in many countries.
_FORMATS_OF_PEOPLE: Final = (
    r"[A-Z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-Z]",
    r"[A-Z]{5}[0-9]{4}[A-Z]",
    r"[0-9]{8}-?[A-Z]|[XYZ]-?[0-9]{7}-?[A-Z]",
    r"[0-9]{2,3}/[0-9]{3}/[0-9]{4,5}",
    r"[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]) ?[0-9AB]{2} ?[0-9]{3} ?[0-9]{3}(?: ?[0-9]{2})?",
    r"[0-3][0-9][01][0-9]{3}[-+A][0-9]{3}[0-9A-Z]",
    r"[A-Z][0-9]{9}|[A-Z][0-9]{12}",
)
_FORMATTED: Final = 0.9  # of the different values
_LETTERS: Final = 4  # that numbers begin with: those of customers all begin alike
_OF_FIRMS: Final = re.compile(
    r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}"
    r"|(?:ATU|DE|GB|IT|PL|FR..|DK|SE|FI|PT|CZ|HU|RO)[0-9]{8,12}|NL[0-9]{9}B[0-9]{2}"
)
_NUMBER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z ./+-]{6,20}[0-9A-Za-z]")
_DATED: Final = re.compile(r"((?:[0-9]{2})?[0-9]{6})[-+A ]?[0-9]{3}[0-9A-Z]")
_RECENT: Final = 8  # years: what is numbered by day is numbered now, people were born at any time


def are_of_persons(values: Sequence[str]) -> bool:
    """Whether the values are numbers that one country gives to persons, by their check digits or
    by dates of birth in them.
    """
    different = sorted(set(values))
    if len(different) < _FEW or share(different, _may_be_number) < _SHARE:
        return False
    if _are_dated(different):
        return True
    # Most columns are excluded by a few values; all are looked at only where these pass.
    part = different[:: max(1, len(different) // _PART)][:_PART]
    return any(
        share(part, module.is_valid) >= _SHARE_OF_PART
        and share(different, module.is_valid) >= _SHARE
        for module in _modules()
    )


def have_format_of_persons(values: Sequence[str], *, of_people: bool) -> bool:
    """Whether the values have a format of numbers of persons, whatever their check digits are.

    Args:
        of_people: whether the rows are about people, so that a less distinctive format is enough.
    """
    different = set(values)
    if len(different) < _FEW:
        return False
    first = {value[0] for value in different}
    if any(sign.isalpha() for sign in first) and len(first) < min(_LETTERS, len(different)):
        return False
    formats = (*_OWN_FORMATS, *(_FORMATS_OF_PEOPLE if of_people else ()))
    return any(share(different, re.compile(f).fullmatch) >= _FORMATTED for f in formats)


def is_of_firm(value: str) -> bool:
    """Whether a number that firms and persons have is of a firm, by its form: Spanish and Brazilian
    ones, and numbers for value added tax.
    """
    return _OF_FIRMS.fullmatch(value.strip()) is not None or bool(cif.is_valid(value))


def are_plates(values: Sequence[str]) -> bool:
    """Whether the values have the format of one country's plates of vehicles."""
    different = sorted(set(values))
    return len(different) >= _FEW and any(
        share(different, re.compile(pattern).fullmatch) >= _SHARE for pattern in _PLATES
    )


@cache
def _modules() -> tuple[ModuleType, ...]:
    return tuple(importlib.import_module(f"stdnum.{name}") for name in _NUMBERS)


def _may_be_number(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None and sum(sign.isdigit() for sign in value) >= 5


def _are_dated(values: Sequence[str]) -> bool:
    """Whether the numbers begin with a day, and the days are spread as days of birth are."""
    days = [day for value in values if (day := _day_in(value))]
    if len(days) < _SHARE * len(values):
        return False
    newest = max(day.year for day in days)
    recent = sum(newest - day.year <= _RECENT for day in days)
    return recent < 0.5 * len(days)


def _day_in(value: str) -> dt.date | None:
    match = _DATED.fullmatch(value)
    if match is None or not re.search(r"[-+]|^[0-9]{12}$", value):
        return None
    digits = match[1]
    orders = ((digits, digits[:-4]), (digits[4:] + digits[2:4] + digits[:2], digits[4:]))
    for text, year in orders:
        full = f"19{year}" if len(year) == 2 else year
        try:
            day = dt.date(int(full), int(text[-4:-2]), int(text[-2:]))
        except ValueError:
            continue
        if 1890 <= day.year <= 2040:
            return day
    return None
