"""Kinds that the values of a column show together with what its rows are about.

The name of the column is a hint only, also where it is short for something; a column `field_7` is
decided by its values alone. Values that others than people have as well, such as telephone
numbers, need rows about people.
"""

from __future__ import annotations

import re
from typing import Final

from first_light.privacy import (
    birth_dates,
    hints,
    national_numbers,
    noted_names,
    pay_words,
    people_names,
    phones,
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
    CARD,
    DEVICE,
    FREE_TEXT,
    INCOME,
    NATIONAL_ID,
    PERSON,
    PHONE,
    SECRET,
    SENSITIVE,
    SENSITIVE_NUMBER,
    USER_NAME,
)
from first_light.privacy.rows import is_agent

_FEW, _SEVERAL, _MANY = 3, 5, 15  # different values
_FULL_NAMES = 0.35  # of the different values; no list has all names
# Of the different values, full names with a given name that is known; fewer where a name hints.
_FORMED, _FORMED_IF_FULL, _FORMED_IF_HINTED = 0.6, 0.5, 0.25
_INITIALED, _KNOWN_OF_INITIALED = 0.6, 0.25  # of the different values
_KNOWN_OF_ONE_WORD = 0.2  # of the different values, where a name hints and people are beside
_LOGINS_OF_ROLE = 0.3  # of the different values, logins made of names that are known
_PIN_WORDS: Final = words.words("pin pincode puk cvv cvc otp tan geheimzahl")
_SIGNATURE: Final = words.words("""
    init initials initialen initiales iniziali initialer sign signature signatur kuerzel paraph
    paraphe sigla
""")
_INITIALS: Final = re.compile(r"[^\W\d_]\.?[^\W\d_]\.?([^\W\d_]\.?){0,3}")
_DOTTED: Final = re.compile(r"(?:[^\W\d_]\. ?){2}")  # E. M. Miller
_BLOOD_GROUP: Final = re.compile(r"(?:A|B|AB|0|O) ?(?:Rh|RhD|RH)?(?:[+-]|[( ]?(?:pos|neg)\.?\)?)")
_AGE: Final = re.compile(r"(1[01])?[0-9]{1,2}([.,][05])?")
_PIN: Final = re.compile(r"[0-9]{3,8}")
_MONTHLY_PAY: Final = (300.0, 500_000.0)


def kind_in_rows(column: Column) -> str | None:
    """The kind of personal data that values show, or None."""
    if not column.distinct:
        return None
    return (
        _by_format(column)
        or _by_numbers(column)
        or _of_addresses(column)
        or _of_names(column)
        or _of_words(column)
    )


def _by_format(column: Column) -> str | None:
    if (
        len(column.distinct) >= _FEW
        and column.share(shapes.is_card_like) >= 0.6
        and column.share(shapes.is_masked_card) >= 0.3
    ):
        return CARD
    is_advertising = not hints.ADVERTISING.isdisjoint(column.tokens)
    if is_advertising and column.share(shapes.is_guid) >= 0.9:
        return DEVICE
    is_client = column.ends_with(frozenset({"id"})) and column.share(shapes.is_client_id) >= 0.9
    if is_client or column.share(shapes.is_cookie) >= 0.6:
        return DEVICE
    is_named_pin = not column.is_attribute and column.name_contains(_PIN_WORDS)
    if column.rows.of_people and is_named_pin and column.distinct_share(_PIN.fullmatch) >= 0.9:
        return SECRET
    is_hash = column.hints(hints.SECRET_HASH) and column.share(shapes.is_digest) >= 0.6
    is_factor = not hints.SECOND_FACTOR.isdisjoint(column.tokens)
    is_seed = column.rows.has_persons and is_factor and column.share(shapes.is_secret) >= 0.9
    is_secret = is_hash or is_seed or column.share(shapes.is_password_hash) >= 0.6
    return SECRET if is_secret else None


def _by_numbers(column: Column) -> str | None:
    if birth_dates.are_births(column):
        return BIRTH_DATE
    if _are_ages(column):
        return SENSITIVE_NUMBER
    is_code = column.name_contains(thing_words.CODES)
    values = list(column.distinct)
    if not is_code and not column.is_of_goods and _are_national(column, values):
        return NATIONAL_ID
    if not is_code and not column.is_of_goods and national_numbers.are_plates(values):
        return NATIONAL_ID
    if column.share(shapes.is_date) >= 0.6:
        return None
    if _is_document(column):
        return NATIONAL_ID
    is_named = (
        column.hints(words.PHONE) or column.has_stem(stems.PHONE)
    ) and column.distinct_share(shapes.is_phone) >= 0.5
    is_named = is_named and column.share(shapes.is_degrees) < 0.5
    is_dialled = phones.are_phones(values) or (
        column.rows.has_persons and not _is_numbered_thing(column) and phones.are_valid(values)
    )
    if not is_code and (is_named or is_dialled):
        return PHONE
    return INCOME if _is_pay(column) else None


def _are_national(column: Column, values: list[str]) -> bool:
    of_people = column.of_people and not column.is_thing
    return national_numbers.are_of_persons(values) or (
        national_numbers.have_format_of_persons(values, of_people=of_people)
    )


def _is_numbered_thing(column: Column) -> bool:
    """Whether the name says that it is the number of something, or an amount."""
    last = set(column.tokens[-1:])
    return bool(last & (thing_words.NUMBER_WORDS | words.ABOUT)) or column.is_thing


def _are_ages(column: Column) -> bool:
    """Whether they are years of age of the persons that the rows are about."""
    if not column.of_people or set(column.tokens) & (words.STATISTIC | words.words("group band")):
        return False
    return column.name_contains(words.AGE) and (
        column.share(lambda value: _AGE.fullmatch(value) is not None) >= 0.9
    )


def _is_document(column: Column) -> bool:
    """Whether it is the number of a passport or licence, or of a patient."""
    return (
        column.rows.of_people
        and column.share(shapes.is_decimal) < 0.5
        and column.hints(words.NATIONAL_ID | hints.DOCUMENT)
        and not (column.is_attribute and not column.name_contains(words.NATIONAL_ID))
        and not set(column.tokens) & words.words("type typ art land country date datum bis until")
        and column.distinct_share(shapes.is_number_of_person) >= 0.6
        and len(column.distinct) >= 0.5 * len(column.values)
    )


def _is_pay(column: Column) -> bool:
    if column.rows.of_people and column.has_stem(stems.INCOME) and not column.is_attribute:
        is_statistic = set(column.tokens) & words.STATISTIC
        return not is_statistic and column.share(shapes.is_number) >= 0.9
    if not (column.rows.of_people and column.rows.of_work):
        return False
    if not column.hints(pay_words.INCOME | pay_words.PAY) or set(column.tokens) & words.STATISTIC:
        return False
    if column.share(shapes.is_number) < 0.9 or len(column.distinct) < _SEVERAL:
        return False
    amounts = sorted(amount for value in column.distinct if (amount := shapes.amount(value)))
    low, high = _MONTHLY_PAY
    return bool(amounts) and low <= amounts[len(amounts) // 2] <= high


def _of_addresses(column: Column) -> str | None:
    if column.share(shapes.is_date_or_year) >= 0.5:
        return None
    is_of_party = column.rows.has_party and not column.rows.of_firms
    if column.is_thing or (column.is_of_goods and not is_of_party) or column.rows.of_firms:
        return None
    if len(column.distinct) >= _FEW and column.distinct_share(shapes.is_street) >= 0.4:
        return ADDRESS
    of_birth = column.hints(hints.BIRTHPLACE) or (
        column.hints(words.BIRTH) and not column.is_attribute
    )
    if of_birth and column.rows.of_people and column.share(shapes.is_titled) >= 0.7:
        return ADDRESS
    if not column.of_people:
        return None
    if _is_street_of_home(column):
        return ADDRESS
    if column.hints(words.POSTCODE | hints.SHORT_POSTCODE):
        return ADDRESS if column.share(shapes.is_postcode) >= 0.6 else None
    is_distinctive = column.distinct_share(shapes.is_distinctive_postcode) >= 0.6
    return ADDRESS if is_distinctive and len(column.distinct) >= _SEVERAL else None


def _is_street_of_home(column: Column) -> bool:
    """Whether it is a street and a number of whatever language, beside a part of an address."""
    if column.is_attribute or len(column.distinct) < _SEVERAL:
        return False
    if column.has_stem(stems.ADDRESS):
        return column.distinct_share(shapes.is_numbered_street) >= 0.6
    streets = {re.sub(r"[^\W_]*[0-9].*", "", value) for value in column.distinct}
    return (
        column.rows.of_homes
        and column.distinct_share(shapes.is_numbered_street) >= 0.9
        and len(streets) >= _SEVERAL
    )


def _of_names(column: Column) -> str | None:
    if _are_east_asian(column):
        return PERSON
    if column.share(shapes.is_name_like) < 0.5 and column.share(_may_be_login) < 0.5:
        return noted_names.kind_of(column)
    if column.distinct_share(shapes.is_company) >= 0.3:
        return None
    full = column.distinct_share(people_names.is_full_name)
    of_goods = (column.is_of_goods and not column.rows.of_firms) or column.is_attribute
    is_full = full >= (thing_words.FULL_NAMES_OF_GOODS if of_goods else _FULL_NAMES)
    if column.is_named_good and full < thing_words.FULL_NAMES_OF_GOODS:
        return None
    is_hinted = column.hints(words.PERSON | words.ROLE)
    is_formed = is_hinted or _share_formed(column) >= _FORMED_IF_FULL
    if is_full and is_formed and len(column.distinct) >= _SEVERAL:
        return PERSON
    if column.is_named_good:
        return None
    is_named_thing = column.is_thing or column.is_of_goods or column.is_attribute
    if not is_named_thing and _have_form_of_names(column):
        return PERSON
    is_other = column.is_thing or column.is_attribute
    is_role = column.hints(words.ROLE) and not is_other  # the captain of a ship
    if is_role and _share_formed(column) >= _FORMED_IF_FULL and _have_form_of_names(column):
        return PERSON
    if not is_other and column.distinct_share(_DOTTED.match) >= 0.9 and _are_initialed(column):
        return PERSON
    is_actor = not column.is_thing and is_agent(column.tokens)
    if (is_actor or not is_named_thing) and _are_initialed(column):
        return PERSON
    if (is_actor or not is_named_thing) and _are_names(column, full):
        return PERSON
    is_of_initials = bool(set(column.tokens) & _SIGNATURE) and not column.is_thing
    if is_of_initials and column.share(_INITIALS.fullmatch) >= 0.8:
        return PERSON
    logins = column.distinct_share(people_names.is_login_of_name)
    is_login = logins >= 0.6
    # Some words look like logins: shoes is S. Hoes.
    is_hinted = column.hints(words.USER_NAME | words.LOGIN_ROLE | words.ROLE)
    is_of_role = is_hinted or is_agent(column.tokens)
    if (
        (
            (is_of_role and logins >= _LOGINS_OF_ROLE)
            or column.distinct_share(people_names.is_login_of_given_name) >= _LOGINS_OF_ROLE
        )
        and column.share(_may_be_login) >= 0.9
        and len(column.distinct) >= _SEVERAL
        and not (column.is_of_goods or column.is_attribute)
    ):
        return USER_NAME
    if (
        is_login
        and len(column.distinct) >= (_FEW if is_hinted else 2 * _SEVERAL)
        and not (column.is_of_goods or column.is_attribute)
    ):
        return USER_NAME
    return None


def _may_be_login(value: str) -> bool:
    return shapes.is_login(value.lower() if value.isupper() else value)


def _are_east_asian(column: Column) -> bool:
    """Whether they are names in Chinese, Japanese or Korean, which have no capitals."""
    return (
        len(column.distinct) >= _SEVERAL
        and not (column.is_thing or column.is_named_good or column.is_of_goods)
        and column.distinct_share(people_names.is_east_asian) >= 0.9
    )


def _are_names(column: Column, full: float) -> bool:
    given = column.distinct_share(people_names.is_given)
    family = column.distinct_share(people_names.is_family)
    is_likely = given >= 0.5 or family >= 0.4 or full >= 0.2
    if column.hints(words.PERSON):
        return is_likely or (
            column.rows.of_people
            and max(given, family) >= _KNOWN_OF_ONE_WORD
            and len(column.distinct) >= _SEVERAL
            and column.share(people_names.is_one_word) >= 0.9
            and column.share(shapes.is_titled) >= 0.9
        )
    if column.hints(words.ROLE):
        return is_likely and column.share(shapes.is_titled) >= 0.7 and len(column.distinct) >= _FEW
    if column.hints(words.NAME) and column.rows.of_people:
        # Spring and Summer are family names, but not Spring Sale.
        return is_likely and column.distinct_share(people_names.is_made_of_names) >= 0.5
    if column.ends_with(words.NAME) and column.rows.has_persons and len(column.distinct) >= _MANY:
        return max(given, family) >= 0.5 and column.share(people_names.is_one_word) >= 0.9
    if is_agent(column.tokens) and len(column.distinct) >= _SEVERAL:
        return max(given, family) >= 0.6 and column.share(shapes.is_titled) >= 0.9
    return (
        column.rows.of_people
        and len(column.distinct) >= _MANY
        and max(given, family) >= 0.6
        and column.share(shapes.is_titled) >= 0.7
    )


def _have_form_of_names(column: Column) -> bool:
    """Whether the values are written as full names are, whoever's family names they have."""
    if len(column.distinct) < _SEVERAL or column.distinct_share(shapes.FULL_NAME.fullmatch) < 0.9:
        return False
    is_hinted = (
        column.hints(words.PERSON | words.ROLE)
        or is_agent(column.tokens)
        or (column.of_people and column.hints(words.NAME))
    )
    return _share_formed(column) >= (_FORMED_IF_HINTED if is_hinted else _FORMED)


def _share_formed(column: Column) -> float:
    """The share of full names whose given names are known, in the order that most have."""
    return max(
        column.distinct_share(people_names.has_form_of_name),
        column.distinct_share(people_names.has_reversed_form_of_name),
    )


def _are_initialed(column: Column) -> bool:
    """Whether the values are names with initials, of which enough are known."""
    names = {people_names.longest_word(value) for value in column.distinct}
    if len(names) < _SEVERAL:
        return False  # zone A, zone B
    known = column.distinct_share(people_names.is_initialed)
    return known >= _INITIALED or (
        known >= _KNOWN_OF_INITIALED and column.distinct_share(people_names.has_initials) >= 0.9
    )


def _of_words(column: Column) -> str | None:
    may_be_blood = column.of_people or (column.rows.has_persons and "blood" in column.tokens)
    if may_be_blood and column.distinct_share(_BLOOD_GROUP.fullmatch) >= 0.9:
        return SENSITIVE
    if column.of_people and column.name_contains(hints.DISABILITY):
        return SENSITIVE
    if column.is_attribute:
        return None
    is_about_people = column.of_people and not column.is_thing
    may_be_told = is_about_people or (
        column.rows.reaches_persons and not (column.is_thing or column.is_of_goods)
    )
    if is_about_people and _is_named_sensitive(column):
        return SENSITIVE
    if may_be_told and (texts.are_of_health(column) or texts.are_of_beliefs(column)):
        return SENSITIVE
    return FREE_TEXT if texts.are_free(column) else None


def _is_code(value: str) -> bool:
    """Whether it is a number by its digits only: 01 for a confession."""
    return len(value) > 1 and value.isdigit() and value.startswith("0")


def _is_named_sensitive(column: Column) -> bool:
    if set(column.tokens) & (words.STATISTIC | words.words("date at cost")):
        return False
    if column.share(shapes.is_date) >= 0.5:
        return False
    is_text = column.share(shapes.is_number) < 0.5 or column.share(_is_code) >= 0.5
    return column.hints(hints.DISABILITY, shortest=5) or (
        is_text
        and (
            column.hints(words.SENSITIVE | hints.HEALTH, shortest=5)
            or column.has_stem(stems.SENSITIVE)
        )
    )
