"""Places in a YAML file, for edits that keep the rest of it as it is. Pure.

`yaml.compose` gives nodes with the places of their text. Keys and names are compared without case.
"""

from __future__ import annotations

from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode


def values(node: Node | None, *keys: str) -> Iterator[Node]:
    """The values at a path of keys, through nested mappings."""
    if not keys:
        if node is not None:
            yield node
        return
    if isinstance(node, MappingNode):
        for name, value in node.value:
            if isinstance(name, ScalarNode) and name.value.lower() == keys[0].lower():
                yield from values(value, *keys[1:])


def items(node: Node) -> list[Node]:
    """The items of a list; none of what is no list."""
    return list(node.value) if isinstance(node, SequenceNode) else []


def entries(node: Node | None, *path: tuple[str, str]) -> Iterator[Node]:
    """The mappings that are found by the key of a list and the `name` in it, level by level.

    Args:
        node: where to begin.
        path: such as `("sources", "raw"), ("tables", "orders")`.
    """
    if not path:
        if node is not None:
            yield node
        return
    (key, wanted), *rest = path
    for listed in values(node, key):
        for item in items(listed):
            for name in values(item, "name"):
                if isinstance(name, ScalarNode) and name.value.lower() == wanted.lower():
                    yield from entries(item, *rest)
