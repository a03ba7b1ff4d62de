"""Resources by the name that a person types."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from first_light.dbt.manifest import Node


def matches_of(nodes: Sequence[Node], name: str) -> tuple[list[Node], list[str]]:
    """The resources that a name may mean, and what else to choose from.

    Args:
        nodes: the resources to search.
        name: a name or dbt's unique id.

    Returns:
        The matches; and their unique ids, or without a match up to three similar names.
    """
    matches = [node for node in nodes if name in (node.unique_id, node.name)]
    if matches:
        # A source often has the name of a model that it feeds: the model is meant.
        matches = [node for node in matches if node.kind != "source"] or matches
        return matches, [node.unique_id for node in matches]
    return [], get_close_matches(name, sorted({node.name for node in nodes}), n=3)
