"""Names of files, sheets and columns as words of ASCII letters and digits in snake_case. Pure."""

from __future__ import annotations

import re
import unicodedata

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
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(text: str) -> str:
    """`text` in lower case with single underscores between words; empty when nothing is left.

    Accents are dropped, letters that have no Latin form are left out. Words that are written in
    mixed case stay whole: `MwSt` is `mwst`, `GmbHName` is `gmbh_name`.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    plain = _WHOLE.sub(lambda word: f"_{word[0].lower()}_", plain)
    return re.sub(r"[^a-z0-9]+", "_", _HUMP.sub("_", plain).lower()).strip("_")
