"""Types of JSON columns: what DuckDB detects, with text in place of every scalar. Pure.

The fields of objects keep their places. Lists and maps stay JSON: in a list of DuckDB's type, 2
beside 1.5 becomes 2.0, and a long number loses its last digits.
"""

from __future__ import annotations

import re

_STRUCT = re.compile(r"STRUCT\((.*)\)", re.DOTALL)


def as_text(kind: str) -> str:
    """DuckDB's type for a JSON column: `VARCHAR` for each scalar, `JSON` for lists and maps."""
    if kind.endswith("]") or kind.startswith("MAP("):
        return "JSON"
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
