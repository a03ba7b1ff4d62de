"""The types that YAML files of a product declare for columns, changed in place. Pure.

Only the type is replaced: comments, order and layout of the team's file stay.
"""

from __future__ import annotations

import yaml
from yaml.nodes import Node, ScalarNode

from first_light.utils.yaml_nodes import entries, items, values

TEST = "converts_exactly"


def with_exact_type(text: str, source: str, table: str, column: str, kind: str) -> str:
    """The YAML of a source with another type for a column in its test `converts_exactly`.

    Raises:
        yaml.YAMLError: the file is no YAML.
    """
    calls = [
        call
        for found in entries(yaml.compose(text), ("sources", source), ("tables", table))
        for key in ("data_tests", "tests")
        for tests in values(found, key)
        for test in items(tests)
        for call in values(test, TEST)
    ]
    places = [
        place
        for call in calls
        for arguments in [*values(call, "arguments"), call]
        for place in values(arguments, "columns", column)
    ]
    return _replaced(text, _types(places), f'"{kind}"')


def with_contract_type(text: str, model: str, column: str, kind: str) -> str:
    """The YAML of a model with another `data_type` for a column.

    Raises:
        yaml.YAMLError: the file is no YAML.
    """
    found = entries(yaml.compose(text), ("models", model), ("columns", column))
    places = [place for entry in found for place in values(entry, "data_type")]
    return _replaced(text, _types(places), kind)


def _types(places: list[Node]) -> list[ScalarNode]:
    """The scalars that are types, given alone or under `type`."""
    alone = [place for place in places if isinstance(place, ScalarNode)]
    inside = [kind for place in places for kind in values(place, "type")]
    return [*alone, *(kind for kind in inside if isinstance(kind, ScalarNode))]


def _replaced(text: str, places: list[ScalarNode], kind: str) -> str:
    for place in sorted(places, key=lambda place: place.start_mark.index, reverse=True):
        text = text[: place.start_mark.index] + kind + text[place.end_mark.index :]
    return text
