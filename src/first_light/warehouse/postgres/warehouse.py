"""PostgreSQL: a release is a set of schemas, and the views that readers see lead into current's.

candidate_marts       where dbt builds; nothing of it is read
r000012_marts         the release number 12, after its audit
marts                 one view a table, all repointed in one transaction
dataops.release       a view too: which release this is
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, TypeVar

from first_light.history.facts import RawFile
from first_light.history.record import RawFacts
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Label, Relation, Table
from first_light.warehouse.postgres.build_lock import LOCK_BY, BuildLock
from first_light.warehouse.postgres.catalog import (
    CANDIDATE,
    SAMPLE,
    is_table,
    of_release,
    prefix_of,
    rows_of,
    schemas_of,
)
from first_light.warehouse.postgres.server import (
    connect,
    drop_schemas,
    end_sessions,
    in_words,
    place,
    schemas,
)
from first_light.warehouse.postgres.views import (
    OURS,
    drop_abandoned,
    drop_release,
    release_in_views,
    repoint,
)

RAW = "raw"
_PAUSE = 0.5
_SHORT = 5.0  # what can't be dropped now goes after the next release
_LOCKED = ("55P03", "40P01", "57014")  # lock not available, deadlock, cancelled for its time

_LABEL = f"""
create schema if not exists {CANDIDATE}_{OURS};
drop table if exists {CANDIDATE}_{OURS}.release;
create table {CANDIDATE}_{OURS}.release (
    release_id varchar, kind varchar, built_from varchar, "commit" varchar, dirty boolean,
    raw_fingerprint varchar, published_at timestamp
);
comment on table {CANDIDATE}_{OURS}.release is 'What this release is; one row.';
"""
_T = TypeVar("_T")


@dataclass(frozen=True)
class PostgresWarehouse:
    """Releases as schemas of one database, which belongs to one product.

    Attributes:
        product: whose they are.
        patience: seconds that publishing waits for readers' transactions to end.
    """

    product: Product
    patience: float = 300.0
    name: str = "postgres"
    in_store: bool = False
    _turn: BuildLock = field(default_factory=lambda: BuildLock(), compare=False, repr=False)

    def address(self, run: str) -> str:
        """The server and the database; the published schemas are the same for every release."""
        server = place(self.product)
        return f"PostgreSQL {server['host']}:{server['port']}/{server['dbname']}, schema marts"

    def environment(self, rehearsal: bool) -> dict[str, str]:
        """The same for every release, so that dbt reads only what has changed since the last."""
        raw = {"DATAOPS_RAW_SCHEMA": f"{CANDIDATE}_{SAMPLE}"} if rehearsal else {}
        return {"DATAOPS_SCHEMA": CANDIDATE, **raw}

    # ── Raw ──────────────────────────────────────────────────────────────────────────────────

    def raw(self) -> tuple[RawFile, ...]:
        """The tables of the schema raw, none when not one holds a row.

        They are only ever added to, so that the number of their rows says their state.
        """
        with (
            connect(self.product) as connection,
            in_words("The schema raw could not be read.", "grant this role to select there"),
            connection.cursor() as cursor,
        ):
            found = rows_of(cursor, RAW)
            cursor.execute(
                "select relname, pg_table_size(oid) from pg_class "
                "where relnamespace = to_regnamespace(%s)",
                (RAW,),
            )
            sizes = dict(cursor.fetchall())
        return tuple(
            RawFile(name, int(sizes.get(name, 0)), str(rows))
            for name, rows in (found.items() if any(found.values()) else ())
        )

    def take_sample(self) -> None:
        """Load it into a schema beside the candidate's."""
        from first_light.warehouse.postgres import sample as postgres_sample

        postgres_sample.load(self.product, f"{CANDIDATE}_{SAMPLE}")

    # ── The candidate ────────────────────────────────────────────────────────────────────────

    def take_turn(self) -> None:
        self._turn.take(self.product)

    def end_turn(self) -> None:
        self._turn.end()

    def make_room(self, raw: RawFacts, before: RawFacts) -> None:
        """Nothing to see: a server does not tell how much its disk still holds."""

    def begin(self, run: str, base: str, state: Sequence[Relation]) -> dict[str, str]:
        """No schemas but those with the tables that go on from what they hold."""
        from psycopg2 import sql

        self._turn.must_be_ours()
        with (
            connect(self.product) as connection,
            in_words("The schemas of the candidate could not be created."),
        ):
            cursor = connection.cursor()
            self._take(cursor)
            self._clear_candidate(cursor)
            if (
                base and release_in_views(cursor) == base
            ):  # the database and the store are of one mind
                drop_abandoned(cursor, run, base)
            for relation in state if base else ():
                source = Relation(of_release(relation.schema, base), relation.name)
                if not is_table(cursor, source):
                    continue
                schema = sql.Identifier(relation.schema)
                cursor.execute(sql.SQL("create schema if not exists {}").format(schema))
                to, given = (sql.Identifier(r.schema, r.name) for r in (relation, source))
                cursor.execute(sql.SQL("create table {} (like {} including all)").format(to, given))
                cursor.execute(sql.SQL("insert into {} select * from {}").format(to, given))
        return {}

    def rows(self, run: str, relations: Sequence[Relation]) -> dict[Relation, int]:
        from psycopg2 import sql

        found: dict[Relation, int] = {}
        with (
            connect(self.product) as connection,
            in_words("The candidate's rows could not be counted."),
        ):
            cursor = connection.cursor()
            for relation in relations:
                if is_table(cursor, relation):
                    table = sql.Identifier(relation.schema, relation.name)
                    cursor.execute(sql.SQL("select count(*) from {}").format(table))
                    found[relation] = int(cursor.fetchone()[0])
        return found

    def write(self, run: str, schema: str, tables: Sequence[Table]) -> None:
        from psycopg2 import sql
        from psycopg2.extras import execute_values

        place = f"{CANDIDATE}_{schema}"
        what = f"The schema {schema} could not be written."
        with connect(self.product) as connection, in_words(what):
            cursor = connection.cursor()
            cursor.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(place)))
            for table in tables:
                name = sql.Identifier(place, table.name)
                cursor.execute(sql.SQL("drop table if exists {}").format(name))
                columns = sql.SQL(table.definition)
                cursor.execute(sql.SQL("create table {} ({})").format(name, columns))
                cursor.execute(sql.SQL("comment on table {} is %s").format(name), (table.comment,))
                insert = sql.SQL("insert into {} values %s").format(name)
                execute_values(cursor, insert, table.rows, page_size=1000)

    def seal(self, run: str, label: Label) -> None:
        """Label it and give it its name; dbt knows it by another one and finds it no more."""
        from psycopg2 import sql

        self._turn.must_be_ours()
        with connect(self.product) as connection, in_words("The candidate could not be finished."):
            cursor = connection.cursor()
            taken = schemas(cursor, prefix_of(run))
            if taken:
                raise DataopsError(
                    "The database already has another release of this number.",
                    where=f"{', '.join(taken)}: made with another store, or without one",
                    fix="set DATAOPS_STORE to the store it was made with, or drop its schemas",
                )
            cursor.execute(_LABEL)
            row = f"insert into {CANDIDATE}_{OURS}.release values (%s, %s, %s, %s, %s, %s, %s)"
            cursor.execute(row, astuple(label))
            for schema in schemas(cursor, CANDIDATE):
                new = sql.Identifier(of_release(schema, run))
                old = sql.Identifier(schema)
                cursor.execute(sql.SQL("alter schema {} rename to {}").format(old, new))
                cursor.execute(sql.SQL("comment on schema {} is %s").format(new), (run,))

    def discard(self, run: str) -> None:
        """Forget a candidate, and a release that was sealed and never stored."""
        with connect(self.product) as connection, in_words("The candidate could not be dropped."):
            cursor = connection.cursor()
            if self._turn.session is None:
                cursor.execute(LOCK_BY.format("pg_try_advisory_xact_lock"))
            if self._turn.session is not None or cursor.fetchone()[0]:
                self._clear_candidate(cursor)  # else it is somebody's who builds right now
            drop_schemas(cursor, schemas_of(cursor, run))

    def _clear_candidate(self, cursor: Any) -> None:
        cursor.execute("set local lock_timeout = '30s'")
        end_sessions(cursor, CANDIDATE)
        drop_schemas(cursor, schemas(cursor, CANDIDATE))

    def _take(self, cursor: Any) -> None:
        """The database is this product's: two would publish over each other."""
        mine = f"First Light: {self.product.slug}"
        cursor.execute("select obj_description(to_regnamespace(%s), 'pg_namespace')", (OURS,))
        said = cursor.fetchone()[0]
        if said and said.startswith("First Light: ") and said != mine:
            raise DataopsError(
                f"The database belongs to another product, {said.removeprefix('First Light: ')}.",
                where=f"schema {OURS}",
                fix="give each product a database of its own: set PGDATABASE",
            )
        cursor.execute(f"create schema if not exists {OURS}")
        if said != mine:
            cursor.execute(f"comment on schema {OURS} is %s", (mine,))

    # ── Releases ─────────────────────────────────────────────────────────────────────────────

    def check(self, run: str) -> None:
        from psycopg2 import sql

        with connect(self.product) as connection, in_words("The release could not be read."):
            cursor = connection.cursor()
            label = Relation(of_release(f"{CANDIDATE}_{OURS}", run), "release")
            said = []
            if is_table(cursor, label):
                table = sql.Identifier(label.schema, label.name)
                cursor.execute(sql.SQL("select release_id from {}").format(table))
                said = cursor.fetchall()
            if said != [(run,)]:
                raise DataopsError(
                    "This release's schemas are missing or damaged.",
                    where=label.schema,
                    fix="choose another one: uv run dataops releases",
                )

    def seen(self, pointed: str) -> str:
        """As the published views say, which are repointed all at once, their label among them."""
        fix = "set PGHOST, PGUSER and the others to a role that reads dataops.release"
        with (
            connect(self.product) as connection,
            in_words("The current release could not be read.", fix),
        ):
            return release_in_views(connection.cursor())

    def publish(self, run: str) -> None:
        """Repoint every view in one transaction; nothing is done when they lead there already.

        A reader's open transaction keeps the views that it has read: publishing waits for its end,
        in short tries, so that nobody waits long behind it.
        """
        what = "The release cannot be published now."
        self._patiently(lambda cursor: repoint(cursor, run), what, self.patience)

    def drop(self, run: str) -> None:
        """Drop a release's schemas when nobody reads them any more.

        Raises:
            DataopsError: a transaction still reads it, or a view of somebody's hangs on it.
        """
        what = f"Release {run} cannot be dropped yet."
        self._patiently(lambda cursor: drop_release(cursor, run), what, min(_SHORT, self.patience))

    def _patiently(self, act: Callable[[Any], _T], what: str, patience: float) -> _T:
        """Do it in one transaction; when somebody holds a lock, let go of all and try again."""
        import psycopg2

        begin = time.monotonic()
        while True:
            try:
                with connect(self.product) as connection:
                    return act(connection.cursor())
            except psycopg2.Error as error:
                if error.pgcode not in _LOCKED or time.monotonic() - begin > patience:
                    fix = ""
                    if error.pgcode in _LOCKED:
                        fix = "end the open transaction that reads it, then repeat the command"
                    with in_words(what, fix):
                        raise
            time.sleep(_PAUSE)


# ── What is there ────────────────────────────────────────────────────────────────────────────────
