"""Identifiers and literals in SQL, the same on every warehouse."""

from __future__ import annotations

import re


def quoted(name: str) -> str:
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


# Words that DuckDB, or sqlfluff, does not accept as an unquoted column name.
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
    """`value` as a SQL string, for SQL that DuckDB runs unchanged."""
    return "'" + value.replace("'", "''") + "'"


def in_model(sql: str) -> str:
    """`sql` for a dbt file: text that Jinja would interpret is put into a string."""
    if not _JINJA.search(sql):
        return sql
    return '{{ "' + sql.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '" }}'


def identifier(name: str, rendered: bool = False) -> str:
    """Column `name` of raw in a model: unquoted if that is equivalent, otherwise quoted.

    With `rendered`, as DuckDB receives it after Jinja.
    """
    lowered = name.lower() if name.isascii() else name
    if _BARE.fullmatch(lowered) and lowered not in RESERVED:
        return lowered
    if rendered:
        return quoted(name)
    # sqlfluff removes the quotes of plain names, which changes names with upper case letters.
    if (_WORD.fullmatch(name) and name.lower() not in RESERVED) or "\n" in name:
        return (
            '{{ "'
            + quoted(name).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            + '" }}'
        )
    return in_model(quoted(name))
