"""Which casts of a staging model the test `converts_exactly` guards, and how it is told. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from first_light.inference import sql
from first_light.inference.values import Column, Table

_KINDS = frozenset({"integer", "decimal", "double", "date", "timestamp", "boolean"})
_EXACT_TYPES = frozenset({"BOOLEAN", "TIMESTAMP WITH TIME ZONE"})
"""Types of raw columns whose casts can change no value."""


def guarded(
    table: Table, spelled: Callable[[sql.Sql], sql.Sql]
) -> dict[str, Mapping[str, str | bool]]:
    """The argument `columns` of the test: by column its type, and what else the cast does.

    Args:
        spelled: puts an expression into the warehouse's words.
    """
    return {
        column.name: _target(column, spelled)
        for column in table.columns
        if column.cast.kind in _KINDS
        and not column.cast.is_lossy
        and column.leaf.type not in _EXACT_TYPES
    }


def _target(column: Column, spelled: Callable[[sql.Sql], sql.Sql]) -> Mapping[str, str | bool]:
    cast = column.cast
    target: dict[str, str | bool] = {"type": cast.type}
    value = sql.flat(spelled(sql.cleaned(cast, sql.source_column(column.leaf, rendered=True))))
    if value != column.name:
        target["value"] = value
    if cast.form.startswith("%"):
        target["format"] = cast.form
    elif cast.form == "utc":
        target["zone"] = True
    if column.personal:
        target["personal"] = True
    return target
