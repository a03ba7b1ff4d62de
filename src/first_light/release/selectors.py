"""Nodes as arguments for dbt's `--select`, as few as there can be.

dbt compares each of them with every node: 500 names in a project of 1,500 nodes take it longer than
to build what they name.
"""

from __future__ import annotations

from collections.abc import Collection

from first_light.dbt.manifest import Manifest, Node

_VIEWS = "config.materialized:view"
# What `+` selects besides, and what dbt is told to leave out or does not build.
_NOT_BUILT = ("exposure", "source")


def selectors(wanted: Collection[str], manifest: Manifest) -> tuple[str, ...]:
    """Arguments that select these nodes and no others that are built.

    Args:
        wanted: unique ids of models, snapshots, seeds and tests.
        manifest: the project.
    """
    views = {
        name
        for name, node in manifest.nodes.items()
        if node.kind == "model" and node.materialized == "view"
    }
    covered: set[str] = set()
    criteria: list[str] = []
    if len(views) > 1 and views.issubset(wanted):
        criteria.append(_VIEWS)
        covered |= views
    left_alone = {
        name
        for name, node in manifest.nodes.items()
        if node.kind in _NOT_BUILT or node.materialized == "ephemeral"
    }
    allowed = left_alone.union(wanted)
    for name in manifest.graph.in_order(only=wanted):
        if name in covered:
            continue
        below = manifest.graph.descendants(name)
        if len(below) > 1 and below <= allowed:
            criteria.append(f"{name_of(manifest.nodes[name])}+")
            covered |= {name, *below}
        else:
            criteria.append(name_of(manifest.nodes[name]))
    return tuple(sorted(set(criteria)))


def name_of(node: Node) -> str:
    """How dbt selects a node by its name."""
    return f"{node.name}.v{node.version}" if node.version else node.name
