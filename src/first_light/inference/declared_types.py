"""The types that YAML files of a product declare for columns, changed in place. Pure.

Only the type is replaced: comments, order and layout of the team's file stay.
"""

from __future__ import annotations

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from first_light.utils.yaml_nodes import entries, items, values

TEST = "converts_exactly"
NUMBERS = "accepted_range"
"""The test that compares numbers."""


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


def without_number_tests(text: str, model: str, column: str) -> str:
    """The YAML of a model without the tests of a column that compare numbers.

    Raises:
        yaml.YAMLError: the file is no YAML.
    """
    lines = text.splitlines(keepends=True)
    dropped: set[int] = set()
    for entry in entries(yaml.compose(text), ("models", model), ("columns", column)):
        for name, tests in entry.value if isinstance(entry, MappingNode) else ():
            if not isinstance(tests, SequenceNode) or tests.flow_style:
                continue
            numeric = [test for test in items(tests) if any(True for _ in values(test, NUMBERS))]
            for test in numeric:
                dropped |= set(range(_first_line(lines, test), _last_line(test) + 1))
            if numeric and len(numeric) == len(items(tests)):
                dropped.add(name.start_mark.line)
    return "".join(line for at, line in enumerate(lines) if at not in dropped)


def _first_line(lines: list[str], test: Node) -> int:
    """The line on which a test begins: that of its evidence, the comments above it."""
    first = int(test.start_mark.line)
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return first


def _last_line(node: Node) -> int:
    if isinstance(node, MappingNode) and not node.flow_style:
        return max(_last_line(value) for _, value in node.value)
    if isinstance(node, SequenceNode) and not node.flow_style:
        return max(map(_last_line, node.value))
    return int(node.end_mark.line)


def _types(places: list[Node]) -> list[ScalarNode]:
    """The scalars that are types, given alone or under `type`."""
    alone = [place for place in places if isinstance(place, ScalarNode)]
    inside = [kind for place in places for kind in values(place, "type")]
    return [*alone, *(kind for kind in inside if isinstance(kind, ScalarNode))]


def _replaced(text: str, places: list[ScalarNode], kind: str) -> str:
    for place in sorted(places, key=lambda place: place.start_mark.index, reverse=True):
        text = text[: place.start_mark.index] + kind + text[place.end_mark.index :]
    return text
