"""What the rows of a table are about: people, firms or goods, as all its columns together show.

A street is personal in a table of people, and is not in one of branches. The table's name says it
sometimes, its other columns nearly always.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stdnum import ean, isbn

from first_light.privacy import kinds, stems, thing_words
from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.abbreviations import abbreviates
from first_light.privacy.body_measures import is_body_measure
from first_light.privacy.column_values import share, texts_of
from first_light.privacy.lexicon import is_of
from first_light.privacy.name_tokens import name_tokens

# How much a column of a kind says that rows are people. A login or an address proves little.
_POINTS: Final[Mapping[str, int]] = {
    kinds.PERSON: 2, kinds.EMAIL: 2, kinds.BIRTH_DATE: 2, kinds.NATIONAL_ID: 2, kinds.CARD: 2,
    kinds.BANK_ACCOUNT: 1, kinds.SENSITIVE: 1, kinds.SENSITIVE_NUMBER: 1, kinds.INCOME: 1,
    kinds.FREE_TEXT: 1,
}  # fmt: skip
_BANKS: Final = words.words("""
    routing routingno routingnumber sortcode aba bic bicswift swift swiftcode blz bankleitzahl bsb
    bankcode ifsc clearing clearingnr bankname nombanque codebanque guichet
""")
# Whom to ask for and how to reach them stands beside a firm; a day of birth does not.
_ENOUGH, _ENOUGH_AMONG_GOODS, _ENOUGH_AMONG_FIRMS = 2, 4, 5
_FIRMS, _CODES = 0.3, 0.8  # of the different values
_FEW = 5
_FIRST, _FIRST_OF_FIRM = 3, 4  # columns
_SHORTEST_NOUN = 3  # letters
_SHORTEST_FIRM = 5  # letters of what may be short for the name of a firm
_IDS: Final = words.words("id no nr num number nummer code ref key uuid hash pseudonym")
_PERSONS: Final = words.PEOPLE | words.words("subject pat proband probanden teilnehmer case")
# Whom to ask for at a firm.
_CONTACTS: Final = words.words("""
    contact kontakt ansprechpartner ansprechpartnerin contacto contatto contactpersoon interlocuteur
    referente representative vertreter reprezentant kontaktperson osoba kapcsolattarto
""")
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
        of_named_things: whether each row has a name of its own that is no person's: a hub, a park.
        of_devices: whether rows say what a device did that belongs to somebody.
        of_machines: whether rows are about machines that are installed somewhere.
        has_persons: whether anything beside a place tells of a person.
        tells_of_persons: whether something does that no machine has.
        of_homes: whether a postcode or another part of an address stands beside the rest.
        of_work: whether rows are about somebody's work: cost centres, dates of hiring.
        of_bodies: whether a column is a measure that only a living body has.
        names_persons: whether a column is the id of somebody.
        has_party: whether a person is named as the owner or customer of what rows are about.
        of_animals: whether rows are about animals.
        reaches_persons: whether something identifies one person, or how to reach them.
        has_only_places: whether nothing beside places and remarks may be a person's.
        of_payments: whether an account of a bank stands in each row.
        of_banks: whether a number of a bank does.
        nouns: words of columns that name something else than a person.
    """

    is_known: bool = False
    of_people: bool = False
    of_firms: bool = False
    of_goods: bool = False
    of_named_things: bool = False
    of_devices: bool = False
    of_machines: bool = False
    has_persons: bool = False
    tells_of_persons: bool = False
    of_homes: bool = False
    of_work: bool = False
    of_bodies: bool = False
    names_persons: bool = False
    has_party: bool = False
    of_animals: bool = False
    reaches_persons: bool = False
    has_only_places: bool = False
    of_payments: bool = False
    of_banks: bool = False
    nouns: frozenset[str] = frozenset()


UNKNOWN: Final = Rows()
_OF_USERS: Final = frozenset({kinds.PERSON, kinds.USER_NAME, kinds.EMAIL, kinds.PHONE})
_REACHED: Final = frozenset({kinds.PHONE, kinds.EMAIL, kinds.BIRTH_DATE, kinds.NATIONAL_ID})
_MACHINE_WORDS: Final = 2


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
    of_animals = any(
        stems.ANIMAL.search(" ".join(parts)) is not None for parts in (in_table, *tokens.values())
    )
    points = sum(_POINTS.get(kind, 0) for kind in certain_kinds)
    if of_animals and kinds.PERSON not in certain_kinds:
        points -= _POINTS[kinds.BIRTH_DATE] * (kinds.BIRTH_DATE in certain_kinds)
    persons = [column for column, kind in marks.items() if kind == kinds.PERSON]
    if kinds.PERSON in certain_kinds and (
        all(is_agent(tokens[column]) for column in persons)
        or _begins_with_name(list(tokens.items()), marks)
    ):
        points -= 1  # who collected a plant or cooked a dish is not what the row is about
    is_of_people = is_of(in_table, words.PEOPLE)
    points += 2 * is_of_people
    begins_with_person = _begins_with_person(list(tokens.items()), marks)
    of_firms = is_of(in_table, words.ORGANISATION)
    of_goods = (
        is_of(in_table - thing_words.GATHERINGS, words.THING)
        and not (is_of_people or begins_with_person or of_firms)
    ) or any(_is_product_number(texts[column]) for column in columns if column not in marks)
    # Firms have numbers of their own: clients that have them are firms.
    is_numbered = not begins_with_person and any(
        not thing_words.OWN_NUMBERS_OF_FIRMS.isdisjoint(parts) for parts in tokens.values()
    )
    is_named_firm = _begins_with_firm(list(tokens.items()), marks)
    begins_with_firm = (not is_of_people or is_numbered) and (
        (of_firms and not begins_with_person) or is_named_firm or is_numbered
    )
    least = _ENOUGH_AMONG_GOODS if of_goods else _ENOUGH
    of_people = points >= (_ENOUGH_AMONG_FIRMS if begins_with_firm else least)
    names_persons = any(_is_id_of_person(parts) for parts in tokens.values())
    has_firms = any(
        share(texts[column], shapes.has_legal_form) >= _FIRMS
        for column in columns
        if column not in marks
    )
    return Rows(
        is_known=True,
        of_people=of_people,
        of_firms=(has_firms or begins_with_firm) and not of_people,
        of_goods=of_goods and not of_people,
        of_named_things=not of_people
        and any(
            column not in marks and _is_own_name(parts, in_table)
            for column, parts in tokens.items()
        ),
        of_devices=kinds.DEVICE in marks.values(),
        of_machines=not of_people
        and not names_persons
        and not certain_kinds & _OF_USERS
        and len(
            {word for parts in (in_table, *tokens.values()) for word in parts}
            & thing_words.MACHINES
        )
        >= _MACHINE_WORDS,
        has_persons=names_persons or bool(certain_kinds - {kinds.LOCATION, kinds.FREE_TEXT}),
        tells_of_persons=names_persons
        or bool(certain_kinds - {kinds.LOCATION, kinds.FREE_TEXT, kinds.IP, kinds.DEVICE}),
        of_homes=kinds.ADDRESS in marks.values(),
        of_work=any(
            abbreviates("".join(part), _WORK)
            for parts in tokens.values()
            for part in (parts, *([word] for word in parts))
            if len("".join(part)) > _FEW - 1
        ),
        of_bodies=not of_goods
        and any(
            is_body_measure(parts, texts[column], of_persons=of_people or names_persons)
            for column, parts in tokens.items()
        ),
        names_persons=names_persons,
        has_party=any(map(is_party, (tokens[column] for column in persons))),
        of_animals=of_animals,
        reaches_persons=names_persons or bool(certain_kinds & _REACHED),
        has_only_places=not is_of_people
        and not names_persons
        and set(marks.values()) <= {kinds.ADDRESS, kinds.LOCATION, kinds.FREE_TEXT},
        of_payments=kinds.BANK_ACCOUNT in certain_kinds,
        of_banks=any(
            abbreviates(word, _BANKS)
            for parts in tokens.values()
            for word in ("".join(parts), *parts)
        ),
        nouns=frozenset(
            parts[0]
            for column, parts in tokens.items()
            if len(parts) == 1 and column not in marks and parts[0] not in words.ROLE
        ),
    )


def _is_id_of_person(name: Sequence[str]) -> bool:
    return len(name) > 1 and name[-1] in _IDS and bool(set(name[:-1]) & _PERSONS)


def _begins_with_name(names: Sequence[tuple[str, Sequence[str]]], marks: Mapping[str, str]) -> bool:
    """Whether the rows have a name before the first column that is personal: `dish_name`."""
    for column, parts in names[:_FIRST]:
        if column in marks:
            return False
        if len(parts) == 2 and parts[1] in words.NAME and parts[0] not in words.PEOPLE:
            return parts[0] not in words.ROLE
    return False


def _begins_with_firm(names: Sequence[tuple[str, Sequence[str]]], marks: Mapping[str, str]) -> bool:
    """Whether the rows have the name of a firm before the first column that is personal."""
    for column, parts in names[:_FIRST_OF_FIRM]:
        if column in marks:
            return False
        if _is_name_of_firm(parts):
            return True
    return False


def _begins_with_person(
    names: Sequence[tuple[str, Sequence[str]]], marks: Mapping[str, str]
) -> bool:
    """Whether the first column that is a name has those of persons: suppliers who are people."""
    for column, parts in names[:_FIRST_OF_FIRM]:
        if marks.get(column) == kinds.PERSON:
            return not is_agent(parts) and not set(parts) & _CONTACTS
        if _is_name_of_firm(parts) or (parts and parts[-1] in words.NAME):
            return False
    return False


def _is_name_of_firm(name: Sequence[str]) -> bool:
    joined = "".join(name)
    if len(name) == 2 and name[1] in words.NAME and is_of(name[:1], words.ORGANISATION):
        return True
    is_short = len(name) > 1 or len(joined) >= _SHORTEST_FIRM
    return joined in thing_words.FIRM_NAMES or (
        is_short and abbreviates(joined, thing_words.FIRM_NAMES)
    )


def is_party(name: Sequence[str]) -> bool:
    """Whether a name says who owns, rents or pays for something: `account_name`, `Halter`."""
    return any(word == "account" or stems.PARTY.fullmatch(word) for word in name)


def is_agent(name: Sequence[str]) -> bool:
    """Whether a name says who did something, by its ending: `bediener`, `planner`."""
    if name[-1:] in (["by"], ["leg"], ["legit"], ["det"]):  # who found and named a plant
        return True
    last = name[-1] if name else ""
    is_named_so = stems.AGENT.fullmatch(last) and not stems.NO_AGENT.fullmatch(last)
    if not is_named_so or stems.PARTY.fullmatch(last):
        return False
    return last not in words.ROLE - words.LOGIN_ROLE


def _is_own_name(name: Sequence[str], table: Collection[str]) -> bool:
    """Whether a column is the name of what the rows are: `name`, or `hub_name` in `hubs`."""
    if not name or name[-1] not in words.NAME:
        return False
    return len(name) == 1 or (len(name) == 2 and any(is_noun_of(name[0], word) for word in table))


def is_noun_of(word: str, of_table: str) -> bool:
    """Whether a word is that of a table, in the singular or the plural."""
    return word == of_table or (
        len(word) >= _SHORTEST_NOUN
        and word[:-1] == of_table[: len(word) - 1]
        and len(of_table) - len(word) <= 2
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
    orders einkauf verwaltung empfang reception booking reservations webmaster security filiale
    branch sekretariat secretariat segreteria secretaria amministrazione administration
    administracion
    administracao biuro sekretariat kancelaria kancelar podatelna post postmaster firmapost
    kundeservice
    kundservice kundenservice atendimento comercial pedidos compras commande compta comptabilite
    rechnung buchhaltung accounts ap ar oficina oficinas agence claims finance hr jobs karriere
    press presse marketing legal privacy datenschutz abuse
    plugins packages dev developers community events welcome service zentrale
""")


def is_of_office(address: str) -> bool:
    """Whether an e-mail address is of an office and not of a person."""
    return re.split(r"[@+.\-_0-9]", address.lower())[0] in _OFFICES


def _is_product_number(texts: Sequence[str]) -> bool:
    return len(set(texts)) >= _FEW and (
        share(texts, lambda v: isbn.is_valid(v) or (len(v) == 13 and ean.is_valid(v))) >= _CODES
    )
