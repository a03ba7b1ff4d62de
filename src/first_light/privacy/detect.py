"""Detect personal columns from their names and values.

A name is a hint; the values confirm or contradict it (`email_count` contains no address). Values
with a checksum or an unambiguous format (e-mail, IBAN, card) are sufficient. Without either, a
column is not personal.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Final

from first_light.privacy import vocabulary as words
from first_light.privacy.checksums import is_card, is_french_id, is_iban, is_spanish_id
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
from first_light.utils import null_words

EMAIL_PATTERN: Final = re.compile(r"[^\s@<>,;:\"'()]+@[^\W_]([\w-]*\.)+[^\W\d_]{2,}")

_BOOLEANS = words.words("true false t f yes no y n 0 1 ja nein oui non si sí nee j")
_NULLS = frozenset({"", *(word.lower() for word in null_words.ALL)})
_NUMBER = re.compile(
    r"[-+]?[0-9][0-9.,' ]*[.,][0-9]+(e[-+]?[0-9]+)?|[-+]?[0-9]+e[-+]?[0-9]+", re.IGNORECASE
)
_DATE = re.compile(
    r"([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})"
    r"|(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    r"|[0-9]{1,2}[ -][A-Za-z]{3,9}[ -][0-9]{4})([T ][0-9:.]+ ?(Z|[AaPp][Mm]|[-+][0-9:]+)?)?"
)
_TIMED = re.compile(r".*[0-9]{1,2}:[0-9]{2}.*")
_STREET = re.compile(
    r"([0-9]+[a-z]? [\w .'-]+ (street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court"
    r"|ct|place|pl|way|terrace|close|crescent|square)\b.*"
    r"|.*(stra(ß|ss)e|str\.|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|plein|gracht|kade)"
    r" ?[0-9]+.*"
    r"|[0-9]+[a-z]?,? (rue|avenue|boulevard|place|chemin|impasse|quai|allée|route|cours) .*"
    r"|(calle|avenida|plaza|paseo|c/|avda\.?) .*[0-9]+.*)",
    re.IGNORECASE,
)
_NAME_WORD = r"(?:[^\W\d_](?:[^\W\d_]|['\u2019-])*\.?|[^\W\d_]\.)"
_FULL_NAME = re.compile(rf"{_NAME_WORD}(?:,? {_NAME_WORD}){{1,4}}")
_NAMELIKE = re.compile(rf"{_NAME_WORD}(?:,? {_NAME_WORD}){{0,4}}")


def classify(name: str, values: Sequence[str], table: str = "") -> str | None:
    """The kind of personal data in a column, or None.

    Args:
        name: the column's name, in any case and style.
        values: some of its values as text; nulls and blanks are ignored. Some hundreds are enough.
        table: its table's name, if known: `name` is a person in `customers`, not in `products`.

    Returns:
        One of `KINDS`, or None.
    """
    texts = [text for value in values if (text := value.strip()).lower() not in _NULLS]
    return _classify(_Column(name_tokens(name), frozenset(name_tokens(table)), texts))


class _Column:
    """The facts of one column: the words of its name, and shares of its values."""

    def __init__(self, tokens: list[str], table: frozenset[str], values: list[str]) -> None:
        self.tokens = tokens
        self.values = values
        self.distinct = set(values)
        self.of_people = bool(table & words.PEOPLE)
        self.of_things = bool(table & words.THING) and not self.of_people
        # An attribute of a thing is not the thing itself; but a login id is a login.
        is_user_name = "".join(tokens[-2:]) in words.USER_NAME
        self.is_attribute = len(tokens) > 1 and tokens[-1] in words.ABOUT and not is_user_name

    def name_contains(self, vocabulary: frozenset[str]) -> bool:
        """Whether consecutive words of the name, joined, are in the vocabulary.

        Or end with one of its longer words: German and Dutch have compound words.
        """
        count = len(self.tokens)
        runs = ("".join(self.tokens[a:b]) for a in range(count) for b in range(a + 1, count + 1))
        return any(
            run in vocabulary or any(run[at:] in vocabulary for at in range(1, len(run) - 6))
            for run in runs
        )

    def ends_with(self, vocabulary: frozenset[str]) -> bool:
        """Whether the last words of the name, joined, are in the vocabulary."""
        return any("".join(self.tokens[at:]) in vocabulary for at in range(len(self.tokens)))

    def share(self, test: Callable[[str], object]) -> float:
        """The share, 0 to 1, of the values that pass; 0 for a column without values."""
        return (
            sum(1 for value in self.values if test(value)) / len(self.values)
            if self.values
            else 0.0
        )

    def is_consistent(self, test: Callable[[str], object], share: float = 0.5) -> bool:
        """Whether the values are consistent with a name: enough of them pass, or there are none."""
        if not self.values:
            return not self.is_attribute
        return self.share(test) >= share


def _classify(column: _Column) -> str | None:
    if column.values and column.share(lambda value: value.lower() in _BOOLEANS) == 1:
        return None
    shaped = _by_format(column)
    if shaped:
        return shaped
    if column.name_contains(words.BIRTH) and column.is_consistent(_is_date_or_year, 0.8):
        return BIRTH_DATE
    if column.values and column.share(_DATE.fullmatch) >= 0.9 and column.share(_TIMED.match) >= 0.5:
        return None
    if column.values and column.share(_is_decimal) >= 0.5:
        return None
    return _by_name(column) or _by_values(column)


def _by_format(column: _Column) -> str | None:
    """Kinds that the values prove, independent of the column's name."""
    if column.share(EMAIL_PATTERN.fullmatch) >= 0.1:
        return EMAIL
    if column.share(is_iban) >= 0.3:
        return BANK_ACCOUNT
    if len(column.distinct) >= 2 and column.share(_is_mac) >= 0.8:
        return DEVICE
    is_version = column.name_contains(frozenset({"version", "release", "build", "firmware", "os"}))
    if not is_version and column.share(_is_ip) >= 0.8 and column.share(_is_routed) >= 0.3:
        return IP
    if len(column.distinct) >= 5 and column.share(is_card) >= 0.9:
        # Product numbers may have the same check digit: names of product numbers take precedence.
        product_codes = words.words("ean gtin upc isbn barcode imei iccid sku")
        return None if column.name_contains(product_codes) else CARD
    if len(column.distinct) >= 3 and (
        column.share(_is_ssn) >= 0.8
        or column.share(is_spanish_id) >= 0.9
        or column.share(is_french_id) >= 0.9
    ):
        return NATIONAL_ID
    return None


def _by_name(column: _Column) -> str | None:
    """Kinds that the name indicates and the values do not contradict."""
    if column.name_contains(words.EMAIL) and column.is_consistent(
        lambda value: "@" in value or _is_digest(value), 0.1
    ):
        return EMAIL
    if column.name_contains(words.IP) and column.is_consistent(_is_ip):
        return IP
    if column.name_contains(words.CARD) and column.is_consistent(_is_card_like):
        return CARD
    if column.name_contains(words.NATIONAL_ID) and column.is_consistent(_is_number_of_person):
        return NATIONAL_ID
    if column.name_contains(words.DEVICE) and column.is_consistent(
        lambda value: len(value) >= 8 and _digits(value) >= 1
    ):
        return DEVICE
    if column.name_contains(words.BANK_ACCOUNT) and column.is_consistent(
        lambda value: 6 <= _digits(value) <= 34
    ):
        return BANK_ACCOUNT
    if (
        column.name_contains(words.SECRET)
        and column.is_consistent(_is_secret, 0.5)
        and not _dated(column)
    ):
        return SECRET
    if column.name_contains(words.PHONE) and column.is_consistent(_is_phone):
        return PHONE
    if _is_postcode(column):
        return ADDRESS
    if column.is_attribute:
        return None
    technical = column.name_contains(words.TECHNICAL)
    if column.name_contains(words.FREE_TEXT) and not technical and _is_prose(column, average=2.5):
        return FREE_TEXT
    if column.name_contains(words.USER_NAME) and column.is_consistent(
        lambda value: re.search(r"[^\W\d_]", value)
    ):
        return USER_NAME
    if _is_address(column):
        return ADDRESS
    return PERSON if _is_person(column) else None


def _by_values(column: _Column) -> str | None:
    """Kinds that the values make likely, unless the name contradicts."""
    if len(column.distinct) < 3 or column.is_attribute:
        return None
    is_thing = any(token in words.THING for token in column.tokens)
    is_identifier = column.ends_with(
        words.words("id no nr num number code sku ref order invoice nummer")
    )
    if not is_identifier and column.share(_is_formatted_phone) >= 0.8:
        return PHONE
    has_names = column.share(_has_given_name) >= (0.6 if column.of_things else 0.4)
    if not is_thing and has_names and column.share(_FULL_NAME.fullmatch) >= 0.6:
        return PERSON
    if is_thing or column.of_things:
        return None
    if column.share(_STREET.fullmatch) >= 0.6 and column.share(lambda value: "&" in value) < 0.2:
        return ADDRESS
    if len(column.distinct) >= 5 and _is_prose(column, average=6):
        return FREE_TEXT
    return None


def _is_person(column: _Column) -> bool:
    if column.values and column.share(_is_company) >= 0.5:
        return False
    if column.name_contains(words.PERSON):
        return column.is_consistent(_is_name_like)
    if column.of_people and len(column.tokens) == 1 and column.tokens[0] in words.NAME_PARTS:
        return column.is_consistent(_is_name_like)
    has_role = column.name_contains(words.ROLE)
    if any(token in words.THING for token in column.tokens) and not has_role:
        return False
    if column.ends_with(words.NAME):
        if has_role or (column.of_people and len(column.tokens) == 1):
            return column.is_consistent(_is_name_like)
        # The name of an addressee may be a company's.
        return _is_addressed(column) and column.share(_has_given_name) >= 0.3
    if column.ends_with(words.ROLE):
        return (
            bool(column.values)
            and column.share(_FULL_NAME.fullmatch) >= 0.5
            and column.share(_is_titled) >= 0.5
        )
    return False


def _is_postcode(column: _Column) -> bool:
    if not (_is_addressed(column) or column.of_people) or _is_of_things(column):
        return False
    return column.name_contains(words.POSTCODE) and column.is_consistent(
        lambda value: 3 <= len(value) <= 10 and _digits(value) >= 2
    )


def _is_address(column: _Column) -> bool:
    if _is_of_things(column):
        return False
    if column.name_contains(frozenset({"web", "url", "http", "mac", "memory", "wallet", "ip"})):
        return False
    if column.name_contains(words.ADDRESS):
        return column.is_consistent(
            lambda value: re.search(r"[^\W\d_]{2}|^[0-9]+ ?[a-z]?$", value) and "0x" not in value
        )
    return False


def _is_addressed(column: _Column) -> bool:
    return any(token in words.ADDRESSEE or token in words.ROLE for token in column.tokens)


def _is_of_things(column: _Column) -> bool:
    """Whether the column describes the place of a shop or an airport, not of a person."""
    is_thing = any(token in words.THING for token in column.tokens)
    return (is_thing or column.of_things) and not _is_addressed(column)


def _is_prose(column: _Column, average: float) -> bool:
    """Whether the values are prose: many words, mostly distinct."""
    if not column.values:
        return True
    prose = [
        value for value in column.values if not value.startswith(("{", "[", "http://", "https://"))
    ]
    lengths = sum(len(value.split()) for value in prose) / len(column.values)
    return lengths >= average and len(column.distinct) >= 0.5 * len(column.values)


def _digits(value: str) -> int:
    return sum(sign.isdigit() for sign in value)


def _dated(column: _Column) -> bool:
    return bool(column.values) and column.share(_DATE.fullmatch) >= 0.5


def _is_date_or_year(value: str) -> bool:
    return bool(_DATE.fullmatch(value) or re.fullmatch(r"(1[89]|20)[0-9]{2}", value))


def _is_decimal(value: str) -> bool:
    """A number with decimals; telephone numbers and IP addresses have more than one dot."""
    return _NUMBER.fullmatch(value) is not None and value.count(".") < 2


def _is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(
            re.sub(r"(?<=[0-9])(:[0-9]+|/[0-9]+)$", "", value) if value.count(":") <= 1 else value
        )
    except ValueError:
        return False
    return "." in value or ":" in value


def _is_routed(value: str) -> bool:
    """Whether it is not a version number: one of the parts is large, or it is IPv6."""
    return ":" in value or any(int(part) > 50 for part in re.findall(r"[0-9]+", value))


def _is_mac(value: str) -> bool:
    return re.fullmatch(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}", value) is not None


def _is_ssn(value: str) -> bool:
    return re.fullmatch(r"(?!000|666|9)[0-9]{3}-[0-9]{2}-(?!0000)[0-9]{4}", value) is not None


def _is_digest(value: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{32,128}", value) is not None


def _is_phone(value: str) -> bool:
    return (
        re.fullmatch(r"[-+() ./0-9]+( ?(x|ext\.?) ?[0-9]+)?", value) is not None
        and 6 <= _digits(value) <= 17
        and not _DATE.fullmatch(value)
    )


def _is_formatted_phone(value: str) -> bool:
    """Whether it has a format that only telephone numbers have."""
    return _is_phone(value) and (
        (re.match(r"\+[1-9]", value) is not None and _digits(value) >= 9)
        or re.fullmatch(r"(\+?1[ .-])?(\([0-9]{3}\) ?|[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4}", value)
        is not None
    )


def _is_card_like(value: str) -> bool:
    return re.fullmatch(r"[0-9*xX•]{12,19}", re.sub(r"[ -]", "", value)) is not None


def _is_number_of_person(value: str) -> bool:
    packed = re.sub(r"[^0-9A-Za-z]", "", value)
    return 5 <= len(packed) <= 20 and _digits(packed) >= 2 and not _DATE.fullmatch(value)


def _is_secret(value: str) -> bool:
    return len(value) >= 6 and " " not in value and not re.fullmatch(r"[0-9.,-]+", value)


def _is_name_like(value: str) -> bool:
    return len(value) <= 60 and _NAMELIKE.fullmatch(value) is not None


def _is_titled(value: str) -> bool:
    """Whether it is capitalised as a name: Ann Lee, ANN LEE, LEE, Ann."""
    initials = [word[0] for word in re.split(r"[ ,]+", value) if word]
    return bool(initials) and initials[0].isupper() and initials[-1].isupper()


def _is_company(value: str) -> bool:
    return value.lower().rstrip(".").rsplit(" ", 1)[-1] in words.LEGAL_FORMS


def _has_given_name(value: str) -> bool:
    parts = name_tokens(value)
    # After a comma comes the given name: Lee, Ann M.
    candidates = {*parts[:1], *name_tokens(value.partition(",")[2])[:1]}
    return bool(candidates & (words.GIVEN_NAMES | words.HONORIFICS))
