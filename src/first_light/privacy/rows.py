"""What the rows of a table are about: people, firms or goods, as all its columns together show.

A street is personal in a table of people, and is not in one of branches. The table's name says it
sometimes, its other columns nearly always.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stdnum import ean, isbn

from first_light.privacy import kinds
from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.abbreviations import abbreviates
from first_light.privacy.column_values import share, texts_of
from first_light.privacy.name_tokens import name_tokens

# How much a column of a kind says that rows are people. A login or an address proves little.
_POINTS: Final[Mapping[str, int]] = {
    kinds.PERSON: 2, kinds.EMAIL: 2, kinds.BIRTH_DATE: 2, kinds.NATIONAL_ID: 2, kinds.CARD: 2,
    kinds.BANK_ACCOUNT: 1, kinds.SENSITIVE: 1, kinds.INCOME: 1, kinds.FREE_TEXT: 1,
}  # fmt: skip
_ENOUGH, _ENOUGH_AMONG_GOODS = 2, 4
_FIRMS, _CODES = 0.3, 0.8  # of the different values
_FEW = 5
_WORK: Final = words.words("""
    pernr personalnummer personalnr employee employeeid staffid staffno payrollno kostenstelle kostl
    costcenter costcentre jobtitle position hiredate hired eintritt austritt department dept
    abteilung vertragsart entgeltgruppe tarifgruppe stellung arbeitszeit puesto departamento
    fechaalta poste embauche service functie afdeling indienst anstalld befattning stilling
    mansione reparto grade paygrade fte kruzeb matricule noemp
""")


@dataclass(frozen=True)
class Rows:
    """What the rows of one table are about.

    Attributes:
        is_known: whether the columns of the table were seen.
        of_people: whether most rows are about one person each.
        of_firms: whether rows are about firms, or name them, and not about people.
        of_goods: whether rows are about goods: product numbers identify them.
        of_work: whether rows are about somebody's work: cost centres, dates of hiring.
        nouns: words of columns that name something else than a person.
    """

    is_known: bool = False
    of_people: bool = False
    of_firms: bool = False
    of_goods: bool = False
    of_work: bool = False
    nouns: frozenset[str] = frozenset()


UNKNOWN: Final = Rows()


def rows_of(
    columns: Mapping[str, Sequence[str]], marks: Mapping[str, str], table: str = ""
) -> Rows:
    """What the rows of a table are about.

    Args:
        columns: some values of each column, by its name.
        marks: the kinds of personal data that the columns alone show, by the column's name.
        table: the table's name.
    """
    tokens = {column: name_tokens(column) for column in columns}
    texts = {column: texts_of(values) for column, values in columns.items()}
    in_table = set(name_tokens(table))
    certain_kinds = {
        kind for column, kind in marks.items() if not _is_minor(kind, texts.get(column, ()))
    }
    points = sum(_POINTS.get(kind, 0) for kind in certain_kinds)
    points += 2 * bool(in_table & words.PEOPLE)
    of_goods = bool(in_table & words.THING and not in_table & words.PEOPLE) or any(
        _is_product_number(texts[column]) for column in columns if column not in marks
    )
    of_people = points >= (_ENOUGH_AMONG_GOODS if of_goods else _ENOUGH)
    has_firms = any(
        share(texts[column], shapes.is_company) >= _FIRMS
        for column in columns
        if column not in marks
    )
    return Rows(
        is_known=True,
        of_people=of_people,
        of_firms=has_firms and not of_people,
        of_goods=of_goods and not of_people,
        of_work=any(
            abbreviates("".join(part), _WORK)
            for parts in tokens.values()
            for part in (parts, *([word] for word in parts))
            if len("".join(part)) > _FEW - 1
        ),
        nouns=frozenset(
            parts[0]
            for column, parts in tokens.items()
            if len(parts) == 1 and column not in marks and parts[0] not in words.ROLE
        ),
    )


def _is_minor(kind: str, texts: Sequence[str]) -> bool:
    """Whether the column proves no person: vehicles, addresses of offices, one clerk."""
    if kind == kinds.NATIONAL_ID:
        return share(texts, lambda v: shapes.is_vin(v) or shapes.is_plate(v)) >= 0.5
    if kind == kinds.EMAIL:
        return share(texts, is_of_office) >= 0.5
    return kind == kinds.PERSON and len(texts) < _FEW


_OFFICES: Final = words.words("""
    info contact kontakt office sales service support mail hello team admin post bestellung vertrieb
    verkauf buero zentrale contacto ventas ventes vente commercial accueil noreply help billing
    orders einkauf verwaltung empfang reception booking reservations webmaster
""")


def is_of_office(address: str) -> bool:
    """Whether an e-mail address is of an office and not of a person."""
    return re.split(r"[@+.\-_0-9]", address.lower())[0] in _OFFICES


def _is_product_number(texts: Sequence[str]) -> bool:
    return len(set(texts)) >= _FEW and (
        share(texts, lambda v: isbn.is_valid(v) or (len(v) == 13 and ean.is_valid(v))) >= _CODES
    )
