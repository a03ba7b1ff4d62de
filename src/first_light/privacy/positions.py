"""Formats of positions on the earth, other than a number for each coordinate."""

from __future__ import annotations

import re


def is_geohash(value: str) -> bool:
    """Whether it can be a geohash of a place smaller than a town."""
    return re.fullmatch(r"[0-9b-hjkmnp-z]{5,12}", value) is not None


def is_position(value: str) -> bool:
    """Whether it is a pair of coordinates, in plain text, WKT, GeoJSON, or degrees and minutes."""
    pair = r"[-+]?[0-9]{1,3}[.,][0-9]{3,}°? ?[NSEWO]?"
    return (
        re.fullmatch(
            rf"[(\[]?{pair}\s*[,;/| ]\s*{pair}[)\]]?|(?i:(SRID=[0-9]+;)?POINT ?Z? ?\(.*\))"
            r"|geo:[-0-9.]+,[-0-9.]+.*|[0-9]{1,3}°\s*[0-9]{1,2}['′].*[NSEWO]",
            value,
        )
        is not None
        or re.search(r'"(coordinates|lat|latitude)": ?[\[0-9"-]', value) is not None
        or _is_encoded_position(value)
    )


def _is_encoded_position(value: str) -> bool:
    """Whether it is a named pair, a pair in a URL, degrees with letters first, WKB as hexadecimal
    digits, UTM, or a plus code.
    """
    degrees = r"-?[0-9]{1,3}\.[0-9]{2,}"
    return (
        re.fullmatch(
            rf"(?i:lat\w*)\W+{degrees}\W+(?i:lo?ng?\w*)\W+{degrees}|https?://\S+[=@/]{degrees},{degrees}"
            r".*|[NS] ?[0-9]{1,2}°? [0-9.]+['′]?,? ?[EWO] ?[0-9]{1,3}°? [0-9.]+['′]?"
            r"|(?i:0[01]0[0-9a-f]0000(20|00|80|a0)[0-9a-f]{32,})"
            r"|[0-9]{1,2}[C-X],? [0-9]{5,7}[ ,] ?[0-9]{6,8}"
            r"|[2-9CFGHJMPQRVWX]{4,8}\+[2-9CFGHJMPQRVWX]{2,3}",
            value,
        )
        is not None
    )
