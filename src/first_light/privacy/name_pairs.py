"""Parts of names that only the columns beside them prove: `Name` beside `Vorname`, or given names
beside family names, whatever both columns are called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from first_light.privacy import people_names, thing_words
from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.column_values import share, texts_of
from first_light.privacy.lexicon import is_of
from first_light.privacy.name_tokens import name_tokens

_GIVEN: Final = words.words("""
    firstname forename givenname fname fstname vorname vornamen rufname prenom prenoms nombres
    voornaam voornamen roepnaam imie fornavn fornamn etunimi
""")
_FAMILY: Final = words.words("""
    lastname surname familyname lname nachname familienname apellido apellidos achternaam cognome
    nazwisko sobrenome etternavn efternavn efternamn sukunimi apellidopaterno
""")
_BARE: Final = words.words("name nom naam nombre nome")
_HALVES: Final = ({"given", "family"}, {"first", "last"}, {"given", "surname"}, {"nome", "cognome"})
_CERTAIN = 0.9  # of the values
_LONGEST = 3  # words
# Of the different values, those on the lists of given and of family names, of whom no list has all.
_GIVEN_NAMES, _FAMILY_NAMES = 0.6, 0.4
_ONE_WORD = 0.7  # of the values: labels and titles have more
_SEVERAL = 8  # different values
_APART = 2  # columns: what belongs together stands together


def parts_of_names(values: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """The columns of one table that hold a part of a name, as the name of another column proves.

    A bare `name` is one beside a given or a family name; `given` and `family` are together.

    Args:
        values: some values of each column, by its name.
    """
    joined = {column: "".join(name_tokens(column)) for column in values}
    all_names = set(joined.values())
    wanted = {part for pair in _HALVES if pair <= all_names for part in pair}
    if all_names & (_GIVEN | _FAMILY):
        wanted |= _BARE
    by_name = {c for c, name in joined.items() if name in wanted and _are_names(values[c])}
    return frozenset(by_name | _pairs_by_values(values))


def _pairs_by_values(values: Mapping[str, Sequence[str]]) -> set[str]:
    """Columns of given names beside columns of family names, as their values show alone."""
    order = list(values)
    parts = {
        at: set(texts_of(values[column]))
        for at, column in enumerate(order)
        if not _names_thing(name_tokens(column))
        and _are_names(values[column])
        and share(texts_of(values[column]), people_names.is_one_word) >= _ONE_WORD
    }
    several = {at: texts for at, texts in parts.items() if len(texts) >= _SEVERAL}
    given = {
        at for at, texts in several.items() if share(texts, people_names.is_given) >= _GIVEN_NAMES
    }
    family = {
        at for at, texts in several.items() if share(texts, people_names.is_family) >= _FAMILY_NAMES
    }
    found: set[str] = set()
    for one in given:
        beside = sorted(family - {one}, key=lambda other: abs(other - one))[:1]
        if beside and abs(beside[0] - one) <= _APART:
            found.update((order[one], order[beside[0]]))
    return found


def _names_thing(tokens: Sequence[str]) -> bool:
    """Whether the name of a column says that it holds something else: a town, a brand."""
    words_ = set(tokens)
    return is_of(words_ - {"field"}, words.THING) or bool(
        words_ & (words.ABOUT | thing_words.TOWNS | thing_words.NAMED_GOODS)
    )


def _are_names(values: Sequence[str]) -> bool:
    texts = texts_of(values)
    alike = [
        text
        for text in texts
        if shapes.is_name_like(text)
        and shapes.is_titled(text)
        and len(text.split()) <= _LONGEST
        and not shapes.is_company(text)
    ]
    return bool(texts) and len(alike) >= _CERTAIN * len(texts)
