"""The types that YAML files of a product declare for columns, changed in place. Pure.

Only the type is replaced: comments, order and layout of the team's file stay.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_TEST = "converts_exactly"


def with_exact_type(text: str, source: str, table: str, column: str, kind: str) -> str:
    """The YAML of a source with another type for a column in its test `converts_exactly`.

    Raises:
        yaml.YAMLError: the file is no YAML.
    """
    places = [
        target
        for sources in _values(yaml.compose(text), "sources")
        for entry in _named(sources, source)
        for tables in _values(entry, "tables")
        for found in _named(tables, table)
        for key in ("data_tests", "tests")
        for tests in _values(found, key)
        for test in _items(tests)
        for call in _values(test, _TEST)
        for arguments in [*_values(call, "arguments"), call]
        for columns in _values(arguments, "columns")
        for target in _values(columns, column)
    ]
    return _replaced(text, _types(places), f'"{kind}"')


def with_contract_type(text: str, model: str, column: str, kind: str) -> str:
    """The YAML of a model with another `data_type` for a column.

    Raises:
        yaml.YAMLError: the file is no YAML.
    """
    places = [
        declared
        for models in _values(yaml.compose(text), "models")
        for entry in _named(models, model)
        for columns in _values(entry, "columns")
        for found in _named(columns, column)
        for declared in _values(found, "data_type")
    ]
    return _replaced(text, _types(places), kind)


def _types(places: list[Node]) -> list[ScalarNode]:
    """The scalars that are types, given alone or under `type`."""
    alone = [place for place in places if isinstance(place, ScalarNode)]
    inside = [kind for place in places for kind in _values(place, "type")]
    return [*alone, *(kind for kind in inside if isinstance(kind, ScalarNode))]


def _replaced(text: str, places: list[ScalarNode], kind: str) -> str:
    for place in sorted(places, key=lambda place: place.start_mark.index, reverse=True):
        text = text[: place.start_mark.index] + kind + text[place.end_mark.index :]
    return text


def _values(node: Node | None, key: str) -> Iterator[Node]:
    """The value of a key of a mapping; names of columns have no case."""
    if isinstance(node, MappingNode):
        for name, value in node.value:
            if isinstance(name, ScalarNode) and name.value.lower() == key.lower():
                yield value


def _items(node: Node) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else []


def _named(node: Node, name: str) -> Iterator[Node]:
    """The mappings of a list that have a name."""
    for item in _items(node):
        for value in _values(item, "name"):
            if isinstance(value, ScalarNode) and value.value.lower() == name.lower():
                yield item
