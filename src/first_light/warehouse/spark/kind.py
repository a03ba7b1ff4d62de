"""What Spark provides; nothing heavy is imported before it is needed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer

    from first_light.dbt.driver import Opened
    from first_light.project.product import Product
    from first_light.store.locate import FolderStore
    from first_light.warehouse.base import Server, Warehouse, WarehouseKind
    from first_light.warehouse.dialect import Dialect
    from first_light.warehouse.setup import Setup


class SparkKind:
    """Releases as schemas of a catalog with Iceberg tables; development and checks run on files."""

    reads_files = False
    how_to_load = "load the landing data into the schema …_raw"
    server: Server | None = None

    @property
    def setup(self) -> Setup:
        from first_light.warehouse.spark.setup import SETUP

        return SETUP

    def connect(self, values: Mapping[str, Any]) -> AbstractContextManager[Opened]:
        from first_light.warehouse.spark.driver import connect

        return connect(values)

    def settle(self, values: Mapping[str, Any]) -> None:
        """Nothing to do for a server."""

    def open(self, product: Product, store: FolderStore) -> Warehouse:
        from first_light.warehouse.spark.warehouse import SparkWarehouse

        return SparkWarehouse(product, store)

    def scratch(self, product: Product) -> AbstractContextManager[Mapping[str, str]]:
        from first_light.warehouse.spark.scratch import scratch_schemas

        return scratch_schemas(product)

    def dialect(self) -> Dialect:
        from first_light.warehouse.spark.dialect import SparkDialect

        return SparkDialect("spark")

    def metric_sql(self) -> tuple[SqlEngine, SqlPlanRenderer] | None:
        """MetricFlow has no SQL for Spark, but for Databricks, whose SQL begins with Spark's."""
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.databricks import DatabricksSqlPlanRenderer

        return SqlEngine.DATABRICKS, DatabricksSqlPlanRenderer()


KIND: Final[WarehouseKind] = SparkKind()
