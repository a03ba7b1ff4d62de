"""dbt for a check on PostgreSQL: it builds the sample in separate schemas.

The sample is small: the result is copied into a DuckDB file, and both sides of a change are
compared as on DuckDB.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from first_light.dbt.engine import DbtRun, Engine, QueryRunner, open_engine
from first_light.dbt.manifest import read_manifest
from first_light.project import settings
from first_light.project.product import Product
from first_light.utils.sql_names import literal, quoted
from first_light.warehouse.base import Relation
from first_light.warehouse.misplaced import misplaced
from first_light.warehouse.postgres.sample import load
from first_light.warehouse.postgres.server import (
    SESSION,
    connect,
    drop_schemas,
    end_sessions,
    errors_as,
    schemas,
)

_SAME = re.compile(r"^((big|small)int|integer|real|double precision|date|time|uuid|bool)")
_NUMERIC = re.compile(r"^numeric\((\d+),(\d+)\)$")
_WIDEST = 38  # digits of a DuckDB decimal
_NULL = "\\N"


def environment() -> dict[str, str]:
    """dbt's variables for the schemas of a check, the same for both of its sides."""
    person = os.environ.get("USER") or os.environ.get("USERNAME") or "local"
    schema = f"ci_{settings.current().ci_id or person}"
    return {**SESSION, "DATAOPS_SCHEMA": schema, "DATAOPS_RAW_SCHEMA": f"{schema}_sample"}


@dataclass
class PostgresEngine:
    """dbt on one side of a check; its first build starts from nothing but that side's sample.

    Attributes:
        engine: runs dbt's commands.
        product: the product in the folder where dbt runs.
        target_path: where dbt writes.
        taken: tables to start from besides, each with the place that a copy of it gets.
    """

    engine: Engine
    product: Product
    target_path: Path
    taken: tuple[tuple[Relation, Relation], ...] = ()
    keeps_builds: bool = field(default=False, init=False)
    _begun: bool = field(default=False, repr=False)
    _refused: DbtRun | None = field(default=None, repr=False)

    @property
    def environment(self) -> Mapping[str, str]:
        return self.engine.environment

    @property
    def reads_once(self) -> bool:
        return self.engine.reads_once

    @property
    def schema(self) -> str:
        return self.environment["DATAOPS_SCHEMA"]

    def with_environment(self, variables: Mapping[str, str]) -> PostgresEngine:
        return replace(self, engine=self.engine.with_environment(variables))

    def parse(self, *, warnings_are_errors: bool = True) -> DbtRun:
        """`dbt parse`; it fails where something would be built outside the schemas of the check."""
        run = self.engine.parse(warnings_are_errors=warnings_are_errors)
        if run.ok:
            manifest = read_manifest(self.target_path / "manifest.json", packages=True)
            problem = misplaced(manifest, self.environment)
            self._refused = DbtRun(False, problem=problem) if problem else None
        return self._refused or run

    def build(self, *arguments: str) -> DbtRun:
        """`dbt build`, then a copy of everything that exists into the file named by DATAOPS_DB."""
        if self._refused:
            return self._refused
        if not self._begun:
            self._begun = True
            self.clean_up()
            if schema := self.environment.get("DATAOPS_RAW_SCHEMA"):
                load(self.product, schema)
            _copy_tables(self.product, self.taken)
        run = self.engine.build(*arguments)
        mirror(self.product, self.schema, self.product.root / self.environment["DATAOPS_DB"])
        return run

    def compile(self, *arguments: str) -> DbtRun:
        return self.engine.compile(*arguments)

    def deps(self) -> DbtRun:
        return self.engine.deps()

    def select(self, *arguments: str) -> tuple[tuple[str, ...], DbtRun]:
        return self.engine.select(*arguments)

    def freshness(self, *arguments: str) -> DbtRun:
        return self.engine.freshness(*arguments)

    def connect(self) -> AbstractContextManager[QueryRunner]:
        return self.engine.connect()

    def clean_up(self) -> None:
        with (
            connect(self.product) as connection,
            errors_as("The schemas of the check could not be dropped."),
        ):
            cursor = connection.cursor()
            cursor.execute("set local lock_timeout = '30s'")
            end_sessions(cursor, self.schema)
            drop_schemas(cursor, schemas(cursor, self.schema))


def open_postgres_engine(
    root: Path,
    target: str,
    target_path: Path,
    environment: Mapping[str, str],
    progress: Callable[[str], None],
    taken: tuple[tuple[Relation, Relation], ...] = (),
) -> PostgresEngine:
    """dbt for one side of a check; see `open_engine` and `PostgresEngine` for the arguments."""
    engine = open_engine(root, target, target_path, environment, progress)
    return PostgresEngine(engine, Product(root), root / target_path, taken)


def _copy_tables(product: Product, tables: Sequence[tuple[Relation, Relation]]) -> None:
    from psycopg2 import sql

    with (
        connect(product) as connection,
        errors_as("The tables of the release could not be copied."),
    ):
        cursor = connection.cursor()
        for source, copy in tables:
            schema = sql.Identifier(copy.schema)
            cursor.execute(sql.SQL("create schema if not exists {}").format(schema))
            names = [sql.Identifier(place.schema, place.name) for place in (copy, source)]
            cursor.execute(sql.SQL("create table {} as table {}").format(*names))


def mirror(
    product: Product,
    prefix: str,
    to: Path,
    only: Collection[Relation] | None = None,
    new_prefix: str = "",
) -> None:
    """Copy tables and views in the schemas of a prefix into a new DuckDB file.

    Args:
        product: the product.
        prefix: how the schemas' names begin.
        to: the file.
        only: the relations to copy; all if None.
        new_prefix: how they begin in the file; the same if empty.

    Raises:
        DataopsError: the server rejected a statement.
    """
    for path in (to, to.with_name(f"{to.name}.wal")):
        path.unlink(missing_ok=True)
    to.parent.mkdir(parents=True, exist_ok=True)
    with (
        connect(product) as connection,
        errors_as("The built tables could not be copied."),
        connection.cursor() as cursor,
        contextlib.closing(duckdb.connect(str(to))) as file,
    ):
        file.execute("set TimeZone = 'UTC'")
        cursor.execute(
            "select nspname, relname, attname, format_type(atttypid, atttypmod) "
            "from pg_attribute inner join pg_class on pg_attribute.attrelid = pg_class.oid "
            "inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid "
            "where nspname = any(%s) and relkind in ('r', 'p', 'v', 'm') "
            "and attnum > 0 and not attisdropped order by nspname, relname, attnum",
            (schemas(cursor, prefix),),
        )
        columns: dict[tuple[str, str], list[str]] = {}
        for schema, table, name, kind in cursor.fetchall():
            definition = f"{quoted(name)} {type_of(kind)}"
            columns.setdefault((schema, table), []).append(definition)
        for (schema, table), definitions in columns.items():
            if only is None or Relation(schema, table) in only:
                place = Relation((new_prefix or prefix) + schema[len(prefix) :], table)
                copy_relation(cursor, Relation(schema, table), definitions, file, place)


def copy_relation(
    cursor: Any,
    source: Relation,
    definitions: Sequence[str],
    file: duckdb.DuckDBPyConnection,
    place: Relation,
) -> None:
    """Copy a table or view into a DuckDB file.

    Args:
        cursor: on the server.
        source: the relation.
        definitions: its columns in the file, each a quoted name and a type.
        file: the file, in UTC.
        place: its place there.
    """
    from psycopg2 import sql

    target = f"{quoted(place.schema)}.{quoted(place.name)}"
    file.execute(f"create schema if not exists {quoted(place.schema)}")
    file.execute(f"create table {target} ({', '.join(definitions)})")
    query = sql.SQL("copy (select * from {}) to stdout (format csv, null {})").format(
        sql.Identifier(source.schema, source.name), sql.Literal(_NULL)
    )
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "rows.csv"
        with copied.open("wb") as csv:
            cursor.copy_expert(query, csv)
        file.execute(
            f"copy {target} from {literal(str(copied))} (format csv, header false, delim ',', "
            f"quote '\"', escape '\"', nullstr '{_NULL}', allow_quoted_nulls false)"
        )


def type_of(kind: str) -> str:
    """The DuckDB type for a type of PostgreSQL; text if there is none."""
    if kind.startswith("character"):
        return "varchar"
    if _SAME.match(kind) and not kind.endswith("]"):
        zoned = kind.endswith("with time zone")
        kind = re.sub(r"\(\d+\)| with(out)? time zone", "", kind)
        return "timestamptz" if zoned and kind == "timestamp" else kind
    if (scaled := _NUMERIC.match(kind)) and int(scaled[1]) <= _WIDEST:
        return f"decimal({scaled[1]}, {scaled[2]})"
    return "double" if kind == "numeric" else "varchar"
