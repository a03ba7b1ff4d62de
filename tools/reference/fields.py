"""The fields of a dataclass as the reference describes them: types, defaults, descriptions."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        name: its name.
        type: its type.
        description: the docstring below it, Markdown.
        is_required: whether it has no default.
    """

    name: str
    type: Any
    description: str
    is_required: bool


def fields_of(kind: type[Any]) -> list[Field]:
    """The fields of a dataclass.

    Raises:
        ValueError: a field has no docstring.
    """
    hints, descriptions = get_type_hints(kind), _docstrings(kind)
    if missing := [one.name for one in dataclasses.fields(kind) if one.name not in descriptions]:
        raise ValueError(f"{kind.__name__}: describe {', '.join(missing)} in a docstring below it")
    return [
        Field(
            one.name,
            hints[one.name],
            descriptions[one.name],
            one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING,
        )
        for one in dataclasses.fields(kind)
    ]


def parts_of(kind: type[Any]) -> Iterator[type[Any]]:
    """The dataclass and those that its fields hold, each once, outer ones first."""
    seen: dict[type[Any], None] = {}
    waiting = [kind]
    while waiting:
        part = waiting.pop(0)
        if part not in seen:
            seen[part] = None
            waiting += [inner for one in fields_of(part) for inner in _dataclasses_in(one.type)]
    yield from seen


def type_name(type_: Any) -> str:
    """A type in JSON's words; a dataclass by a link to its section."""
    if type_ is Any:
        return "any value"
    if type_ in _NAMES:
        return _NAMES[type_]
    if dataclasses.is_dataclass(type_):
        name = title(type_)
        return f"[{name}](#{name.replace(' ', '-')})"
    arguments = get_args(type_)
    if get_origin(type_) in (Union, UnionType):
        return type_name(next(one for one in arguments if one is not NoneType)) + " or null"
    if get_origin(type_) in (tuple, list):
        return f"list of {type_name(arguments[0])}"
    if get_origin(type_) is dict:
        return f"object of {type_name(arguments[1])}"
    if get_origin(type_) is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    raise ValueError(f"no name for {type_}")


def title(kind: Any) -> str:
    """A class as a heading: NodeRun is `node run`."""
    return re.sub("(?<!^)(?=[A-Z])", " ", kind.__name__).lower()


def json_schema(kind: type[Any]) -> dict[str, Any]:
    """The JSON Schema of a dataclass, with its descriptions."""
    (reference,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for part in parts_of(kind):
        described = components[part.__name__]
        described["description"] = inspect.cleandoc(part.__doc__ or "").replace("\n", " ")
        for one in fields_of(part):
            described["properties"][one.name]["description"] = one.description
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **reference,
        "$defs": components,
    }


def _dataclasses_in(type_: Any) -> Iterator[type[Any]]:
    if dataclasses.is_dataclass(type_) and isinstance(type_, type):
        yield type_
    for argument in get_args(type_):
        yield from _dataclasses_in(argument)


def _docstrings(kind: type[Any]) -> dict[str, str]:
    """The string below each field, by the field's name."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    found = {}
    for statement, following in zip(definition.body, definition.body[1:]):
        match statement, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(ast.Constant(str(text))):
                found[name] = " ".join(text.split())
    return found
