"""Masking: every personal value is replaced by an invented one of the same format.

It is keyed, one-to-one and the same in every table, so unique columns stay unique and joins match;
see `key` for what it protects against. Each kind defines the texts that may replace a value (a
`Domain`); the key selects one.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import itertools
import json
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

from first_light.privacy import detect as personal
from first_light.privacy import kinds
from first_light.privacy.checksums import iban_digits, is_iban, luhn_digit
from first_light.privacy.format_preserving_encryption import permute
from first_light.privacy.formats import (
    Domain,
    alphabet,
    format_of,
    is_hexadecimal,
    like_case,
    listed,
    lowered,
    number_like,
    replace_signs,
)
from first_light.privacy.generated_keys import dates_like
from first_light.privacy.json_text import parse_json
from first_light.privacy.positions import is_position
from first_light.privacy.value_shapes import BOOLEANS, is_number
from first_light.privacy.vocabulary import words

SHORTEST_LEAK: Final = 4  # characters: shorter values occur by chance
_ATTEMPTS = 16
_SMALL = 1 << 20
_LOCATION_OF_FILE = re.compile(
    r"((?:[a-z][a-z0-9+.-]*:)?[/\\]*)(.*?)(\.[a-z0-9]{1,5})?", re.IGNORECASE | re.DOTALL
)
_GEOMETRIES = words(
    "point multipoint linestring multilinestring polygon multipolygon geometrycollection feature"
)
_NO: Final = {
    "true": "false", "t": "f", "yes": "no", "y": "n", "1": "0", "ja": "nein", "j": "n",
    "oui": "non", "si": "no", "sí": "no",
    **{no: no for no in ("false", "f", "no", "n", "0", "nein", "non", "nee")},
}  # fmt: skip
_GENERIC_ENDINGS = ("com", "net", "org")
# Country calling codes of one or two digits; all others have three.
_CALLING_CODES = words(
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63"
    " 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
)


def family(kind: str) -> str:
    """The family of a kind: kinds of one family mask a value alike, so joins between them match."""
    if kind in kinds.NUMERIC:
        return "number"
    separate = {kinds.EMAIL, kinds.PHONE, kinds.BIRTH_DATE, kinds.IP, kinds.CARD}
    return kind if kind in separate or kind == kinds.BANK_ACCOUNT else "text"


class Masker:
    """Masks values under one key, and remembers masks so that no two values share one.

    Args:
        key: 1 to 64 bytes; the same key gives the same masks.
        latest: dates of birth up to this day stay up to this day.
        avoid: originals that masks should not coincide with, if possible.
    """

    def __init__(
        self, key: bytes, latest: dt.date | None = None, avoid: Iterable[str] = ()
    ) -> None:
        self._key = key
        self._latest = latest
        self._avoid = {lowered(text.strip()) for text in avoid if len(text) >= SHORTEST_LEAK}
        self._masks: dict[tuple[str, str], str] = {}
        self._originals: dict[str, str] = {}

    def mask(self, kind: str, value: Any) -> Any:
        """The mask of a value, of the same type; None and blanks are unchanged, true is false.

        Args:
            kind: one of `personal.KINDS`.
            value: as DuckDB returns it; values in lists and structs are masked.
        """
        if value is None or isinstance(value, bool):
            return None if value is None else False
        if isinstance(value, str):
            if value[:1] in ("{", "[") and (parsed := parse_json(value)) is not None:
                return _dumped(self._mask_inside(kind, parsed), value)
            return self._text(kind, value)
        if isinstance(value, dict | list | tuple):
            return self._mask_inside(kind, value)
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

    def _mask_inside(self, kind: str, value: Any) -> Any:
        """Mask every value in a structure. One kind marks them all, so the format decides:

        a date in a structure of names must stay a date, or its readers fail.
        """
        if isinstance(value, dict):
            return {name: self._mask_inside(kind, element) for name, element in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self._mask_inside(kind, element) for element in value)
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
        elif kind == kinds.URL:
            masked = self._url(core)
        else:
            masked = self._mask_of(family(kind), lowered(core))
            if len(masked) == len(core):
                masked = like_case(masked, core)
        return value[:start] + masked + value[start + len(core) :]

    def _email(self, text: str) -> str:
        """Mask addresses with a reserved domain; other values in the column are masked as text."""
        parts = re.split(r"([\s,;:<>\"'()]+)", text)
        return "".join(
            part if place % 2 else self._address(part) for place, part in enumerate(parts)
        )

    def _url(self, text: str) -> str:
        """Mask a URL or the name of a file; what it begins with and its ending are kept."""
        match = _LOCATION_OF_FILE.fullmatch(text)
        assert match is not None  # it fits any text
        return match[1] + self._text(kinds.SECRET, match[2]) + (match[3] or "")

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

    def _mask_of(self, group: str, text: str) -> str:
        """The remembered mask of a lower case text within its family of kinds."""
        mask = self._masks.get((group, text))
        if mask is None:
            domain, accepts = self._domain(group, text)
            mask = self._select(domain, text, accepts)
            self._masks[group, text] = mask
            self._originals[mask] = text
        return mask

    def _select(self, domain: Domain, text: str, accepts: Callable[[str], bool]) -> str:
        def candidate(attempt: int) -> str:
            tweak = f"{domain.shape}:{attempt}"
            return domain.build(permute(self._key, tweak, domain.size, domain.index))

        def is_free(mask: str) -> bool:
            return self._originals.get(mask, text) == text and accepts(mask)

        if domain.size == 1:
            return text
        is_small = domain.size < _SMALL
        for attempt in range(_ATTEMPTS) if is_small else itertools.count():
            mask = candidate(attempt)
            if mask != text and is_free(mask) and mask not in self._avoid:
                return mask
        # A small set is exhausted: an original of another value is better than a duplicate mask.
        numbers = itertools.chain(
            [permute(self._key, f"{domain.shape}:0", domain.size, domain.index)],
            ((domain.index + step) % domain.size for step in range(1, domain.size)),
        )
        return next((mask for n in numbers if is_free(mask := domain.build(n))), text)

    def _domain(self, group: str, text: str) -> tuple[Domain, Callable[[str], bool]]:
        if group == kinds.BIRTH_DATE:
            dates = dates_like(text, self._latest)
            if dates is not None:
                return dates, _accept_any
        if group == kinds.IP:
            addresses = _addresses_like(text)
            if addresses is not None:
                return addresses, _accept_any
        if group == kinds.CARD and re.fullmatch(r"[0-9]([ -]?[0-9]){11,18}", text):
            return _cards_like(text), _accept_any
        if group == kinds.BANK_ACCOUNT and is_iban(text):
            return _ibans_like(text), _accept_any
        if group == "number":
            if text in _GEOMETRIES:
                return listed([text], text, "geometry"), _accept_any
            if is_number(text) or is_position(text.upper()):
                return number_like(text), _accept_any
        prefix = _calling_code(text) if group == kinds.PHONE else 0
        # Digests and IBANs have separate sets, which other texts must not enter.
        digest, iban = is_hexadecimal(text), is_iban(text)
        return format_of(
            text, prefix
        ), lambda mask: is_hexadecimal(mask) == digest and is_iban(mask) == iban

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


def masked_flags(values: Sequence[Any]) -> list[Any] | None:
    """The masks of yes and no: all are no, whichever they were. None if there are other values."""
    words_of = [str(value).strip().lower() for value in values if value is not None]
    if not any(words_of) or not set(words_of) <= BOOLEANS | {""}:
        return None
    return [_no(value) for value in values]


def _no(value: Any) -> Any:
    if isinstance(value, str):
        core = value.strip()
        no = _NO.get(core.lower(), "")
        return value.replace(core, no.upper() if core.isupper() else no) if core else value
    return None if value is None else type(value)(0)


def _dumped(value: Any, pattern: str) -> str:
    """The value as JSON, with the spacing and escaping of the pattern."""
    is_spaced = re.search(r'": ', pattern) is not None
    separators = (", ", ": ") if is_spaced else (",", ":")
    return json.dumps(value, ensure_ascii=pattern.isascii(), separators=separators)


def _accept_any(_: str) -> bool:
    return True


def _calling_code(text: str) -> int:
    """The length of the country code of a phone number; 0 if it has none."""
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
    """Masks of IP addresses: the range 10.0.0.0/8 (private) or 2001:db8::/32 (documentation)."""
    match = re.fullmatch(r"([0-9.]+)([:/][0-9]+)?|([^/%]+)([/%].+)?", text)
    if match is None:
        return None
    try:
        address = ipaddress.ip_address(match[1] or match[3])
    except ValueError:
        return None
    suffix = match[2] or match[4] or ""
    if address.version == 4:
        return Domain(
            "ipv4", 2**32, int(address),
            lambda n: str(ipaddress.IPv4Address(0x0A000000 + n % 2**24)) + suffix,
        )  # fmt: skip
    return Domain(
        "ipv6", 2**128, int(address),
        lambda n: str(ipaddress.IPv6Address((0x20010DB8 << 96) + n % 2**96)) + suffix,
    )  # fmt: skip


def _cards_like(text: str) -> Domain:
    """Masks of card numbers: the first digit (the brand) and the validity are kept."""
    digits = re.sub("[^0-9]", "", text)
    body = digits[:-1]
    offset = int(digits[-1]) - luhn_digit(body)

    def build(number: int) -> str:
        digits_ = digits[0] + f"{number:0{len(body) - 1}}"
        remaining = iter(digits_ + str((luhn_digit(digits_) + offset) % 10))
        return "".join(next(remaining) if sign.isdigit() else sign for sign in text)

    return Domain(f"card {digits[0]} {len(digits)}", 10 ** (len(body) - 1), int(body[1:]), build)


def _ibans_like(text: str) -> Domain:
    """Masks of IBANs: the country is kept, the checksum is valid."""
    packed = text.replace(" ", "")
    body = replace_signs(packed[4:], alphabet, f"iban {packed[:2]}")

    def build(number: int) -> str:
        account = body.build(number)
        check = iban_digits(packed[:2].upper(), account.upper())
        remaining = iter(f"{packed[:2]}{check:02}{account}")
        return "".join(sign if sign == " " else next(remaining) for sign in text)

    return Domain(body.shape, body.size, body.index, build)
