"""The shape of a text, and the set of all texts of that shape.

Masking picks another member of the set: letters stay letters of the same alphabet (vowels vowels,
consonants consonants), digits digits, everything else stays where it is. Texts arrive here in lower
case; the case is put back by the caller.
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
# Whole numbers stay within what the common integer types hold, so that a column keeps its type.
_TYPE_LIMITS = tuple(2**bits - 1 for bits in (7, 8, 15, 16, 31, 32, 63, 64))
_HEX = re.compile(r"(?=.*[a-f])(?:[:-]?[0-9a-f]){12,}")


@dataclass(frozen=True)
class Domain:
    """A set of texts of one shape, numbered, and the place of one text in it.

    Attributes:
        shape: tells sets apart; texts of the same shape have the same set.
        size: how many texts there are.
        index: the number of the text at hand.
        build: the text of any number from 0 to size-1.
    """

    shape: str
    size: int
    index: int
    build: Callable[[int], str]


def shape_of(text: str, kept: int = 0) -> Domain:
    """The texts that look like `text`, which is in lower case; its first `kept` signs stay."""
    if kept == 0 and _HEX.fullmatch(text):
        return spell(text, _hex_alphabet, "hex")
    if kept == 0 and re.fullmatch(r"[1-9][0-9]*", text):
        return _whole_number(text)
    alphabets = []
    for place, sign in enumerate(text):
        if place < kept:
            alphabets.append(sign)
        elif sign in _DIGITS and (place == 0 or text[place - 1] not in _DIGITS):
            # A number keeps its leading zero, or stays without: 0171 and 171 are not the same.
            alphabets.append("0" if sign == "0" else _DIGITS[1:])
        else:
            alphabets.append(alphabet(sign))
    return _spelled(text, alphabets, "")


def spell(text: str, alphabet_of: Callable[[str], str], name: str) -> Domain:
    """The texts that arise when each sign is replaced by any of its alphabet."""
    return _spelled(text, [alphabet_of(sign) for sign in text], name)


def one_of(texts: Sequence[str], text: str, shape: str) -> Domain:
    """A set that is given in full."""
    return Domain(shape, len(texts), texts.index(text), texts.__getitem__)


def is_hexadecimal(text: str) -> bool:
    """Whether a lower case text reads as a digest, a UUID or a MAC address."""
    return _HEX.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def alphabet(sign: str) -> str:
    """The signs, in order, that may stand in for a lower case sign: at least the sign itself."""
    if sign in _DIGITS:
        return _DIGITS
    if sign in _VOWELS:
        return _VOWELS
    if sign in _CONSONANTS:
        return _CONSONANTS
    point = ord(sign)
    if unicodedata.category(sign)[0] not in "LN" or point < _BLOCK:
        return sign
    for first, last in (_IDEOGRAPHS, _HANGUL):
        if first <= point <= last:
            return "".join(map(chr, range(first, last + 1)))
    start = point - point % _BLOCK
    block = map(chr, range(start, start + _BLOCK))
    return "".join(other for other in block if _sort_of(other) == _sort_of(sign))


def lowered(text: str) -> str:
    """The text in lower case, sign by sign; signs whose capital is not theirs alone stay."""
    return "".join(sign.lower() if _has_capital(sign.lower()) else sign for sign in text)


def like_case(text: str, pattern: str) -> str:
    """A lower case text with the capitals of a pattern of the same length."""
    return "".join(
        sign.upper() if other != other.lower() and _has_capital(sign) else sign
        for sign, other in zip(text, pattern, strict=True)
    )


@lru_cache(maxsize=4096)
def _has_capital(sign: str) -> bool:
    """Whether there is one capital, and back; in the same block, so that encodings hold both."""
    capital = sign.upper()
    return (
        len(sign) == 1
        and len(capital) == 1
        and capital != sign
        and capital.lower() == sign
        and ord(capital) // _BLOCK == ord(sign) // _BLOCK
    )


def _sort_of(sign: str) -> tuple[str, bool, bool]:
    """What makes two letters of a block exchangeable: category, having a capital, being a vowel."""
    vowel = unicodedata.normalize("NFKD", sign)[0] in _VOWELS
    return unicodedata.category(sign), _has_capital(sign), vowel


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


def _spelled(text: str, alphabets: Sequence[str], name: str) -> Domain:
    size, index = 1, 0
    for sign, signs in zip(text, alphabets, strict=True):
        if len(signs) > 1:
            size *= len(signs)
            index = index * len(signs) + signs.index(sign)

    def build(number: int) -> str:
        spelled = []
        for signs in reversed(alphabets):
            if len(signs) > 1:
                number, place = divmod(number, len(signs))
                spelled.append(signs[place])
            else:
                spelled.append(signs)
        return "".join(reversed(spelled))

    # An alphabet is named by its first sign; a sign that stays names itself.
    return Domain(name + " " + "".join(signs[0] for signs in alphabets), size, index, build)
