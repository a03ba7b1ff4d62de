"""Detect personal columns from their names and values.

A name is a hint; the values confirm or contradict it (`email_count` contains no address). Values
with a checksum or an unambiguous format (e-mail, IBAN, card) are sufficient. Without either, a
column is not personal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from first_light.privacy import hints, people_names, special_kinds
from first_light.privacy import texts as texts_
from first_light.privacy import value_shapes as shapes
from first_light.privacy import vocabulary as words
from first_light.privacy.checksums import is_card, is_french_id, is_iban, is_spanish_id
from first_light.privacy.column_facts import Column
from first_light.privacy.column_values import texts_of
from first_light.privacy.contradictions import is_contradicted
from first_light.privacy.in_rows import kind_in_rows
from first_light.privacy.kinds import (
    ADDRESS,
    BANK_ACCOUNT,
    BIRTH_DATE,
    CARD,
    DEVICE,
    EMAIL,
    FREE_TEXT,
    IP,
    NATIONAL_ID,
    PERSON,
    PHONE,
    SECRET,
    USER_NAME,
)
from first_light.privacy.name_tokens import name_tokens
from first_light.privacy.rows import UNKNOWN, Rows

EMAIL_PATTERN: Final = shapes.EMAIL_PATTERN
_CERTAIN = 0.95  # of the values
_USER: Final = words.words("""
    usr user benutzer nutzer utilisateur usuario utente gebruiker anvandare bruker
""")
# By kind: the form of its values, and the names without which the form proves nothing.
_PROOFS: Final[Mapping[str, tuple[Callable[[str], object], frozenset[str] | None]]] = {
    EMAIL: (shapes.EMAIL_PATTERN.fullmatch, None),
    BANK_ACCOUNT: (is_iban, None),
    CARD: (is_card, words.CARD),
    PHONE: (shapes.is_phone, words.PHONE),
    BIRTH_DATE: (shapes.is_date_or_year, words.BIRTH),
    PERSON: (shapes.is_name_like, words.PERSON),
}


def classify(name: str, values: Sequence[str], table: str = "", rows: Rows = UNKNOWN) -> str | None:
    """The kind of personal data in a column, or None.

    Args:
        name: the column's name, in any case and style.
        values: some of its values as text; nulls and blanks are ignored. Some hundreds are enough.
        table: its table's name, if known: `name` is a person in `customers`, not in `products`.
        rows: what its table's rows are about, once all its columns were seen.

    Returns:
        One of `KINDS`, or None.
    """
    texts = people_names.without_slashes(people_names.plainly_titled(texts_of(values)))
    column = Column(name_tokens(name), frozenset(name_tokens(table)), texts, rows)
    if texts and column.share(lambda value: value.lower() in shapes.BOOLEANS) == 1:
        return special_kinds.by_flag(column)
    kind = _classify(column) or kind_in_rows(column)
    return None if kind and is_contradicted(kind, column) else kind


def is_certain(kind: str, name: str, values: Sequence[str], table: str = "") -> bool:
    """Whether nobody has to be asked if a column holds this kind of personal data.

    Nearly all values have a form that nothing else has, or the name says the kind and nearly all
    values confirm it. All other finds are doubtful.

    Args:
        kind: what it was taken for, one of `KINDS`.
        name: the column's name.
        values: some of its values as text; nulls and blanks are ignored.
        table: its table's name, if known.
    """
    texts = texts_of(values)
    column = Column(name_tokens(name), frozenset(name_tokens(table)), texts)
    if kind not in _PROOFS or (kind == PERSON and column.of_things):
        return False
    if column.is_attribute and kind != BIRTH_DATE:  # `date` is an attribute of other things
        return False
    proof, vocabulary = _PROOFS[kind]
    is_named = vocabulary is None or column.name_contains(vocabulary)
    return is_named and column.share(proof) >= _CERTAIN


def _classify(column: Column) -> str | None:
    shaped = _by_format(column)
    if shaped:
        return shaped
    is_timed = column.share(shapes.TIMED.match) >= 0.5
    if (
        column.name_contains(words.BIRTH)
        and not (column.is_of_goods or is_timed)
        and column.is_consistent(_may_be_birth, 0.8)
    ):
        return BIRTH_DATE
    special = special_kinds.by_number(column)
    if special:
        return special
    if is_timed and column.share(shapes.is_date) >= 0.9:
        return None
    if column.values and column.share(shapes.is_decimal) >= 0.5:
        return None
    return special_kinds.by_name(column) or _by_name(column) or _by_values(column)


def _may_be_birth(value: str) -> bool:
    return shapes.is_date_or_year(value) or shapes.is_day_of_birth(value)


def _by_format(column: Column) -> str | None:
    """Kinds that the values prove, independent of the column's name."""
    if column.share(shapes.EMAIL_PATTERN.fullmatch) >= 0.1:
        return EMAIL
    if column.share(is_iban) >= 0.3:
        return BANK_ACCOUNT
    if len(column.distinct) >= 3 and column.share(shapes.is_domestic_account) >= 0.9:
        return BANK_ACCOUNT
    if len(column.distinct) >= 2 and column.share(shapes.is_mac) >= 0.8:
        return DEVICE
    is_version = column.name_contains(frozenset({"version", "release", "build", "firmware", "os"}))
    if (
        not is_version
        and column.share(shapes.is_ip) >= 0.8
        and column.share(shapes.is_routed) >= 0.3
    ):
        return IP
    if len(column.distinct) >= 5 and column.share(is_card) >= 0.9:
        # Product numbers may have the same check digit: names of product numbers take precedence.
        product_codes = words.words("ean gtin upc isbn barcode imei iccid sku")
        return None if column.name_contains(product_codes) else CARD
    if len(column.distinct) >= 3 and (
        column.share(shapes.is_ssn) >= 0.8
        or column.share(is_spanish_id) >= 0.9
        or column.share(is_french_id) >= 0.9
    ):
        return NATIONAL_ID
    return None


def _by_name(column: Column) -> str | None:
    """Kinds that the name indicates and the values do not contradict."""
    if column.name_contains(words.EMAIL) and column.is_consistent(
        lambda value: "@" in value or shapes.is_digest(value), 0.1
    ):
        return EMAIL
    if column.name_contains(words.IP) and column.is_consistent(shapes.is_ip):
        return IP
    if column.name_contains(words.CARD) and column.is_consistent(shapes.is_card_like):
        return CARD
    is_of_person = column.of_people and column.name_contains(words.WEAK_NATIONAL_ID)
    if (column.name_contains(words.NATIONAL_ID) or is_of_person) and column.is_consistent(
        shapes.is_number_of_person
    ):
        return NATIONAL_ID
    if column.name_contains(words.DEVICE) and column.is_consistent(
        lambda value: len(value) >= 8 and shapes.digits(value) >= 1
    ):
        return DEVICE
    if column.name_contains(words.BANK_ACCOUNT) and column.is_consistent(
        lambda value: 6 <= shapes.digits(value) <= 34
    ):
        return BANK_ACCOUNT
    if _is_account_of_bank(column):
        return BANK_ACCOUNT
    if (
        column.name_contains(words.SECRET)
        and column.is_consistent(shapes.is_secret, 0.5)
        and not _dated(column)
    ):
        return SECRET
    if column.name_contains(words.PHONE) and column.is_consistent(shapes.is_phone):
        return PHONE
    if _is_postcode(column):
        return ADDRESS
    if column.is_attribute:
        return None
    technical = column.name_contains(words.TECHNICAL)
    is_text = column.name_contains(words.FREE_TEXT) or (
        column.of_people and column.name_contains(words.WEAK_FREE_TEXT)
    )
    if is_text and not technical and _is_prose(column, average=2.5):
        return FREE_TEXT
    of_user = not _USER.isdisjoint(column.tokens) and column.ends_with(words.NAME)
    if of_user and column.values and column.share(shapes.is_login) >= 0.9:
        return USER_NAME
    if column.name_contains(words.USER_NAME) and column.is_consistent(_may_be_login):
        return USER_NAME
    if _is_address(column):
        return ADDRESS
    return PERSON if _is_person(column) else None


def _is_account_of_bank(column: Column) -> bool:
    """Whether it is an account, of a bank by another word, that somebody pays from or to."""
    tokens = set(column.tokens)
    is_named = not tokens.isdisjoint(hints.ACCOUNT) and (
        column.rows.of_banks or not tokens.isdisjoint(hints.OF_BANK)
    )
    return is_named and column.share(lambda value: 6 <= shapes.digits(value) <= 34) >= 0.9


def _by_values(column: Column) -> str | None:
    """Kinds that the values make likely, unless the name contradicts."""
    if len(column.distinct) < 3 or column.is_attribute:
        return None
    is_thing = column.is_thing or column.is_named_good
    is_identifier = column.ends_with(
        words.words("id no nr num number code sku ref order invoice nummer")
    )
    if not is_identifier and _are_phones(column):
        return PHONE
    has_names = column.share(shapes.has_given_name) >= (0.6 if column.of_things else 0.4)
    if not is_thing and has_names and column.share(shapes.FULL_NAME.fullmatch) >= 0.6:
        return PERSON
    if is_thing or column.of_things:
        return None
    if (
        column.share(shapes.STREET.fullmatch) >= 0.6
        and column.share(lambda value: "&" in value) < 0.2
    ):
        return ADDRESS
    if len(column.distinct) >= 5 and _is_prose(column, average=6) and not texts_.are_titles(column):
        return FREE_TEXT
    return None


def _are_phones(column: Column) -> bool:
    """Whether the values can only be telephone numbers, though no name says so."""
    return column.share(shapes.is_formatted_phone) >= 0.8 or (
        len(column.distinct) >= 5
        and column.share(shapes.is_formatted_phone) >= 0.3
        and column.share(shapes.is_spaced_phone) >= 0.95
    )


def _is_person(column: Column) -> bool:
    if column.values and column.share(shapes.is_company) >= 0.5:
        return False
    if column.name_contains(words.PERSON):
        # A school has a full name as well.
        is_proven = column.share(shapes.has_given_name) >= 0.3
        is_named_thing = column.of_things and column.ends_with(words.FULL_NAME)
        return column.is_consistent(shapes.is_name_like) and (is_proven or not is_named_thing)
    if column.of_people and len(column.tokens) == 1 and column.tokens[0] in words.NAME_PARTS:
        return column.is_consistent(shapes.is_name_like)
    has_role = column.name_contains(words.ROLE)
    if column.is_thing and not has_role:
        return False
    if column.ends_with(words.NAME):
        if has_role or (column.of_people and len(column.tokens) == 1):
            return column.is_consistent(shapes.is_name_like)
        # The name of an addressee may be a company's.
        return _is_addressed(column) and column.share(shapes.has_given_name) >= 0.3
    if column.ends_with(words.ROLE):
        return column.share(shapes.is_titled) >= 0.5 and (
            column.share(shapes.FULL_NAME.fullmatch) >= 0.5
            or (len(column.distinct) >= 3 and column.share(_is_given_name) >= 0.6)
        )
    return False


def _may_be_login(value: str) -> bool:
    login = value.removeprefix("@")
    login = login.lower() if login.isupper() else login
    return shapes.is_login(login) or shapes.is_name_like(value)


def _is_given_name(value: str) -> bool:
    return shapes.is_name_like(value) and shapes.has_given_name(value)


def _is_postcode(column: Column) -> bool:
    if not (_is_addressed(column) or column.of_people) or _is_of_things(column):
        return False
    return column.name_contains(words.POSTCODE) and column.is_consistent(
        lambda value: 3 <= len(value) <= 10 and shapes.digits(value) >= 2
    )


def _is_address(column: Column) -> bool:
    if _is_of_things(column):
        return False
    if column.name_contains(frozenset({"web", "url", "http", "mac", "memory", "wallet", "ip"})):
        return False
    if column.name_contains(words.ADDRESS):
        return column.is_consistent(
            lambda value: re.search(r"[^\W\d_]{2}|^[0-9]+ ?[a-z]?$", value) and "0x" not in value
        )
    return False


def _is_addressed(column: Column) -> bool:
    return any(token in words.ADDRESSEE or token in words.ROLE for token in column.tokens)


def _is_of_things(column: Column) -> bool:
    """Whether the column describes the place of a shop or an airport, not of a person."""
    # The code in `postal_code` is of whatever the table is of.
    is_addressed = _is_addressed(column) and column.tokens[:1] != ["postal"]
    return (column.is_thing or column.of_things) and not is_addressed


def _is_prose(column: Column, average: float) -> bool:
    """Whether the values are prose: many words, mostly distinct."""
    if not column.values:
        return True
    prose = [
        value for value in column.values if not value.startswith(("{", "[", "http://", "https://"))
    ]
    lengths = sum(len(value.split()) for value in prose) / len(column.values)
    return lengths >= average and len(column.distinct) >= 0.5 * len(column.values)


def _dated(column: Column) -> bool:
    return bool(column.values) and column.share(shapes.DATE.fullmatch) >= 0.5
