"""PostgreSQL: a release is a set of schemas, and published views read those of current.

candidate_marts       where dbt builds; readers do not use it
r000012_marts         the release number 12, after its audit
marts                 one view for each table, all repointed in one transaction
dataops.release       a view too: the id of the release
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from first_light.dbt.driver import DriverQueries
from first_light.history.facts import RawFile
from first_light.history.record import RawFacts
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Label, Readable, Relation, Table, Withheld
from first_light.warehouse.own_tables import (
    OWN_SCHEMA,
    label_table,
    prefix_of,
    withheld_table,
)
from first_light.warehouse.postgres.build_lock import LOCK_BY, BuildLock
from first_light.warehouse.postgres.catalog import (
    CANDIDATE,
    SAMPLE,
    columns_of,
    copy_comment,
    files_of,
    is_table,
    of_release,
    rows_of,
    schemas_of,
    versions_of,
)
from first_light.warehouse.postgres.raw_code import raise_if_runs_code
from first_light.warehouse.postgres.server import (
    SESSION,
    connect,
    drop_schemas,
    end_sessions,
    errors_as,
    open_session,
    place,
    schemas,
)
from first_light.warehouse.postgres.views import (
    drop_abandoned,
    drop_release,
    release_in_views,
    repoint,
)

if TYPE_CHECKING:
    from first_light.dbt.engine import QueryRunner

RAW = "raw"
_PAUSE = 0.5
_SHORT = 5.0  # releases that cannot be dropped now are dropped after the next release
_LOCKED = ("55P03", "40P01", "57014")  # lock not available, deadlock, statement timeout

_T = TypeVar("_T")


@dataclass(frozen=True)
class PostgresWarehouse:
    """Releases as schemas of one database, which belongs to one product.

    Attributes:
        product: the product.
        patience: seconds that publishing waits for readers' transactions to end.
    """

    product: Product
    patience: float = 300.0
    name: str = "postgres"
    in_store: bool = False
    _lock: BuildLock = field(default_factory=lambda: BuildLock(), compare=False, repr=False)

    def address(self, run: str) -> str:
        """The server and the database; the published schemas are the same for every release."""
        server = place(self.product)
        return f"PostgreSQL {server['host']}:{server['port']}/{server['dbname']}, schema marts"

    def reader_schema(self, schema: str) -> str:
        return schema.removeprefix(f"{CANDIDATE}_")

    def environment(self, run: str, rehearsal: bool) -> dict[str, str]:
        """The same for every release, so that dbt can parse partially."""
        raw = {"DATAOPS_RAW_SCHEMA": f"{CANDIDATE}_{SAMPLE}"} if rehearsal else {}
        return {**SESSION, "DATAOPS_SCHEMA": CANDIDATE, **raw}

    # ── Raw ──────────────────────────────────────────────────────────────────────────────────

    def raw(self) -> tuple[RawFile, ...]:
        """The tables of the schema raw; empty if all are empty.

        Rows are only added, so that the number of rows identifies the state.
        """
        with (
            connect(self.product) as connection,
            errors_as("The schema raw could not be read.", "grant this role select on its tables"),
            connection.cursor() as cursor,
        ):
            raise_if_runs_code(cursor, RAW)
            counts = rows_of(cursor, RAW)
            cursor.execute(
                # Without what vacuuming adds, which would be a state of its own.
                "select relname, pg_relation_size(oid) "
                "+ coalesce(pg_relation_size(nullif(reltoastrelid, 0)), 0) from pg_class "
                "where relnamespace = to_regnamespace(%s)",
                (RAW,),
            )
            sizes = dict(cursor.fetchall())
        return tuple(
            RawFile(name, int(sizes.get(name, 0)), str(rows))
            for name, rows in (counts.items() if any(counts.values()) else ())
        )

    def load_sample(self) -> None:
        """Load it into a schema beside the candidate's."""
        from first_light.warehouse.postgres import sample as postgres_sample

        postgres_sample.load(self.product, f"{CANDIDATE}_{SAMPLE}")

    # ── The candidate ────────────────────────────────────────────────────────────────────────

    def lock(self) -> None:
        self._lock.acquire(self.product)

    def unlock(self) -> None:
        self._lock.release()

    def check_space(self, raw: RawFacts, current_raw: RawFacts) -> None:
        """Nothing to do: a server does not report its free disk space."""

    def begin(self, run: str, base: str, state: Sequence[Relation]) -> dict[str, str]:
        """Drop the previous candidate, and copy the stateful tables."""
        from psycopg2 import sql

        self._lock.check()
        with (
            connect(self.product) as connection,
            errors_as("The schemas of the candidate could not be created."),
        ):
            cursor = connection.cursor()
            self._claim(cursor)
            self._clear_candidate(cursor)
            if base and release_in_views(cursor) == base:  # the database and the store agree
                drop_abandoned(cursor, run, base)
            for relation in state if base else ():
                source = Relation(of_release(relation.schema, base), relation.name)
                if not is_table(cursor, source):
                    continue
                schema = sql.Identifier(relation.schema)
                cursor.execute(sql.SQL("create schema if not exists {}").format(schema))
                target, source_table = (
                    sql.Identifier(r.schema, r.name) for r in (relation, source)
                )
                cursor.execute(
                    sql.SQL("create table {} (like {} including all)").format(target, source_table)
                )
                cursor.execute(
                    sql.SQL("insert into {} select * from {}").format(target, source_table)
                )
                copy_comment(cursor, source, relation)
        return {}

    def rows(self, run: str, relations: Sequence[Relation]) -> dict[Relation, int]:
        from psycopg2 import sql

        counts: dict[Relation, int] = {}
        with (
            connect(self.product) as connection,
            errors_as("The candidate's rows could not be counted."),
        ):
            cursor = connection.cursor()
            for relation in relations:
                if is_table(cursor, relation):
                    table = sql.Identifier(relation.schema, relation.name)
                    cursor.execute(sql.SQL("select count(*) from {}").format(table))
                    counts[relation] = int(cursor.fetchone()[0])
        return counts

    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        message = f"The schema {schema} could not be written."
        with connect(self.product) as connection, errors_as(message):
            _write(connection.cursor(), f"{CANDIDATE}_{schema}", tables)

    def columns(self, run: str) -> dict[Relation, tuple[str, ...]]:
        with (
            connect(self.product) as connection,
            errors_as("The candidate's columns could not be read."),
        ):
            cursor = connection.cursor()
            return columns_of(cursor, schemas(cursor, CANDIDATE))

    def keeps_state(self, base: str, relation: Relation) -> bool:
        """The schemas of a release hold all columns; its published views do not."""
        return True

    def data_state(self, run: str) -> str:
        """A hash of the files and sizes of its relations: they are never written again."""
        with connect(self.product) as connection, errors_as("The release could not be read."):
            return files_of(connection.cursor(), run)

    def raw_states(self) -> dict[str, str]:
        """A hash of the versions of all rows: an update makes another version of a row."""
        with connect(self.product) as connection, errors_as("The schema raw could not be read."):
            cursor = connection.cursor()
            raise_if_runs_code(cursor, RAW)
            return versions_of(cursor, RAW)

    def seal(self, run: str, label: Label, withheld: Withheld | None = None) -> None:
        """Label it and rename its schemas, so that dbt no longer writes to them."""
        from psycopg2 import sql

        self._lock.check()
        with connect(self.product) as connection, errors_as("The candidate could not be finished."):
            cursor = connection.cursor()
            existing = schemas(cursor, prefix_of(run))
            if existing:
                raise DataopsError(
                    "The database already has another release of this number.",
                    where=f"{', '.join(existing)}: created with another store, or without one",
                    fix="set DATAOPS_STORE to the store it was created with, or drop its schemas",
                )
            own = [label_table(label)]
            if withheld:
                own.append(withheld_table(withheld, f"{CANDIDATE}_"))
            _write(cursor, f"{CANDIDATE}_{OWN_SCHEMA}", own)
            for schema in schemas(cursor, CANDIDATE):
                new = sql.Identifier(of_release(schema, run))
                old = sql.Identifier(schema)
                cursor.execute(sql.SQL("alter schema {} rename to {}").format(old, new))
                cursor.execute(sql.SQL("comment on schema {} is %s").format(new), (run,))

    def discard(self, run: str) -> None:
        """Drop a candidate, and a release that was sealed but never stored."""
        with connect(self.product) as connection, errors_as("The candidate could not be dropped."):
            cursor = connection.cursor()
            if self._lock.session is None:
                cursor.execute(LOCK_BY.format("pg_try_advisory_xact_lock"))
            if self._lock.session is not None or cursor.fetchone()[0]:
                self._clear_candidate(cursor)  # otherwise it belongs to a running build
            drop_schemas(cursor, schemas_of(cursor, run))

    def _clear_candidate(self, cursor: Any) -> None:
        cursor.execute("set local lock_timeout = '30s'")
        end_sessions(cursor, CANDIDATE)
        drop_schemas(cursor, schemas(cursor, CANDIDATE))

    def _claim(self, cursor: Any) -> None:
        """Claim the database for this product: two products would overwrite each other.

        Raises:
            DataopsError: it belongs to another product.
        """
        own_comment = f"First Light: {self.product.slug}"
        cursor.execute("select obj_description(to_regnamespace(%s), 'pg_namespace')", (OWN_SCHEMA,))
        comment = cursor.fetchone()[0]
        if comment and comment.startswith("First Light: ") and comment != own_comment:
            raise DataopsError(
                "The database belongs to another product, "
                f"{comment.removeprefix('First Light: ')}.",
                where=f"schema {OWN_SCHEMA}",
                fix="use one database for each product: set PGDATABASE",
            )
        cursor.execute(f"create schema if not exists {OWN_SCHEMA}")
        if comment != own_comment:
            cursor.execute(f"comment on schema {OWN_SCHEMA} is %s", (own_comment,))

    # ── Releases ─────────────────────────────────────────────────────────────────────────────

    def check(self, run: str) -> None:
        from psycopg2 import sql

        with connect(self.product) as connection, errors_as("The release could not be read."):
            cursor = connection.cursor()
            label = Relation(of_release(f"{CANDIDATE}_{OWN_SCHEMA}", run), "release")
            release_ids = []
            if is_table(cursor, label):
                table = sql.Identifier(label.schema, label.name)
                cursor.execute(sql.SQL("select release_id from {}").format(table))
                release_ids = cursor.fetchall()
            if release_ids != [(run,)]:
                raise DataopsError(
                    "This release's schemas are missing or damaged.",
                    where=label.schema,
                    fix="choose another one: uv run dataops releases",
                )

    def published_release(self, pointer: str) -> str:
        """The release in the published label, which is repointed together with all other views."""
        fix = "set PGHOST, PGUSER and the others to a role that reads dataops.release"
        with (
            connect(self.product) as connection,
            errors_as("The current release could not be read.", fix),
        ):
            return release_in_views(connection.cursor())

    def readable(self, run: str, relations: Sequence[Relation], folder: Path) -> Readable:
        """A copy of the published views."""
        from first_light.warehouse.postgres.readable import copy_published

        return copy_published(self.product, run, relations, folder)

    @contextlib.contextmanager
    def reader(self, run: str) -> Iterator[QueryRunner]:
        """A session that commits after each query: each sees the release that is current then."""
        import psycopg2

        with contextlib.closing(open_session(self.product)) as session:
            session.autocommit = True
            yield DriverQueries(self.name, session.cursor(), psycopg2.Error)

    def publish(self, run: str) -> None:
        """Repoint every view in one transaction; nothing is done if they read this release already.

        A reader's open transaction locks the views that it has read: publishing waits for its end
        in short attempts, so that other readers do not queue for long.
        """
        message = "The release cannot be published now."
        self._retry_locked(lambda cursor: repoint(cursor, run), message, self.patience)

    def drop(self, run: str) -> None:
        """Drop a release's schemas once nobody reads them.

        Raises:
            DataopsError: a transaction still reads it, or another view depends on it.
        """
        message = f"Release {run} cannot be dropped yet."
        self._retry_locked(
            lambda cursor: drop_release(cursor, run), message, min(_SHORT, self.patience)
        )

    def _retry_locked(self, action: Callable[[Any], _T], message: str, patience: float) -> _T:
        """Run in one transaction; if another session holds a lock, roll back and try again."""
        import psycopg2

        started = time.monotonic()
        while True:
            try:
                with connect(self.product) as connection:
                    return action(connection.cursor())
            except psycopg2.Error as error:
                if error.pgcode not in _LOCKED or time.monotonic() - started > patience:
                    fix = ""
                    if error.pgcode in _LOCKED:
                        fix = "end the open transaction that reads it, then repeat the command"
                    with errors_as(message, fix):
                        raise
            time.sleep(_PAUSE)


def _write(cursor: Any, schema: str, tables: Sequence[Table]) -> None:
    from psycopg2 import sql
    from psycopg2.extras import execute_values

    cursor.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
    for table in tables:
        name = sql.Identifier(schema, table.name)
        cursor.execute(sql.SQL("drop table if exists {}").format(name))
        columns = sql.SQL(table.definition)
        cursor.execute(sql.SQL("create table {} ({})").format(name, columns))
        cursor.execute(sql.SQL("comment on table {} is %s").format(name), (table.comment,))
        insert = sql.SQL("insert into {} values %s").format(name)
        execute_values(cursor, insert, table.rows, page_size=1000)
