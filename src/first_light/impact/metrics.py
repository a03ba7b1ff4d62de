"""The metrics that a change reaches: what they are on both sides, and whether that is declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from first_light.dbt.manifest import Manifest
from first_light.impact import classify as judge
from first_light.impact.base import Built
from first_light.impact.databases import open_database
from first_light.impact.findings import (
    ADDED,
    DOWNSTREAM,
    MODIFIED,
    REMOVED,
    MetricImpact,
    ModelImpact,
)
from first_light.impact.plan import Plan
from first_light.metrics.changes import MetricChange
from first_light.metrics.definitions import Metric, Semantics
from first_light.metrics.values import MetricValue, compute
from first_light.utils.errors import DataopsError
from first_light.warehouse.sandbox import Sandbox


def metric_impacts(
    plan: Plan,
    built: Mapping[str, Built],
    models: Sequence[ModelImpact],
    declared: Mapping[str, str],
) -> tuple[MetricImpact, ...]:
    """The metrics that the change reaches, by name.

    Args:
        plan: what was built, and what it is compared with.
        built: head's build, by unique id.
        models: what the change does to the models.
        declared: model or metric → its author's reason.
    """
    old, new = _by_name(plan.semantics[0]), _by_name(plan.semantics[1])
    names = [name for name in sorted({**old, **new}) if _is_reached(plan, old, new, name)]
    if not names:
        return ()
    base_sql = {name: entry.sql for name, entry in plan.built.items() if entry.sql}
    head_sql = {**base_sql, **{name: entry.sql for name, entry in built.items() if entry.sql}}
    base, head = plan.base, plan.head
    before = _values(
        plan.semantics[0], [old[name] for name in names if name in old],
        base.database, base.tree, base.manifest, base_sql, plan.built, None, plan.sandbox,
    )  # fmt: skip
    after = _values(
        plan.semantics[1], [new[name] for name in names if name in new],
        plan.database, plan.files, head, head_sql, built, plan.reached, plan.sandbox,
    )  # fmt: skip
    if not plan.semantics[0].is_known:
        reason = "the release does not hold the definitions of its metrics"
        before = {name: MetricValue(problem=reason) for name in names}
    unstable = {model.unique_id for model in models if model.unstable}
    return tuple(
        MetricImpact(
            name=name,
            label=(new.get(name) or old[name]).label,
            status=_status(old.get(name), new.get(name)),
            change=MetricChange(name, before.get(name), after.get(name)),
            owner=_owner(new.get(name) or old[name], head if name in new else base.manifest),
            unstable=name in new and any(n.unique_id in unstable for n in new[name].models(head)),
            declared=judge.reason_for(name, "", declared),
        )
        for name in names
    )


def _by_name(semantics: Semantics) -> dict[str, Metric]:
    return {metric.name: metric for metric in semantics.metrics}


def _is_reached(
    plan: Plan, old: Mapping[str, Metric], new: Mapping[str, Metric], name: str
) -> bool:
    if _status(old.get(name), new.get(name)) != DOWNSTREAM:
        return True
    return any(node.unique_id in plan.reached for node in new[name].models(plan.head))


def _status(old: Metric | None, new: Metric | None) -> str:
    if old is None or new is None:
        return ADDED if old is None else REMOVED
    return DOWNSTREAM if old.fingerprint == new.fingerprint else MODIFIED


def _owner(metric: Metric, manifest: Manifest) -> str:
    return next((judge.owner(node, manifest) for node in metric.models(manifest)), "")


def _values(
    semantics: Semantics,
    metrics: Sequence[Metric],
    database: Path,
    files: Path,
    manifest: Manifest,
    sql: Mapping[str, str],
    built: Mapping[str, Built],
    reached: frozenset[str] | None,
    sandbox: Sandbox | None,
) -> dict[str, MetricValue]:
    """The values of a side; those whose models were not built are not taken from an older build.

    Args:
        reached: what was to be built anew; None if all that is needed was.
        sandbox: what the database may read; None for all.
    """
    values = {}
    for metric in metrics:
        if missing := _not_built(metric, manifest, built, reached):
            values[metric.name] = MetricValue(problem=f"{missing} was not built")
    whole = [metric for metric in metrics if metric.name not in values]
    if whole:
        with open_database(database, files, manifest, sql, sandbox) as side:
            withheld = side.withheld
            values |= compute(
                semantics, whole, side.queries, lambda place: withheld.get(place, ()), reason=_where
            )
    return values


def _not_built(
    metric: Metric,
    manifest: Manifest,
    built: Mapping[str, Built],
    reached: frozenset[str] | None,
) -> str:
    """The first model of a metric whose build failed; empty if none did."""
    for node in metric.models(manifest):
        if (reached is None or node.unique_id in reached) and (
            node.unique_id not in built or not built[node.unique_id].ok
        ):
            return node.name
    return ""


def _where(error: DataopsError) -> str:
    """The database's message: a check reads the sample, which holds no personal data."""
    return error.where


def models_of_metrics(
    manifests: Iterable[Manifest], semantics: Iterable[Semantics]
) -> dict[str, tuple[str, ...]]:
    """Model id → the metrics, of either side, that read it."""
    names: dict[str, dict[str, None]] = {}
    for manifest, side in zip(manifests, semantics):
        for metric in side.metrics:
            for node in metric.models(manifest):
                names.setdefault(node.unique_id, {})[metric.name] = None
    return {model: tuple(metrics) for model, metrics in names.items()}
