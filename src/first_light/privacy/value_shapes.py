"""Formats of single values: what looks like a date, a telephone number, a name."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from first_light.privacy import firm_words
from first_light.privacy import vocabulary as words
from first_light.privacy.given_names import GIVEN_NAMES
from first_light.privacy.name_tokens import name_tokens, plain_letters
from first_light.utils import null_words

EMAIL_PATTERN: Final = re.compile(r"[^\s@<>,;:\"'()]+@[^\W_]([\w-]*\.)+[^\W\d_]{2,}")

BOOLEANS = words.words("true false t f yes no y n 0 1 ja nein oui non si sí nee j")
NULLS = frozenset({"", *(word.lower() for word in null_words.ALL)})
_IP_SIGNS = re.compile(r"[0-9A-Fa-f.:/]+(%\w+)?")
NUMBER = re.compile(
    r"[-+]?[0-9][0-9.,' ]*[.,][0-9]+(e[-+]?[0-9]+)?|[-+]?[0-9]+e[-+]?[0-9]+", re.IGNORECASE
)
DATE = re.compile(
    r"([0-9]{4}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{1,2}\.?|[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{2}){1,2}"
    r"|(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    r"|[0-9]{1,2}[ -][A-Za-z]{3,9}[ -][0-9]{4})([T ][0-9:.]+ ?(Z|[AaPp][Mm]|[-+][0-9:]+)?)?"
)
WRITTEN_DATE = re.compile(
    r"([^\W\d]{2,12}[.]?,? +)?([0-9]{1,2}([.]|st|nd|rd|th)? +)?"
    r"[^\W\d]{3,10}[.]? +([0-9]{1,2},? +)?[0-9]{4}([ ,T]+[0-9]{1,2}:[0-9:.]+.{0,12})?"
    r"|[^\W\d]{3} [^\W\d]{3} +[0-9]{1,2} [0-9:]+.*[0-9]{4}"
)
TIMED = re.compile(r".*[0-9]{1,2}:[0-9]{2}.*")
STREET = re.compile(
    r"([0-9]+[a-z]? [\w .'-]+ (street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court"
    r"|ct|place|pl|way|terrace|close|crescent|square)\b.*"
    r"|.*(stra(ß|ss)e|str\.|weg|platz|allee|gasse|ring|damm|ufer|straat|laan|plein|gracht|kade)"
    r" ?[0-9]+.*"
    r"|[0-9]+[a-z]?,? (rue|avenue|boulevard|place|chemin|impasse|quai|allée|route|cours) .*"
    r"|(calle|avenida|plaza|paseo|c/|avda\.?) .*[0-9]+.*)",
    re.IGNORECASE,
)
_TIME_ZONE = re.compile(
    r"(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc|US)/\S+"
)
_OF_A_USER = re.compile(
    r"(^|[/\\])(home|Users)[/\\][^/\\]+[/\\]"
    r"|\b(twitter|x|facebook|instagram|linkedin|tiktok|xing|t)\.(com|me)/[\w@./-]+$"
)
_NAME_WORD = r"(?:(?:[^\W\d_]\.){2,5}|[^\W\d_](?:[^\W\d_]|['\u2019-])*\.?|[^\W\d_]\.)"
FULL_NAME = re.compile(rf"{_NAME_WORD}(?:,? {_NAME_WORD}){{1,4}}")
NAMELIKE = re.compile(rf"{_NAME_WORD}(?:,? {_NAME_WORD}){{0,4}}")


def digits(value: str) -> int:
    return sum(sign.isdigit() for sign in value)


def is_date_or_year(value: str) -> bool:
    return bool(DATE.fullmatch(value) or re.fullmatch(r"(1[89]|20)[0-9]{2}", value))


def is_day_of_birth(value: str) -> bool:
    """Whether it is written as dates of birth only are: 19JUL84, 22041981, 1981-10, 10/29."""
    return (
        re.fullmatch(
            r"(0[1-9]|[12][0-9]|3[01])-?[A-Za-z]{3}-?([0-9]{2}|[0-9]{4})"
            r"|(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])((19|20)?[0-9]{2})"
            r"|(19|20)?[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
            r"|(18|19|20)[0-9]{2}[-/.](0[1-9]|1[0-2])"
            r"|(0?[1-9]|[12][0-9]|3[01])[-/.](0?[1-9]|[12][0-9]|3[01])[.]?",
            value,
        )
        is not None
    )


def is_date(value: str) -> bool:
    """A date in digits or with the name of the month, with a time of day or without."""
    return bool(DATE.fullmatch(value) or WRITTEN_DATE.fullmatch(value))


def is_decimal(value: str) -> bool:
    """A number with decimals; telephone numbers and IP addresses have more than one dot."""
    return NUMBER.fullmatch(value) is not None and value.count(".") < 2


def is_ip(value: str) -> bool:
    if _IP_SIGNS.fullmatch(value) is None:  # most values; an exception for each takes longer
        return False
    try:
        ipaddress.ip_address(
            re.sub(r"(?<=[0-9])(:[0-9]+|/[0-9]+)$", "", value) if value.count(":") <= 1 else value
        )
    except ValueError:
        return False
    return "." in value or ":" in value


def is_routed(value: str) -> bool:
    """Whether it is not a version number: one of the parts is large, or it is IPv6."""
    return ":" in value or any(int(part) > 50 for part in re.findall(r"[0-9]+", value))


def is_private_ip(value: str) -> bool:
    """Whether it is an address inside of somebody's own network."""
    return is_ip(value) and ipaddress.ip_address(value.partition("/")[0]).is_private


def is_mac(value: str) -> bool:
    return re.fullmatch(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}", value) is not None


def is_ssn(value: str) -> bool:
    return re.fullmatch(r"(?!000|666|9)[0-9]{3}-[0-9]{2}-(?!0000)[0-9]{4}", value) is not None


def is_guid(value: str) -> bool:
    return re.fullmatch(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) is not None


def is_domestic_account(value: str) -> bool:
    """Whether it is an account as the banks of Czechia, Poland and Hungary write it."""
    return (
        re.fullmatch(
            r"(?:[0-9]{1,6}-)?[0-9]{6,10}/[0-9]{4}|[0-9]{2} ?(?:[0-9]{4} ?){5}[0-9]{4}"
            r"|[0-9]{8}-[0-9]{8}(?:-[0-9]{8})?",
            value,
        )
        is not None
    )


def is_digest(value: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{32,128}", value) is not None


def is_phone(value: str) -> bool:
    return (
        re.fullmatch(r"[-+() ./0-9]+( ?(x|ext\.?) ?[0-9]+)?", value) is not None
        and 6 <= digits(value) <= 17
        and not DATE.fullmatch(value)
    )


def is_formatted_phone(value: str) -> bool:
    """Whether it has a format that only telephone numbers have."""
    return is_phone(value) and (
        (re.match(r"\+[1-9]", value) is not None and digits(value) >= 9)
        or re.fullmatch(r"(\+?1[ .-])?(\([0-9]{3}\) ?|[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4}", value)
        is not None
    )


def is_spaced_phone(value: str) -> bool:
    """Whether it may be a telephone number: it begins as one, with its groups of digits apart."""
    return (
        is_phone(value)
        and digits(value) >= 9
        and re.match(r"[+(0]|[0-9]{3}[-. ][0-9]{3}", value) is not None
        and re.search(r"[0-9)][-./ ]+[(0-9]", value) is not None
    )


def is_number(value: str) -> bool:
    """Whether it is a number, with or without decimals and groups of thousands."""
    return (
        re.fullmatch(
            r"[-+(]?[$€£₹]? ?[0-9][0-9.,'’ \xa0\u202f]*(e[-+]?[0-9]+)?( ?([$€£₹]|kr\.?|[a-z]{3}))?"
            r"( ?/ ?(h|hr|hour|std|jam|mo|month|yr|year))?[-)]?",
            value.lower(),
        )
        is not None
    )


def is_degrees(value: str) -> bool:
    """Whether it is a coordinate: at most 180, with two decimals at least."""
    match = re.fullmatch(r"[-+]?([0-9]{1,3})[.,][0-9]{2,}(?: ?°?[NSEWO]?)", value)
    return match is not None and int(match[1]) <= 180


def is_login(value: str) -> bool:
    """Whether it looks like a login: one word, mostly of small letters, no code and no digest."""
    return (
        re.fullmatch(
            r"(?:[A-Za-z0-9-]+\\)?[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*(?:@[\w.-]+)?", value
        )
        is not None
        and 3 <= len(value) <= 40
        and re.search(r"[a-z]{3}", value) is not None
        and not re.fullmatch(r"[0-9a-f-]{20,}", value)
    )


def is_vin(value: str) -> bool:
    """Whether it may be the identification number of a vehicle."""
    return re.fullmatch(r"(?=.*[0-9])(?=.*[A-Z])[A-HJ-NPR-Z0-9]{13}[0-9]{4}", value) is not None


def is_location_of_file(value: str) -> bool:
    """Whether it is a URL, a path or the name of a file."""
    if _TIME_ZONE.fullmatch(value):
        return False
    return (
        re.fullmatch(r"\S*(://|/|\\)\S*|www\.\S+|[^/\\]+\.[A-Za-z][A-Za-z0-9]{1,4}", value)
        is not None
    )


def names_someone(value: str) -> bool:
    """Whether a word of a URL or of a file's name is a given name, or it is of a user's folder or
    profile.
    """
    return _OF_A_USER.search(value) is not None or bool(
        set(name_tokens(unquote(value))) & GIVEN_NAMES
    )


_MOST_DIGITS_OF_PLATE: Final = 6


def is_plate(value: str) -> bool:
    """Whether it may be the plate of a vehicle: capitals and numbers, few of them."""
    packed = re.sub(r"[ .·-]", "", value)
    return digits(packed) <= _MOST_DIGITS_OF_PLATE and (
        re.fullmatch(r"(?=.*[0-9])(?=.*[A-Z])[A-Z0-9]{4,9}", packed) is not None
    )


def is_card_like(value: str) -> bool:
    return re.fullmatch(r"[0-9*xX•]{12,19}", re.sub(r"[ -]", "", value)) is not None


def is_handle(value: str) -> bool:
    """Whether it is a name in a social network, with its sign."""
    return re.fullmatch(r"@[A-Za-z0-9_.]{3,30}", value) is not None


def is_wallet(value: str) -> bool:
    """Whether it is an address of Bitcoin or Ethereum."""
    pattern = r"0x[0-9a-fA-F]{40}|bc1[02-9ac-hj-np-z]{25,59}|[13][1-9A-HJ-NP-Za-km-z]{25,34}"
    return re.fullmatch(pattern, value) is not None


def is_picture(value: str) -> bool:
    """Whether it is a PNG, JPEG, GIF or SVG as text."""
    return value.startswith(("data:image/", "iVBORw0KGgo", "/9j/", "R0lGOD", "PHN2Zy"))


def is_number_of_person(value: str) -> bool:
    packed = re.sub(r"[^0-9A-Za-z]", "", value)
    return 5 <= len(packed) <= 20 and digits(packed) >= 2 and not DATE.fullmatch(value)


def is_secret(value: str) -> bool:
    return len(value) >= 6 and " " not in value and not re.fullmatch(r"[0-9.,-]+", value)


def is_name_like(value: str) -> bool:
    return len(value) <= 60 and NAMELIKE.fullmatch(value) is not None


def is_titled(value: str) -> bool:
    """Whether it is capitalised as a name: Ann Lee, ANN LEE, LEE, Ann."""
    initials = [word[0] for word in re.split(r"[ ,]+", value) if word]
    return bool(initials) and initials[0].isupper() and initials[-1].isupper()


@lru_cache(maxsize=20_000)
def is_company(value: str) -> bool:
    """Whether it is the name of a firm or a club: it has a legal form or a word for a trade."""
    several = _words_of_firm(value)
    return (
        has_legal_form(value)
        or not firm_words.TRADES.isdisjoint(several)
        or (len(several) > 1 and several[0] in firm_words.CLUBS)
    )


def has_legal_form(value: str) -> bool:
    """Whether it ends in the legal form of a firm."""
    several = _words_of_firm(value)
    return several[-1:] != [] and (
        several[-1] in firm_words.LEGAL_FORMS or several[-3:] == ["sp", "z", "oo"]
    )


def _words_of_firm(value: str) -> list[str]:
    return plain_letters(value.lower()).replace(".", "").split()


def has_given_name(value: str) -> bool:
    parts = name_tokens(value)
    # After a comma comes the given name: Lee, Ann M.
    candidates = {*parts[:1], *name_tokens(value.partition(",")[2])[:1]}
    return bool(candidates & (GIVEN_NAMES | words.HONORIFICS))


def is_masked_card(value: str) -> bool:
    """Whether it is a card number of which some digits are hidden."""
    packed = re.sub(r"[ -]", "", value)
    return re.fullmatch(r"[0-9]{0,6}[*xX•]{4,12}[0-9]{2,4}", packed) is not None


def is_cookie(value: str) -> bool:
    """Whether it is an identifier that analytics store in a browser."""
    return (
        re.fullmatch(r"GA[0-9]\.[0-9]\.[0-9]+\.[0-9]+|fb\.[0-9]\.[0-9]{10,}\.[0-9]+", value)
        is not None
    )


def is_client_id(value: str) -> bool:
    """Whether it is a random number and the second in which a browser was first seen."""
    return re.fullmatch(r"[0-9]{7,10}\.[0-9]{10}", value) is not None


def is_password_hash(value: str) -> bool:
    """Whether it has the format of a stored password: bcrypt, Argon2, PBKDF2, crypt."""
    return re.match(r"\$(2[abxy]|argon2\w*|5|6|y)\$|pbkdf2|\{(SSHA|BCRYPT)", value) is not None


_STREET_ENDS = (
    "stra(?:ß|ss)e|str\\.?|weg|gasse|platz|allee|ring|damm|ufer|steig|markt|hof|gatan|gata|vägen"
    "|väg|torg|gränd|vej|gade|vei(?:en)?|katu|tie|utca|laan|straat|plein|kade|gracht|dreef|singel"
    "|steenweg|sokak|caddesi"
)
_STREET_STARTS = (
    "rue|avenue|av|boulevard|bd|place|chemin|impasse|quai|allée|route|cours|calle|cl|c/|avenida"
    "|avda|plaza|pza|paseo|camino|carrer|via|viale|vicolo|piazza|piazzale|corso|rua|travessa|largo"
    "|praça|alameda|ulica|ul|aleja|al|os|náměstí|am|im|an der|auf dem|zum|zur|strada|calea|str"
    "|ул|улица|вул|вулиця|просп|проспект|бул|пер|οδός|λεωφ"
)
_STREET_WORDS = (
    "street|st|road|rd|avenue|ave|lane|ln|drive|dr|close|court|ct|crescent|cres|way|terrace"
    "|gardens|grove|hill|mews|row|walk|place|pl|square|sq|boulevard|blvd|parade|green|park"
)
_ANY_STREET = re.compile(
    rf"(?i:(?:flat [0-9a-z]+,? )?[\w '.-]*(?:{_STREET_ENDS}) ?[0-9]+\W?\w?\b.*"
    rf"|[0-9]+(?: ?(?:[a-z]|bis|ter))?,? (?:{_STREET_STARTS})\.? .*"
    rf"|(?:{_STREET_STARTS})\.? ?[^0-9]+,? (?:n[.º°o]* ?)?[0-9]+.*"
    r"|[\w '.-]+ (?:cad|sok|mah|bulv|caddesi|sokak|sokağı|bulvarı|mahallesi)\.? .*[0-9]+.*"
    rf"|(?:(?:flat|apt|unit) [0-9a-z]+,? )?[0-9]+[a-z]?,? [\w '.-]*\b(?:{_STREET_WORDS})\b.*)"
)


def is_street(value: str) -> bool:
    """Whether it is a street with a number, as written in many languages."""
    return len(value) <= 100 and _ANY_STREET.fullmatch(value) is not None


def is_numbered_street(value: str) -> bool:
    """Whether it may be a street and a number, in either order, of any language."""
    return (
        re.fullmatch(
            r"[^\W\d_][\w .'’-]{2,40},? [0-9]{1,4} ?[A-Za-z]?(?:[/-][0-9]{1,4})?"
            r"(?:, ?[\w .'’-]{2,40})?"
            r"|[0-9]{1,5} ?[A-Za-z]?,? [^\W\d_][\w .'’-]{2,40}",
            value,
        )
        is not None
    )


_DISTINCTIVE_POSTCODE = re.compile(
    r"[A-Z]{1,2}[0-9][0-9A-Z]? ?[0-9][A-Z]{2}|[1-9][0-9]{3} ?[A-Z]{2}"
    r"|[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]",
    re.IGNORECASE,
)


def is_distinctive_postcode(value: str) -> bool:
    """Whether it has the format of postcodes in the United Kingdom, the Netherlands or Canada."""
    return _DISTINCTIVE_POSTCODE.fullmatch(value) is not None


def is_postcode(value: str) -> bool:
    """Whether it may be a postcode of any country."""
    is_digits = re.fullmatch(r"([A-Z]{1,2}-)?[0-9]{3,6}([ -][0-9]{2,4})?", value) is not None
    return is_digits or is_distinctive_postcode(value)


def is_of_user(value: str) -> bool:
    """Whether it is of a user's folder or profile."""
    return _OF_A_USER.search(value) is not None


def amount(value: str) -> float | None:
    """An amount of money as a number, with a decimal sign of two digits, or None."""
    digits_ = re.sub(r"[^0-9.,]", "", value)
    match = re.fullmatch(r"([0-9.,]*?)(?:[.,]([0-9]{1,2}))?", digits_)
    whole = re.sub(r"[.,]", "", match[1]) if match else ""
    return float(f"{whole}.{(match and match[2]) or 0}") if whole else None
