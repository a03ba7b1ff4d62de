"""A lineage as SVG: boxes from left to right, in the page's own colours, without any script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from html import escape

_BOX, _HIGH, _ACROSS, _DOWN = 190, 26, 250, 38
_LETTERS = 27


@dataclass(frozen=True)
class GraphNode:
    """One box of the lineage drawing: its label, its state, its column from the left."""

    unique_id: str
    label: str
    kind: str
    state: str
    rank: int


def drawing(nodes: list[GraphNode], edges: list[tuple[str, str]], label: str = "") -> str:
    """Boxes from left to right, parents before children.

    The page's style colours them: `.box` with the node's state, `.edge`.

    Args:
        nodes: the boxes.
        edges: pairs of parent and child, all among the nodes.
        label: what the picture shows, for those who don't see it; their number when not given.
    """
    places = _places(nodes, edges)
    width = max(x for x, _ in places.values()) + _BOX + 20
    height = max(y for _, y in places.values()) + _HIGH + 20
    drawn = []
    for parent, child in edges:
        x1, y1 = places[parent][0] + _BOX, places[parent][1] + _HIGH // 2
        x2, y2 = places[child][0], places[child][1] + _HIGH // 2
        middle = (x1 + x2) // 2
        curve = f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"
        drawn.append(f'<path class="edge" d="{curve}"/>')
    for node in nodes:
        x, y = places[node.unique_id]
        name = node.label if len(node.label) <= _LETTERS else node.label[: _LETTERS - 1] + "…"
        round_ = _HIGH / 2 if node.kind in ("exposure", "source") else 5
        drawn.append(
            f"<g><title>{escape(f'{node.kind} {node.label}: {node.state}')}</title>"
            f'<rect class="box {node.state}" x="{x}" y="{y}" width="{_BOX}" height="{_HIGH}" '
            f'rx="{round_:g}"/><text x="{x + 10}" y="{y + 17}">{escape(name)}</text></g>'
        )
    told = f"Lineage of {len(nodes)} nodes"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(label or told)}">{"".join(drawn)}</svg>'
    )


def _places(nodes: list[GraphNode], edges: list[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Where each box stands: one column a rank, in it near what it is joined to."""
    ranks = sorted({node.rank for node in nodes})
    columns = {rank: [n.unique_id for n in nodes if n.rank == rank] for rank in ranks}
    joined: dict[str, list[str]] = {node.unique_id: [] for node in nodes}
    for parent, child in edges:
        joined[parent].append(child)
        joined[child].append(parent)
    height = {name: float(i) for names in columns.values() for i, name in enumerate(names)}
    for sweep in range(6):
        for rank in ranks if sweep % 2 == 0 else reversed(ranks):
            names = columns[rank]
            wanted = {
                name: sum(height[n] for n in joined[name]) / len(joined[name])
                if joined[name]
                else height[name]
                for name in names
            }
            names.sort(key=lambda name: (wanted[name], name))
            offset = sum(wanted.values()) / len(names) - (len(names) - 1) / 2
            height |= {name: i + offset for i, name in enumerate(names)}
    top = min(height.values())
    return {
        name: (10 + i * _ACROSS, 10 + round((height[name] - top) * _DOWN))
        for i, rank in enumerate(ranks)
        for name in columns[rank]
    }


def ranked(parents: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Each node's column from the left: one right of its rightmost parent."""
    known = {name: [one for one in above if one in parents] for name, above in parents.items()}
    found: dict[str, int] = {}
    for name in TopologicalSorter(known).static_order():
        found[name] = max((found[parent] + 1 for parent in known[name]), default=0)
    return found
