"""The SQL of a metric, written by MetricFlow from what dbt has parsed; nothing of dbt runs here."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from first_light.metrics.definitions import Semantics, place_of
from first_light.utils.errors import DataopsError
from first_light.warehouse.kinds import find

_SUGGESTION = re.compile(r"^\s+'(\w+)',?$", re.MULTILINE)

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
        relation: how a query names a relation, from schema and name; two parts with a dot. Without
            it as the warehouse does.

    Raises:
        DataopsError: MetricFlow cannot read them, or does not write the SQL of this warehouse.
    """

    def __init__(
        self,
        semantics: Semantics,
        warehouse: str,
        relation: Callable[[str, str], str] | None = None,
    ) -> None:
        kind = find(warehouse)
        written = kind.metric_sql() if kind else None
        if kind is None or written is None:
            raise DataopsError(f"Metrics cannot be computed in {warehouse}.")
        engine, renderer = written
        content = json.dumps(_local(semantics, relation or kind.dialect().named))
        try:
            manifest = parse_manifest_from_dbt_generated_manifest(content)
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
        try:
            return self._sql([metric], [dimension] if dimension else [])
        except Exception as error:  # likewise
            raise DataopsError(
                f"MetricFlow cannot compute the metric {metric}.", _first_line(error)
            ) from error

    def table(self, metrics: Sequence[str], by: Sequence[str], where: str) -> str:
        """The query of some metrics together, with a row for each combination of what they are
        grouped by.

        Args:
            metrics: their names.
            by: as MetricFlow calls it.
            where: the place that asks for it.

        Raises:
            DataopsError: MetricFlow cannot compute them so; it names what they can be grouped by.
        """
        try:
            return self._sql(metrics, by)
        except Exception as error:  # likewise
            possible = ", ".join(dict.fromkeys(_SUGGESTION.findall(str(error))))
            names = ", ".join(metrics) + (f" by {', '.join(by)}" if by else "")
            raise DataopsError(
                f"MetricFlow cannot compute {names}: "
                f"{f'possible are {possible}' if possible else _first_line(error)}.",
                where,
            ) from error

    def _sql(self, metrics: Sequence[str], by: Sequence[str]) -> str:
        request = MetricFlowQueryRequest.create(metric_names=metrics, group_by_names=by)
        return str(self._engine.explain(request).sql_statement.without_descriptions.sql)


def _local(semantics: Semantics, name: Callable[[str, str], str]) -> dict[str, Any]:
    """The definitions with relations as queries are to name them."""

    def relation(given: Mapping[str, Any]) -> dict[str, Any]:
        return {**given, "relation_name": name(given["schema_name"], given["alias"])}

    models = [
        {**model, "node_relation": relation(model["node_relation"])}
        for model in semantics.content.get("semantic_models", ())
    ]
    project = dict(semantics.content.get("project_configuration", {}))
    project["time_spines"] = [
        {**spine, "node_relation": relation(spine["node_relation"])}
        for spine in project.get("time_spines", ())
    ]
    project["time_spine_table_configurations"] = [
        {**spine, "location": name(*place) if (place := place_of(location)) else location}
        for spine in project.get("time_spine_table_configurations", ())
        for location in [spine["location"]]
    ]
    return {**semantics.content, "semantic_models": models, "project_configuration": project}


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))
