"""SQL types of numbers and times: which one holds all values of another, and which holds more."""

from __future__ import annotations

import re

TEXT = "varchar"
_WHOLE_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
_ALIASES = {"int": "integer", "int4": "integer", "int8": "bigint", "doubleprecision": "double"}
_DECIMAL = re.compile(r"decimal\((\d+)(?:,(\d+))?\)")


def plain(kind: str) -> str:
    """A type as it compares: `NUMERIC(18, 2)` is `decimal(18,2)`."""
    kind = re.sub(r"\s+", "", kind.lower()).replace("numeric", "decimal")
    return _ALIASES.get(kind, kind)


def holds_all(new: str, old: str) -> bool:
    """Whether a type of numbers or times holds every value of another of its family exactly."""
    new, old = plain(new), plain(old)
    if new == old or (old, new) == ("date", "timestamp"):
        return True
    if new in _WHOLE_DIGITS and old in _WHOLE_DIGITS:
        return _WHOLE_DIGITS[new] >= _WHOLE_DIGITS[old]
    needed, given = _size(old), _decimal_size(new)
    return bool(needed and given and given[0] >= needed[0] and given[1] >= needed[1])


def wider(old: str, digits: int, decimals: int) -> str:
    """The smallest type that holds all numbers of a type, and some more that it does not hold.

    Args:
        old: a type.
        digits: before the point of the longest of the other numbers.
        decimals: behind the point of the longest.

    Returns:
        The type; text where no type of numbers holds them all exactly.
    """
    old = plain(old)
    size = _size(old)
    if size is None:
        return TEXT
    if old in _WHOLE_DIGITS and not decimals:
        if digits <= 18:
            return "integer" if digits <= 9 else "bigint"
        return "decimal(38,0)" if digits <= 38 else TEXT
    whole = max(size[0], digits)
    scale = max(size[1], decimals, 2 if decimals else 0)
    width = next((width for width in (18, 38) if whole + scale <= width), 0)
    return f"decimal({width},{scale})" if width else TEXT


def _size(kind: str) -> tuple[int, int] | None:
    """Digits before and behind the point; None of a type that is no exact number."""
    return (_WHOLE_DIGITS[kind], 0) if kind in _WHOLE_DIGITS else _decimal_size(kind)


def _decimal_size(kind: str) -> tuple[int, int] | None:
    size = _DECIMAL.fullmatch(kind)
    if size is None:
        return None
    scale = int(size[2] or 0)
    return int(size[1]) - scale, scale
