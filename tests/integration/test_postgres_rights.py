"""What a reader can see and do on a real PostgreSQL, set up word by word as its page says."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

import harness
import postgres
import postgres_worker as worker
from first_light.project.product import Product
from first_light.status.current import status
from first_light.utils.errors import DataopsError
from first_light.warehouse.postgres.scratch import scratch_database

PAGE = harness.TEMPLATE / "docs" / "guides" / "postgres.md"
NAME = "rights"
OF_THE_SYSTEM = "('pg_catalog', 'information_schema', 'pg_toast')"


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as result:
        page = PAGE.read_text(encoding="utf-8").replace("my_product", NAME)
        whole, inside, _ = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
        for sql, database in ((whole, "postgres"), (inside, NAME)):
            for statement in re.sub(r"--.*", "", sql).split(";"):
                if statement.strip():
                    result.ask(statement, database=database)
        result.ask(f"create role {NAME}_ada login in role {NAME}_reader")
        yield result


@pytest.fixture(scope="module")
def released(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A product with one published release."""
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in server.environment(f"{NAME}_loader", NAME).items():
            patch.setenv(variable, value)
        root = worker.make_product(tmp_path_factory.mktemp("rights") / "product")
        patch.setenv("PGUSER", f"{NAME}_writer")
        assert worker.quick_release(root).exit_code == 0
        yield root


def test_a_reader_reads_the_published_schemas_and_nothing_else(
    server: postgres.Server, released: Path
) -> None:
    relations = server.ask(
        "select nspname, relname, has_schema_privilege(nspname, 'usage') "
        "and has_table_privilege(pg_class.oid, 'select') "
        "from pg_class join pg_namespace on pg_namespace.oid = relnamespace "
        f"where relkind in ('r', 'v', 'm', 'p', 'f') and nspname not in {OF_THE_SYSTEM} "
        "order by 1, 2",
        f"{NAME}_ada",
        NAME,
    )
    readable = {schema for schema, _, may_read in relations if may_read}
    others = [(schema, name) for schema, name, may_read in relations if not may_read]
    assert readable == {"marts", "dataops"}
    assert {re.sub(r"^r\d+_", "r_", schema) for schema, _ in others} >= {"raw", "r_marts"}
    for schema, name in others:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            server.ask(f'select * from "{schema}"."{name}"', f"{NAME}_ada", NAME)
    assert server.ask("select count(*) > 0 from marts.one", f"{NAME}_ada", NAME) == [(True,)]


@pytest.mark.parametrize(
    "statement",
    [
        "create table marts.mine (i integer)",
        "create table public.mine (i integer)",
        "create schema mine",
        "create or replace view marts.one as select 1 as token",
        "delete from dataops.release",
        "drop view marts.one",
        "set role rights_writer",
    ],
)
def test_a_reader_changes_nothing(server: postgres.Server, released: Path, statement: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        server.ask(statement, f"{NAME}_ada", NAME)


def test_nothing_runs_with_the_rights_of_somebody_else(
    server: postgres.Server, released: Path
) -> None:
    definers = server.ask(
        "select count(*) from pg_proc join pg_namespace on pg_namespace.oid = pronamespace "
        f"where prosecdef and nspname not in {OF_THE_SYSTEM}",
        database=NAME,
    )
    assert definers == [(0,)]
    roles = server.ask(
        "select rolname from pg_roles where rolname like 'rights%' and "
        "(rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)"
    )
    assert roles == []
    paths = server.ask("select count(*) from pg_db_role_setting where setconfig::text ~ 'search_p'")
    assert paths == [(0,)]


def test_a_reader_sees_no_query_of_the_writer(server: postgres.Server, released: Path) -> None:
    with contextlib.closing(server.connect(f"{NAME}_writer", NAME)) as connection:
        cursor = connection.cursor()
        cursor.execute("select 'ada@mail.example' as planted")
        seen = server.ask(
            f"select query from pg_stat_activity where usename = '{NAME}_writer'",
            f"{NAME}_ada",
            NAME,
        )
    assert seen
    assert {query for (query,) in seen} == {"<insufficient privilege>"}


def test_statistics_of_values_are_hidden_from_a_reader(
    server: postgres.Server, released: Path
) -> None:
    """`pg_stats` quotes the most common values, and bounds of the others."""
    server.ask("analyze", f"{NAME}_writer", NAME)
    quoted = f"select count(*) from pg_stats where schemaname not in {OF_THE_SYSTEM}"
    assert server.ask(quoted, f"{NAME}_writer", NAME)[0][0] > 0
    assert server.ask(quoted, f"{NAME}_ada", NAME) == [(0,)]


def test_roles_of_other_products_cannot_connect(
    server: postgres.Server, released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The catalog shows whoever connects names, comments, and the SQL of views."""
    server.ask("create role stranger login")
    monkeypatch.setenv("PGUSER", "postgres")
    with scratch_database(Product(released)) as scratch:
        for role, database in (
            ("stranger", NAME),
            ("stranger", scratch["PGDATABASE"]),
            (f"{NAME}_ada", scratch["PGDATABASE"]),
        ):
            with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
                server.ask("select 1", role, database)


@pytest.mark.parametrize(
    "statements",
    [
        "create view raw.more as select raw.grab() as x",
        "create view raw.less as select 1 as i where raw.grab(); "
        "create view raw.more as table raw.less",
        "create table raw.filled as select 1 as i; "
        "alter table raw.filled enable row level security; "
        "create policy p on raw.filled using (raw.grab())",
        "create type raw.mood as enum ('a'); "
        "create table raw.filled as select array['a']::raw.mood[]; "
        "create function raw.cast(raw.mood) returns int language sql as 'select 1'; "
        "create cast (raw.mood as int) with function raw.cast(raw.mood)",
    ],
)
def test_the_loader_runs_no_function_with_the_rights_of_the_writer(
    server: postgres.Server, released: Path, statements: str
) -> None:
    """A function in a view of raw could grant its author what the writer may read."""
    function = "create function raw.grab() returns boolean language plpgsql as $$ begin "
    function += f"execute 'grant {NAME}_writer to {NAME}_loader'; return true; end $$"
    server.ask(f"{function}; {statements}", f"{NAME}_loader", NAME)
    try:
        with pytest.raises(DataopsError, match=r"functions of another role") as refused:
            worker.quick_release(released)
        assert re.search(r"raw\.(more|filled): ", refused.value.where)
    finally:
        server.ask(
            "drop function raw.grab() cascade; drop table if exists raw.filled; "
            "drop type if exists raw.mood cascade",
            f"{NAME}_loader",
            NAME,
        )


def test_the_loader_may_load_views_and_types_without_functions(
    server: postgres.Server, released: Path
) -> None:
    server.ask(
        "create type raw.mood as enum ('a'); create table raw.moods as select 'a'::raw.mood as m; "
        "create view raw.upper as select upper(m::text) as m, now() as t from raw.moods",
        f"{NAME}_loader",
        NAME,
    )
    assert worker.quick_release(released).exit_code == 0


@pytest.fixture
def certificate(server: postgres.Server, tmp_path: Path) -> Iterator[Path]:
    """The server takes encrypted connections only, with the settings of the page.

    Its certificate is for the name localhost, of an authority of its own.
    """
    data = Path(server.ask("show data_directory")[0][0])
    file, key = tmp_path / "server.crt", tmp_path / "server.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(
        [*command, "-keyout", str(key), "-out", str(file)], check=True, capture_output=True
    )
    for source in (file, key):
        shutil.copy(source, data / source.name)
        shutil.chown(data / source.name, data.stat().st_uid, data.stat().st_gid)
        (data / source.name).chmod(0o600)
    (settings,) = re.findall(r"```ini\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (hosts,) = re.findall(r"```text\n(hostssl.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names = [line.partition(" = ")[0] for line in settings.splitlines()]
    for line in settings.splitlines():
        server.ask(f"alter system set {line}")
    rules = Path(server.ask("show hba_file")[0][0])
    before = rules.read_text("utf-8")
    # Everybody is trusted here, from this machine.
    line = hosts.replace("scram-sha-256", "trust").replace("my_product", "all")
    rules.write_text(line.replace("0.0.0.0/0", "127.0.0.1/32") + "local all all trust\n", "utf-8")
    server.ask("select pg_reload_conf()")
    yield file
    rules.write_text(before, encoding="utf-8")
    for name in names:
        server.ask(f"alter system reset {name}")
    server.ask("select pg_reload_conf()")


def test_a_connection_can_insist_on_the_right_server(
    server: postgres.Server,
    released: Path,
    certificate: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGSSLMODE", "disable")
    with pytest.raises(DataopsError, match="cannot be reached"):
        worker.quick_release(released)

    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(certificate))
    monkeypatch.setenv("PGHOST", "localhost")
    assert status(Product(released)).readers.release is not None
    assert worker.quick_release(released).exit_code == 0

    # Another name than the certificate's, and an authority that did not sign it.
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    with pytest.raises(DataopsError, match="cannot be reached"):
        worker.quick_release(released)
    monkeypatch.setenv("PGHOST", "localhost")
    other = tmp_path / "other.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=other", "-keyout", str(tmp_path / "other.key"), "-out", str(other)]
    subprocess.run(command, check=True, capture_output=True)
    monkeypatch.setenv("PGSSLROOTCERT", str(other))
    with pytest.raises(DataopsError, match="cannot be reached"):
        worker.quick_release(released)
