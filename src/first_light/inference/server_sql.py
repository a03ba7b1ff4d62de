"""A draft for PostgreSQL: profiled by DuckDB, spelt for the server. Text only; nothing runs here.

Staging reads the sample as `warehouse.postgres_sample` loads it: text is text, nested values are
jsonb, and a name that needs no quotes is in lower case.
"""

from __future__ import annotations

import re
from dataclasses import replace

from first_light.inference.sql import Call, Sql
from first_light.inference.values import Column, Table
from first_light.utils.sql_names import literal

_NULL_WORDS = re.compile(r"\bnullstr=\[((?:'(?:[^']|'')*'(?:, )?)*)\]")

_TYPES = {
    "blob": "bytea",
    "double": "double precision",
    "float": "real",
    "hugeint": "numeric(38, 0)",
    "tinyint": "smallint",
    "utinyint": "smallint",
    "usmallint": "integer",
    "uinteger": "bigint",
    "ubigint": "numeric(20, 0)",
}
# What DuckDB's strptime and PostgreSQL's to_timestamp call the parts of a time.
_PARTS = {
    "%B": "Month",
    "%H": "HH24",
    "%I": "HH12",
    "%M": "MI",
    "%S": "SS",
    "%Y": "YYYY",
    "%b": "Mon",
    "%d": "DD",
    "%m": "MM",
    "%p": "AM",
}


def type_name(kind: str) -> str:
    """A type of DuckDB's, as PostgreSQL calls it."""
    return _TYPES.get(kind.lower(), kind)


def spelled(sql: Sql) -> Sql:
    """An expression of a staging model in PostgreSQL's words."""
    if isinstance(sql, str):
        return sql
    if sql.head == "struct_extract(":
        return _extracted(sql)
    items = tuple(spelled(item) for item in sql.items)
    if sql.head == "strptime(":
        value, form = items
        made = Call("to_timestamp(", (value, literal(_form(str(form)))))
        return Call("cast(", (made,), " as timestamp")
    if sql.head == "to_json(":  # it is loaded as JSON, or was taken out of it as text
        return items[0]
    if sql.head == "cast(":
        inner, to = items[0], sql.after.removeprefix(" as ")
        timed = isinstance(inner, Call) and inner.after == " as timestamp"
        if isinstance(inner, Call) and timed and to in ("timestamp", "date", "time"):
            items = inner.items  # to_timestamp's zone is the session's, and so is the cast's
        return Call(sql.head, items, f" as {type_name(to)}")
    return Call(sql.head, items, sql.after)


def _extracted(sql: Call) -> Call:
    """A field of a nested column, as text."""
    path: list[Sql] = []
    value: Sql = sql
    while isinstance(value, Call) and value.head == "struct_extract(":
        path.insert(0, value.items[1])
        value = value.items[0]
    return Call("jsonb_extract_path_text(", (value, *path))


def _form(literal: str) -> str:
    """A strptime format, given as a SQL string, for to_timestamp."""
    form = literal[1:-1].replace("''", "'")
    return re.sub(r"%[A-Za-z]", lambda part: _PARTS[part[0]], form)


def as_loaded(table: Table) -> Table:
    """The table as a loader may load it, which knows no words that the files have for null."""
    listed = _NULL_WORDS.search(table.source.read)
    words = re.findall(r"'((?:[^']|'')*)'", listed[1]) if listed else []
    words = [word.replace("''", "'") for word in words if word]
    if not words:
        return table

    def read(column: Column) -> Column:
        if not column.stats.nulls or column.leaf.type != "VARCHAR" or len(column.leaf.path) > 1:
            return column
        own = tuple(word for word in column.cast.null_words if word not in words)
        return replace(column, cast=replace(column.cast, null_words=(*words, *own)))

    return replace(table, columns=tuple(map(read, table.columns)))
