"""Find personal values in columns that are not personal, such as a name in a product title.

Only complete words match: the name Lang is not in "language".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from first_light.privacy import detect as personal
from first_light.privacy import kinds
from first_light.privacy.checksums import is_iban
from first_light.privacy.mask import SHORTEST_LEAK, Masker
from first_light.privacy.value_shapes import BOOLEANS

# Dates and short numbers occur everywhere without identifying anybody.
_NOT_IDENTIFYING = frozenset({kinds.BIRTH_DATE})
_SHORTEST_NUMBER = 6
_WORD = re.compile(r"\w+")
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")


class Originals:
    """The original values of personal columns, for searches in other texts.

    Args:
        values: pairs of kind and value; short and common values are ignored.
    """

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._by_first_word: dict[str, dict[str, str]] = {}
        for kind, value in values:
            text = value.strip().lower()
            first_word = _WORD.search(text)
            if first_word is None or kind in _NOT_IDENTIFYING or text in BOOLEANS:
                continue
            if len(text) < SHORTEST_LEAK:
                continue
            if re.fullmatch(r"[0-9]*", text) and len(text) < _SHORTEST_NUMBER:
                continue
            self._by_first_word.setdefault(first_word[0], {}).setdefault(
                text[first_word.start() :], kind
            )

    def __bool__(self) -> bool:
        return bool(self._by_first_word)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """The originals in a text: start, end and kind; the longest at each position."""
        lowered = text.lower()
        if len(lowered) != len(text):
            return  # lower case changes the length; positions would be wrong
        end = 0
        for word in _WORD.finditer(lowered):
            if word.start() < end or word[0] not in self._by_first_word:
                continue
            candidates = self._by_first_word[word[0]]
            matches = [text for text in candidates if _is_at(lowered, word.start(), text)]
            if matches:
                longest = max(matches, key=len)
                end = word.start() + len(longest)
                yield word.start(), end, candidates[longest]


def scrub(text: str, originals: Originals, masker: Masker, *, addresses: bool) -> str:
    """The text with all originals masked.

    Args:
        text: a value of a column that is not personal.
        originals: the values to find.
        masker: the masker of the personal columns.
        addresses: whether to mask other e-mail addresses and IBANs as well.
    """
    if addresses:
        text = _replace(text, _addresses(text), masker)
    return _replace(text, originals.find(text), masker)


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every text changed, also in lists and structs."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: map_texts(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map_texts(inner, change) for inner in value)
    return value


def texts(value: Any) -> Iterator[str]:
    """All texts and numbers in a value, as text."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _is_at(text: str, start: int, part: str) -> bool:
    """Whether `part` is in a text at a position and ends at a word boundary."""
    end = start + len(part)
    continues = text[end - 1 : end].isalnum() and text[end : end + 1].isalnum()
    return text.startswith(part, start) and not continues


def _addresses(text: str) -> Iterator[tuple[int, int, str]]:
    if "@" in text:
        for match in personal.EMAIL_PATTERN.finditer(text):
            yield match.start(), match.end(), kinds.EMAIL
    for match in _IBAN.finditer(text):
        if is_iban(match[0]):
            yield match.start(), match.end(), kinds.BANK_ACCOUNT


def _replace(text: str, matches: Iterable[tuple[int, int, str]], masker: Masker) -> str:
    parts: list[str] = []
    end = 0
    for start, stop, kind in sorted(matches):
        if start >= end:
            parts += [text[end:start], str(masker.mask(kind, text[start:stop]))]
            end = stop
    return "".join([*parts, text[end:]]) if parts else text
