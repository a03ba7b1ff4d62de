"""The format of a text, and the set of all texts of that format.

Masking picks another member of the set: letters are replaced by letters of the same alphabet
(vowels by vowels, consonants by consonants), digits by digits; everything else is kept. Texts are
in lower case here; the caller restores the case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

_VOWELS = "aeiou"
_CONSONANTS = "bcdfghjklmnpqrstvwxyz"
_DIGITS = "0123456789"
_BLOCK = 128  # letters are exchanged within aligned blocks of this many code points
_IDEOGRAPHS = (0x4E00, 0x9FA5)
_HANGUL = (0xAC00, 0xD7A3)
# Whole numbers stay within the range of an integer type, so that a column keeps its type.
_TYPE_LIMITS = tuple(2**bits - 1 for bits in (7, 8, 15, 16, 31, 32, 63, 64))
_HEX = re.compile(r"(?=.*[a-f])(?:[:-]?[0-9a-f]){12,}")


@dataclass(frozen=True)
class Domain:
    """A numbered set of texts of one format, and the position of one text in it.

    Attributes:
        shape: the name of the format; texts of the same format have the same set.
        size: the number of texts.
        index: the number of the given text.
        build: returns the text of a number from 0 to size-1.
    """

    shape: str
    size: int
    index: int
    build: Callable[[int], str]


def format_of(text: str, prefix: int = 0) -> Domain:
    """The texts of the format of `text`, in lower case; its first `prefix` characters are kept."""
    if prefix == 0 and _HEX.fullmatch(text):
        return replace_signs(text, _hex_alphabet, "hex")
    if prefix == 0 and re.fullmatch(r"[1-9][0-9]*", text):
        return _whole_number(text)
    alphabets = []
    for place, sign in enumerate(text):
        if place < prefix:
            alphabets.append(sign)
        elif sign in _DIGITS and (place == 0 or text[place - 1] not in _DIGITS):
            # A number keeps its leading zero, or has none: 0171 and 171 differ.
            alphabets.append("0" if sign == "0" else _DIGITS[1:])
        else:
            alphabets.append(alphabet(sign))
    return _domain(text, alphabets, "")


def number_like(text: str) -> Domain:
    """The texts with other digits, so that numbers and pairs of numbers stay such.

    Zeros at the end of a fraction are kept: the numbers need no more decimals than before.
    """
    if re.fullmatch(r"[1-9][0-9]*", text):
        return _whole_number(text)
    kept = {at for match in re.finditer(r"(?<=[.,])[0-9]*?(0+)(?![0-9])", text)
            for at in range(match.start(1), match.end(1))}  # fmt: skip
    kept |= {at for match in re.finditer(r"(?<=[0-9])e[-+]?[0-9]+$", text)
             for at in range(match.start(), match.end())}  # fmt: skip
    alphabets = []
    for place, sign in enumerate(text):
        if sign not in _DIGITS or place in kept:
            alphabets.append(sign)
        elif place == 0 or text[place - 1] not in _DIGITS:
            alphabets.append("0" if sign == "0" else _DIGITS[1:])
        else:
            alphabets.append(_DIGITS)
    return _domain(text, alphabets, "number")


def replace_signs(text: str, alphabet_of: Callable[[str], str], name: str) -> Domain:
    """The texts in which each character is replaced by any of its alphabet."""
    return _domain(text, [alphabet_of(sign) for sign in text], name)


def listed(texts: Sequence[str], text: str, shape: str) -> Domain:
    """A set given as a list."""
    return Domain(shape, len(texts), texts.index(text), texts.__getitem__)


def is_hexadecimal(text: str) -> bool:
    """Whether a lower case text has the format of a digest, a UUID or a MAC address."""
    return _HEX.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def alphabet(sign: str) -> str:
    """The ordered characters that may replace a lower case character, including itself."""
    if sign in _DIGITS:
        return _DIGITS
    if sign in _VOWELS:
        return _VOWELS
    if sign in _CONSONANTS:
        return _CONSONANTS
    point = ord(sign)
    if unicodedata.category(sign)[0] not in "LN" or point < _BLOCK:
        return sign
    for lowest, highest in (_IDEOGRAPHS, _HANGUL):
        if lowest <= point <= highest:
            return "".join(map(chr, range(lowest, highest + 1)))
    start = point - point % _BLOCK
    block = map(chr, range(start, start + _BLOCK))
    return "".join(
        character for character in block if _exchange_class(character) == _exchange_class(sign)
    )


def lowered(text: str) -> str:
    """The text in lower case; characters without a one-to-one capital are unchanged."""
    return "".join(sign.lower() if _has_capital(sign.lower()) else sign for sign in text)


def like_case(text: str, pattern: str) -> str:
    """A lower case text with the case of a pattern of the same length."""
    return "".join(
        sign.upper() if pattern_sign != pattern_sign.lower() and _has_capital(sign) else sign
        for sign, pattern_sign in zip(text, pattern, strict=True)
    )


@lru_cache(maxsize=4096)
def _has_capital(sign: str) -> bool:
    """Whether it has a one-to-one capital in the same block, so that encodings have both."""
    capital = sign.upper()
    return (
        len(sign) == 1
        and len(capital) == 1
        and capital != sign
        and capital.lower() == sign
        and ord(capital) // _BLOCK == ord(sign) // _BLOCK
    )


def _exchange_class(sign: str) -> tuple[str, bool, bool]:
    """The properties that exchangeable letters share: category, having a capital, vowel."""
    is_vowel = unicodedata.normalize("NFKD", sign)[0] in _VOWELS
    return unicodedata.category(sign), _has_capital(sign), is_vowel


def _hex_alphabet(sign: str) -> str:
    return "abcdef" if sign.isalpha() else alphabet(sign)


def _whole_number(text: str) -> Domain:
    number = int(text)
    floor, ceiling = 10 ** (len(text) - 1), 10 ** len(text) - 1
    for limit in _TYPE_LIMITS:
        if limit >= number:
            ceiling = min(ceiling, limit)
            break
        floor = max(floor, limit + 1)
    return Domain(
        f"int {floor} {ceiling}", ceiling - floor + 1, number - floor, lambda i: str(floor + i)
    )


def _domain(text: str, alphabets: Sequence[str], name: str) -> Domain:
    size, index = 1, 0
    for sign, signs in zip(text, alphabets, strict=True):
        if len(signs) > 1:
            size *= len(signs)
            index = index * len(signs) + signs.index(sign)

    def build(number: int) -> str:
        characters = []
        for signs in reversed(alphabets):
            if len(signs) > 1:
                number, place = divmod(number, len(signs))
                characters.append(signs[place])
            else:
                characters.append(signs)
        return "".join(reversed(characters))

    # An alphabet is named by its first character; a kept character by itself.
    return Domain(name + " " + "".join(signs[0] for signs in alphabets), size, index, build)
