"""Products whose warehouse is a database server: samples, checks, raw tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from first_light.warehouse.postgres.server import is_postgres

if TYPE_CHECKING:
    from first_light.dbt.engine import Engine
    from first_light.history.facts import RawFile
    from first_light.project.product import Product
    from first_light.warehouse.postgres.current import PostgresCurrent as ServerRelease

    __all__ = ["ServerRelease"]

_HOW_TO_LOAD = {
    "duckdb": "set DATAOPS_RAW to the folder or URL of the landing data",
    "postgres": "load the landing data into the schema raw",
}


def is_server(product: Product) -> bool:
    """Whether this product's warehouse is a database server; else it is files."""
    return is_postgres(product)


def how_to_load(warehouse: str) -> str:
    """How to load landing data into a warehouse, by its name in dbt."""
    return _HOW_TO_LOAD[warehouse]


def sample_schema() -> str:
    """The schema of the sample for development."""
    from first_light.warehouse.postgres.sample import own_schema

    return own_schema()


def load_sample(product: Product, schema: str) -> dict[str, int]:
    """Load every table of the sample into a schema, in one transaction; returns rows by table.

    Raises:
        DataopsError: a file cannot be read with its YAML, or the server rejected it.
    """
    from first_light.warehouse.postgres.sample import load

    return load(product, schema)


def check_environment() -> dict[str, str]:
    """dbt's variables for the schemas of a check."""
    from first_light.warehouse.postgres.side import environment

    return environment()


def open_check_engine(
    root: Path, target_path: Path, environment: dict[str, str], progress: Callable[[str], None]
) -> Engine:
    """dbt for one side of a check."""
    from first_light.warehouse.postgres.side import open_postgres_engine

    return open_postgres_engine(root, "ci", target_path, environment, progress)


def current_release(product: Product, run: str, manifest: Path, folder: Path) -> ServerRelease:
    """The current release, and the temporary schemas of a branch beside it."""
    from first_light.warehouse.postgres.current import PostgresCurrent

    return PostgresCurrent.of(product, run, manifest, folder)


def raw_tables(product: Product) -> tuple[RawFile, ...]:
    """The tables of raw as they are now."""
    from first_light.warehouse.postgres.warehouse import PostgresWarehouse

    return tuple(PostgresWarehouse(product).raw())
