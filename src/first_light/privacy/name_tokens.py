"""Split the names of columns, tables and people into words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from first_light.privacy.other_scripts import in_english

_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "ø": "oe"}
    | {"Ø": "Oe", "æ": "ae", "Æ": "Ae", "œ": "oe", "ł": "l", "Ł": "L", "ı": "i", "đ": "d", "Đ": "D"}
    | {"ð": "d", "Ð": "D", "þ": "th", "Þ": "Th"}
)


def plain_letters(text: str) -> str:
    """The text without accents, and with letters that have no Latin form as they are spelled."""
    if text.isascii():
        return text
    spelled = unicodedata.normalize("NFC", text).translate(_SPELLED)
    decomposed = unicodedata.normalize("NFKD", spelled)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))


def name_tokens(name: str) -> list[str]:
    """The words of a snake or camel case name: lower case, without accents and numbers.

    Of names in other scripts those that are known, in English.
    """
    return list(_tokens(name))


@lru_cache(maxsize=20_000)  # the values of a column are asked about several times
def _tokens(name: str) -> tuple[str, ...]:
    separated = re.sub(
        r"([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", plain_letters(in_english(name))
    )
    tokens = [
        re.sub(r"[0-9]+$", "", token) for token in re.findall(r"[a-z0-9]+", separated.lower())
    ]
    if tokens[:2] == ["e", "mail"]:
        tokens[:2] = ["email"]
    return tuple(token for token in tokens if token)
