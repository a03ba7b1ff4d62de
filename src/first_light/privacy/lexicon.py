"""Words of many languages in the names of columns and tables, by the kind of what they name.

One file a language in `languages/`, one line a kind. They are matched as whole words only: nothing
is short for one of them, and no compound ends in one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from first_light.privacy import hints, pay_words, vocabulary
from first_light.privacy.name_tokens import plain_letters

_SHORTEST: Final = 3  # letters
# The vocabularies that the lines of a language add to.
_LISTED: Final = (
    (vocabulary.EMAIL, "email"),
    (vocabulary.PHONE, "phone"),
    (vocabulary.PERSON, "person"),
    (vocabulary.NAME, "given_or_any_name"),
    (vocabulary.ROLE, "role"),
    (vocabulary.USER_NAME, "user_name"),
    (vocabulary.ADDRESS, "address"),
    (vocabulary.POSTCODE, "postcode"),
    (vocabulary.BIRTH, "birth"),
    (hints.BIRTHPLACE, "birthplace"),
    (vocabulary.AGE, "age"),
    (vocabulary.CARD, "card"),
    (vocabulary.BANK_ACCOUNT, "bank_account"),
    (vocabulary.WEAK_NATIONAL_ID, "national_id"),
    (hints.DOCUMENT, "national_id"),
    (vocabulary.WEAK_FREE_TEXT, "free_text"),
    (pay_words.WEAK_INCOME, "income"),
    (vocabulary.SENSITIVE, "sensitive"),
    (vocabulary.WEAK_SENSITIVE, "sensitive"),
    (hints.FLAGS, "health_flag"),
    (vocabulary.PEOPLE, "people"),
    (vocabulary.THING, "organisation"),
    (vocabulary.ORGANISATION, "organisation"),
    (pay_words.EMPLOYEES, "employees"),
    (vocabulary.WEAK_LOCATION, "location"),
)
KINDS: Final = frozenset(kind for _, kind in _LISTED)
_OF_LIST: Final = re.compile(
    r"(?<=[a-z]{4})(?:liste|listen|stamm|stammdaten|daten|verzeichnis|register|kartei|kataster|buch"
    r"|export|tabelle|uebersicht|lijst|bestand|register|lista|liste|lista)$"
)
# Letters that are written with another one where accents are not.
_BARE: Final = str.maketrans("øØłŁđĐðıæßœþ", "oOlLdDdiasot")


@lru_cache(maxsize=256)
def listed(words: frozenset[str]) -> frozenset[str]:
    """The words of all languages for what a vocabulary, or several together, name."""
    kinds = {kind for base, kind in _LISTED if base <= words}
    return frozenset(word for kind in kinds for word in _words()[kind]) - words


def is_of(table: Collection[str], vocabulary: frozenset[str]) -> bool:
    """Whether a word of a table's name is in a vocabulary, in whatever language.

    Or is one joined to a word for a list: `Artikelstamm`, `klantenbestand`.
    """
    all_words = listed(vocabulary)
    return any(
        form in vocabulary or form in all_words for word in table for form in _forms_in_table(word)
    )


@lru_cache(maxsize=4096)
def _forms_in_table(word: str) -> tuple[str, ...]:
    return tuple({word, _OF_LIST.sub("", word)})


@cache
def _words() -> dict[str, frozenset[str]]:
    """All words, by their kind, without accents and with the parts of a name joined."""
    found: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for language in files("first_light.privacy").joinpath("languages").iterdir():
        for line in language.read_text(encoding="utf-8").splitlines():
            kind, _, written = line.partition(":")
            if kind in found:
                found[kind].update(folded(written))
    return {kind: frozenset(words) for kind, words in found.items()}


def folded(written: str) -> set[str]:
    """The spellings without accents of words as people write them, separated by spaces.

    Both that are in use: `oe` and `o` for `ö`.
    """
    joined = written.replace("_", "").lower()
    bare = unicodedata.normalize("NFKD", joined.translate(_BARE))
    plain = "".join(sign for sign in bare if not unicodedata.combining(sign))
    both = {*plain_letters(joined).split(), *plain.split()}
    return {word for word in both if len(word) >= _SHORTEST}
