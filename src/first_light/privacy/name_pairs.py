"""Parts of names that only the columns beside them prove: `Name` beside `Vorname`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.column_values import texts_of
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
    return frozenset(
        column for column, name in joined.items() if name in wanted and _are_names(values[column])
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
