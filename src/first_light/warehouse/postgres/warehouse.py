"""PostgreSQL: a release is a set of schemas, and the views that readers see lead into current's.

candidate_marts       where dbt builds; nothing of it is read
r000012_marts         the release number 12, after its audit
marts                 one view a table, all repointed in one transaction
dataops.release       a view too: which release this is
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any, TypeVar

from first_light.history.facts import RawFile
from first_light.history.record import RawFacts
from first_light.project.product import Product
from first_light.store.folder import run_number
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Label, Relation, Table
from first_light.warehouse.postgres.server import (
    connect,
    drop_schemas,
    end_sessions,
    in_words,
    open_session,
    place,
    schemas,
)

CANDIDATE = "candidate"
RAW = "raw"
_SAMPLE = "sample"  # a rehearsal's raw: it goes with the release, and is not published
_OURS = "dataops"
# One try to publish waits this long for locks, all in all: readers queue behind it, and well before
# deadlock_timeout (a second) it lets go, so that the server never ends one of them in its stead.
_TRY = 0.4
_PAUSE = 0.5
_SHORT = 5.0  # what can't be dropped now goes after the next release
_LOCKED = ("55P03", "40P01", "57014")  # lock not available, deadlock, cancelled for its time
_TURN_BY = "select {}(hashtext('First Light: a release is being built'))"
_OTHER_COLUMNS = "42P16"
_DEPENDED_ON = "2BP01"

_LABEL = f"""
create schema if not exists {CANDIDATE}_{_OURS};
drop table if exists {CANDIDATE}_{_OURS}.release;
create table {CANDIDATE}_{_OURS}.release (
    release_id varchar, kind varchar, built_from varchar, "commit" varchar, dirty boolean,
    raw_fingerprint varchar, published_at timestamp
);
comment on table {CANDIDATE}_{_OURS}.release is 'What this release is; one row.';
"""
# What reads a relation of some schemas: view, and the relation that it reads.
_READERS = """
    select distinct place.nspname, reader.relname, read_in.nspname, read.relname, reader.relkind
    from pg_depend
    inner join pg_rewrite on pg_depend.objid = pg_rewrite.oid
    inner join pg_class as reader on pg_rewrite.ev_class = reader.oid
    inner join pg_namespace as place on reader.relnamespace = place.oid
    inner join pg_class as read on pg_depend.refobjid = read.oid
    inner join pg_namespace as read_in on read.relnamespace = read_in.oid
    where
        pg_depend.classid = 'pg_rewrite'::regclass
        and pg_depend.refclassid = 'pg_class'::regclass
        and reader.oid <> read.oid
"""
_T = TypeVar("_T")


@dataclass
class _Turn:
    """The one turn to build and publish: the server lets go of it when the process ends, however.

    A store in a bucket or on a branch has no lock that all machines see; a database has.
    """

    session: Any = None

    def take(self, product: Product) -> None:
        if self.session is not None:
            return
        session = open_session(product)
        session.autocommit = True
        cursor = session.cursor()
        cursor.execute(_TURN_BY.format("pg_try_advisory_lock"))
        if not cursor.fetchone()[0]:
            session.close()
            raise DataopsError(
                "Another release is being built or published in this database.",
                where=place(product)["dbname"],
                fix="wait until it is over, then repeat",
            )
        self.session = session

    def must_be_ours(self) -> None:
        """Look whether the server still knows that it is our turn."""
        if self.session is None:
            raise DataopsError("It is not our turn to build.")
        with in_words("The connection that kept others from building has gone.", "repeat it"):
            self.session.cursor().execute("select 1")

    def end(self) -> None:
        if self.session is None:
            return
        from psycopg2 import Error

        with contextlib.suppress(Error):  # the connection has gone, and the turn with it
            # Closing alone leaves it to the server when: the next to ask might still be refused.
            self.session.cursor().execute(_TURN_BY.format("pg_advisory_unlock"))
        self.session.close()
        self.session = None


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
    _turn: _Turn = field(default_factory=lambda: _Turn(), compare=False, repr=False)

    def address(self, run: str) -> str:
        """The server and the database; the published schemas are the same for every release."""
        server = place(self.product)
        return f"PostgreSQL {server['host']}:{server['port']}/{server['dbname']}, schema marts"

    def environment(self, rehearsal: bool) -> dict[str, str]:
        """The same for every release, so that dbt reads only what has changed since the last."""
        raw = {"DATAOPS_RAW_SCHEMA": f"{CANDIDATE}_{_SAMPLE}"} if rehearsal else {}
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
            found = _rows_of(cursor, RAW)
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

        postgres_sample.load(self.product, f"{CANDIDATE}_{_SAMPLE}")

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
        with connect(self.product) as connection, in_words("The candidate could not be begun."):
            cursor = connection.cursor()
            self._take(cursor)
            self._clear_candidate(cursor)
            if base and _seen(cursor) == base:  # the database and the store are of one mind
                _drop_lost(cursor, run, base)
            for relation in state if base else ():
                source = Relation(of_release(relation.schema, base), relation.name)
                if not _is_table(cursor, source):
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
        with connect(self.product) as connection, in_words("The candidate could not be counted."):
            cursor = connection.cursor()
            for relation in relations:
                if _is_table(cursor, relation):
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
            taken = schemas(cursor, _prefix(run))
            if taken:
                raise DataopsError(
                    "Another release of this number is in the database already.",
                    where=f"{', '.join(taken)}: made with another store, or without one",
                    fix="set DATAOPS_STORE to the store it was made with, or drop its schemas",
                )
            cursor.execute(_LABEL)
            row = f"insert into {CANDIDATE}_{_OURS}.release values (%s, %s, %s, %s, %s, %s, %s)"
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
                cursor.execute(_TURN_BY.format("pg_try_advisory_xact_lock"))
            if self._turn.session is not None or cursor.fetchone()[0]:
                self._clear_candidate(cursor)  # else it is somebody's who builds right now
            drop_schemas(cursor, _schemas_of(cursor, run))

    def _clear_candidate(self, cursor: Any) -> None:
        cursor.execute("set local lock_timeout = '30s'")
        end_sessions(cursor, CANDIDATE)
        drop_schemas(cursor, schemas(cursor, CANDIDATE))

    def _take(self, cursor: Any) -> None:
        """The database is this product's: two would publish over each other."""
        mine = f"First Light: {self.product.slug}"
        cursor.execute("select obj_description(to_regnamespace(%s), 'pg_namespace')", (_OURS,))
        said = cursor.fetchone()[0]
        if said and said.startswith("First Light: ") and said != mine:
            raise DataopsError(
                f"The database belongs to another product, {said.removeprefix('First Light: ')}.",
                where=f"schema {_OURS}",
                fix="give each product a database of its own: set PGDATABASE",
            )
        cursor.execute(f"create schema if not exists {_OURS}")
        if said != mine:
            cursor.execute(f"comment on schema {_OURS} is %s", (mine,))

    # ── Releases ─────────────────────────────────────────────────────────────────────────────

    def check(self, run: str) -> None:
        from psycopg2 import sql

        with connect(self.product) as connection, in_words("The release could not be looked at."):
            cursor = connection.cursor()
            label = Relation(of_release(f"{CANDIDATE}_{_OURS}", run), "release")
            said = []
            if _is_table(cursor, label):
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
        with connect(self.product) as connection, in_words("It does not say.", fix):
            return _seen(connection.cursor())

    def publish(self, run: str) -> None:
        """Repoint every view in one transaction; nothing is done when they lead there already.

        A reader's open transaction keeps the views that it has read: publishing waits for its end,
        in short tries, so that nobody waits long behind it.
        """
        what = "The release cannot be published now."
        self._patiently(lambda cursor: _repoint(cursor, run), what, self.patience)

    def drop(self, run: str) -> None:
        """Drop a release's schemas when nobody reads them any more.

        Raises:
            DataopsError: a transaction still reads it, or a view of somebody's hangs on it.
        """
        what = f"Release {run} cannot be dropped yet."
        self._patiently(lambda cursor: _drop(cursor, run), what, min(_SHORT, self.patience))

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
                        fix = "somebody's open transaction reads it: end it, and repeat"
                    with in_words(what, fix):
                        raise
            time.sleep(_PAUSE)


def _repoint(cursor: Any, run: str) -> None:
    from psycopg2 import sql

    if _seen(cursor) == run:
        return
    cursor.connection.rollback()  # lets go of the lock on the view
    wanted = _relations_of(cursor, run)
    if not wanted:
        return  # current was released into another warehouse: it has nothing here
    now = _published(cursor)
    budget = _Budget(cursor)
    for view in sorted(set(now) - set(wanted)):
        budget.wait()
        _drop_view(cursor, view)
    for view, source in sorted(wanted.items()):
        if view not in now:
            schema = sql.Identifier(view.schema)
            cursor.execute(sql.SQL("create schema if not exists {}").format(schema))
            _must_be_free(cursor, view)
        budget.wait()
        _make_view(cursor, view, source)


def _seen(cursor: Any) -> str:
    """The release that the published views lead to; empty where there are none."""
    cursor.execute("select to_regclass(%s) is not null", (f"{_OURS}.release",))
    if not cursor.fetchone()[0]:
        return ""
    cursor.execute(f"select release_id from {_OURS}.release")
    said = cursor.fetchone()
    return str(said[0]) if said else ""


class _Budget:
    """What is left of the time that one try may wait for locks."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self._end = time.monotonic() + _TRY

    def wait(self) -> None:
        left = max(1, int(1000 * (self._end - time.monotonic())))
        self._cursor.execute(f"set local lock_timeout = {left}")


def _make_view(cursor: Any, view: Relation, source: Relation) -> None:
    """Replace it: then rights on it stay, and views that read it. Else drop it and make it anew."""
    import psycopg2
    from psycopg2 import sql

    statement = sql.SQL("create or replace view {} as select * from {}").format(
        sql.Identifier(view.schema, view.name), sql.Identifier(source.schema, source.name)
    )
    cursor.execute("savepoint before")
    try:
        cursor.execute(statement)
    except psycopg2.Error as error:
        if error.pgcode != _OTHER_COLUMNS:
            raise
        cursor.execute("rollback to savepoint before")
        rights = _rights(cursor, view)
        _drop_view(cursor, view)
        cursor.execute(statement)
        for role, right, may_grant in rights:
            to = sql.SQL("public") if role is None else sql.Identifier(role)
            grant = sql.SQL("grant {} on {} to {}").format(
                sql.SQL(right), sql.Identifier(view.schema, view.name), to
            )
            cursor.execute(grant + sql.SQL(" with grant option" if may_grant else ""))
    cursor.execute("release savepoint before")


def _drop_view(cursor: Any, view: Relation) -> None:
    import psycopg2
    from psycopg2 import sql

    try:
        cursor.execute(sql.SQL("drop view {}").format(sql.Identifier(view.schema, view.name)))
    except psycopg2.Error as error:
        if error.pgcode != _DEPENDED_ON:
            raise
        raise DataopsError(
            f"A view of somebody's reads {view.schema}.{view.name}, whose columns this release "
            "changes or takes away.",
            where=str(error.diag.message_detail or "").replace("\n", "; "),
            fix="have it dropped and made anew after the release, or keep the columns",
        ) from error


def _rights(cursor: Any, view: Relation) -> list[tuple[str | None, str, bool]]:
    """Who may do what with a view besides its owner: role (None: everybody), right, pass it on."""
    cursor.execute(
        "select pg_roles.rolname, acl.privilege_type, acl.is_grantable "
        "from pg_class inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid "
        "cross join lateral aclexplode(pg_class.relacl) as acl "
        "left join pg_roles on acl.grantee = pg_roles.oid "
        "where pg_namespace.nspname = %s and pg_class.relname = %s "
        "and acl.grantee <> pg_class.relowner",
        (view.schema, view.name),
    )
    return list(cursor.fetchall())


def _must_be_free(cursor: Any, view: Relation) -> None:
    """Somebody else's table or view of the same name is not replaced."""
    cursor.execute(
        "select 1 from pg_class where relnamespace = to_regnamespace(quote_ident(%s)) "
        "and relname = %s",
        (view.schema, view.name),
    )
    if cursor.fetchone():
        raise DataopsError(
            f"{view.schema}.{view.name} is there already, and no release has made it.",
            fix="rename or drop it, then repeat",
        )


def _drop_lost(cursor: Any, run: str, base: str) -> None:
    """Drop what was sealed under this number on a machine that never came back: the store, and so
    everybody, knows nothing of it. What began before current did was made with another store."""
    cursor.execute(
        "select nspname, obj_description(oid, 'pg_namespace') from pg_namespace "
        "where nspname = any(%s)",
        (schemas(cursor, _prefix(run)),),
    )
    begun = base.partition("-")[2]
    drop_schemas(
        cursor, [name for name, of in cursor.fetchall() if (of or "").partition("-")[2] >= begun]
    )


def _drop(cursor: Any, run: str) -> None:
    from psycopg2 import sql

    gone = _schemas_of(cursor, run)
    if not gone:
        return
    # Where a first release was cut short, the views lead here, and there is no other to lead to.
    published = _published(cursor)
    for view, source in published.items():
        if source.schema in gone:
            _drop_view(cursor, view)
    cursor.execute(_READERS + " and read_in.nspname = any(%s) and place.nspname <> all(%s)",
                   (gone, gone))  # fmt: skip
    if others := [f"{row[0]}.{row[1]}" for row in cursor.fetchall()]:
        raise DataopsError(
            f"Release {run} stays: a view of somebody's reads its schemas.",
            where=", ".join(sorted(others)),
            fix="let it read the published schemas instead",
        )
    cursor.execute(
        "select nspname, relname from pg_class inner join pg_namespace "
        "on pg_class.relnamespace = pg_namespace.oid "
        "where nspname = any(%s) and relkind in ('r', 'p')",
        (gone,),
    )
    tables = [sql.Identifier(*row) for row in cursor.fetchall()]
    if tables:  # all at once or none: a reader who is in one of them can still come to another
        listed = sql.SQL(", ").join(tables)
        cursor.execute(sql.SQL("lock table {} in access exclusive mode nowait").format(listed))
    drop_schemas(cursor, gone)


# ── What is there ────────────────────────────────────────────────────────────────────────────────


def _prefix(run: str) -> str:
    return f"r{run_number(run):06d}"


def of_release(schema: str, run: str) -> str:
    """The name of a candidate's schema once it is a release's."""
    return _prefix(run) + schema.removeprefix(CANDIDATE)


def _schemas_of(cursor: Any, run: str) -> list[str]:
    """A release's schemas, if they are this run's."""
    cursor.execute(
        "select nspname from pg_namespace where nspname = any(%s) "
        "and obj_description(oid, 'pg_namespace') = %s",
        (schemas(cursor, _prefix(run)), run),
    )
    return sorted(row[0] for row in cursor.fetchall())


def _relations_of(cursor: Any, run: str) -> dict[Relation, Relation]:
    """What a release publishes: by the view's place, where it leads."""
    prefix = f"{_prefix(run)}_"
    cursor.execute(
        "select nspname, relname from pg_class inner join pg_namespace "
        "on pg_class.relnamespace = pg_namespace.oid "
        "where nspname = any(%s) and relkind in ('r', 'p', 'v', 'm', 'f')",
        ([one for one in _schemas_of(cursor, run) if one != prefix + _SAMPLE],),
    )
    return {
        Relation(schema.removeprefix(prefix), name): Relation(schema, name)
        for schema, name in cursor.fetchall()
    }


def _published(cursor: Any) -> dict[Relation, Relation]:
    """The published views, and where each leads now."""
    cursor.execute(_READERS + " and reader.relkind = 'v' and reader.relname = read.relname")
    found = {}
    for schema, name, read_in, read, _ in cursor.fetchall():
        release = re.fullmatch(r"r\d{6,}_(?P<schema>.+)", read_in)
        if release and release["schema"] == schema:
            found[Relation(schema, name)] = Relation(read_in, read)
    return found


def _rows_of(cursor: Any, schema: str) -> dict[str, int]:
    """Rows of every table in a schema, by name."""
    from psycopg2 import sql

    cursor.execute(
        "select relname from pg_class where relnamespace = to_regnamespace(quote_ident(%s)) "
        "and relkind in ('r', 'p', 'm', 'v', 'f') order by relname",
        (schema,),
    )
    found: dict[str, int] = {}
    for (name,) in cursor.fetchall():
        cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(schema, name)))
        found[name] = int(cursor.fetchone()[0])
    return found


def _is_table(cursor: Any, relation: Relation) -> bool:
    cursor.execute(
        "select 1 from pg_class inner join pg_namespace "
        "on pg_class.relnamespace = pg_namespace.oid "
        "where nspname = %s and relname = %s and relkind in ('r', 'p')",
        (relation.schema, relation.name),
    )
    return cursor.fetchone() is not None
