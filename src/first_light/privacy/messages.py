"""Messages without the values that they quote."""

from __future__ import annotations

import re

from first_light.utils.addresses import without_credentials

_QUOTED = re.compile(r"'(?:[^'\n]|'')*'")
_KEY = re.compile(r"\"(?P<column>[^\":]+): [^\"]*\"")
# PostgreSQL's quotes: Key (email)=(…), Failing row contains (…), invalid input …: "…"
_DETAIL = re.compile(r"(?P<head>\)=|\brow contains )\([^\n]*\)")
_INPUT = re.compile(r": \"[^\"\n]*\"")
_ROW = re.compile(r"^(Original Line|LINE \d+|Row|Values?)\b.*", re.IGNORECASE)
_LONGEST = 1000


def masked(message: str) -> str:
    """A message without values: a database may quote personal values, and records may enter git.

    Removed are quoted text, keys of a violated constraint, lines of a file, and user names and
    passwords of URLs.
    """
    lines: list[str] = []
    for line in message.splitlines():
        if _ROW.match(line.strip()):
            break
        line = _KEY.sub(lambda match: f'"{match["column"]}: …"', line)
        line = _INPUT.sub(': "…"', _DETAIL.sub(r"\g<head>(…)", line))
        lines.append(_QUOTED.sub("'…'", without_credentials(line)))
    text = "\n".join(lines)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
