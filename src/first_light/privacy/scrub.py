"""Personal values that stray into columns which are not personal: a name within a product title.

Only whole words count: the name Lang is not in "language".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from first_light.privacy import detect as personal
from first_light.privacy import kinds
from first_light.privacy.checksums import is_iban
from first_light.privacy.mask import SHORTEST_LEAK, Masker

# A date or a short number occurs everywhere without telling of anybody.
_NOT_TELLING = frozenset({kinds.BIRTH_DATE})
_SHORTEST_NUMBER = 6
_WORD = re.compile(r"\w+")
_IBAN = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")


class Originals:
    """The original values of personal columns, to be found in other texts.

    Args:
        values: pairs of kind and value; those too short or too common to tell are left out.
    """

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._by_first_word: dict[str, dict[str, str]] = {}
        for kind, value in values:
            text = value.strip().lower()
            first = _WORD.search(text)
            if first is None or kind in _NOT_TELLING or len(text) < SHORTEST_LEAK:
                continue
            if re.fullmatch(r"[0-9]*", text) and len(text) < _SHORTEST_NUMBER:
                continue
            self._by_first_word.setdefault(first[0], {}).setdefault(text[first.start() :], kind)

    def __bool__(self) -> bool:
        return bool(self._by_first_word)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where originals are in a text: start, end and kind; the longest at each place."""
        lowered = text.lower()
        if len(lowered) != len(text):
            return  # a sign that is longer in lower case; positions would be off
        end = 0
        for word in _WORD.finditer(lowered):
            if word.start() < end or word[0] not in self._by_first_word:
                continue
            candidates = self._by_first_word[word[0]]
            here = [text for text in candidates if _is_at(lowered, word.start(), text)]
            if here:
                longest = max(here, key=len)
                end = word.start() + len(longest)
                yield word.start(), end, candidates[longest]


def scrub(text: str, originals: Originals, masker: Masker, *, addresses: bool) -> str:
    """The text with every original in it masked.

    Args:
        text: a value of a column that is not personal.
        originals: what to look for.
        masker: masks it as in its own column.
        addresses: mask e-mail addresses and IBANs too that are in no personal column.
    """
    if addresses:
        text = _replace(text, _addresses(text), masker)
    return _replace(text, originals.find(text), masker)


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The value with every text in it changed, inside lists and structs too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: map_texts(inner, change) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map_texts(inner, change) for inner in value)
    return value


def texts(value: Any) -> Iterator[str]:
    """Every text and number in a value, numbers as text."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _is_at(text: str, start: int, part: str) -> bool:
    """Whether a part is in a text at a place, and no word goes on after it."""
    end = start + len(part)
    goes_on = text[end - 1 : end].isalnum() and text[end : end + 1].isalnum()
    return text.startswith(part, start) and not goes_on


def _addresses(text: str) -> Iterator[tuple[int, int, str]]:
    if "@" in text:
        for match in personal.EMAIL_PATTERN.finditer(text):
            yield match.start(), match.end(), kinds.EMAIL
    for match in _IBAN.finditer(text):
        if is_iban(match[0]):
            yield match.start(), match.end(), kinds.BANK_ACCOUNT


def _replace(text: str, found: Iterable[tuple[int, int, str]], masker: Masker) -> str:
    parts: list[str] = []
    end = 0
    for start, stop, kind in sorted(found):
        if start >= end:
            parts += [text[end:start], str(masker.mask(kind, text[start:stop]))]
            end = stop
    return "".join([*parts, text[end:]]) if parts else text
