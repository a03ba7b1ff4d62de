"""Abbreviated names of columns: `gebdat`, `nachn` and `tfno` are short for words of a vocabulary.

Abbreviations are guesses: what a column is called must be confirmed by its values.
"""

from __future__ import annotations

from functools import lru_cache

_SHORTEST = 3
_CONSONANTS = 0.64  # of the letters
_SHORTEST_GAPPED = 4  # letters: shorter ones are short for too much


@lru_cache(maxsize=20_000)
def abbreviates(token: str, vocabulary: frozenset[str]) -> bool:
    """Whether a word is in the vocabulary, begins a word of it, or is one without some letters."""
    if token in vocabulary:
        return True
    if len(token) < _SHORTEST:
        return False
    return any(
        word.startswith(token) or _is_gapped(token, word)
        for word in vocabulary
        if word[0] == token[0] and len(word) > len(token)
    )


def _is_gapped(token: str, word: str) -> bool:
    """Whether a word without some of its letters is the token; most of its consonants stay."""
    letters = iter(word)
    if len(token) < _SHORTEST_GAPPED and set(token) & set("aeiou"):
        return False
    if not all(letter in letters for letter in token):
        return False
    if _consonants(token) < _CONSONANTS * len(token):
        return False  # who leaves letters out keeps the consonants
    return len(token) >= 0.4 * len(word) and _consonants(token) >= 0.5 * _consonants(word)


def _consonants(word: str) -> int:
    return sum(letter not in "aeiou" for letter in word)
