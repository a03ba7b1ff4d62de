"""The impact for machines: impact.json, and how its keys are named."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from first_light.impact import text as words
from first_light.impact.findings import ExposureImpact, Impact, MetricImpact, ModelImpact
from first_light.impact.tables import ColumnDiff, Stats, TableDiff


def as_json(impact: Impact) -> str:
    """The impact as one JSON document."""
    document = {
        "headline": impact.headline,
        "allowed": impact.allowed,
        "breaking": [model.name for model in impact.breaking],
        "undeclared": [model.name for model in impact.undeclared],
        "trailer": words.paste(impact) if impact.undeclared else "",
        "base_commit": impact.base,
        "base_ref": impact.ref,
        "commit": impact.head,
        "dirty": impact.dirty,
        "full_comparison_reason": impact.whole,
        "changed_sample_files": impact.sample,
        "model_count": impact.total,
        "models": [_model(model) for model in impact.models],
        "exposures": [_exposure(exposure) for exposure in impact.exposures],
        "metrics": [_metric(metric) for metric in impact.metrics],
        "other_changes": [
            {"kind": one.kind, "name": one.name, "status": one.status, "model": one.of}
            for one in impact.others
        ],
        "lineage": {
            "nodes": [asdict(node) for node in impact.nodes],
            "edges": [{"parent": parent, "child": child} for parent, child in impact.edges],
        },
        "unused_declarations": list(impact.idle),
        "declarations_without_reason": list(impact.unclear),
        "comparison": impact.said,
        "notes": list(impact.remarks),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _model(model: ModelImpact) -> dict[str, Any]:
    return {
        "unique_id": model.unique_id,
        "name": model.name,
        "kind": model.kind,
        "path": model.path,
        "status": model.status,
        "summary": words.summary(model),
        "modifications": list(model.why),
        "renamed_from": model.was,
        "owner": model.owner,
        "access": model.access,
        "contract": model.contract,
        "exposures": list(model.feeds),
        "metrics": list(model.metrics),
        "diff": model.diff and _diff(model.diff),
        "not_compared_reason": model.unknown,
        "unstable_columns": list(model.unstable),
        "notes": list(model.notes),
        "breaking": list(model.breaking),
        "declared_reason": model.declared,
        "origins": {column: list(sources) for column, sources in model.origins.items()},
    }


def _metric(metric: MetricImpact) -> dict[str, Any]:
    before, after = metric.change.before, metric.change.after
    return {
        "name": metric.name,
        "label": metric.label,
        "status": metric.status,
        "summary": words.summary(metric),
        "before": before.total if before else None,
        "after": after.total if after else None,
        "moved": metric.change.is_moved,
        "by_dimension": {
            name: [
                {"value": value, "before": old, "after": new}
                for value, (old, new) in values.items()
            ]
            for name, values in metric.change.parts.items()
        },
        "not_computed_reason": metric.unknown,
        "unstable": metric.unstable,
        "owner": metric.owner,
        "declared_reason": metric.declared,
    }


def _exposure(exposure: ExposureImpact) -> dict[str, Any]:
    return {
        "label": exposure.label,
        "owner": exposure.owner,
        "url": exposure.url,
        "status": exposure.status,
        "reads": {model: list(columns) for model, columns in exposure.reads.items()},
        "upstream": list(exposure.upstream),
        "metrics": list(exposure.metrics),
    }


def _diff(diff: TableDiff) -> dict[str, Any]:
    return {
        "key": list(diff.key),
        "note": diff.note,
        "rows_before": diff.rows_before,
        "rows_after": diff.rows_after,
        "rows_added": diff.added,
        "rows_removed": diff.removed,
        "rows_changed": diff.changed,
        "columns_reordered": diff.reordered,
        "columns": [_column(column) for column in diff.columns],
        "examples_added": [dict(row.values) for row in diff.added_rows],
        "examples_removed": [dict(row.values) for row in diff.removed_rows],
    }


def _column(column: ColumnDiff) -> dict[str, Any]:
    return {
        "name": column.name,
        "type_before": column.before,
        "type_after": column.after,
        "rows_changed": column.changed,
        "values_differ": column.differs,
        "values_hidden": column.hidden,
        "stats_before": column.was and _stats(column.was),
        "stats_after": column.now and _stats(column.now),
        "examples": [asdict(example) for example in column.examples],
    }


def _stats(stats: Stats) -> dict[str, Any]:
    return {
        "nulls": stats.nulls,
        "distinct": stats.distinct,
        "distinct_estimated": stats.rounded,
        "min": stats.minimum,
        "max": stats.maximum,
        "sum": stats.total,
    }
