"""Metrics as a record keeps them, and what moves from one release to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from first_light.dbt.manifest import Manifest
from first_light.history.log import record_in
from first_light.history.measured import MetricFact, MetricPart
from first_light.history.record import Record
from first_light.metrics.changes import MetricChange
from first_light.metrics.definitions import Metric
from first_light.metrics.values import MetricValue
from first_light.store.locate import FolderStore


def as_facts(
    metrics: Iterable[Metric], values: Mapping[str, MetricValue], manifest: Manifest
) -> tuple[MetricFact, ...]:
    """What a record keeps of some metrics."""
    return tuple(
        MetricFact(
            name=metric.name,
            label=metric.label,
            models=tuple(node.unique_id for node in metric.models(manifest)),
            value=values[metric.name].total,
            parts=tuple(
                MetricPart(name, {key: part for key, part in parts.items() if part is not None})
                for name, parts in values[metric.name].parts.items()
            ),
            problem=values[metric.name].problem,
            definition=metric.fingerprint,
        )
        for metric in metrics
    )


def moves(before: Record | None, after: Record | None) -> tuple[MetricChange, ...]:
    """The metrics that differ between two releases, or that one of them could not compute.

    Empty where either is missing, is of another kind, or records no metrics.
    """
    if before is None or after is None or before.kind != after.kind:
        return ()
    if not before.metrics or not after.metrics:
        return ()
    old = {fact.name: fact for fact in before.metrics}
    new = {fact.name: fact for fact in after.metrics}
    changes = (
        MetricChange(
            name,
            _value(old.get(name)),
            _value(new.get(name)),
            is_redefined=_is_redefined(old.get(name), new.get(name)),
        )
        for name in sorted({**old, **new})
    )
    return tuple(
        change
        for change in changes
        if change.is_moved or change.unknown or change.before is None or change.after is None
    )


def _is_redefined(before: MetricFact | None, after: MetricFact | None) -> bool:
    return bool(before and after and before.definition != after.definition)


def recorded_release(store: FolderStore, run: str) -> Record | None:
    """The record that a release keeps; None where the release or its record is gone."""
    return record_in(store.releases / run) if run else None


def _value(fact: MetricFact | None) -> MetricValue | None:
    if fact is None:
        return None
    parts = {part.dimension: part.values for part in fact.parts}
    return MetricValue(fact.value, parts, fact.problem)
