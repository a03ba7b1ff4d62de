"""The lineage on the page: what fails, what may be wrong because of it, and what is sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from first_light.dbt.graph import Graph
from first_light.dbt.manifest import Manifest
from first_light.figures.compute import Ledger
from first_light.incidents.derive import Incident
from first_light.utils.graph_svg import GraphNode

CAUSE, FAILING, BELOW, SOUND = "cause", "failing", "below", "sound"
# More boxes than this say nothing to anybody: then only what is touched is drawn.
_NODES_DRAWN = 120
_KINDS = ("model", "snapshot", "seed", "source", "exposure")
_BUILT = ("model", "snapshot", "seed")


@dataclass(frozen=True)
class Lineage:
    """What is drawn.

    Attributes:
        nodes: the boxes; their state is cause, failing, below or sound.
        edges: pairs of parent and child.
        omitted: how many are not drawn.
    """

    nodes: tuple[GraphNode, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    omitted: int = 0

    def names_in(self, *states: str) -> list[str]:
        """Labels of the nodes in these states."""
        return [node.label for node in self.nodes if node.state in states]


NOTHING = Lineage()


def lineage(book: Ledger, manifest: Manifest | None, open_incidents: Sequence[Incident]) -> Lineage:
    """The lineage of the current release and of what the last run built, coloured.

    Args:
        book: the history.
        manifest: of the current release; None when there is none.
        open_incidents: the open incidents.
    """
    parents: dict[str, tuple[str, ...]] = {}
    labels: dict[str, tuple[str, str]] = {}
    for node in manifest.nodes.values() if manifest else ():
        if node.kind in _KINDS:
            parents[node.unique_id] = node.depends_on
            name = node.unique_id.split(".", 2)[2] if node.kind == "source" else node.name
            labels[node.unique_id] = (node.kind, name)
    rows = book.connection.execute(
        "select unique_id, kind, name, depends_on from results "
        "where number = (select max(number) from results) and list_contains(?, kind)",
        [list(_BUILT)],
    ).fetchall()
    for unique_id, kind, name, above in rows:  # a run that was rejected may have brought new ones
        parents.setdefault(unique_id, tuple(above or ()))
        labels.setdefault(unique_id, (kind, name))
        for parent in above or ():
            parents.setdefault(parent, ())
            labels.setdefault(parent, (parent.split(".")[0], parent.split(".", 2)[-1]))
    return reduced(parents, labels, states(parents, open_incidents))


def states(
    parents: Mapping[str, Sequence[str]], open_incidents: Sequence[Incident]
) -> dict[str, str]:
    """The state of each node that an open incident touches; the others are sound."""
    failing = {incident.subject for incident in open_incidents} & set(parents)
    states_ = dict.fromkeys(Graph(parents).descendants(*failing), BELOW)
    states_ |= dict.fromkeys(failing, FAILING)
    return states_ | dict.fromkeys(
        {incident.root_cause for incident in open_incidents} & set(parents), CAUSE
    )


def reduced(
    parents: Mapping[str, Sequence[str]],
    labels: Mapping[str, tuple[str, str]],
    touched: Mapping[str, str],
) -> Lineage:
    """The boxes: all of them, or those that are touched and what they read when they are many."""
    shown = set(parents)
    if len(shown) > _NODES_DRAWN:
        shown = set(touched)
        if len(shown) > _NODES_DRAWN:
            shown = {name for name, state in touched.items() if state != BELOW}
        shown |= {p for name in set(shown) for p in parents[name] if p in parents}
    shown_parents = {name: [p for p in parents[name] if p in shown] for name in sorted(shown)}
    ranks = Graph(shown_parents).ranks()
    if not shown or (max(ranks.values()) == 0 and len(shown) > _NODES_DRAWN):
        return Lineage(omitted=len(parents))
    last = max(ranks.values())
    nodes = tuple(
        GraphNode(
            name,
            labels[name][1],
            labels[name][0],
            touched.get(name, SOUND),
            last if labels[name][0] == "exposure" else rank,
        )
        for name, rank in ranks.items()
    )
    edges = tuple((parent, name) for name, above in shown_parents.items() for parent in above)
    return Lineage(nodes, edges, len(parents) - len(nodes))
