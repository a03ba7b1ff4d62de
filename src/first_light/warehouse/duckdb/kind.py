"""What DuckDB provides; nothing heavy is imported before it is needed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
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


class DuckDbKind:
    """Releases as database files, or as schemas of a lake that the target of releases attaches."""

    reads_files = True
    how_to_load = "set DATAOPS_RAW to the folder or URL of the landing data"
    server: Server | None = None

    @property
    def setup(self) -> Setup:
        from first_light.warehouse.duckdb.setup import SETUP

        return SETUP

    def connect(self, values: Mapping[str, Any]) -> AbstractContextManager[Opened]:
        from first_light.warehouse.duckdb.driver import connect

        return connect(values)

    def settle(self, values: Mapping[str, Any]) -> None:
        from first_light.warehouse.duckdb.driver import settle

        settle(values)

    def open(self, product: Product, store: FolderStore) -> Warehouse:
        from first_light.warehouse.duckdb.lake.catalog import is_lake
        from first_light.warehouse.duckdb.lake.warehouse import LakeWarehouse
        from first_light.warehouse.duckdb.warehouse import DuckDbWarehouse

        if is_lake(product):
            return LakeWarehouse(product, store)
        return DuckDbWarehouse(store, product.root)

    @contextlib.contextmanager
    def scratch(self, product: Product) -> Iterator[Mapping[str, str]]:
        """Schemas of a lake; for files the folder of a scratch store is enough."""
        from first_light.warehouse.duckdb.lake.catalog import is_lake
        from first_light.warehouse.duckdb.lake.scratch import scratch_schemas

        if not is_lake(product):
            yield {}
            return
        with scratch_schemas(product) as variables:
            yield variables

    def dialect(self) -> Dialect:
        from first_light.warehouse.duckdb.dialect import DuckDbDialect

        return DuckDbDialect("duckdb")

    def metric_sql(self) -> tuple[SqlEngine, SqlPlanRenderer] | None:
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer

        return SqlEngine.DUCKDB, DuckDbSqlPlanRenderer()


KIND: Final[WarehouseKind] = DuckDbKind()
