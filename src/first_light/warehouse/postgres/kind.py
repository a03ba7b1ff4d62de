"""What PostgreSQL provides; nothing heavy is imported before it is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.sql_plan_renderer import SqlPlanRenderer

    from first_light.dbt.driver import Opened
    from first_light.dbt.engine import Engine
    from first_light.history.facts import RawFile
    from first_light.project.product import Product
    from first_light.store.locate import FolderStore
    from first_light.warehouse.base import Server, ServerRelease, Warehouse, WarehouseKind
    from first_light.warehouse.dialect import Dialect
    from first_light.warehouse.setup import Setup


class PostgresServer:
    """Development and checks in schemas of their own."""

    def sample_schema(self) -> str:
        from first_light.warehouse.postgres.sample import own_schema

        return own_schema()

    def load_sample(self, product: Product, schema: str) -> dict[str, int]:
        from first_light.warehouse.postgres.sample import load

        return load(product, schema)

    def check_environment(self) -> dict[str, str]:
        from first_light.warehouse.postgres.side import environment

        return environment()

    def open_check_engine(
        self,
        root: Path,
        target_path: Path,
        environment: dict[str, str],
        progress: Callable[[str], None],
    ) -> Engine:
        from first_light.warehouse.postgres.side import open_postgres_engine

        return open_postgres_engine(root, "ci", target_path, environment, progress)

    def current_release(
        self, product: Product, run: str, manifest: Path, folder: Path
    ) -> ServerRelease:
        from first_light.warehouse.postgres.current import PostgresCurrent

        return PostgresCurrent.of(product, run, manifest, folder)

    def raw_tables(self, product: Product) -> tuple[RawFile, ...]:
        from first_light.warehouse.postgres.warehouse import PostgresWarehouse

        return tuple(PostgresWarehouse(product).raw())


class PostgresKind:
    """Releases as schemas of one database."""

    reads_files = False
    how_to_load = "load the landing data into the schema raw"
    server: Server | None = PostgresServer()

    @property
    def setup(self) -> Setup:
        from first_light.warehouse.postgres.setup import SETUP

        return SETUP

    def connect(self, values: Mapping[str, Any]) -> AbstractContextManager[Opened]:
        from first_light.warehouse.postgres.driver import connect

        return connect(values)

    def settle(self, values: Mapping[str, Any]) -> None:
        """Nothing to do for a server."""

    def open(self, product: Product, store: FolderStore) -> Warehouse:
        from first_light.warehouse.postgres.warehouse import PostgresWarehouse

        return PostgresWarehouse(product)

    def scratch(self, product: Product) -> AbstractContextManager[Mapping[str, str]]:
        from first_light.warehouse.postgres.scratch import scratch_database

        return scratch_database(product)

    def dialect(self) -> Dialect:
        from first_light.warehouse.postgres.dialect import PostgresDialect

        return PostgresDialect("postgres")

    def metric_sql(self) -> tuple[SqlEngine, SqlPlanRenderer] | None:
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer

        return SqlEngine.POSTGRES, PostgresSQLSqlPlanRenderer()


KIND: Final[WarehouseKind] = PostgresKind()
