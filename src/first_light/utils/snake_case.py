"""Names of files, sheets and columns as words of ASCII letters and digits in snake_case. Pure."""

from __future__ import annotations

import re
import unicodedata

from anyascii import anyascii

_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "Oe", "ł": "l", "Ł": "L"}
    | {"đ": "d", "Đ": "D", "ð": "d", "þ": "th", "Þ": "Th", "ı": "i"}
)
# Words of mixed case that stay whole: without them MwSt would be mw_st.
_WHOLE = re.compile(
    r"(?<![A-Z])(?:MwSt|USt|GmbH|GbR|eMail|EMail|eG|kWh|MWh|GWh|kWp|kW|kVA|kHz|MHz|GHz|mAh|hPa|kPa|"
    r"pH|dB|OAuth|PayPal|YouTube|LinkedIn|WhatsApp|TikTok|JavaScript|MySQL|"
    r"NoSQL|iOS|macOS|iPhone|iPad|eBay|PhD|WiFi|IPv4|IPv6|DoB|IoT|SaaS|McDonalds|mRNA|tRNA|"
    r"[A-Z]{2,}s)(?![a-z])"
)
# Letters of other scripts, with the marks that belong to them, and those of ASCII beside them.
_WORD = re.compile(r"[0-9A-Za-z]*[^\x00-\x7f\s][0-9A-Za-z\x80-\U0010ffff]*")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(text: str) -> str:
    """`text` in lower case with single underscores between words; empty when nothing is left.

    Accents are dropped, letters of other scripts are written in Latin ones: `дата` is `data`.
    Words that are written in mixed case stay whole: `MwSt` is `mwst`, `GmbHName` is `gmbh_name`.
    """
    composed = unicodedata.normalize("NFC", text).translate(_LETTERS)
    plain = unicodedata.normalize("NFKD", _WORD.sub(_in_latin, composed))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = _WHOLE.sub(lambda word: f"_{word[0].lower()}_", plain)
    return re.sub(r"[^a-z0-9]+", "_", _HUMP.sub("_", plain).lower()).strip("_")


def _in_latin(match: re.Match[str]) -> str:
    """A word with its letters of other scripts in Latin ones; a word of capitals stays one."""
    word = match[0]
    capitals = word.isupper()
    return "".join(sign if _stays(sign) else _latin(sign, capitals) for sign in word)


def _stays(sign: str) -> bool:
    """Whether a sign is a Latin letter, or neither a letter, nor a digit, nor a mark on one."""
    return unicodedata.category(sign)[0] not in "LMN" or "LATIN" in unicodedata.name(sign, "")


def _latin(sign: str, capitals: bool) -> str:
    """The Latin form of a letter, without the apostrophes that stand for soft or hard ones."""
    plain = "".join(filter(str.isalnum, anyascii(sign)))
    return plain.upper() if capitals and sign.isupper() else plain
