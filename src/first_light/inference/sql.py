"""SQL expressions: how a raw column is named, cleaned and cast. Text only; nothing runs here.

Long expressions are broken as sqlfluff wants them, so that `sqlfluff fix` changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from first_light.inference.text_formats import NEGATIVES, SIGNS
from first_light.inference.values import Cast, Leaf
from first_light.utils.sql_names import identifier, in_model, literal

ROW = '"row number"'
"""The column that numbers the rows of a profiled model; no drafted name has a blank."""

WIDTH = 100
STEP = 4


@dataclass(frozen=True)
class Call:
    """A call such as `cast(x as integer)`: head `cast(`, items `x`, after ` as integer`."""

    head: str
    items: tuple[Sql, ...]
    after: str = ""


Sql = str | Call


def flat(sql: Sql) -> str:
    """`sql` on one line."""
    if isinstance(sql, str):
        return sql
    return f"{sql.head}{', '.join(flat(item) for item in sql.items)}{sql.after})"


def laid_out(sql: Sql, indent: int, tail: str = "") -> str:
    """`sql` and `tail` at `indent`, broken inside its brackets where it is longer than a line."""
    line = " " * indent + flat(sql) + tail
    if len(line) <= WIDTH:
        return line
    if isinstance(sql, str):
        if tail.startswith(" as "):
            return f"{_short(' ' * indent + sql)}\n{' ' * (indent + STEP)}{tail[1:]}"
        return _short(line)
    inner = indent + STEP
    together = " " * inner + ", ".join(flat(item) for item in sql.items) + sql.after
    if len(together) <= WIDTH:
        body = together
    else:
        commas = [","] * (len(sql.items) - 1) + [sql.after]
        body = "\n".join(laid_out(i, inner, c) for i, c in zip(sql.items, commas))
    return f"{' ' * indent}{sql.head}\n{body}\n{' ' * indent}){tail}"


def _short(line: str) -> str:
    """A line, excused from the linter's limit where a name alone is beyond it."""
    return line if len(line) <= WIDTH else f"{line}  -- noqa: LT05"


def source_column(leaf: Leaf, rendered: bool = False) -> Sql:
    """The raw value that `leaf` stands for; fields of nested columns are taken out by name."""
    sql: Sql = identifier(leaf.path[0], rendered)
    for name in leaf.path[1:]:
        sql = Call("struct_extract(", (sql, literal(name) if rendered else in_model(literal(name))))
    return sql


def cleaned(cast: Cast, value: Sql) -> Sql:
    """Text without padding, words for "no value", separators and signs."""
    if cast.as_text:
        value = Call("cast(", (value,), " as varchar")
    if cast.trim:
        value = Call("trim(", (value,))
    for word in cast.null_words:
        value = Call("nullif(", (value, literal(word)))
    for sign in (sign for sign in cast.drop if sign in SIGNS):
        value = Call("replace(", (value, literal(sign), "''"))
    for name in cast.negatives:
        pattern, plain = NEGATIVES[name]
        value = Call("regexp_replace(", (value, literal(pattern), literal(plain)))
    for sign in (sign for sign in cast.drop if sign not in SIGNS):
        value = Call("replace(", (value, literal(sign), "''"))
    if cast.comma:
        value = Call("replace(", (value, "','", "'.'"))
    return value


def converted(cast: Cast, leaf: Leaf, value: Sql) -> Sql:
    """The value in its type."""
    value = cleaned(cast, value)
    if cast.form == "json":
        return Call("cast(", (Call("to_json(", (value,)),), " as varchar")
    if cast.form == "utc":
        if leaf.type == "VARCHAR":
            value = Call("cast(", (value,), " as timestamp with time zone")
        return Call("timezone(", ("'UTC'", value))
    if cast.form == "whole":
        value = Call("cast(", (value,), " as decimal(38, 1)")
    elif cast.form:
        value = Call("strptime(", (value, literal(cast.form)))
        if cast.type == "timestamp":
            return value
    if cast.kind == "text" and leaf.type == "VARCHAR":
        return value
    return Call("cast(", (value,), f" as {cast.type}")


def column_sql(cast: Cast, leaf: Leaf, rendered: bool = False) -> Sql:
    """The whole expression that makes a column of the model out of `leaf`."""
    return converted(cast, leaf, source_column(leaf, rendered))
