"""The history in SQL: a record's DuckDB types, and the views that figures read."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from first_light.history.record import Record

_SCALARS = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN"}

VIEWS = """
create view runs as
select
    * exclude (started_at, ended_at),
    try_cast(nullif(started_at, '') as timestamp) as started_at,
    try_cast(nullif(ended_at, '') as timestamp) as ended_at
from records;

create view nodes as
select
    run, number, command, trigger, outcome,
    try_cast(nullif(started_at, '') as timestamp) as started_at,
    unnest(nodes, recursive := true)
from records;

create view freshness as
select
    run, number, trigger,
    try_cast(nullif(started_at, '') as timestamp) as started_at,
    unnest(freshness, recursive := true)
from records;

create view commits as
select
    run, number, trigger, outcome,
    try_cast(nullif(ended_at, '') as timestamp) as ended_at,
    unnest(git.commits, recursive := true)
from records;
"""


@cache
def columns() -> dict[str, str]:
    """The fields of a record with their DuckDB types.

    Times stay text here and become timestamps in the views.
    """
    return _fields(Record)


def from_text(relation: str) -> str:
    """The query that reads records out of a relation with their JSON in the column `record`."""
    structure = json.dumps(columns()).replace("'", "''")
    return f"select record, unnest(from_json(record, '{structure}')) from {relation}"


def sql_type(type_: Any) -> str:
    """The DuckDB type that holds a field's JSON.

    Raises:
        TypeError: there is none for this type.
    """
    if type_ in _SCALARS:
        return _SCALARS[type_]
    if dataclasses.is_dataclass(type_):
        fields = ", ".join(f'"{name}" {kind}' for name, kind in _fields(type_).items())
        return f"STRUCT({fields})"
    origin, arguments = get_origin(type_), get_args(type_)
    if origin in (Union, UnionType) and len(arguments) == 2 and NoneType in arguments:
        return sql_type(next(argument for argument in arguments if argument is not NoneType))
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return f"{sql_type(arguments[0])}[]"
    if origin is dict and arguments[0] is str:
        return f"MAP(VARCHAR, {sql_type(arguments[1])})"
    raise TypeError(f"no SQL type holds {type_}")


def _fields(kind: Any) -> dict[str, str]:
    hints = get_type_hints(kind)
    return {field.name: sql_type(hints[field.name]) for field in dataclasses.fields(kind)}
