"""The values of a column as texts, and the share of them that pass a test."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable

from first_light.privacy.value_shapes import NULLS


def texts_of(values: Iterable[str]) -> list[str]:
    """The values without blanks around them, without nulls, and without marks beside letters.

    In Hindi and Thai vowels are marks, which no pattern for letters knows.
    """
    return [
        _without_marks(text) for value in values if (text := value.strip()).lower() not in NULLS
    ]


def _without_marks(text: str) -> str:
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    return "".join(sign for sign in composed if not unicodedata.category(sign).startswith("M"))


def share(values: Collection[str], test: Callable[[str], object]) -> float:
    """The share, 0 to 1, of the values that pass; 0 without any."""
    return sum(1 for value in values if test(value)) / len(values) if values else 0.0
