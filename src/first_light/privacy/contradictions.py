"""Values that look personal and are not a person's, as the columns beside them show."""

from __future__ import annotations

import re
from typing import Final

from first_light.privacy import (
    hints,
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
    DEVICE,
    EMAIL,
    FREE_TEXT,
    IP,
    LOCATION,
    NATIONAL_ID,
    PERSON,
    PHONE,
    URL,
    USER_NAME,
)
from first_light.privacy.lexicon import is_of
from first_light.privacy.rows import is_agent, is_noun_of, is_of_office

_OF_MACHINES: Final = frozenset({IP, DEVICE, LOCATION})
_OF_PLACES: Final = frozenset({PHONE, ADDRESS, LOCATION})
_WHOLE: Final = re.compile(r"[0-9]{1,18}")
_SEVERAL = 5  # different values
_DIALLED = 0.2  # of the values, so that a number with `no` in its name is one to call
_FIRMS = 0.5  # of the different values
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
    if kind in (ADDRESS, PHONE) and _are_counted(column):
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
    if kind == EMAIL:
        return not rows.of_people and column.distinct_share(is_of_office) == 1
    if kind == FREE_TEXT and not (rows.has_persons or rows.of_devices or column.of_people):
        return texts.personal_share(column) == 0
    if kind in _OF_MACHINES and rows.of_machines:
        return True
    if kind == LOCATION and not rows.has_persons and not _is_whereabouts(column):
        return True
    if kind == LOCATION and rows.of_devices:
        return False
    if kind == LOCATION and column.has_stem(stems.DOOR):
        return rows.of_named_things
    is_mobile = column.name_contains(hints.MOBILE)
    if kind in _OF_PLACES and not is_mobile:
        if rows.of_named_things and column.name_contains(words.ROLE):
            return False  # the owner of a field lives somewhere
        of_things = rows.of_firms or rows.of_goods or rows.of_named_things
        return of_things or bool(set(column.tokens[1:]) & rows.nouns)
    is_of_person = column.hints(words.PERSON | words.ROLE) or is_agent(column.tokens)
    if rows.of_goods and kind == PERSON and not is_of_person:
        return column.distinct_share(people_names.is_full_name) < thing_words.FULL_NAMES_OF_GOODS
    if rows.of_goods and kind == FREE_TEXT and not column.hints(words.FREE_TEXT):
        return texts.personal_share(column) < 0.1
    if rows.of_goods and kind == URL:
        return column.share(shapes.is_of_user) < 0.1
    return False


def _is_whereabouts(column: Column) -> bool:
    return bool(column.table & thing_words.WHEREABOUTS) or column.has_stem(stems.TRIP)


def _are_units(column: Column) -> bool:
    """Whether the values are teams, offices and firms, which own and do things as people do."""
    units = column.distinct_share(
        lambda value: (
            is_of(people_names.parts(value), words.ORGANISATION)
            or not thing_words.UNITS.isdisjoint(people_names.parts(value))
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
