"""The SQL of a metric, written by MetricFlow from what dbt has parsed; nothing of dbt runs here."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from first_light.metrics.definitions import Semantics
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.metric_sql import dialect

# It writes whole stack traces of metrics that it cannot compute; the error says why.
logging.getLogger("metricflow").setLevel(logging.CRITICAL)


class _Dialect:
    """MetricFlow's client without a connection: it only writes SQL."""

    def __init__(self, engine: SqlEngine, renderer: SqlPlanRenderer) -> None:
        self.sql_engine_type = engine
        self.sql_plan_renderer = renderer


class MetricQueries:
    """The queries of the metrics of one build.

    Args:
        semantics: what dbt knows of them.
        warehouse: its name in dbt.

    Raises:
        DataopsError: MetricFlow cannot read them.
    """

    def __init__(self, semantics: Semantics, warehouse: str) -> None:
        engine, renderer = dialect(warehouse)
        try:
            manifest = parse_manifest_from_dbt_generated_manifest(json.dumps(_local(semantics)))
            self._engine = MetricFlowEngine(
                SemanticManifestLookup(manifest),
                _Dialect(engine, renderer),  # type: ignore[arg-type]  # it never connects
            )
        except Exception as error:  # it has no class of its own for definitions that it rejects
            raise DataopsError(
                "MetricFlow cannot read the semantic models.", _first_line(error)
            ) from error

    def sql(self, metric: str, dimension: str = "") -> str:
        """The query of a metric: one row with its total, or a row for each value of a dimension.

        Raises:
            DataopsError: MetricFlow cannot compute it so.
        """
        request = MetricFlowQueryRequest.create(
            metric_names=[metric], group_by_names=[dimension] if dimension else []
        )
        try:
            return str(self._engine.explain(request).sql_statement.without_descriptions.sql)
        except Exception as error:  # likewise
            raise DataopsError(
                f"MetricFlow cannot compute the metric {metric}.", _first_line(error)
            ) from error


def _local(semantics: Semantics) -> dict[str, Any]:
    """The definitions with relations as they are called from their own database."""
    models = [
        {**model, "node_relation": _relation(model["node_relation"])}
        for model in semantics.content.get("semantic_models", ())
    ]
    project = dict(semantics.content.get("project_configuration", {}))
    project["time_spines"] = [
        {**spine, "node_relation": _relation(spine["node_relation"])}
        for spine in project.get("time_spines", ())
    ]
    return {**semantics.content, "semantic_models": models, "project_configuration": project}


def _relation(relation: Mapping[str, Any]) -> dict[str, Any]:
    name = f"{quoted(relation['schema_name'])}.{quoted(relation['alias'])}"
    return {**relation, "relation_name": name}


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
