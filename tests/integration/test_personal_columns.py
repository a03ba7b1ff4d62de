"""Readers get no personal column: not in the file, not in its bytes, not in a store elsewhere."""

from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import unittest.mock
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest

import release_worker as worker
from first_light.commands.rollback import rollback
from first_light.dbt.engine import DbtRun, NodeResult
from first_light.history.record import PUBLISHED, REJECTED
from first_light.project.product import Product
from first_light.release.outcome import Released
from first_light.store.locate import FolderStore, store_of
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import DATABASE_FILE, Relation
from first_light.warehouse.readers_copy import write_readers_copy
from stores import make_clones

PLANTED = "planted"
ROWS = 3000
FILES = "read_csv('raw/customers/*.csv', header=true)"
# name: schema, materialization, SQL.
MODELS = {
    "stg_customers": ("staging", "table", f"select id, email, city from {FILES}"),
    "int_contacts": (
        "intermediate",
        "view",
        'with c as (select * from "warehouse"."staging"."stg_customers") '
        "select id, coalesce(city, email) contact, city from c",
    ),
    "int_cities": (
        "intermediate",
        "view",
        "select city, count(distinct email) as customers "
        'from "warehouse"."staging"."stg_customers" group by city',
    ),
    "int_ids": ("intermediate", "view", 'select id from "warehouse"."staging"."stg_customers"'),
    "customers": (
        "marts",
        "table",
        'select id, \'x\' || contact as shown, city from "warehouse"."intermediate"."int_contacts"',
    ),
    "grows": (
        "marts",
        "incremental",
        'select id, email as mail, city from "warehouse"."staging"."stg_customers"',
    ),
}
SNAPSHOT = (
    "snapshots",
    "snapshot",
    'select id, email, city from "warehouse"."staging"."stg_customers"',
)


class Dbt(worker.QuickDbt):
    """Builds MODELS in order; the incremental model and the snapshot add rows."""

    snapshot: ClassVar[bool] = False
    meta: ClassVar[dict[str, Any]] = {}
    written: ClassVar[dict[str, str]] = {}

    @classmethod
    def models(cls) -> dict[str, tuple[str, str, str]]:
        return {**MODELS, **({"history": SNAPSHOT} if cls.snapshot else {})}

    def parse(self, *, warnings_are_errors: bool = True) -> DbtRun:
        self._write("manifest.json", self._manifest())
        return DbtRun(True)

    def build(self, *arguments: str) -> DbtRun:
        results = []
        with duckdb.connect(self.environment["DATAOPS_DB"]) as connection:
            connection.execute(f"set file_search_path = '{self.root}'")
            for name, (schema, kind, sql) in self.models().items():
                place = f"{schema}.{name}"
                connection.execute(f"create schema if not exists {schema}")
                if kind in ("incremental", "snapshot"):
                    connection.execute(f"create table if not exists {place} as {sql} limit 0")
                    connection.execute(f"insert into {place} {sql}")
                else:
                    connection.execute(f"create {kind} {place} as {sql}")
                kind_of_node = "snapshot" if kind == "snapshot" else "model"
                results.append(
                    NodeResult(
                        f"{kind_of_node}.shop.{name}",
                        kind_of_node,
                        name,
                        "",
                        "success",
                        0.1,
                        sql=sql,
                    )
                )
            connection.execute("create index by_mail on staging.stg_customers (email)")
            connection.execute("drop type if exists staging.names")
            connection.execute(f"create type staging.names as enum ('{PLANTED}-type')")
            connection.execute("comment on table staging.stg_customers is 'One row a customer'")
        self._write("run_results.json", {"results": [{"status": "success"} for _ in results]})
        return DbtRun(True, tuple(results))

    def _manifest(self) -> dict[str, Any]:
        nodes = {}
        for name, (schema, materialized, sql) in self.models().items():
            kind = "snapshot" if materialized == "snapshot" else "model"
            nodes[f"{kind}.shop.{name}"] = {
                "unique_id": f"{kind}.shop.{name}",
                "resource_type": kind,
                "name": name,
                "alias": name,
                "schema": schema,
                "relation_name": f'"warehouse"."{schema}"."{name}"',
                "original_file_path": f"models/{name}.sql",
                "package_name": "shop",
                "raw_code": (code := self.written.get(name, sql)),
                "compiled_code": f"select '{PLANTED}'" if code != sql else sql,
                "config": {"materialized": materialized, "meta": self.meta.get(name, {})},
                "depends_on": {"nodes": ["source.shop.raw.customers"] if schema == "staging" else
                               ["model.shop.int_contacts" if name == "customers"
                                else "model.shop.stg_customers"]},
            }  # fmt: skip
        source = {
            "unique_id": "source.shop.raw.customers",
            "resource_type": "source",
            "name": "customers",
            "schema": "raw",
            "relation_name": FILES,
            "original_file_path": "models/raw.yml",
            "package_name": "shop",
            "columns": {
                name: {
                    "name": name,
                    "config": {"meta": {"pii": "email"} if name == "email" else {}},
                }
                for name in ("id", "email", "city")
            },
        }
        return {
            "metadata": {"project_name": "shop"},
            "nodes": nodes,
            "sources": {source["unique_id"]: source},
        }


@pytest.fixture(autouse=True)
def _dbt() -> Iterator[None]:
    Dbt.snapshot, Dbt.meta = False, {}
    with unittest.mock.patch.object(worker, "QuickDbt", Dbt):
        yield


def add_raw(root: Path) -> Path:
    folder = root / "raw" / "customers"
    folder.mkdir(parents=True)
    # city is empty in one row in three: there `contact` is the e-mail
    lines = [f"{i},{PLANTED}{i}@x.example,{f'city{i % 7}' if i % 3 else ''}" for i in range(ROWS)]
    (folder / "a.csv").write_text("\n".join(["id,email,city", *lines]) + "\n", encoding="utf-8")
    return root


@pytest.fixture
def product(tmp_path: Path) -> Path:
    return add_raw(worker.make_product(tmp_path / "product"))


def store(root: Path) -> FolderStore:
    return store_of(Product(root))


def release(root: Path, **options: Any) -> Released:
    result = worker.quick_release(root, **options)
    assert result.record.outcome == PUBLISHED, result.record.problem
    return result


def planted_in(file: Path) -> list[str]:
    """The columns of a database in which a planted value is."""
    found = []
    with duckdb.connect(str(file), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() "
            "where database_name = current_database() and not internal "
            "order by schema_name, table_name, column_index"
        ).fetchall()
        for schema, table, column in columns:
            query = f'select count(*) from "{schema}"."{table}" where "{column}"::varchar like $1'
            if connection.execute(query, [f"%{PLANTED}%"]).fetchone() != (0,):
                found.append(f"{table}.{column}")
    return found


def columns_of(file: Path, table: str) -> list[str]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return [row[0] for row in connection.execute(f"describe {table}").fetchall()]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_published_file_holds_no_personal_value(product: Path) -> None:
    result = release(product)
    file = store(product).pointer / DATABASE_FILE
    assert planted_in(file) == []
    # Texts are compressed in a file: nothing of them may be in it, whatever the compression.
    assert PLANTED.encode() not in file.read_bytes()
    assert columns_of(file, "staging.stg_customers") == ["id", "city"]
    assert columns_of(file, "intermediate.int_contacts") == ["id", "city"]
    assert columns_of(file, "intermediate.int_cities") == ["city", "customers"]
    assert columns_of(file, "marts.customers") == ["id", "city"]
    with duckdb.connect(str(file), read_only=True) as connection:
        counts = [
            connection.execute(f"select count(*) from {table}").fetchone()
            for table in ("staging.stg_customers", "intermediate.int_ids", "marts.customers")
        ]
        customers = connection.execute("select sum(customers) from intermediate.int_cities")
        assert customers.fetchone() == (ROWS,)
        kinds = "select table_type from information_schema.tables where table_name = 'int_ids'"
        assert connection.execute(kinds).fetchone() == ("VIEW",)
        comment = "select comment from duckdb_tables() where table_name = 'stg_customers'"
        assert connection.execute(comment).fetchone() == ("One row a customer",)
    assert counts == [(ROWS,)] * 3
    assert mode(file) == 0o444
    withheld = {fact.name: fact.columns for fact in result.record.withheld}
    assert withheld == {
        "stg_customers": ("email",),
        "int_contacts": ("contact",),
        "customers": ("shown",),
        "grows": ("mail",),
    }
    catalog = (store(product).pointer / "catalog.html").read_text("utf-8")
    # A name that nobody wrote down may be a value, as a pivot makes them.
    assert 'id="model.shop.customers.id"' in catalog
    assert 'id="model.shop.customers.shown"' not in catalog
    for path in (store(product).releases / result.record.run).iterdir():
        assert PLANTED.encode() not in path.read_bytes(), path


def test_a_name_that_only_the_data_has_is_in_no_record(product: Path) -> None:
    from first_light.history.log import History

    code = "{% set mails = run_query(query) %} select id, {{ mails }}"
    columns = f'id, email as "{PLANTED}7@x.example", 1 as "{PLANTED} row"'
    pivot = f'select {columns} from "warehouse"."staging"."stg_customers"'
    with (
        unittest.mock.patch.dict(MODELS, {"customers": ("marts", "table", pivot)}),
        unittest.mock.patch.object(Dbt, "written", {"customers": code}),
    ):
        result = release(product)
    assert {fact.name: fact.columns for fact in result.record.withheld}["customers"] == ("id", "*")
    assert PLANTED.encode() not in result.record.to_json()
    assert PLANTED.encode() not in next(History(store(product).history).newest()).to_json()
    for path in (store(product).releases / result.record.run).iterdir():
        assert PLANTED.encode() not in path.read_bytes(), path


def test_a_view_keeps_no_value_that_dbt_read_in_its_filter(product: Path) -> None:
    code = "{% set mail = run_query(query) %} select id from stg where email <> '{{ mail }}'"
    stg = '"warehouse"."staging"."stg_customers"'
    sql = f"select id from {stg} where email <> '{PLANTED}7@x.example'"
    written = unittest.mock.patch.object(Dbt, "written", {"int_ids": code})
    with written, unittest.mock.patch.dict(MODELS, {"int_ids": ("intermediate", "view", sql)}):
        rejected = worker.quick_release(product).record
    assert rejected.outcome == REJECTED
    assert "models/int_ids.sql: the definition of the view int_ids holds" in rejected.problem
    assert PLANTED not in rejected.problem
    table = {"int_ids": ("intermediate", "table", sql)}
    with written, unittest.mock.patch.dict(MODELS, table):
        run = release(product).record.run
    for path in (store(product).releases / run).iterdir():
        assert PLANTED.encode() not in path.read_bytes(), path


def test_the_private_state_is_apart_and_private(product: Path) -> None:
    run = release(product).record.run
    private = store(product).root / "private"
    file = private / run / DATABASE_FILE
    assert "stg_customers.email" in planted_in(file)
    assert (mode(private), mode(private / run), mode(file)) == (0o700, 0o700, 0o600)
    assert (private / run / "manifest.json").is_file(), "for dbt's --defer --state"
    assert mode(store(product).releases / run) & 0o055 == 0o055, "readers open it"


def test_a_candidate_is_private_while_it_is_built(product: Path) -> None:
    seen = []

    class Watched(Dbt):
        def build(self, *arguments: str) -> DbtRun:
            seen.append(mode(Path(self.environment["DATAOPS_DB"]).parent))
            return super().build(*arguments)

    with unittest.mock.patch.object(worker, "QuickDbt", Watched):
        release(product)
    assert seen == [0o700]


def test_with_the_teams_permission_a_column_is_published(product: Path) -> None:
    Dbt.meta = {"customers": {"publish_personal": ["shown"]}, "int_contacts": {}}
    release(product)
    file = store(product).pointer / DATABASE_FILE
    assert planted_in(file) == ["customers.shown"]
    Dbt.meta = {name: {"publish_personal": True} for name in MODELS}
    run = release(product).record.run
    assert "stg_customers.email" in planted_in(file)
    assert store(product).private.file(run, DATABASE_FILE) is None, "nothing is kept twice"


def test_state_goes_on_and_a_rollback_takes_it_along(product: Path) -> None:
    Dbt.snapshot = True

    def rows(table: str) -> int:
        with duckdb.connect(str(store(product).pointer / DATABASE_FILE), read_only=True) as c:
            (count,) = c.execute(f"select count(*) from {table}").fetchone() or (0,)
        return int(count)

    first = release(product).record.run
    second = release(product).record.run
    assert (rows("marts.grows"), rows("snapshots.history")) == (2 * ROWS, 2 * ROWS)
    with duckdb.connect(str(store(product).root / "private" / second / DATABASE_FILE)) as c:
        assert c.execute("select count(email) from snapshots.history").fetchone() == (2 * ROWS,)
    rollback(Product(product), first)
    assert rows("marts.grows") == ROWS
    third = release(product).record.run
    assert rows("marts.grows") == 2 * ROWS, "from the state of the first"
    assert planted_in(store(product).pointer / DATABASE_FILE) == []
    with unittest.mock.patch.dict(os.environ, {"DATAOPS_KEEP_RELEASES": "1"}):
        release(product)
    kept = os.listdir(store(product).root / "private")
    assert sorted(kept) == sorted(store(product).retained()), "as long as the release"
    assert first not in kept
    assert third not in kept


def test_values_of_an_old_state_stay_private_when_the_sql_changes(product: Path) -> None:
    release(product)
    schema, kind, _ = MODELS["grows"]
    clean = 'select id, city as mail, city from "warehouse"."staging"."stg_customers"'
    with unittest.mock.patch.dict(MODELS, {"grows": (schema, kind, clean)}):
        release(product)
        file = store(product).pointer / DATABASE_FILE
        assert columns_of(file, "marts.grows") == ["id", "city"]
        release(product, full_refresh=True)
        assert columns_of(file, "marts.grows") == ["id", "mail", "city"]
        assert planted_in(file) == []


def test_without_its_private_state_a_history_is_not_begun_again_in_silence(product: Path) -> None:
    import shutil

    release(product)
    shutil.rmtree(store(product).root / "private")
    result = release(product)  # the incremental model is built in full from raw
    assert [node.rows for node in result.record.nodes if node.name == "grows"] == [ROWS]
    Dbt.snapshot = True
    release(product)
    shutil.rmtree(store(product).root / "private")
    failed = worker.quick_release(product)
    assert "private state" in failed.record.problem
    assert "--full-refresh" in failed.record.problem
    release(product, full_refresh=True)


def test_a_release_from_before_stays_and_its_state_is_continued(product: Path) -> None:
    """As a store is that an earlier version wrote: everything is in the published file."""
    with unittest.mock.patch("first_light.release.withhold.withheld_columns", return_value={}):
        old = release(product).record.run
    assert "stg_customers.email" in planted_in(store(product).pointer / DATABASE_FILE)
    result = release(product)
    assert [node.rows for node in result.record.nodes if node.name == "grows"] == [2 * ROWS]
    assert planted_in(store(product).pointer / DATABASE_FILE) == []
    rollback(Product(product), old)
    assert "stg_customers.email" in planted_in(store(product).pointer / DATABASE_FILE)


def test_a_rehearsal_publishes_all_of_the_sample(tmp_path: Path) -> None:
    root = add_raw(worker.make_product(tmp_path / "product", raw=False))
    (root / "raw").rename(root / "elsewhere")
    with unittest.mock.patch.dict(MODELS, {
        "stg_customers": ("staging", "table", "select 1 as id, 'a@x.example' as email, 'c' as city")
    }):  # fmt: skip
        result = release(root)
    assert result.record.withheld == ()
    file = store(root).pointer / DATABASE_FILE
    assert columns_of(file, "staging.stg_customers") == ["id", "email", "city"]


# ── A store elsewhere ────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def environment(**variables: str) -> Iterator[None]:
    with unittest.mock.patch.dict(os.environ, variables):
        yield


def test_nothing_personal_is_pushed_to_a_branch(tmp_path: Path) -> None:
    first, second = make_clones(tmp_path / "clones")
    for root in (first, second):
        add_raw(root)
    origin = tmp_path / "clones" / "origin.git"
    with environment(DATAOPS_STORE="branch"):
        with pytest.raises(DataopsError, match="data-in-git") as refused:
            worker.quick_release(first)
        assert "customers.email" in str(refused.value) or "personal" in str(refused.value)
        heads = subprocess.run(
            ["git", "for-each-ref"], cwd=origin, capture_output=True, text=True, check=True
        )
        assert "dataops-store" not in heads.stdout, "nothing was pushed"
    with environment(DATAOPS_STORE="branch", DATAOPS_DATA_IN_GIT="true"):
        release(first)
        result = release(second)
        assert [n.rows for n in result.record.nodes if n.name == "grows"] == [ROWS], "in full"
        assert not (first / ".dataops" / "dataops-store" / "private").exists()
        Dbt.snapshot = True
        rejected = worker.quick_release(second)
        assert rejected.record.outcome == REJECTED
        assert "history" in rejected.record.problem
        private = {"DATAOPS_PRIVATE_STATE": str(tmp_path / "state")}
        with environment(DATAOPS_STORE="branch:other", **private):
            release(second)
            result = release(first)
            assert [n.rows for n in result.record.nodes if n.name == "history"] == [2 * ROWS]
            assert mode(tmp_path / "state") == 0o700
    objects = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch", "--unordered"],
        cwd=origin,
        capture_output=True,
        check=True,
    )
    assert PLANTED.encode() not in objects.stdout


# ── The copy for readers ─────────────────────────────────────────────────────────────────────────


def test_a_copy_keeps_keys_indexes_and_views_and_no_byte_of_the_rest(tmp_path: Path) -> None:
    source, goal = tmp_path / "a" / DATABASE_FILE, tmp_path / "b" / DATABASE_FILE
    for file in (source, goal):
        file.parent.mkdir()
    with duckdb.connect(str(source)) as connection:
        connection.execute(f"""
            create schema s;
            create table s.parent (id integer primary key, city varchar not null);
            create table s.child (id integer references s.parent (id), "odd ""name" varchar);
            create table s.a_keyed (email varchar primary key, n integer not null, note varchar
                default '{PLANTED}-default');
            create unique index by_note on s.a_keyed (note);
            create table s.secret (x varchar);
            create macro s.twice(x) as x * 2;
            insert into s.parent select i, 'c' || i from range(100) t(i);
            insert into s.child select i, 'n' from range(100) t(i);
            insert into s.a_keyed select '{PLANTED}' || i, i, '{PLANTED}n' || i
                from range(5000) t(i);
            insert into s.secret select '{PLANTED}' || i from range(5000) t(i);
            create view s.first as select n, email from s.a_keyed;
            create view s.second as select n from s.first;
            create view s.third as select count(*) as n from s.second where n > 0;
            create view s.filtered as select id from s.parent
                where id in (select n from s.a_keyed where email like '%1');
            create view s.lost as select email from s.a_keyed;
        """)
    withheld = {
        Relation("s", "a_keyed"): ("email", "note"),
        Relation("s", "secret"): ("x",),
        Relation("s", "first"): ("email",),
        Relation("s", "lost"): ("email",),
    }
    write_readers_copy(source, goal, withheld, tmp_path)
    assert os.listdir(goal.parent) == [DATABASE_FILE]
    assert PLANTED.encode() not in goal.read_bytes()
    with duckdb.connect(str(goal), read_only=True) as connection:
        names = "select table_name from information_schema.tables order by table_name"
        assert [row[0] for row in connection.execute(names).fetchall()] == [
            "a_keyed", "child", "filtered", "first", "parent", "second", "third",
        ]  # fmt: skip
        assert connection.execute("select n from s.third").fetchone() == (4999,)
        assert connection.execute("select count(*) from s.filtered").fetchone() == (10,)
        assert connection.execute("select * from s.a_keyed order by n limit 1").fetchone() == (0,)
        keys = "select constraint_type from duckdb_constraints() where table_name = 'parent'"
        assert ("PRIMARY KEY",) in connection.execute(keys).fetchall()
        nullable = "select is_nullable from duckdb_columns() where table_name = 'a_keyed'"
        assert connection.execute(nullable).fetchall() == [(False,)]


def test_a_preview_of_raw_holds_no_personal_value(product: Path) -> None:
    from first_light.commands import preview

    with unittest.mock.patch.object(preview, "open_engine", Dbt):
        done = preview.preview(Product(product), lambda line: None, raw=True)
    assert mode(done.folder) == 0o700
    assert planted_in(done.database) == []
    assert columns_of(done.database, "intermediate.int_contacts") == ["id", "city"]
    for file in done.folder.rglob("*"):
        assert file.is_dir() or PLANTED.encode() not in file.read_bytes(), file
    with duckdb.connect(str(done.database), read_only=True) as connection:
        views = "select count(*) from duckdb_views() where not internal"
        assert connection.execute(views).fetchone() == (0,)


# ── A kill ───────────────────────────────────────────────────────────────────────────────────────

# Each is killed before it is called for the n-th time.
INSTANTS = (
    ("first_light.warehouse.duckdb.warehouse.os.replace", 1),
    ("first_light.warehouse.readers_copy.write_readers_copy", 1),
    ("first_light.warehouse.readers_copy._ReadersCopy.fill", 1),
    ("first_light.warehouse.duckdb.warehouse.shutil.move", 1),
    ("first_light.warehouse.duckdb.warehouse.shutil.rmtree", 1),
    ("first_light.store.folder.FolderStore.promote", 1),
    ("first_light.store.folder.FolderStore.point", 1),
    ("first_light.store.folder.FolderStore.conclude", 1),
)


@pytest.mark.parametrize(("name", "nth"), INSTANTS)
def test_a_kill_leaves_no_personal_value_with_readers(product: Path, name: str, nth: int) -> None:
    first = release(product).record.run
    calls: list[object] = []

    def killed(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        if len(calls) == nth:
            os._exit(9)

    if not (child := os.fork()):
        with contextlib.suppress(BaseException), unittest.mock.patch(name, killed):
            worker.quick_release(product)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    here = store(product)
    assert planted_in(here.pointer / DATABASE_FILE) == []
    for file in here.releases.rglob(DATABASE_FILE):
        assert PLANTED.encode() not in file.read_bytes()
    for folder in here.candidates.iterdir():
        assert mode(folder) == 0o700
    last = release(product).record.run
    assert planted_in(here.pointer / DATABASE_FILE) == []
    assert sorted(os.listdir(here.root / "private")) == here.retained()
    assert {first, last} <= set(here.retained())
    assert here.unfinished() == []
