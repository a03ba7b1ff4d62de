"""The SQL of each warehouse, as MetricFlow writes it."""

from __future__ import annotations

from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer
from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer

from first_light.utils.errors import DataopsError

_DIALECTS: dict[str, tuple[SqlEngine, type[SqlPlanRenderer]]] = {
    "duckdb": (SqlEngine.DUCKDB, DuckDbSqlPlanRenderer),
    "postgres": (SqlEngine.POSTGRES, PostgresSQLSqlPlanRenderer),
}


def dialect(warehouse: str) -> tuple[SqlEngine, SqlPlanRenderer]:
    """What MetricFlow needs to write SQL for a warehouse, by its name in dbt.

    Raises:
        DataopsError: metrics cannot be computed in this warehouse.
    """
    if warehouse not in _DIALECTS:
        raise DataopsError(f"Metrics cannot be computed in {warehouse}.")
    engine, renderer = _DIALECTS[warehouse]
    return engine, renderer()
