"""An impact as one page: the lineage drawn, every model's rows; no script, no request."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from first_light.dbt.graph import Graph
from first_light.impact import text, view
from first_light.impact.findings import DOWNSTREAM, Impact
from first_light.utils.graph_svg import GraphNode, drawing
from first_light.utils.templates import render

# A drawing of more boxes than this shows only what changes; and if that is as many, only what was
# edited and what others read.
_NODES_DRAWN = 150
# A drawing of no more columns than this is scaled to the page.
_COLUMNS_SHOWN = 7
_READERS = ("exposure", "metric")
_CHANGE_HEADS = ("model", "", "rows", "added", "removed", "changed", "columns", "declared")
_LEGEND = (
    ("breaking", "breaks its contract"),
    ("changed", "data changes"),
    ("columns", "columns added or moved"),
    ("added", "new"),
    ("removed", "removed"),
    ("unknown", "unknown"),
    ("same", "no data change"),
    ("context", "not reached"),
)


def page(impact: Impact) -> str:
    """The page as HTML."""
    changes = [
        (row.name, row.status, *row.cells, "no" if row.undeclared else row.declared)
        for row in view.changes(impact)
    ]
    readers = [
        (row.kind, row.name, row.status, row.owner, row.url, row.change)
        for row in view.readers(impact)
    ]
    return render(
        "impact/templates/page.html.j2",
        impact=impact,
        text=text,
        unstable=view.unstable(impact),
        unknown=view.unknown(impact),
        lineage=_lineage(impact),
        changes=changes,
        change_heads=_CHANGE_HEADS,
        readers=readers,
        metrics=view.metrics(impact),
        details=view.details(impact),
        column_heads=view.COLUMN_HEADS,
        most_rows=50,
        folded=8,
        opened=3,
    )


def _lineage(impact: Impact) -> dict[str, object] | None:
    """The drawing, its legend, and a sentence on what is not drawn; None when there is nothing."""
    nodes = _drawn_nodes(impact)
    if not nodes:
        return None
    states = {node.state for node in nodes}
    return {
        "drawing": drawing(nodes, joined({node.unique_id for node in nodes}, impact.edges)),
        "legend": [(state, meaning) for state, meaning in _LEGEND if state in states],
        "fits": len({node.rank for node in nodes}) <= _COLUMNS_SHOWN,
        "left_out": _omitted(impact, nodes),
    }


def _drawn_nodes(impact: Impact) -> list[GraphNode]:
    nodes = list(impact.nodes)
    if len(nodes) > _NODES_DRAWN:
        nodes = [node for node in nodes if node.kind in _READERS or _changes(node)]
    if len(nodes) > _NODES_DRAWN:
        edited = {m.unique_id for m in impact.models if m.status != DOWNSTREAM or m.promised}
        nodes = [node for node in nodes if node.kind in _READERS or node.unique_id in edited]
    return nodes


def _omitted(impact: Impact, nodes: list[GraphNode]) -> str:
    if not (left_out := len(impact.nodes) - len(nodes)):
        return ""
    hidden = sum(map(_changes, impact.nodes)) - sum(map(_changes, nodes))
    more = f"; {hidden} of them change too" if hidden else ""
    return f"{left_out} nodes are not drawn{more}."


def _changes(node: GraphNode) -> bool:
    return node.state not in ("same", "context")


def joined(shown: Collection[str], edges: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Which of some boxes lead to which, directly or through boxes that are not drawn."""
    parents: dict[str, list[str]] = {}
    for parent, child in edges:
        parents.setdefault(child, []).append(parent)
    graph = Graph(parents)
    sources: dict[str, set[str]] = {}  # the nearest boxes above each node that are drawn
    for name in graph.in_order():
        above = ({up} if up in shown else sources[up] for up in graph.parents(name))
        sources[name] = set().union(*above)
    return sorted((source, name) for name in shown for source in sources.get(name, ()))
