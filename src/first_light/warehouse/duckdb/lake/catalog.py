"""A session of the catalog of a lake, opened with the target of the product's releases."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import duckdb

from first_light.dbt.profile import read_profile
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.base import Relation
from first_light.warehouse.duckdb.driver import connect as open_profile
from first_light.warehouse.kinds import RELEASES
from first_light.warehouse.prefixed_schemas import PrefixedSchemas
from first_light.warehouse.server_errors import query_errors

CANDIDATE = "DATAOPS_SCHEMA"
"""The variable with the first part of the schemas of a candidate."""
_SCHEME = "ducklake:"


def target(product: Product) -> dict[str, Any]:
    """The keys of the target of releases, with the prefix of the product as schema.

    Raises:
        DataopsError: profiles.yml cannot be read.
    """
    environment = {key: value for key, value in os.environ.items() if key != CANDIDATE}
    return dict(read_profile(product.root, RELEASES, environment).values)


def is_lake(product: Product) -> bool:
    """Whether releases are in a lake: the database of the target is one that it attaches."""
    if not (product.root / "profiles.yml").is_file():
        return False
    return bool(_attached(target(product)))


def _attached(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """How the target attaches its database as a lake; empty if it does not."""
    for attached in values.get("attach") or ():
        path = str(attached.get("path", "")).lower()
        if path.startswith(_SCHEME) and attached.get("alias") == values.get("database"):
            return dict(attached)
    return {}


def place_of(product: Product) -> str:
    """The catalog, without what may be a secret."""
    path = str(_attached(target(product)).get("path", ""))[len(_SCHEME) :]
    return path.partition(" ")[0] if "password" in path.lower() else path


def schemas(product: Product) -> PrefixedSchemas:
    """The schemas of a product.

    Raises:
        DataopsError: the target names no schema.
    """
    prefix = target(product).get("schema")
    if not prefix:
        raise DataopsError(
            "The connection of dbt names no schema.",
            where=f"profiles.yml, target {RELEASES}",
            fix="uv run dbt debug",
        )
    return PrefixedSchemas(str(prefix).lower())


@contextlib.contextmanager
def connect(product: Product) -> Iterator[Any]:
    """A connection whose database is the lake; each statement commits by itself.

    Raises:
        DataopsError: it could not be opened.
    """
    values = target(product)
    for attached in values.get("attach") or ():
        data = str((attached.get("options") or {}).get("data_path", ""))
        if data and "://" not in data:  # the engine makes no folder for a new catalog
            (product.root / data).mkdir(parents=True, exist_ok=True)
    with _folder(product.root), open_profile(values) as (connection, _):
        yield connection


@contextlib.contextmanager
def _folder(root: Path) -> Iterator[None]:
    """The working directory of dbt, which relative paths of a profile mean."""
    before = Path.cwd()
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(before)


def errors_as(message: str, fix: str = "") -> AbstractContextManager[None]:
    """Turn errors of the engine into messages.

    Raises:
        QueryError: it rejected a statement.
    """
    return query_errors(duckdb.Error, reason_of, message, fix)


def reason_of(error: Exception) -> str:
    """The first line of an error: what follows quotes the statement, and may quote a row."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def rows_or_none(connection: Any, query: str) -> list[tuple[Any, ...]] | None:
    """The rows of a query; None if what it reads does not exist."""
    try:
        return list(connection.execute(query).fetchall())
    except duckdb.CatalogException:
        return None


def name_of(relation: Relation) -> str:
    """A relation in a statement."""
    return f"{quoted(relation.schema)}.{quoted(relation.name)}"


def listed_schemas(connection: Any, prefix: str) -> list[str]:
    """The schemas whose names begin so."""
    query = (
        "select schema_name from duckdb_schemas() where database_name = current_database() "
        "and starts_with(schema_name, ?) order by 1"
    )
    return [row[0] for row in connection.execute(query, [prefix]).fetchall()]


def columns_of(connection: Any, prefix: str) -> dict[Relation, tuple[str, ...]]:
    """The relations of the schemas whose names begin so, with their columns in order."""
    query = (
        "select schema_name, table_name, column_name from duckdb_columns() "
        "where database_name = current_database() and starts_with(schema_name, ?) "
        "order by schema_name, table_name, column_index"
    )
    result: dict[Relation, tuple[str, ...]] = {}
    for schema, name, column in connection.execute(query, [prefix]).fetchall():
        relation = Relation(schema, name)
        result[relation] = (*result.get(relation, ()), column)
    return result


def tables_of(connection: Any, prefix: str) -> dict[Relation, str]:
    """What changes with the rows of each table of the schemas whose names begin so."""
    query = (
        "select schema_name, table_name, table_oid, estimated_size from duckdb_tables() "
        "where database_name = current_database() and starts_with(schema_name, ?) order by 1, 2"
    )
    rows = connection.execute(query, [prefix]).fetchall()
    return {Relation(schema, name): f"{number} {size}" for schema, name, number, size in rows}
