"""Releases in a real PostgreSQL: the example with the real dbt, and what could go wrong without."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import time
import unittest.mock
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import pytest

import exact_casts
import harness
import postgres
import postgres_worker as worker
import release_worker as duckdb_worker
from first_light.commands.rollback import rollback
from first_light.dbt.engine import open_engine
from first_light.dbt.manifest import read_manifest
from first_light.history.log import History
from first_light.history.record import CRASHED, FAILED, PUBLISHED, REJECTED, ROLLED_BACK, STOPPED
from first_light.monitors import profiling
from first_light.monitors.queries import columns_of
from first_light.project.product import Product
from first_light.release import personal_files as search
from first_light.release.listing import releases
from first_light.status.current import status
from first_light.store.locate import open_store
from first_light.store.mirror import MirrorStore
from first_light.utils.errors import DataopsError
from first_light.utils.variables import set_variables
from first_light.warehouse.base import Label, Relation
from first_light.warehouse.dialect import Dialect, dialect_of
from first_light.warehouse.postgres import side
from first_light.warehouse.postgres.sample import load
from first_light.warehouse.postgres.side import mirror
from first_light.warehouse.postgres.warehouse import PostgresWarehouse
from pipeline_lint import lint_gitlab
from tools.release import template

PAGE = harness.TEMPLATE / "docs" / "guides" / "postgres.md"
WORKER = Path(worker.__file__)
READERS = 8
PUBLISHES = 6
INSTANTS = int(os.environ.get("KILLS", "4"))  # KILLS=200 for an evening of it
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as result:
        yield result


def _set_up(server: postgres.Server, name: str) -> None:
    """What the product's page asks an administrator to run, word by word; and a reader, Ada."""
    page = PAGE.read_text(encoding="utf-8").replace("my_product", name)
    whole, inside, _ = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    for sql, database in ((whole, "postgres"), (inside, name)):
        for statement in re.sub(r"--.*", "", sql).split(";"):
            if statement.strip():
                server.ask(statement, database=database)
    server.ask(f"create role {name}_ada login in role {name}_reader")


# ── The example, with the real dbt ───────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_product_s_life_on_postgres(server: postgres.Server, tmp_path: Path) -> None:
    """A change, a rehearsal, raw, a release, a bad change, back and forth; read by a reader."""
    answers = {"warehouse": "postgres", "product_name": "shop"}
    product = harness.product(tmp_path / "shop", answers)
    _set_up(server, "shop")
    product.environment |= server.environment("shop_writer", "shop")
    product.commit("first")

    def read(query: str) -> list[tuple[Any, ...]]:
        return server.ask(query, "shop_ada", "shop")

    # A change: everything that CI asks, and what it changes for whom.
    model = product.root / "models" / "marts" / "customers.sql"
    good = model.read_text(encoding="utf-8")
    product.git("switch", "-q", "-c", "more")
    model.write_text(good.replace("order_count, 0)", "order_count, 0) + 1"), encoding="utf-8")
    product.commit("more")
    output = product.dataops("check", code=1).stdout
    report = json.loads((product.root / "target/check/report.json").read_text(encoding="utf-8"))
    verdicts = {step["name"]: step["verdict"] for step in report["steps"]}
    assert [name for name, verdict in verdicts.items() if verdict == "failed"] == ["impact"], output
    assert verdicts["dbt build on the sample"] == "passed"
    impact = json.loads((product.root / "target/check/impact.json").read_text(encoding="utf-8"))
    assert impact["undeclared"] == ["customers"]
    left = server.ask("select nspname from pg_namespace where nspname like 'ci%'", database="shop")
    assert left == []
    product.git("switch", "-q", "main")

    # The same marts on both engines.
    twin = harness.product(tmp_path / "twin", {"product_name": "shop"}, repository=False)
    twin.dbt("build", "--exclude-resource-type", "test", "unit_test", "--target", "ci")
    both = [
        _marts(product.root / "target/check/warehouse.duckdb"),
        _marts(twin.root / "target/warehouse.duckdb"),
    ]
    assert both[0]["orders"], "nothing was compared"
    assert both[0] == both[1]

    # There is nothing in raw yet.
    output = product.dataops("release", "--trigger", "push").stdout
    assert "published, as a rehearsal on the sample" in output
    assert "load the landing data into the schema raw" in output
    assert read("select kind, built_from from dataops.release") == [("rehearsal", "sample")]

    # Raw comes, by the hand of whoever loads it.
    _load_raw(server)
    clock = {"DATAOPS_NOW": "2026-01-25T05:00:00Z"}
    done = json.loads(product.dataops("release", "--json", env=clock).stdout)
    assert done["outcome"] == PUBLISHED
    assert read("select kind, release_id from dataops.release") == [("release", done["run"])]
    record = next(History(product.root / "store" / "history").newest())
    rows = {node.name: node.rows for node in record.nodes if node.resource_type == "model"}
    for mart in ("customers", "orders", "orders_daily"):
        assert read(f"select count(*) from marts.{mart}") == [(rows[mart],)]
    assert rows["int_orders_latest"] is None
    ((revenue, orders),) = read("select sum(net_amount), count(*) from marts.orders")
    metrics = {metric.name: metric for metric in record.metrics}
    assert [metric.problem for metric in record.metrics if metric.problem] == []
    assert metrics["revenue"].value == pytest.approx(float(revenue))
    assert metrics["average_order"].value == pytest.approx(float(revenue / orders))
    profiled = {item.name: item for item in record.profile}
    assert profiled["orders"].rows == rows["orders"]
    assert profiled["raw.orders"].rows >= profiled["stg_orders"].rows > 0
    assert {column.name: column for column in profiled["raw.customers"].columns}[
        "email"
    ].counts == {}
    assert {table.name for table in record.raw.tables} == {item.name for item in record.freshness}
    described = "select obj_description('marts.orders'::regclass)"
    assert "One row per order" in read(described)[0][0]
    days = read("select count(*) from marts.orders_daily")
    assert days == [(24,)]

    _ask_through_dbt(product, server, rows["orders"] or 0)

    # A reader reads what is published, and only the marts.
    for place in ("staging.stg_customers", "r000002_marts.orders", "raw.orders"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            read(f"select * from {place}")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        read("delete from marts.orders")

    # A branch beside the release, on real raw; nothing of it stays on the server.
    product.git("switch", "-q", "-c", "beside")
    model.write_text(good.replace("order_count, 0)", "order_count, 0) + 1"), encoding="utf-8")
    staged = product.root / "models" / "staging" / "shop" / "stg_customers.sql"
    staged.write_text("-- said anew\n" + staged.read_text(encoding="utf-8"), encoding="utf-8")
    defined = product.root / "models" / "marts" / "orders.yml"
    definition = defined.read_text(encoding="utf-8")
    defined.write_text(definition.replace("expr: net_amount", "expr: 2 * net_amount"), "utf-8")
    product.commit("count one more")
    there = "select nspname from pg_namespace where nspname not like 'pg_%' order by 1"
    before = server.ask(there, database="shop")
    output = product.dataops("check", "--on", "current", code=1).stdout
    impact = json.loads((product.root / "target/check/impact.json").read_text(encoding="utf-8"))
    assert impact["undeclared"] == ["customers", "average_order", "revenue"], output
    moved = {item["name"]: item for item in impact["metrics"] if item["moved"]}
    assert "(+100.0\u00a0%)" in moved["revenue"]["summary"]
    assert moved["revenue"]["before"] == pytest.approx(float(revenue))
    assert [item["name"] for item in impact["metrics"] if item["not_computed_reason"]] == []
    boards = json.loads((product.root / "target/check/boards.json").read_text(encoding="utf-8"))
    (board,) = (item for item in boards["boards"] if item["change"] == "changed")
    assert board["board"] == "weekly_revenue", boards
    assert [chart["title"] for chart in board["charts"]] == ["Revenue by week and channel, EUR"]
    assert board["problems"] == []
    document = {item["name"]: item["summary"] for item in impact["models"]}
    assert {name for name in document if document[name] != "no data change"} == {"customers"}, (
        document
    )
    assert "values: lifetime_order_count" in document["customers"]
    assert {"stg_customers", "int_customers_latest", "customers_history"} <= set(document)
    seen = next(item for item in impact["models"] if item["name"] == "stg_customers")
    assert seen["diff"]["rows_before"] == rows["stg_customers"]
    assert server.ask(there, database="shop") == before
    assert read("select release_id from dataops.release") == [(done["run"],)]
    product.git("switch", "-q", "main")

    # A change that breaks what others read.
    model.write_text(good.replace("customers.tier", "customers.no_tier"), encoding="utf-8")
    product.commit("bad")
    output = product.dataops("release", code=1, env=clock).stdout
    assert "root cause   model customers" in output
    assert f"keep {done['run']}" in output
    assert read("select release_id from dataops.release") == [(done["run"],)]
    schemas = "select nspname from pg_namespace where nspname like 'candidate%'"
    assert server.ask(schemas, database="shop") == []

    # Back and forth, at once.
    product.dataops("rollback")
    assert read("select kind from dataops.release") == [("rehearsal",)]
    product.dataops("rollback", "2")
    assert read("select release_id from dataops.release") == [(done["run"],)]
    assert "127.0.0.1" in product.dataops("status", code=None, env=clock).stdout


def _ask_through_dbt(product: harness.Product, server: postgres.Server, rows: int) -> None:
    """The profile's driver answers the monitors, also where only the warehouse's name is known."""
    zone = {**server.environment("shop_writer", "shop"), "PGTZ": "America/New_York"}
    dbt = open_engine(product.root, "prod", product.root / "target" / "asked", zone)
    assert dbt.parse(warnings_are_errors=False).ok
    orders = Relation("marts", "orders")
    known, unknown = dialect_of("postgres"), Dialect("postgres")
    with dbt.connect() as queries:
        columns = columns_of(queries, [orders, Relation("marts", "none")])[orders]
        rows_of_schema = queries.run(unknown.columns(["marts"])).rows
        document = [(name, kind) for _, table, name, kind in rows_of_schema if table == "orders"]
        assert [name for name, _ in document] == [name for name, _ in columns]
        result = []
        for dialect, spelled in ((known, columns), (unknown, document)):
            place = dialect.relation('"shop"."marts"."orders"')
            query = profiling.query(
                profiling.ProfileTarget("o", "o", place, spelled, rows=rows), dialect
            )
            profile = profiling.read(query, queries.run(query.sql).rows[0])
            alike = tuple(
                replace(column, type="", hours={}, mean_time=None) for column in profile.columns
            )
            result.append(replace(profile, columns=alike))
        assert result[0] == result[1]
        assert result[0].rows == rows > 0
        with pytest.raises(DataopsError, match="query failed"):
            queries.run("select no_such_column")
        place = "(select timestamptz '2026-01-02 03:00:00+00' as since) as one"
        wanted = profiling.ProfileTarget(
            "", "", place, [("since", "timestamp with time zone")], rows=1
        )
        for dialect in (known, unknown):
            query = profiling.query(wanted, dialect)
            (column,) = profiling.read(query, queries.run(query.sql).rows[0]).columns
            assert column.max == datetime(2026, 1, 2, 3, tzinfo=timezone.utc).timestamp()
            assert column.mean_time == column.max
            assert column.hours == ({"3": 1} if dialect is known else {}), "in UTC"
    left = "select count(*) from pg_stat_activity where usename = 'shop_writer'"
    assert server.ask(left) == [(0,)]


@pytest.mark.slow
def test_files_of_ones_own_become_a_product(server: postgres.Server, tmp_path: Path) -> None:
    """`start --from` drafts for PostgreSQL: every check passes, a rehearsal is published."""
    files = tmp_path / "files"
    files.mkdir()
    days = [date(2026, 1, 1) + timedelta(i % 59) for i in range(90)]
    head = "Visit ID;Day;Started;Seen At;Price;Ratio;Member;Order;Written;PersonNo\n"
    rows = [
        f"{i + 1};{day:%d.%m.%Y};{day:%m/%d/%Y} {i % 12 + 1:02}:30 {'PM' if i % 2 else 'AM'};"
        f"{day}T10:00:00+02:00;{i},50;{i}e-3;{'yes' if i % 3 else 'no'};A{i % 7};"
        f"{day:%d %b %Y};{i % 40 + 1}\n"
        for i, day in enumerate(days)
    ]
    (files / "visits.csv").write_text(head + "".join(rows), encoding="utf-8")
    people = [
        {"person_no": i, "gear": {"brand": f"Brand {i % 5}", "size": 30 + i}, "tags": ["a", i]}
        for i in range(1, 41)
    ]
    lines = "\n".join(json.dumps(item) for item in people)
    (files / "people.ndjson").write_text(lines + "\n", encoding="utf-8")
    answers = {"warehouse": "postgres", "product_name": "visits", "content": "empty"}
    product = harness.product(tmp_path / "visits", answers)
    _set_up(server, "visits")
    product.environment |= server.environment("visits_writer", "visits")
    output = product.dataops("start", "--from", str(files)).stdout
    assert "published, as a rehearsal on the sample" in output
    seen = server.ask(
        "select visit_id, day, started, seen_at, ratio, is_member, written, person_no "
        "from staging.stg_visits order by visit_id limit 2",
        "visits_writer",
        "visits",
    )
    assert len(seen) == 2
    for row in seen:
        i = row[0] - 1
        hour = (i % 12 + 1) % 12 + (12 if i % 2 else 0)
        day = days[i]
        assert row[1] == day
        assert row[2] == datetime(day.year, day.month, day.day, hour, 30)
        assert row[3] == datetime(day.year, day.month, day.day, 8, 0)
        assert row[4] == pytest.approx(i / 1000)
        assert row[5] is bool(i % 3)
        assert row[6] == day
    people_seen = server.ask(
        "select person_no, gear_brand, gear_size from staging.stg_people order by 1 limit 1",
        "visits_writer",
        "visits",
    )
    number = people_seen[0][0]
    assert people_seen == [(number, f"Brand {number % 5}", 30 + number)]
    # the date dimension has every day between the first and the last visit
    (dates,) = server.ask(
        "select max(date_day) - min(date_day) + 1 - count(*), count(*) > 1 from marts.dates",
        "visits_writer",
        "visits",
    )
    assert dates == (0, True)


def _marts(file: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the example's unchanged marts hold, whatever their schemas are called."""
    with duckdb.connect(str(file), read_only=True) as connection:
        places = connection.execute(
            "select table_name, schema_name from duckdb_tables() "
            "where table_name in ('orders', 'orders_daily') and schema_name like '%_marts'"
        ).fetchall()
        return {
            name: connection.execute(f'select * from "{schema}".{name} order by all').fetchall()
            for name, schema in places
        }


def _load_raw(server: postgres.Server) -> None:
    """Every delivery of 24 days, as text, into the schema raw."""
    with contextlib.closing(server.connect("shop_loader", "shop")) as connection:
        cursor = connection.cursor()
        for _, files in harness.generator().deliveries(date(2026, 1, 1), date(2026, 1, 24), seed=1):
            for name, content in files.items():
                table = name.partition("/")[0]
                header = content.decode().splitlines()[0].split(",")
                columns = ", ".join(f"{column} text" for column in header)
                cursor.execute(f"create table if not exists raw.{table} ({columns})")
                copy = f"copy raw.{table} from stdin (format csv, header)"
                cursor.copy_expert(copy, io.BytesIO(content))


# ── What is rendered ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_the_check_has_a_server_in_ci(tmp_path: Path, ci: str) -> None:
    """Only with this warehouse; the linters find nothing in it."""
    root = harness.render(tmp_path / "postgres", {"warehouse": "postgres", "ci": ci})
    other = harness.render(tmp_path / "duckdb", {"ci": ci})
    if ci == "github":
        script = root / ".github" / "postgres.sh"
        assert os.access(script, os.X_OK)
        done = subprocess.run(["shellcheck", script], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        assert not (other / ".github" / "postgres.sh").exists()
    else:
        assert lint_gitlab(root / ".gitlab" / "postgres.yml") == {}
        pipelines = (root / ".gitlab-ci.yml", *root.glob(".gitlab/*.yml"))
        texts = "".join(file.read_text(encoding="utf-8") for file in pipelines)
        images = re.findall(r"(?:\bimage|services:\s*- name): *(\S+)", texts)
        assert set(images) == {"$PYTHON_IMAGE", "$POSTGRES_IMAGE"}  # one digest each pins them
        assert not (other / ".gitlab" / "postgres.yml").exists()
    ownership = template.ownership()
    astray = [path for path in harness.tree(root, ".") if len(ownership.classes(path)) != 1]
    assert astray == []


# ── Without dbt ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def root(server: postgres.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small product with a database of its own, set up as its page says."""
    name = f"quick{next(_numbers)}"
    _set_up(server, name)
    for variable, value in server.environment(f"{name}_loader", name).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("DATAOPS_KEEP_RELEASES", raising=False)
    product = worker.make_product(tmp_path / "product")
    monkeypatch.setenv("PGUSER", f"{name}_writer")
    return product


def _release(root: Path, **options: Any) -> str:
    """A release that is published; returns its id."""
    done = worker.quick_release(root, **options)
    assert done.exit_code == 0, done.record.problem
    assert not done.warnings
    return done.record.run


def _ask(server: postgres.Server, query: str, role: str = "writer") -> list[tuple[Any, ...]]:
    name = os.environ["PGDATABASE"]
    return server.ask(query, f"{name}_{role}", name)


def _seen(server: postgres.Server) -> str:
    """Which release a reader sees; it must be one, and whole."""
    [(run, item, two)] = _ask(server, _LOOK, "ada")
    assert item == two
    return str(run)


_LOOK = """
    select
        (select release_id from dataops.release),
        (select min(token) || count(*) from marts.one),
        (select min(token) || count(*) from marts.two)
"""


def _read_on(place: dict[str, str], stop: Any, told: Any) -> None:
    """Look again and again until told to stop: in one statement, then in one transaction."""
    seen, looks = set(), 0
    try:
        connection = psycopg2.connect(
            host=place["PGHOST"],
            port=place["PGPORT"],
            user=place["PGUSER"],
            dbname=place["PGDATABASE"],
        )
        cursor = connection.cursor()
        while not stop.is_set():
            cursor.execute(_LOOK)
            run, item, two = cursor.fetchone()
            assert item == two, f"a mixture in one statement: {item}, {two}"
            connection.commit()
            cursor.execute("select min(token) || count(*) from marts.one")
            (item,) = cursor.fetchone()
            cursor.execute("select min(token) || count(*) from marts.two")
            assert cursor.fetchone() == (item,), "a mixture in one transaction"
            connection.commit()
            seen.add(run)
            looks += 1
            time.sleep(0.02)  # eight that never rest would leave the releases no processor
        connection.close()
        told.put((looks, len(seen), ""))
    except Exception as error:
        told.put((looks, len(seen), f"{type(error).__name__}: {error}"))


def test_readers_read_on_while_releases_are_published(
    server: postgres.Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight of them, in a loop: no error, no mixture; old releases are dropped beside them."""
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "2")
    _release(root)
    processes = multiprocessing.get_context("fork")
    stop, document = processes.Event(), processes.Queue()
    name = os.environ["PGDATABASE"]
    place = server.environment(f"{name}_ada", name)
    readers = [
        processes.Process(target=_read_on, args=(place, stop, document)) for _ in range(READERS)
    ]
    for reader in readers:
        reader.start()
    try:
        for _ in range(PUBLISHES):
            _release(root)
    finally:
        stop.set()
        ended = [document.get(timeout=60) for _ in readers]
        for reader in readers:
            reader.join(timeout=60)
    assert [problem for _, _, problem in ended if problem] == []
    assert all(looks > PUBLISHES and seen > 3 for looks, seen, _ in ended), ended
    assert len(_releases_in(server)) == 2


def _releases_in(server: postgres.Server) -> set[str]:
    result = _ask(server, "select nspname from pg_namespace where nspname ~ '^(r[0-9]|candidate)'")
    return {schema.partition("_")[0] for (schema,) in result}


@pytest.mark.parametrize(
    "instant",
    [
        "KILL_BEFORE=warehouse.seal",
        "KILL_AFTER=warehouse.seal",
        "KILL_AFTER=store.promote",
        "KILL_AFTER=warehouse.publish",
        "KILL_AFTER=store.point",
        "KILL_BEFORE=warehouse.drop",
        "KILL_AFTER=warehouse.drop",
    ],
)
def test_killed_while_it_publishes(
    server: postgres.Server, root: Path, monkeypatch: pytest.MonkeyPatch, instant: str
) -> None:
    """Readers see a whole release, old or new; the next run needs no help; no trace is left."""
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "2")
    for _ in range(2):
        _release(root)
    before = _seen(server)
    variable, _, name = instant.partition("=")
    command = [sys.executable, str(WORKER), str(root), "release"]
    killed = subprocess.run(command, env={**os.environ, variable: name}, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    seen = _seen(server)
    current = open_store(Product(root)).current()
    assert current is not None
    assert before in (current, seen) or current == seen
    _look_at_status(root, current, seen)
    grown = _ask(server, f"select count(*) from r{current[:6]}_marts.log")[0][0]
    done = worker.quick_release(root)
    assert done.exit_code == 0, done.record.problem
    assert _seen(server) == done.record.run == open_store(Product(root)).current()
    assert _ask(server, "select count(*) from marts.log") == [(grown + 1,)]
    _look_at_status(root, done.record.run, done.record.run)
    kept = {f"r{run[:6]}" for run in open_store(Product(root)).retained()}
    assert _releases_in(server) == kept
    outcomes = [record.outcome for record in History(root / "store" / "history").newest()]
    assert outcomes.count(CRASHED) + outcomes.count(PUBLISHED) == len(outcomes) == 4


def _look_at_status(root: Path, current: str, seen: str) -> None:
    """It says what readers see, and where that is not what the store says; so does the list."""
    output = status(Product(root))
    assert (output.current.run if output.current else "") == current
    assert output.readers.release == seen
    assert output.ok is (
        current == seen and output.last is not None and output.last.outcome == PUBLISHED
    )
    if current == seen:
        assert output.readers.problem == ""
    else:
        assert output.readers.problem.startswith(f"see {seen}: a run was interrupted")
        fix = f"uv run dataops rollback {int(current[:6])}" if current else "uv run dataops release"
        assert output.readers.problem.endswith(fix)
    assert [release.record.run for release in releases(Product(root)) if release.current] == [seen]


def test_killed_at_random_instants(server: postgres.Server, root: Path) -> None:
    """One database lives through all of it."""
    for _ in range(2):
        _release(root)
    longest = {"release": 1.5, "rollback": 1.0}
    for n in range(INSTANTS):
        verb = "rollback" if n % 3 == 2 else "release"
        begin = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, str(WORKER), str(root), verb], stderr=subprocess.DEVNULL
        )
        try:
            process.wait(timeout=(moment := random.uniform(0.2, longest[verb])))
            longest[verb] = time.monotonic() - begin
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        what = f"{verb} killed after {moment:.3f} s"
        assert _seen(server), what
        current = open_store(Product(root)).current() or ""
        grown = _ask(server, f"select count(*) from r{current[:6]}_marts.log")[0][0]
        done = worker.quick_release(root)
        assert done.exit_code == 0, f"{what}: {done.record.problem}"
        assert _seen(server) == done.record.run, what
        assert _ask(server, "select count(*) from marts.log") == [(grown + 1,)], what
    kept = {f"r{run[:6]}" for run in open_store(Product(root)).retained()}
    assert _releases_in(server) == kept


def test_told_to_stop_in_a_long_query(server: postgres.Server, root: Path) -> None:
    """It is recorded, nothing is left, the server does not go on with it."""
    process = subprocess.Popen(
        [sys.executable, str(WORKER), str(root), "release"],
        env={**os.environ, "DBT_SLOW": "1"},
        stderr=subprocess.DEVNULL,
    )
    at_work = "select count(*) from pg_stat_activity where application_name = 'candidate'"
    asked = f"{at_work} and query like '%pg_sleep(3600)%'"
    begin = time.monotonic()
    while _ask(server, asked) != [(1,)]:
        assert time.monotonic() - begin < 60, "it never came"
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 2
    assert next(History(root / "store" / "history").newest()).outcome == STOPPED
    assert _releases_in(server) == set()
    assert _ask(server, at_work) == [(0,)]


def test_the_first_release_and_a_rollback_killed(server: postgres.Server, root: Path) -> None:
    """Where readers were moved and the pointer was not, the pointer is right."""

    def kill(*arguments: str) -> None:
        killed = {**os.environ, "KILL_AFTER": "warehouse.publish"}
        command = [sys.executable, str(WORKER), str(root), *arguments]
        assert subprocess.run(command, env=killed).returncode == -signal.SIGKILL

    kill("release")
    assert open_store(Product(root)).current() is None
    _look_at_status(root, "", _seen(server))
    runs = [worker.quick_release(root).record.run for _ in range(2)]
    assert _seen(server) == runs[1]
    assert _releases_in(server) == {f"r{run[:6]}" for run in runs}
    kill("rollback")
    _look_at_status(root, runs[1], runs[0])
    done = rollback(Product(root), None)
    assert done.record is not None
    assert done.record.outcome == ROLLED_BACK
    assert _seen(server) == runs[0] == open_store(Product(root)).current()


@pytest.fixture
def second(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The product on another machine; both keep their store on a branch."""
    monkeypatch.setenv("DATAOPS_STORE", "branch")
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "origin.git")], check=True)
    (root / ".gitignore").write_text("/raw/\n/.dataops/\n/target/\n", encoding="utf-8")
    harness.git(root, "init", "-q", "-b", "main")
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-qm", "first")
    harness.git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    harness.git(root, "push", "-q", "origin", "main")
    harness.git(tmp_path, "clone", "-q", "-b", "main", "origin.git", "second")
    return tmp_path / "second"


def test_a_machine_that_published_and_never_came_back(
    server: postgres.Server, root: Path, second: Path
) -> None:
    """Readers see what the store, elsewhere, knows nothing of: another one fixes it."""
    runs = [_release(root), _release(second)]
    killed = {**os.environ, "KILL_AFTER": "warehouse.publish"}
    command = [sys.executable, str(WORKER), str(root), "release"]
    assert subprocess.run(command, env=killed).returncode == -signal.SIGKILL
    lost = _seen(server)
    assert lost not in runs
    output = status(Product(second))
    assert output.current is not None
    assert (output.current.run, output.readers.release) == (runs[1], lost)
    assert not output.ok
    assert output.open_to == "", "the branch holds no data"
    # The release before what readers see is the one that the store says.
    back = rollback(Product(second), None)
    assert (back.record, back.release.run) == (None, runs[1])
    assert any(f"Readers saw {lost}" in warning for warning in back.warnings)
    assert _seen(server) == runs[1]
    # The next release takes the number that the lost one had.
    done = _release(second)
    assert done[:6] == lost[:6]
    assert worker.quick_release(root).exit_code == 0
    _look_at_status(second, _seen(server), _seen(server))
    assert _releases_in(server) == {f"r{run[:6]}" for run in open_store(Product(second)).retained()}


@pytest.mark.parametrize("instant", ["warehouse.publish", "store.point"])
def test_another_machine_begins_while_one_publishes(
    server: postgres.Server,
    root: Path,
    second: Path,
    instant: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is kept out, and takes away nothing of what is about to be current."""
    _release(root)
    kind = PostgresWarehouse if instant == "warehouse.publish" else MirrorStore
    name = instant.partition(".")[2]
    act = getattr(kind, name)
    met: list[str] = []

    def meanwhile(self: Any, run: str, *more: Any) -> None:
        if not met and run[:6] == "000002":
            met.append(run)
            with pytest.raises(DataopsError, match="Another release is running"):
                worker.quick_release(second)
        act(self, run, *more)

    monkeypatch.setattr(kind, name, meanwhile)
    run = _release(root)
    assert met == [run]
    assert _seen(server) == run == open_store(Product(second)).current()
    assert _ask(server, "select count(*) from marts.log") == [(2,)]
    assert worker.quick_release(second).exit_code == 0
    assert _ask(server, "select count(*) from marts.log") == [(3,)]


def test_state_goes_on_from_current_alone(
    server: postgres.Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows() -> int:
        return int(_ask(server, "select count(*) from marts.log", "ada")[0][0])

    for expected in (1, 2):
        _release(root)
        assert rows() == expected
    monkeypatch.setenv("DBT_FAILS", "test")
    assert worker.quick_release(root).record.outcome == REJECTED
    monkeypatch.delenv("DBT_FAILS")
    assert rows() == 2
    _release(root)
    assert rows() == 3
    rollback(Product(root), "1")
    _release(root)
    assert rows() == 2
    _release(root, full_refresh=True)
    assert rows() == 1


def test_rights_and_views_of_others_survive(
    server: postgres.Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = os.environ["PGDATABASE"]
    _release(root)
    server.ask(f"create role {name}_tool login; create role {name}_guest login", database=name)
    server.ask(f"grant connect on database {name} to {name}_tool, {name}_guest")
    for role in ("tool", "guest"):
        server.ask(f"grant usage on schema marts to {name}_{role}", database=name)
    _ask(server, f"grant select on marts.one to {name}_tool with grant option")
    _ask(server, f"grant select on marts.one to {name}_guest")
    server.ask("create schema theirs", database=name)
    server.ask(f"alter schema theirs owner to {name}_ada", database=name)
    _ask(server, "create view theirs.tokens as select token from marts.one", "ada")

    # One more column at the end: the view is replaced, what reads it stays and sees the new data.
    monkeypatch.setenv("DBT_COLUMN", "1 as extra, 2 as another")
    _release(root)
    assert _ask(server, "select another from marts.one limit 1", "guest") == [(2,)]
    new = _ask(server, "select token from marts.two limit 1", "ada")
    assert _ask(server, "select token from theirs.tokens limit 1", "ada") == new

    # Another type: somebody's view stands in the way.
    before = _seen(server)
    monkeypatch.setenv("DBT_COLUMN", "1::bigint as extra")
    rejected = worker.quick_release(root)
    assert rejected.record.outcome == FAILED
    assert "Another view reads marts.one" in rejected.record.problem
    assert "theirs.tokens" in rejected.record.problem
    assert _seen(server) == before
    assert len(_releases_in(server)) == 2

    # Without it the view is made anew, and everybody may do what they could.
    _ask(server, "drop view theirs.tokens", "ada")
    _release(root)
    assert _seen(server) != before
    for role in ("tool", "guest", "ada"):
        assert _ask(server, "select extra from marts.one limit 1", role) == [(1,)]
    _ask(server, f"grant select on marts.one to {name}_ada", "tool")

    # What no release has made is not replaced.
    _ask(server, "drop view marts.one")
    _ask(server, "create table marts.one (i integer)")
    with pytest.raises(DataopsError, match=r"marts\.one exists already"):
        rollback(Product(root), None)


def test_open_transactions_end_in_peace(server: postgres.Server, root: Path) -> None:
    """Publishing waits for who has read a view; an old release for who still reads it."""
    runs = [_release(root) for _ in range(2)]
    hasty = replace(PostgresWarehouse(Product(root)), patience=1.0)
    name = os.environ["PGDATABASE"]
    with contextlib.closing(server.connect(f"{name}_ada", name)) as reader:
        reader.autocommit = False
        cursor = reader.cursor()
        cursor.execute(_LOOK)
        result = cursor.fetchall()
        with pytest.raises(DataopsError, match="cannot be published now") as raised:
            hasty.publish(runs[0])
        assert "transaction" in raised.value.fix
        # Nobody queues behind it.
        assert _seen(server) == runs[1]
        cursor.execute(_LOOK)
        assert cursor.fetchall() == result
        reader.commit()
        hasty.publish(runs[0])
        hasty.publish(runs[0])
    assert _seen(server) == runs[0]
    hasty.publish(runs[1])
    with contextlib.closing(server.connect(f"{name}_writer", name)) as reader:
        reader.autocommit = False
        cursor = reader.cursor()
        cursor.execute("select count(*) from r000001_marts.one")
        with pytest.raises(DataopsError, match="cannot be dropped yet"):
            hasty.drop(runs[0])
        cursor.execute("select count(*) from r000001_marts.two")
        assert cursor.fetchone() == (10,)
        reader.commit()
    hasty.drop(runs[0])
    hasty.drop(runs[0])
    with pytest.raises(DataopsError, match="missing or damaged"):
        hasty.check(runs[0])
    hasty.check(runs[1])


def test_a_product_moves_from_duckdb(server: postgres.Server, root: Path) -> None:
    """Current is a file then, and nothing of it is here: the first release begins from raw."""
    answers = root / ".copier-answers.yml"
    text = answers.read_text(encoding="utf-8")
    answers.write_text(text.replace("warehouse: postgres", "warehouse: duckdb"), encoding="utf-8")
    assert duckdb_worker.quick_release(root).exit_code == 0
    answers.write_text(text, encoding="utf-8")
    run = _release(root)
    assert _seen(server) == run
    assert _ask(server, "select count(*) from marts.log") == [(1,)]
    with pytest.raises(DataopsError, match="missing or damaged"):
        rollback(Product(root), "1")
    assert _seen(server) == run


def test_a_view_on_a_release_keeps_it(server: postgres.Server, root: Path) -> None:
    runs = [_release(root) for _ in range(2)]
    _ask(server, "create schema theirs; create view theirs.old as table r000001_marts.one")
    with pytest.raises(DataopsError, match="nother view reads") as raised:
        PostgresWarehouse(Product(root)).drop(runs[0])
    assert "theirs.old" in raised.value.where
    assert _ask(server, "select count(*) from theirs.old") == [(10,)]


def test_values_stay_what_they_are(server: postgres.Server, root: Path) -> None:
    """The sample's, from files to PostgreSQL; and those of what is built, from there to a file."""
    folder = root / "sample" / "odd"
    folder.mkdir()
    values = (
        "select * from (values "
        "(1::bigint, 'a,\"b\"' || chr(10) || 'c', 1.50::decimal(9, 2), 0.1::double, true, "
        "date '2026-01-02', timestamp '2026-01-02 03:04:05.678', "
        "timestamptz '2026-01-02 03:04:05+02', 'ab'::blob, [1.5, 2], {'x': 'y'}), "
        "(2, '', null, 'nan'::double, null, null, null, null, null, null, null), "
        "(3, '\\N', -2, null, false, null, null, null, null, [], null), "
        "(4, null, 0, 1e300, null, null, null, null, null, null, null)"
        ") as rows (id, words, amount, ratio, flag, day, moment, instant, bytes, list, pair)"
    )
    with duckdb.connect() as files:
        files.execute(f"copy ({values}) to '{folder / 'odd.parquet'}' (format parquet)")
    (root / "models").mkdir()
    (root / "models" / "raw.yml").write_text(
        "sources:\n  - name: raw\n    tables:\n      - name: odd\n        config: {meta: "
        "{external_location: \"read_parquet('{{ env_var('DATAOPS_RAW', 'sample') }}/odd/*')\"}}\n",
        encoding="utf-8",
    )
    product = Product(root)
    for _ in range(2):  # a second time it is replaced
        assert load(product, "ci_me_sample") == {"odd": 4}
    result = _ask(
        server,
        "select words, amount, ratio, flag, instant at time zone 'UTC', encode(bytes, 'escape'), "
        "list ->> 1, pair ->> 'x', pg_typeof(amount)::text from ci_me_sample.odd order by id",
    )
    assert [row[0] for row in result] == ['a,"b"\nc', "", "\\N", None]
    assert [str(row[1]) for row in result] == ["1.50", "None", "-2.00", "0.00"]
    assert [str(row[2]) for row in result] == ["0.1", "nan", "None", "1e+300"]
    assert result[0][3:] == (True, datetime(2026, 1, 2, 1, 4, 5), "ab", "2.0", "y", "numeric")
    file = root / "mirror.duckdb"
    for _ in range(2):
        mirror(product, "ci_me", file)
    with duckdb.connect(str(file), read_only=True) as copied:
        copied.execute("set TimeZone = 'UTC'")
        columns = "id, words, amount, ratio, flag, day, moment, instant"
        query = f"select {columns}, typeof(amount) from ci_me_sample.odd order by id"
        mirrored = copied.execute(query).fetchall()
        wanted = copied.execute(f"select {columns}, typeof(amount) from ({values})").fetchall()
    assert repr(mirrored) == repr(wanted)


def test_sessions_of_dbt_are_in_utc(server: postgres.Server, root: Path) -> None:
    """In another zone a national time that its clocks skip would move."""
    assert server.ask("show timezone") == [("Asia/Tokyo",)]
    release = PostgresWarehouse(Product(root)).environment("r1", rehearsal=False)
    for environment in (side.environment(), release):
        with set_variables(environment):
            assert server.ask("show timezone") == [("UTC",)]


def test_two_machines_never_build_in_one_database(server: postgres.Server, root: Path) -> None:
    """A store in a bucket has no lock that both see."""
    item, other = (PostgresWarehouse(Product(root)) for _ in range(2))
    item.lock()
    item.begin("000001-20260101T000000Z-a", "", [])
    _ask(server, "create schema candidate_marts; create table candidate_marts.one (i integer)")
    with pytest.raises(DataopsError, match="Another release is running") as error:
        other.lock()
    assert re.fullmatch(r"\w+: session \d+ of \w+_writer", error.value.where)
    with pytest.raises(DataopsError, match="does not hold the build lock"):
        other.begin("000001-20260101T000001Z-b", "", [])
    other.discard("000001-20260101T000001Z-b")
    assert _ask(server, "select * from candidate_marts.one") == []
    item.discard("000001-20260101T000000Z-a")
    assert _releases_in(server) == set()
    item.unlock()
    other.lock()
    other.begin("000001-20260101T000001Z-b", "", [])
    # A server that was restarted has forgotten whose turn it is.
    server.ask(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dataops'"
    )
    label = Label("000001-20260101T000001Z-b", "release", "raw", "", False, "", "2026-01-01")
    with pytest.raises(DataopsError, match="holds the build lock was lost"):
        other.seal(label.release_id, label)


def test_a_database_belongs_to_one_product_and_its_store(
    server: postgres.Server, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _release(root)
    seen = _seen(server)
    monkeypatch.setenv("DATAOPS_STORE", str(tmp_path / "another store"))
    time.sleep(1.1)  # a run's id holds the second
    done = worker.quick_release(root)
    assert done.record.outcome == FAILED
    assert "already has another release of this number" in done.record.problem
    monkeypatch.delenv("DATAOPS_STORE")
    (root / "dbt_project.yml").write_text("name: other\n", encoding="utf-8")
    monkeypatch.setenv("DATAOPS_STORE", str(tmp_path / "store of the other"))
    done = worker.quick_release(root)
    assert done.record.outcome == FAILED
    assert "belongs to another product, shop" in done.record.problem
    assert _seen(server) == seen


def test_what_was_made_with_another_store_is_not_dropped(
    server: postgres.Server, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither is the first number taken here, nor is it a machine's that never came back."""
    runs = [_release(root), _release(root)]
    PostgresWarehouse(Product(root)).drop(runs[0])
    monkeypatch.setenv("DATAOPS_STORE", str(tmp_path / "another store"))
    time.sleep(1.1)  # a run's id holds the second
    _release(root)
    done = worker.quick_release(root)
    assert _ask(server, "select count(*) from r000002_marts.log") == [(2,)]
    assert done.record.outcome == FAILED
    assert "already has another release of this number" in done.record.problem


def test_without_a_server_it_says_where_it_looked(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    output = status(Product(root))
    assert output.readers.release is None
    assert "cannot be reached" in output.readers.problem
    assert "hunter2" not in output.readers.problem
    with pytest.raises(DataopsError, match="cannot be reached") as raised:
        worker.quick_release(root)
    assert "127.0.0.1" in raised.value.where
    assert "hunter2" not in str(raised.value)
    assert "dataops docs postgres" in raised.value.fix


@pytest.mark.parametrize(
    ("target", "held", "changed"),
    [
        ("integer", ["1", "-20", "1.0", "2147483647"], ["1.5", "2147483648", "9" * 25, "x", ""]),
        ("decimal(18, 2)", ["1", "150.55", "1.500", ".5"], ["0.2549", "1" + "0" * 16, "NaN"]),
        ("double precision", ["1.5", "1e10"], ["NaN", "Infinity", "0.123456789012345678"]),
        (
            "date",
            ["2024-02-29", "2024-01-01 00:00:00"],
            [
                "2024-01-01 10:00",
                "01/02/2024",
                "2024-02-30",
                "2023-02-29",
                "2024-13-01",
                "2024-04-31",
            ],
        ),
        (
            "timestamp",
            ["2024-01-01 10:00:00.123456", "2024-02-29T23:59:59Z", "2000-02-29"],
            ["2024-01-01 10:00:00.1234567", "x", "2024-02-30 10:00", "2024-01-01 25:00"],
        ),
        (
            {"type": "timestamp", "zone": True},
            ["2024-01-01T10:00:00+02:00"],
            ["2024-02-30T10:00:00Z"],
        ),
        (
            {"type": "date", "format": "%d.%m.%Y"},
            ["31.12.2024"],
            ["31.12.2024 10:00", "31.02.2024"],
        ),
        (
            {"type": "timestamp", "format": "%m/%d/%Y %I:%M %p"},
            ["1/31/2024 1:05 PM"],
            ["31/1/2024 1:05 PM", "1/31/2024 1:75 PM"],
        ),
        ({"type": "date", "format": "%d-%b-%Y"}, ["05-Jan-2024"], ["05-Mai-2024", "31-Apr-2024"]),
        ({"type": "date", "format": "%Y%m%d"}, ["20240229"], ["20240230"]),
        ("boolean", ["true", "F"], ["maybe"]),
        ("varchar", ["maybe", ""], []),
    ],
)
def test_values_that_a_type_does_not_hold_are_reported_on_a_server(
    server: postgres.Server, target: Any, held: list[str], changed: list[str]
) -> None:
    with server.connect() as connection, connection.cursor() as cursor:
        for value, count in [(v, 0) for v in held] + [(v, 1) for v in changed]:
            relation = "exact_values"
            cursor.execute(f"create temp table {relation} as select cast(%s as text) as x", [value])
            cursor.execute(exact_casts.query(relation, {"x": target}, "postgres"))
            assert [(row[0], row[2]) for row in cursor.fetchall()] == [("x", 1)] * count, value
            cursor.execute(f"drop table {relation}")


def test_readers_get_no_personal_column(server: postgres.Server, root: Path) -> None:
    """Whatever was published before, also after a rollback; the release itself holds all."""
    withheld = {("candidate_marts", "one"): ("token",), ("candidate_marts", "two"): ("token", "i")}
    first = _release(root)
    _ask(server, "grant select on marts.one to public")
    with unittest.mock.patch(
        "first_light.release.withhold.withheld_columns", return_value=withheld
    ):
        second = _release(root)
    columns = (
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'marts' order by 1, 2"
    )
    published = [("log", "release"), ("one", "extra"), ("one", "i")]
    assert [row for row in _ask(server, columns, "ada") if row[1] != "noise"] == published
    assert _ask(server, "select count(*) > 0 from marts.one", "ada") == [(True,)]
    own = f"r{int(second.partition('-')[0]):06d}_marts"
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        _ask(server, f"select token from {own}.one", "ada")
    assert _ask(server, f"select count(token) > 0 from {own}.one") == [(True,)]
    assert ("one", "token") in _ask(
        server, 'select name, "column" from dataops.withheld order by 1, 2', "ada"
    )
    rollback(Product(root), first)
    assert ("one", "token") in _ask(server, columns, "ada")
    rollback(Product(root), second)
    assert [row for row in _ask(server, columns, "ada") if row[1] != "noise"] == published


def test_the_views_of_readers_have_the_comments_of_what_they_read(
    server: postgres.Server, root: Path
) -> None:
    comments = (
        "select obj_description('marts.one'::regclass), "
        "(select string_agg(attname || ': ' || col_description(attrelid, attnum), ', ' "
        "order by attnum) from pg_attribute where attrelid = 'marts.one'::regclass and attnum > 0)"
    )
    _release(root)
    shown = [("It's one row a number", "token: The same in all rows, i: The number")]
    assert _ask(server, comments, "ada") == shown
    _ask(server, "comment on view marts.two is 'of a release before'", "writer")
    withheld = {("candidate_marts", "one"): ("token",)}
    with unittest.mock.patch(
        "first_light.release.withhold.withheld_columns", return_value=withheld
    ):
        _release(root)
    assert _ask(server, comments, "ada") == [("It's one row a number", "i: The number")]
    assert _ask(server, "select obj_description('marts.two'::regclass)", "ada") == [(None,)]


def test_a_commit_with_a_value_of_a_person_is_not_released(
    server: postgres.Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer reads raw, which no check does: an address rejects, what may be a name warns."""
    _ask(
        server,
        'create table raw.people (surname text, "Mail" text, more json); '
        "insert into raw.people values "
        "('Lovelace', 'ada@mail.net', '{}'), ('Hopper', 'grace@mail.net', '{}')",
        "loader",
    )
    marks = {"surname": "person", "mail": "email", "more": "free_text"}
    people: dict[str, Any] = {
        "unique_id": "source.shop.raw.people",
        "resource_type": "source",
        "name": "people",
        "identifier": "people",
        "schema": "raw",
        "relation_name": '"raw"."people"',
        "original_file_path": "models/raw.yml",
        "package_name": "shop",
        "columns": {n: {"name": n, "config": {"meta": {"pii": k}}} for n, k in marks.items()},
        "config": {"meta": {"dataops": {"monitors": "off"}}},
    }
    plain = duckdb_worker.manifest
    monkeypatch.setattr(
        duckdb_worker, "manifest", lambda: plain() | {"sources": {people["unique_id"]: people}}
    )
    notes = root / "docs" / "notes.md"
    notes.parent.mkdir()
    (root / ".gitignore").write_text("/raw/\n/store/\n/target/\n", encoding="utf-8")
    harness.git(root, "init", "-q", "-b", "main")

    def released(text: str) -> Any:
        notes.write_text(text, encoding="utf-8")
        harness.git(root, "add", "-A")
        harness.git(root, "commit", "-q", "--allow-empty", "-m", "next")
        return worker.quick_release(root)

    bad = released("Notes.\nAsk grace@mail.net or data@example.com.\n")
    assert bad.record.outcome == REJECTED
    assert "docs/notes.md:2: a value of raw.people.mail (email)" in bad.record.problem
    assert "grace" not in bad.record.to_json().decode()
    assert bad.record.nodes == ()  # before anything was built

    with PostgresWarehouse(Product(root)).reader("") as queries:
        manifest = read_manifest(root / "target" / "release" / "manifest.json")
        tables = search.tables_of_server(queries, manifest, ())
        monkeypatch.setattr(search, "_MOST_VALUES", 1)
        searched = search.search_in(queries, tables, Product(root), ())
    assert searched.notes == (
        "of raw.people.surname only 1 values were compared",
        "of raw.people.mail only 1 values were compared",
        "raw.people.more could not be read",
    )

    del people["columns"]["more"]  # a failed query ends the worker's only transaction
    doubtful = released("- Lovelace\n")
    assert doubtful.record.outcome == PUBLISHED
    (sentence,) = doubtful.warnings
    assert "docs/notes.md:1 (raw.people.surname)" in sentence
    assert sentence in doubtful.record.notes
    assert "lovelace" not in doubtful.record.to_json().decode().lower()

    again = worker.quick_release(root)  # nothing but data may be new
    assert (again.record.outcome, again.warnings) == (PUBLISHED, ())
