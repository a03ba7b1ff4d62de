"""Names as SQL spells them, the same on every warehouse."""

from __future__ import annotations

import re


def quoted(name: str) -> str:
    """An identifier in quotes, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


# What DuckDB can't take as a bare column name, and the few that sqlfluff can't read there.
_RESERVED = """
all analyse analyze and any array as asc asymmetric both case cast check collate column
constraint create default deferrable desc describe distinct do else end except false fetch for
foreign from group having in initially intersect into lambda lateral leading limit not null
offset on only or order pivot pivot_longer pivot_wider placing primary qualify references
returning select show some summarize symmetric table then to trailing true union unique
unpivot using variadic when where window with anti asof at authorization binary by collation
columns concurrently cross freeze full generated glob ilike inner is isnull join left like map
natural notnull outer overlaps positional right semi similar struct tablesample try_cast
unpack verbose grant prior user current_date current_time current_timestamp current_user
session_user
"""

RESERVED = frozenset(_RESERVED.split())


_BARE = re.compile(r"[a-z_][a-z0-9_]*")
_WORD = re.compile(r"[^\W\d]\w*")
_JINJA = re.compile(r"\{[{%#]|[#%}]\}")


def literal(value: str) -> str:
    """`value` as a SQL string, for SQL that DuckDB runs as it stands."""
    return "'" + value.replace("'", "''") + "'"


def in_model(sql: str) -> str:
    """`sql` as dbt must find it in a file: what Jinja would take for its own is put in a string."""
    if not _JINJA.search(sql):
        return sql
    return '{{ "' + sql.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '" }}'


def identifier(name: str, rendered: bool = False) -> str:
    """How raw column `name` is written in a model: bare where that means the same, else quoted.

    With `rendered`, as DuckDB gets it after Jinja.
    """
    lowered = name.lower() if name.isascii() else name
    if _BARE.fullmatch(lowered) and lowered not in RESERVED:
        return lowered
    if rendered:
        return quoted(name)
    # sqlfluff takes the quotes off a name of letters, and in lower case it is another name then.
    if (_WORD.fullmatch(name) and name.lower() not in RESERVED) or "\n" in name:
        return (
            '{{ "'
            + quoted(name).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            + '" }}'
        )
    return in_model(quoted(name))
