"""Masking: every personal value is replaced by a made-up one of the same form.

Keyed, one-to-one and the same in every table, so unique columns stay unique and joins hold; see
`key` for what that protects against. Each kind says which texts may stand in for a value (a
`Domain`); the key then chooses one.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import itertools
import json
import re
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from first_light.privacy import detect as personal
from first_light.privacy import kinds
from first_light.privacy.checksums import iban_digits, is_iban, luhn_digit
from first_light.privacy.format_preserving_encryption import permute
from first_light.privacy.formats import (
    Domain,
    alphabet,
    is_hexadecimal,
    like_case,
    lowered,
    shape_of,
    spell,
)
from first_light.privacy.generated_keys import dates_like
from first_light.privacy.vocabulary import words

SHORTEST_LEAK: Final = 4  # characters: shorter values are everywhere by chance
_ATTEMPTS = 16
_SMALL = 1 << 20
_GENERIC_ENDINGS = ("com", "net", "org")
# Country calling codes of one or two digits; all others have three.
_CALLING_CODES = words(
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63"
    " 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
)


def family(kind: str) -> str:
    """The kinds that mask a value alike have the same family, so a join between them holds."""
    alike = {kinds.EMAIL, kinds.PHONE, kinds.BIRTH_DATE, kinds.IP, kinds.CARD}
    return kind if kind in alike or kind == kinds.BANK_ACCOUNT else "text"


class Masker:
    """Masks values under one key; remembers what it gave out, so that no two get the same.

    Args:
        key: 1 to 64 bytes; the same key gives the same masks.
        latest: dates of birth up to this day stay up to this day.
        avoid: originals that no mask may coincide with, where there is room to avoid them.
    """

    def __init__(
        self, key: bytes, latest: dt.date | None = None, avoid: Iterable[str] = ()
    ) -> None:
        self._key = key
        self._latest = latest
        self._avoid = {lowered(text.strip()) for text in avoid if len(text) >= SHORTEST_LEAK}
        self._given: dict[tuple[str, str], str] = {}
        self._taken: dict[str, str] = {}

    def mask(self, kind: str, value: Any) -> Any:
        """The stand-in for a value, of the same type; None, blanks and booleans stay.

        Args:
            kind: one of `personal.KINDS`.
            value: as DuckDB gives it to Python; lists and structs are masked inside.
        """
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            if value[:1] in ("{", "[") and (parsed := _parsed(value)) is not None:
                return _dumped(self._inside(kind, parsed), value)
            return self._text(kind, value)
        if isinstance(value, dict | list | tuple):
            return self._inside(kind, value)
        if isinstance(value, int):
            masked = int(self._text(kind, str(abs(value))))
            return -masked if value < 0 else masked
        if isinstance(value, float | Decimal):
            return self._number(value)
        if isinstance(value, dt.datetime):
            day = self._day(value.date())
            return value.replace(year=day.year, month=day.month, day=day.day)
        if isinstance(value, dt.date):
            return self._day(value)
        if isinstance(value, uuid.UUID):
            return uuid.UUID(self._text(kind, str(value)))
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value).translate(self._bytes())
        return value

    def _inside(self, kind: str, value: Any) -> Any:
        """Masks every value inside a structure; one kind marks them all, so each goes by its look.

        A date in a structure of names must stay a date, or whoever reads it fails.
        """
        if isinstance(value, dict):
            return {name: self._inside(kind, inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._inside(kind, inner) for inner in value)
        if isinstance(value, str):
            text = value.strip().lower()
            if len(text) > 4 and dates_like(text, self._latest) is not None:
                kind = kinds.BIRTH_DATE
            elif _addresses_like(text) is not None:
                kind = kinds.IP
            elif personal.EMAIL_PATTERN.fullmatch(text):
                kind = kinds.EMAIL
            elif is_iban(text):
                kind = kinds.BANK_ACCOUNT
        return self.mask(kind, value)

    def _text(self, kind: str, value: str) -> str:
        core = value.strip()
        if not core:
            return value
        start = value.index(core)
        if kind == kinds.EMAIL:
            masked = self._email(core)
        else:
            masked = self._choose(family(kind), lowered(core))
            if len(masked) == len(core):
                masked = like_case(masked, core)
        return value[:start] + masked + value[start + len(core) :]

    def _email(self, text: str) -> str:
        """Addresses end in a reserved domain; anything else in the column is masked as text."""
        parts = re.split(r"([\s,;:<>\"'()]+)", text)
        return "".join(
            part if place % 2 else self._address(part) for place, part in enumerate(parts)
        )

    def _address(self, part: str) -> str:
        if not personal.EMAIL_PATTERN.fullmatch(part) or part.count("@") != 1:
            return self._text(kinds.SECRET, part)
        local, _, domain = part.partition("@")
        host, _, ending = domain.rpartition(".")
        local, host = self._text(kinds.SECRET, local), self._text(kinds.SECRET, host)
        if ending.lower() in _GENERIC_ENDINGS:
            return f"{local}@{host}.example.{ending}"
        if len(ending) > 4:
            ending = self._text(kinds.SECRET, ending)
        return f"{local}@{host}.{ending}.example"

    def _choose(self, group: str, text: str) -> str:
        """The stand-in for a lower case text within its group of kinds, remembered."""
        known = self._given.get((group, text))
        if known is None:
            domain, accepts = self._domain(group, text)
            known = self._first(domain, text, accepts)
            self._given[group, text] = known
            self._taken[known] = text
        return known

    def _first(self, domain: Domain, text: str, accepts: Callable[[str], bool]) -> str:
        def candidate(attempt: int) -> str:
            tweak = f"{domain.shape}:{attempt}"
            return domain.build(permute(self._key, tweak, domain.size, domain.index))

        def free(other: str) -> bool:
            return self._taken.get(other, text) == text and accepts(other)

        if domain.size == 1:
            return text
        small = domain.size < _SMALL
        for attempt in range(_ATTEMPTS) if small else itertools.count():
            other = candidate(attempt)
            if other != text and free(other) and other not in self._avoid:
                return other
        # A small set is used up: an original of somebody else is better than two masks alike.
        numbers = itertools.chain(
            [permute(self._key, f"{domain.shape}:0", domain.size, domain.index)],
            ((domain.index + step) % domain.size for step in range(1, domain.size)),
        )
        return next((other for n in numbers if free(other := domain.build(n))), text)

    def _domain(self, group: str, text: str) -> tuple[Domain, Callable[[str], bool]]:
        if group == kinds.BIRTH_DATE:
            dates = dates_like(text, self._latest)
            if dates is not None:
                return dates, _anything
        if group == kinds.IP:
            addresses = _addresses_like(text)
            if addresses is not None:
                return addresses, _anything
        if group == kinds.CARD and re.fullmatch(r"[0-9]([ -]?[0-9]){11,18}", text):
            return _cards_like(text), _anything
        if group == kinds.BANK_ACCOUNT and is_iban(text):
            return _ibans_like(text), _anything
        kept = _calling_code(text) if group == kinds.PHONE else 0
        # What is a digest or an IBAN has a set of its own, which others must not fall into.
        digest, iban = is_hexadecimal(text), is_iban(text)
        return shape_of(
            text, kept
        ), lambda other: is_hexadecimal(other) == digest and is_iban(other) == iban

    def _day(self, day: dt.date) -> dt.date:
        return dt.date.fromisoformat(self._text(kinds.BIRTH_DATE, day.isoformat()))

    def _number(self, value: float | Decimal) -> float | Decimal:
        text = str(abs(value))
        if "e" in text.lower():
            text = format(abs(value), ".0f")
        if not re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
            return value  # infinite, or not a number
        masked = type(value)(self._text(kinds.SECRET, text))
        return -masked if value < 0 else masked

    def _bytes(self) -> bytes:
        return bytes(permute(self._key, "bytes", 256, number) for number in range(256))


def _parsed(text: str) -> Any:
    """The structure that a JSON text holds, or None."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict | list) else None


def _dumped(value: Any, pattern: str) -> str:
    """The value as JSON, spaced and escaped like the pattern."""
    spaced = re.search(r'": ', pattern) is not None
    separators = (", ", ": ") if spaced else (",", ":")
    return json.dumps(value, ensure_ascii=pattern.isascii(), separators=separators)


def _anything(_: str) -> bool:
    return True


def _calling_code(text: str) -> int:
    """How many signs at the start of a phone number say its country; 0 when none do."""
    match = re.match(r"(\+|00)[ (]*", text)
    if not match:
        return 0
    digits = re.match(r"[0-9]{1,3}", text[match.end() :])
    if not digits:
        return 0
    for length in (1, 2):
        if digits[0][:length] in _CALLING_CODES:
            return match.end() + length
    return match.end() + len(digits[0])


def _addresses_like(text: str) -> Domain | None:
    """IPv4 into the private range 10.0.0.0/8, IPv6 into the documentation range 2001:db8::/32."""
    match = re.fullmatch(r"([0-9.]+)([:/][0-9]+)?|([^/%]+)([/%].+)?", text)
    if match is None:
        return None
    try:
        address = ipaddress.ip_address(match[1] or match[3])
    except ValueError:
        return None
    rest = match[2] or match[4] or ""
    if address.version == 4:
        return Domain(
            "ipv4", 2**32, int(address),
            lambda n: str(ipaddress.IPv4Address(0x0A000000 + n % 2**24)) + rest,
        )  # fmt: skip
    return Domain(
        "ipv6", 2**128, int(address),
        lambda n: str(ipaddress.IPv6Address((0x20010DB8 << 96) + n % 2**96)) + rest,
    )  # fmt: skip


def _cards_like(text: str) -> Domain:
    """The first digit (the brand) stays; a right check digit stays right, a wrong one as wrong."""
    digits = re.sub("[^0-9]", "", text)
    body = digits[:-1]
    off = int(digits[-1]) - luhn_digit(body)

    def build(number: int) -> str:
        other = digits[0] + f"{number:0{len(body) - 1}}"
        full = iter(other + str((luhn_digit(other) + off) % 10))
        return "".join(next(full) if sign.isdigit() else sign for sign in text)

    return Domain(f"card {digits[0]} {len(digits)}", 10 ** (len(body) - 1), int(body[1:]), build)


def _ibans_like(text: str) -> Domain:
    """The country stays, the checksum is made right."""
    packed = text.replace(" ", "")
    body = spell(packed[4:], alphabet, f"iban {packed[:2]}")

    def build(number: int) -> str:
        other = body.build(number)
        check = iban_digits(packed[:2].upper(), other.upper())
        full = iter(f"{packed[:2]}{check:02}{other}")
        return "".join(sign if sign == " " else next(full) for sign in text)

    return Domain(body.shape, body.size, body.index, build)
