"""A lineage graph as SVG: boxes from left to right, coloured by the page's stylesheet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from first_light.utils.templates import render

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


def drawing(nodes: list[GraphNode], edges: list[tuple[str, str]], label: str = "") -> Markup:
    """Boxes from left to right, parents before children.

    The page's style colours them: `.box` with the node's state, `.edge`.

    Args:
        nodes: the boxes.
        edges: pairs of parent and child, all among the nodes.
        label: the picture's accessible name; by default the number of nodes.
    """
    places = _places(nodes, edges)
    return Markup(
        render(
            "utils/html/graph.svg.j2",
            width=max(x for x, _ in places.values()) + _BOX + 20,
            height=max(y for _, y in places.values()) + _HIGH + 20,
            label=label or f"Lineage of {len(nodes)} nodes",
            curves=[_curve(places[parent], places[child]) for parent, child in edges],
            boxes=[_box(node, *places[node.unique_id]) for node in nodes],
            box_width=_BOX,
            box_height=_HIGH,
        )
    )


def _curve(parent: tuple[int, int], child: tuple[int, int]) -> str:
    x1, y1 = parent[0] + _BOX, parent[1] + _HIGH // 2
    x2, y2 = child[0], child[1] + _HIGH // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1} C{middle} {y1} {middle} {y2} {x2} {y2}"


def _box(node: GraphNode, x: int, y: int) -> Mapping[str, object]:
    is_long = len(node.label) > _LETTERS
    return {
        "title": f"{node.kind} {node.label}: {node.state}",
        "state": node.state,
        "x": x,
        "y": y,
        "radius": _HIGH // 2 if node.kind in ("exposure", "metric", "source") else 5,
        "text": node.label[: _LETTERS - 1] + "…" if is_long else node.label,
    }


def _places(nodes: list[GraphNode], edges: list[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """The position of each box: one column for each rank, near its neighbours."""
    ranks = sorted({node.rank for node in nodes})
    columns = {rank: [n.unique_id for n in nodes if n.rank == rank] for rank in ranks}
    neighbours: dict[str, list[str]] = {node.unique_id: [] for node in nodes}
    for parent, child in edges:
        neighbours[parent].append(child)
        neighbours[child].append(parent)
    height = {name: float(i) for names in columns.values() for i, name in enumerate(names)}
    for sweep in range(6):
        for rank in ranks if sweep % 2 == 0 else reversed(ranks):
            names = columns[rank]
            targets = {
                name: sum(height[n] for n in neighbours[name]) / len(neighbours[name])
                if neighbours[name]
                else height[name]
                for name in names
            }
            names.sort(key=lambda name: (targets[name], name))
            offset = sum(targets.values()) / len(names) - (len(names) - 1) / 2
            height |= {name: i + offset for i, name in enumerate(names)}
    top = min(height.values())
    return {
        name: (10 + i * _ACROSS, 10 + round((height[name] - top) * _DOWN))
        for i, rank in enumerate(ranks)
        for name in columns[rank]
    }
