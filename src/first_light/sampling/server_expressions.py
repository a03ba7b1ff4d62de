"""Expressions over the raw tables of a server, in the words of the database that reads files.

What is drafted for a server names its functions; the sample is cut from the files. Text only.
"""

from __future__ import annotations

import re

from first_light.utils.sql_names import literal

_TIME = re.compile(r"\bto_timestamp\((.+?), '([^']*YYYY[^']*)'\)", re.DOTALL)
_FIELD = re.compile(r"\bjsonb_extract_path_text\((\w+|\"[^\"]+\"), ((?:'[^']*'(?:, )?)+)\)")
# The longest first: HH24 before MI, Month before Mon.
_PARTS = {
    "YYYY": "%Y",
    "HH24": "%H",
    "HH12": "%I",
    "Month": "%B",
    "Mon": "%b",
    "MI": "%M",
    "SS": "%S",
    "MM": "%m",
    "DD": "%d",
    "AM": "%p",
}
_PART = re.compile("|".join(_PARTS))


def over_files(expression: str) -> str:
    """An expression of a draft for a server, as it is over files; others stay as they are."""

    def time(match: re.Match[str]) -> str:
        form = _PART.sub(lambda part: _PARTS[part[0]], match[2])
        return f"strptime({match[1]}, {literal(form)})"

    def field(match: re.Match[str]) -> str:
        value = match[1]
        for name in re.findall("'[^']*'", match[2]):
            value = f"struct_extract({value}, {name})"
        return value

    return _FIELD.sub(field, _TIME.sub(time, expression))
