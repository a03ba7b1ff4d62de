"""Metrics among the models and exposures of an impact: in its lineage, and for their readers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from first_light.dbt.graph import Graph
from first_light.dbt.manifest import Manifest, Node
from first_light.impact import classify as judge
from first_light.impact.findings import (
    ADDED,
    DOWNSTREAM,
    REMOVED,
    ExposureImpact,
    Impact,
    MetricImpact,
)
from first_light.impact.plan import Plan
from first_light.utils.graph_svg import GraphNode


def with_metrics(impact: Impact, metrics: tuple[MetricImpact, ...], plan: Plan) -> Impact:
    """The impact with the metrics that the change reaches.

    Args:
        impact: what the change does to models and their readers.
        metrics: the metrics that it reaches.
        plan: what was built, and what it is compared with.
    """
    if not metrics:
        return impact
    moved = {metric.name for metric in metrics if metric.must_declare}
    nodes, edges = _lineage(impact, metrics, plan)
    return replace(
        impact,
        metrics=metrics,
        idle=tuple(name for name in impact.idle if name not in moved),
        exposures=_exposures(impact, metrics, plan.head),
        nodes=nodes,
        edges=edges,
    )


def _exposures(
    impact: Impact, metrics: tuple[MetricImpact, ...], head: Manifest
) -> tuple[ExposureImpact, ...]:
    """Each with the metrics that it shows and that move; those that only these reach are added."""
    moved = {metric.name for metric in metrics if metric.says_other or metric.unknown}
    known = {exposure.label: exposure for exposure in impact.exposures}
    for node in head.of("exposure"):
        if shown := tuple(name for name in node.metrics if name in moved):
            exposure = known.get(node.name) or ExposureImpact(
                node.name, judge.owner(node, head), DOWNSTREAM, url=node.url
            )
            known[node.name] = replace(exposure, metrics=shown)
    return tuple(known.values())


def _lineage(
    impact: Impact, metrics: tuple[MetricImpact, ...], plan: Plan
) -> tuple[tuple[GraphNode, ...], tuple[tuple[str, str], ...]]:
    """The drawing with a box for each metric, between its models and the exposures that show it."""
    resources: dict[str, Node] = {**plan.base.manifest.nodes, **plan.head.nodes}
    boxes = {node.unique_id: node for node in impact.nodes}
    edges = dict.fromkeys(impact.edges)
    models = _models(plan)
    for metric in metrics:
        name = _id(metric.name)
        boxes[name] = GraphNode(name, metric.name, "metric", _state(metric), 0)
        edges.update(dict.fromkeys((model, name) for model in models.get(metric.name, ())))
        edges.update(dict.fromkeys((name, reader) for reader in _readers(metric.name, resources)))
    for name in dict.fromkeys(end for edge in edges for end in edge):
        if name not in boxes:
            node = resources[name]
            boxes[name] = GraphNode(name, judge.label_of(node), node.kind, "context", 0)
    parents: dict[str, list[str]] = {name: [] for name in sorted(boxes)}
    for parent, child in edges:
        parents[child].append(parent)
    ranks = Graph(parents).ranks()
    nodes = tuple(replace(boxes[name], rank=rank) for name, rank in ranks.items())
    return nodes, tuple((parent, name) for name in ranks for parent in parents[name])


def _models(plan: Plan) -> Mapping[str, Collection[str]]:
    """The unique ids of the models behind each metric, on the side that has it."""
    sides = zip((plan.base.manifest, plan.head), plan.semantics)
    return {
        metric.name: [node.unique_id for node in metric.models(manifest)]
        for manifest, semantics in sides
        for metric in semantics.metrics
    }


def _readers(metric: str, resources: Mapping[str, Node]) -> list[str]:
    return [name for name, node in resources.items() if metric in node.metrics]


def _id(metric: str) -> str:
    return f"metric.{metric}"


def _state(metric: MetricImpact) -> str:
    """How its box is coloured."""
    if metric.status in (ADDED, REMOVED):
        return metric.status
    if metric.unknown or metric.unstable:
        return "unknown"
    return "changed" if metric.says_other else "same"
