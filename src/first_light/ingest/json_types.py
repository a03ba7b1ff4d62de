"""Types of JSON columns: what DuckDB detects, with text in place of every scalar. Pure.

The fields of objects keep their places. Lists and maps keep DuckDB's type, apart from what it reads
into texts: dates, times and GUIDs.
"""

from __future__ import annotations

import re

_STRUCT = re.compile(r"STRUCT\((.*)\)", re.DOTALL)
_READ_INTO_TEXT = re.compile(
    r'"(?:[^"]|"")*"|\b(?:DATE|TIMESTAMP(?:_[A-Z]+)?(?: WITH TIME ZONE)?|TIME|UUID)\b'
)


def as_text(kind: str) -> str:
    """A type of DuckDB's for a JSON column, with `VARCHAR` for every scalar in it."""
    if kind.endswith("]") or kind.startswith("MAP("):
        return _READ_INTO_TEXT.sub(
            lambda match: match[0] if match[0].startswith('"') else "VARCHAR", kind
        )
    if not (struct := _STRUCT.fullmatch(kind)):
        return "VARCHAR"
    fields = (_field(part) for part in _parts(struct[1]))
    return f"STRUCT({', '.join(f'{name} {as_text(inner)}' for name, inner in fields)})"


def _parts(fields: str) -> list[str]:
    """The fields of a struct, split at the commas outside of brackets and quotes."""
    parts, depth, start, is_quoted = [], 0, 0, False
    for at, sign in enumerate(fields):
        if sign == '"':
            is_quoted = not is_quoted
        elif not is_quoted and sign in "()":
            depth += 1 if sign == "(" else -1
        elif not is_quoted and sign == "," and depth == 0:
            parts.append(fields[start:at].strip())
            start = at + 1
    return [*parts, fields[start:].strip()]


def _field(part: str) -> tuple[str, str]:
    """A field's name, as DuckDB spells it, and its type."""
    match = re.match(r'("(?:[^"]|"")*"|[^ ]+) (.*)', part, re.DOTALL)
    assert match is not None
    return match[1], match[2]
