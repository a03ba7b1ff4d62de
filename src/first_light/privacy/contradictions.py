"""Values that look personal and are not a person's, as the columns beside them show."""

from __future__ import annotations

import re
from typing import Final

from first_light.privacy import (
    hints,
    name_lists,
    national_numbers,
    people_names,
    stems,
    texts,
    thing_words,
)
from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.column_facts import Column
from first_light.privacy.kinds import (
    ADDRESS,
    BIRTH_DATE,
    DEVICE,
    EMAIL,
    FREE_TEXT,
    IP,
    LOCATION,
    NATIONAL_ID,
    PERSON,
    PHONE,
    SENSITIVE,
    URL,
    USER_NAME,
)
from first_light.privacy.lexicon import is_of
from first_light.privacy.rows import is_agent, is_noun_of, is_of_office, is_party

_OF_MACHINES: Final = frozenset({IP, DEVICE, LOCATION})
_OF_PLACES: Final = frozenset({PHONE, ADDRESS, LOCATION})
_OF_BEINGS: Final = frozenset({SENSITIVE, NATIONAL_ID, BIRTH_DATE})
_WHOLE: Final = re.compile(r"[0-9]{1,18}")
_SEVERAL = 5  # different values
_DIALLED = 0.2  # of the values, so that a number with `no` in its name is one to call
_FIRMS = 0.5  # of the different values
# Of a person, and of an animal.
_RACES: Final = words.words("race rasse raza raca razza ras rasa rase breed")
_PASSPORTS: Final = words.words(
    "passport pass paspoort passeport pasaporte passaporto paszport pas"
)
_OF_PAGES: Final = frozenset({"handle"})  # of a product it is a part of the page's address
_LOGINS = 0.3  # of the different values
_UNITS = 0.3  # of the different values, so that the rest are such as well


def is_contradicted(kind: str, column: Column) -> bool:
    """Whether the rows show that values of this kind are not a person's."""
    rows = column.rows
    is_of_firm = column.name_contains(thing_words.FIRM_NUMBERS)
    if kind == NATIONAL_ID and is_of_firm and not set(column.tokens) & words.NATIONAL_ID:
        return True
    if kind == PHONE and is_of_firm and not column.hints(words.PHONE):
        return True
    if kind == NATIONAL_ID and column.distinct_share(national_numbers.is_of_firm) >= _FIRMS:
        return True
    if kind in (IP, DEVICE) and set(column.tokens) & thing_words.SERVER_SIDE:
        return True
    if kind in (PERSON, USER_NAME) and _are_units(column):
        return True
    if not rows.is_known:
        return False
    if kind == NATIONAL_ID and (_is_own_number(column) or _are_counted(column)):
        return True
    if kind == SENSITIVE and rows.of_animals and not _RACES.isdisjoint(column.tokens):
        return True
    is_of_animal = rows.of_animals and not (rows.of_people or column.name_contains(words.ROLE))
    if kind in _OF_BEINGS and is_of_animal and not is_party(column.tokens):
        return kind != NATIONAL_ID or column.is_written(_PASSPORTS)
    # The same word is short for the number of a person, in Swedish: check digits tell.
    if (
        kind == NATIONAL_ID
        and not thing_words.EMPLOYEE_NUMBERS.isdisjoint({"".join(column.tokens), *column.tokens})
        and not national_numbers.are_of_persons(list(column.distinct))
    ):
        return True
    is_stored = not thing_words.SHELVES.isdisjoint(column.tokens) or column.ends_with(
        thing_words.SHELVES
    )
    if kind == NATIONAL_ID and is_stored and not rows.of_people:
        return True
    is_called_phone = kind == PHONE and column.name_contains(words.PHONE)
    if kind in (ADDRESS, PHONE) and not is_called_phone and _are_counted(column):
        return True
    of_organisation = is_of(column.tokens, words.ORGANISATION)
    if kind == PHONE and of_organisation and not column.name_contains(words.ROLE | hints.MOBILE):
        return True  # of the agency or the school of somebody
    if kind == PHONE and _is_numbered(column):
        return True
    if kind in (IP, DEVICE) and _is_of_network(column):
        return True
    if rows.of_people:
        return False
    if (
        kind == ADDRESS
        and rows.has_only_places
        and words.ADDRESSEE.isdisjoint(column.tokens)
        and not (
            column.name_contains(words.ADDRESS) and column.table.isdisjoint(thing_words.STREETS)
        )
    ):
        return True  # of trees, lamps and masts, and of the streets themselves
    if kind == EMAIL:
        return not rows.of_people and column.distinct_share(is_of_office) == 1
    if kind == FREE_TEXT and not (rows.has_persons or rows.of_devices or column.of_people):
        return texts.personal_share(column) == 0
    if kind in _OF_MACHINES and rows.of_machines:
        return True
    has_persons = rows.reaches_persons or (rows.has_persons and not rows.of_goods)
    if kind == LOCATION and not has_persons and not _is_whereabouts(column):
        return True
    if kind == LOCATION and rows.of_devices:
        return False
    if kind == LOCATION and column.has_stem(stems.DOOR):
        return rows.of_named_things
    is_mobile = column.name_contains(hints.MOBILE)
    if kind in _OF_PLACES and not is_mobile:
        if rows.of_named_things and column.name_contains(words.ROLE):
            return False  # the owner of a field lives somewhere
        if rows.has_party and not rows.of_named_things:
            return rows.of_firms
        if rows.names_persons and not words.ADDRESSEE.isdisjoint(column.tokens):
            return False  # the customer that an order goes to
        of_things = rows.of_firms or rows.of_goods or rows.of_named_things
        return of_things or bool(set(column.tokens[1:]) & rows.nouns)
    is_of_person = column.hints(words.PERSON | words.ROLE) or is_agent(column.tokens)
    if rows.of_goods and kind == PERSON and not is_of_person:
        return column.distinct_share(people_names.is_full_name) < thing_words.FULL_NAMES_OF_GOODS
    if rows.of_goods and kind == FREE_TEXT:
        return texts.personal_share(column) < 0.1
    is_user = (
        bool(set(column.tokens) & (words.USER_NAME - _OF_PAGES))
        or is_agent(column.tokens)
        or column.tokens[-1:] in (["actor"], ["principal"])
    )
    if rows.of_goods and kind == USER_NAME and not (is_user or column.name_contains(words.ROLE)):
        return column.distinct_share(people_names.is_login_of_given_name) < _LOGINS
    if rows.of_goods and kind == URL:
        return column.share(shapes.is_of_user) < 0.1
    return False


def _is_whereabouts(column: Column) -> bool:
    return bool(column.table & thing_words.WHEREABOUTS) or column.has_stem(stems.TRIP)


def _are_units(column: Column) -> bool:
    """Whether the values are teams, offices and firms, which own and do things as people do."""
    units = column.distinct_share(
        lambda value: (
            is_of(name_lists.parts(value), words.ORGANISATION)
            or not thing_words.UNITS.isdisjoint(name_lists.parts(value))
            or shapes.is_company(value)
        )
    )
    return units >= _UNITS and column.distinct_share(people_names.is_full_name) < _UNITS


def _is_numbered(column: Column) -> bool:
    """Whether the name says that it is a number of something else than a telephone."""
    is_named = column.hints(words.PHONE) or column.has_stem(stems.PHONE)
    if is_named or column.name_contains(hints.MOBILE):
        return False
    is_number = bool(set(column.tokens) & (thing_words.NUMBER_WORDS - {"num", "id"}))
    return (is_number or column.name_contains(thing_words.CODES)) and (
        column.share(lambda value: value.startswith(("+", "00", "(", "0("))) < _DIALLED
    )


def _is_of_network(column: Column) -> bool:
    """Whether it is an address of a machine: inside a network, and nothing tells of a person."""
    if column.rows.tells_of_persons or column.of_people:
        return False
    about = set(column.tokens) | column.table
    if about & (words.PEOPLE | thing_words.CARRIED):
        return False
    return column.share(shapes.is_private_ip) >= 0.8 or column.share(shapes.is_mac) >= 0.8


def _is_own_number(column: Column) -> bool:
    """Whether it numbers the rows of its own table, as `permit_no` of permits does."""
    if column.name_contains(words.NATIONAL_ID):
        return False
    nouns = [token for token in column.tokens if token not in thing_words.NUMBER_WORDS]
    return bool(nouns) and all(
        any(is_noun_of(noun, word) for word in column.table) for noun in nouns
    )


def _are_counted(column: Column) -> bool:
    """Whether the values are whole numbers one after the other: a table numbers its rows so."""
    numbers = {int(value) for value in column.distinct if _WHOLE.fullmatch(value)}
    return (
        len(numbers) >= _SEVERAL
        and len(numbers) == len(column.distinct)
        and max(numbers) - min(numbers) < 2 * len(numbers)
    )
