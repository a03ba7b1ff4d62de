"""The columns of a model on two warehouses, as one type that holds the values of both exactly.

All types are those of the file in which both sides are compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from first_light.utils.sql_names import quoted

_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_WHOLE = {"TINYINT": 3, "SMALLINT": 5, "INTEGER": 10, "BIGINT": 19, "HUGEINT": 38}
_UNSIGNED = {"UTINYINT": 3, "USMALLINT": 5, "UINTEGER": 10, "UBIGINT": 20, "UHUGEINT": 38}
_DIGITS = 38

# What differs between two types, and what to write in the model.
_CAST = "cast the column to one type in the model"
KNOWN_TYPES = {
    frozenset(("exact", "float")): (
        "number types of results",
        f"an exact number on one, a floating point number on the other: {_CAST}",
    ),
    frozenset(("date", "timestamp")): (
        "dates and times",
        f"a date on one, a timestamp on the other: {_CAST}",
    ),
    frozenset(("timestamp", "instant")): (
        "time zones",
        f"with a time zone on one, without on the other; compared in UTC: {_CAST}",
    ),
    frozenset(("date", "instant")): (
        "dates and times",
        f"a date on one, a timestamp on the other: {_CAST}",
    ),
    frozenset(("boolean", "exact")): (
        "boolean",
        f"a boolean on one, a number on the other: {_CAST}",
    ),
    frozenset(("nested", "text")): (
        "nested values",
        "nested on one, a text on the other: extract the values that you need in staging",
    ),
}


@dataclass(frozen=True)
class Column:
    """A column on one side.

    Attributes:
        name: as it is spelled there.
        type: in the file.
        spelled: as the warehouse spells its type.
    """

    name: str
    type: str
    spelled: str = ""

    @property
    def shown(self) -> str:
        return self.spelled or self.type.lower()


def family(kind: str) -> str:
    """exact, float, boolean, date, timestamp, instant, time, text, nested, or its own name."""
    name = kind.upper()
    if name.endswith("]") or name.startswith(("STRUCT", "MAP", "UNION", "LIST", "JSON")):
        return "nested"
    name = name.partition("(")[0].strip()
    if name in _WHOLE or name in _UNSIGNED or name == "DECIMAL":
        return "exact"
    if name in ("DOUBLE", "FLOAT", "REAL"):
        return "float"
    if name == "TIMESTAMP WITH TIME ZONE":
        return "instant"
    if name.startswith("TIMESTAMP"):
        return "timestamp"
    return {"VARCHAR": "text", "UUID": "text"}.get(name, name.lower())


def compared_type(before: str, after: str) -> str:
    """The type in which two columns are compared: the one that holds all values of both.

    `number` stands for numbers as texts without zeros at the end: no type holds both exactly.
    """
    first, second = family(before), family(after)
    kinds = {first, second}
    if kinds == {"exact"}:
        sizes = [_size(before), _size(after)]
        scale = max(size[1] for size in sizes)
        whole = max(size[0] - size[1] for size in sizes)
        return f"DECIMAL({_DIGITS}, {scale})" if whole + scale <= _DIGITS else "number"
    if kinds <= {"exact", "float"}:
        return "DOUBLE"
    if kinds <= {"date"}:
        return "DATE"
    if kinds <= {"date", "timestamp", "instant"}:
        return "TIMESTAMP"
    if first == second and first in ("boolean", "time"):
        return first.upper()
    if kinds == {"boolean", "exact"}:
        return f"DECIMAL({_DIGITS}, {max(_size(k)[1] for k in (before, after) if k != 'BOOLEAN')})"
    return "VARCHAR"


def value(column: Column, compared: str) -> str:
    """SQL for the value of a column in the type in which it is compared."""
    name = quoted(column.name)
    kind = family(column.type)
    if compared == "number":
        text = f"cast({name} as varchar)"
        return (
            f"case when contains({text}, '.') then rtrim(rtrim({text}, '0'), '.') else {text} end"
        )
    if compared == "TIMESTAMP" and kind == "instant":
        return f"timezone('UTC', {name})"
    if compared == "VARCHAR" and kind == "nested":
        return f"cast(to_json({name}) as varchar)"
    if kind == "boolean" and compared.startswith("DECIMAL"):
        name = f"cast({name} as integer)"
    return f"cast({name} as {compared})"


def is_equal_in_meaning(before: str, after: str) -> bool:
    """Whether two types hold the same kind of value."""
    return family(before) == family(after)


def _size(kind: str) -> tuple[int, int]:
    """Digits, and those behind the point."""
    name = kind.upper()
    if size := _DECIMAL.fullmatch(name):
        return int(size[1]), int(size[2])
    return {**_WHOLE, **_UNSIGNED}.get(name, _DIGITS), 0
