"""The release line on the example, with the real dbt: a bad change, a rollback, state."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import MakeProduct
from rich.console import Console

import harness
from first_light.cli.output.release import show_release
from first_light.commands.release import release as make_release
from first_light.dbt.engine import NodeResult
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.root_cause import find_cause, stands_on, subject_of
from first_light.history.log import History
from first_light.history.record import PUBLISHED, REJECTED, STOPPED, FindingRun, Record
from first_light.project.product import Product
from first_light.release.brought import Suspects
from first_light.release.options import Options
from first_light.release.outcome import Released, faults_above

MARTS = ("customers", "orders", "orders_daily")


@pytest.mark.slow
def test_a_product_s_first_releases(make_product: MakeProduct) -> None:
    """As a person would: rehearsal, raw, a bad change, a rollback, the next good change."""
    product = make_product()
    store = product.root / "store"
    assert "There is no release yet" in product.dataops("rollback", code=2).stderr
    assert "nothing was published yet" in product.dataops("status", code=1).stdout
    dirty = product.dataops("release", code=2)
    assert "uncommitted changes" in dirty.stderr
    assert "--allow-dirty" in dirty.stderr
    assert not store.exists()

    # There is no raw yet: the whole line runs on the sample, and says so.
    product.commit("first")
    output = product.dataops("release", "--trigger", "push").stdout
    assert "published, as a rehearsal on the sample" in output
    assert "set DATAOPS_RAW" in output
    assert "REHEARSAL" in product.dataops("status").stdout
    assert _one(store, "select kind, built_from from dataops.release") == ("rehearsal", "sample")

    # Raw arrives.
    product.run(sys.executable, "example/shop.py", "--until", "2026-03-31")
    clock = {"DATAOPS_NOW": "2026-04-01T05:00:00Z"}
    done = json.loads(
        product.dataops("release", "--trigger", "schedule", "--json", env=clock).stdout
    )
    assert done["outcome"] == PUBLISHED
    assert _one(store, "select kind, release_id from dataops.release") == ("release", done["run"])
    record = next(History(store / "history").newest())
    assert record.nodes
    assert sum(record.counts.values()) == len(record.nodes)
    rows = {node.name: node.rows for node in record.nodes if node.resource_type == "model"}
    for mart in MARTS:
        assert (rows[mart],) == _one(store, f"select count(*) from marts.{mart}")
    assert rows["int_orders_latest"] is None
    assert all(node.group == "data_team" for node in record.nodes if node.resource_type == "model")
    assert {item.name for item in record.freshness} == {table.name for table in record.raw.tables}
    assert all(item.age_seconds and item.max_loaded_at for item in record.freshness)
    assert product.dataops("status", env=clock).stdout.startswith(f"current      {done['run']}")

    # A change that breaks a model that others build on.
    model = product.root / "models" / "staging" / "shop" / "stg_orders.sql"
    good = model.read_text(encoding="utf-8")
    model.write_text(
        good.replace("cast(order_id as bigint) as order_id", "cast(channel as bigint) as order_id"),
        encoding="utf-8",
    )
    product.commit("bad")
    rejected = product.dataops("release", code=1, env=clock).stdout
    assert "rejected" in rejected
    assert f"keep {done['run']}" in rejected
    assert "root cause   model stg_orders" in rejected
    assert "data-team <data-team@example.com>" in rejected
    assert "orders_daily" in rejected
    assert "weekly_revenue" in rejected
    assert "uv run dbt build --full-refresh --select +stg_orders" in rejected
    assert "'web'" not in rejected, "a value of raw was shown"
    assert "last run     rejected" in product.dataops("status", code=1, env=clock).stdout
    assert _one(store, "select release_id from dataops.release") == (done["run"],)
    assert not list((store / "candidates").iterdir())

    # Back, and forth again.
    assert "rehearsal" not in product.dataops("rollback").stdout
    assert _one(store, "select kind from dataops.release") == ("rehearsal",)
    product.dataops("rollback", str(int(done["run"].split("-")[0])))
    assert _one(store, "select release_id from dataops.release") == (done["run"],)

    # The next good change.
    model.write_text(good, encoding="utf-8")
    product.commit("fixed")
    product.dataops("release", env=clock)
    listed = json.loads(product.dataops("releases", "--json").stdout)
    assert [(item["command"], item["outcome"]) for item in listed] == [
        ("release", "published"),
        ("rollback", "rolled back"),
        ("rollback", "rolled back"),
        ("release", "rejected"),
        ("release", "published"),
        ("release", "published"),
    ]
    newest = next(History(store / "history").newest())
    assert newest.git.commits_total == 2
    assert newest.raw.fingerprint == record.raw.fingerprint
    assert not newest.raw.modified
    assert product.git("status", "--porcelain") == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "told", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.thorough)]
)
def test_told_to_stop(make_product: MakeProduct, told: signal.Signals) -> None:
    """In the middle of a long query: recorded, nothing left, nobody waits."""
    product = make_product()
    (product.root / "models" / "marts" / "endless.sql").write_text(
        "select count(*) as row_count from range(10000000) as a (i), range(1000000) as b (j)\n"
        "where a.i % 7 = b.j % 11\n",
        encoding="utf-8",
    )
    product.commit()
    dataops = Path(product.environment["UV_PROJECT_ENVIRONMENT"]) / "bin" / "dataops"
    process = subprocess.Popen(
        [str(dataops), "release"], cwd=product.root, env=product.environment, stdout=subprocess.PIPE
    )
    store = product.root / "store"
    log = product.root / "target" / "release" / "logs" / "dbt.log"
    _wait(lambda: log.exists() and "START sql table model marts.endless" in log.read_text("utf-8"))
    process.send_signal(told)
    assert process.wait(timeout=60) == 2  # the query alone would take hours
    record = next(History(store / "history").newest())
    assert record.outcome == STOPPED
    assert told.name in record.problem
    assert not list((store / "candidates").iterdir())
    assert not (store / "current").exists()


# ── State ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example under git, to release from in this process."""
    root = harness.render(tmp_path / "shop")
    for name, value in harness.clean_environment().items():
        monkeypatch.setenv(name, value)
    harness.git(root, "init", "-q", "-b", "main")
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-q", "-m", "first")
    return root


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seed", "until"), [(22, 17), pytest.param(0, 24, marks=pytest.mark.thorough)]
)
def test_state_and_full_refresh_give_equal_marts(
    shop: Path, monkeypatch: pytest.MonkeyPatch, seed: int, until: int
) -> None:
    """Days arrive in any bundles, late rows among them, rejected releases between: it adds up.

    Every seed is another shop: other orders, other late uploads, other bundles.
    """
    chance = random.Random(seed)
    print(f"seed {seed}")
    days = list(harness.generator().deliveries(date(2026, 1, 1), date(2026, 1, until), seed=seed))
    model = shop / "models" / "marts" / "orders_daily.sql"
    good = model.read_text(encoding="utf-8")
    first = 12  # by then something was returned: a source without a row is rejected
    while days:
        bundle = [days.pop(0) for _ in range(min(len(days), first or chance.randint(1, 7)))]
        first = 0
        for _, files in bundle:
            for name, content in files.items():
                path = shop / "raw" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        if not days:
            _correct_an_order(shop / "raw" / "orders")
        monkeypatch.setenv("DATAOPS_NOW", f"{bundle[-1][0] + timedelta(days=1)}T05:00:00Z")
        if chance.random() < 0.5:
            spoiled = good.replace(
                "        order_count,", "        order_count + 1 as order_count,"
            )
            model.write_text(spoiled, encoding="utf-8")
            assert _release(shop) == REJECTED
            model.write_text(good, encoding="utf-8")
        assert _release(shop) == PUBLISHED
    stateful = _marts(shop)
    assert _release(shop, full_refresh=True) == PUBLISHED
    assert _marts(shop) == stateful
    assert len(stateful["orders_daily"]) == until


def _correct_an_order(orders: Path) -> None:
    """In the newest file the first order comes again, a day later: it leaves its old day."""
    files = sorted(orders.glob("*.csv"))
    versions = [row for file in files for row in csv.DictReader(file.open(encoding="utf-8"))]
    last = [row for row in versions if row["order_id"] == versions[0]["order_id"]][-1]
    exported_at = versions[-1]["exported_at"]
    ordered_at = str(datetime.fromisoformat(last["ordered_at"]) + timedelta(days=1))
    corrected = {**last, "ordered_at": ordered_at, "updated_at": exported_at}
    with files[-1].open("a", encoding="utf-8") as file:
        writer = csv.DictWriter(file, corrected, lineterminator="\n")
        writer.writerow({**corrected, "exported_at": exported_at})


def _release(root: Path, full_refresh: bool = False) -> str:
    """The outcome of one release; all of them in this process, as in a scheduler that stays up."""
    options = Options(allow_dirty=True, full_refresh=full_refresh)
    done = make_release(Product(root), options, lambda line: None, lambda line: None)
    return done.record.outcome


def _marts(root: Path) -> dict[str, list[Any]]:
    file = root / "store" / "current" / "warehouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        return {
            mart: connection.execute(f"from marts.{mart} order by all").fetchall() for mart in MARTS
        }


# ── The cause ────────────────────────────────────────────────────────────────────────────────────


def _node(name: str, kind: str = "model", parents: tuple[str, ...] = (), **more: Any) -> Node:
    return Node(f"{kind}.shop.{name}", kind, name, f"{name}.sql", depends_on=parents, **more)


def _result(node: Node, status: str = "error") -> NodeResult:
    return NodeResult(node.unique_id, node.kind, node.name, node.path, status, 0.1)


RAW = _node("raw_orders", "source")
STAGED = _node("stg_orders", parents=(RAW.unique_id,), group="core")
ORDERS = _node("orders", parents=(STAGED.unique_id,), group="sales")
DAILY = _node("daily", parents=(ORDERS.unique_id,), group="sales")
OTHER = _node("other", group="sales")
BOARD = _node("board", "exposure", (DAILY.unique_id,))
UNIQUE = _node("unique_orders", "test", (ORDERS.unique_id,), attached_to=ORDERS.unique_id)
ADDS_UP = _node("adds_up", "test", (DAILY.unique_id, STAGED.unique_id))
NODES = (RAW, STAGED, ORDERS, DAILY, OTHER, BOARD, UNIQUE, ADDS_UP)
MANIFEST = Manifest(
    {node.unique_id: node for node in NODES},
    {"core": {"name": "Core", "email": "core@example.com"}, "sales": {"name": "Sales"}},
)


@pytest.mark.parametrize(
    ("failed", "cause", "owner", "models", "exposures"),
    [
        ([DAILY, UNIQUE], UNIQUE, "Sales", ("daily",), ("board",)),
        ([UNIQUE, ORDERS, DAILY], ORDERS, "Sales", ("daily",), ("board",)),
        (
            [DAILY, RAW],
            RAW,
            "Core <core@example.com>",
            ("daily", "orders", "stg_orders"),
            ("board",),
        ),
        ([ADDS_UP], ADDS_UP, "Sales", (), ("board",)),
        ([ADDS_UP, STAGED], STAGED, "Core <core@example.com>", ("daily", "orders"), ("board",)),
    ],
)
def test_the_most_upstream_cause(
    failed: list[Node], cause: Node, owner: str, models: tuple[str, ...], exposures: tuple[str, ...]
) -> None:
    result = find_cause([_result(node) for node in failed], MANIFEST)
    assert result is not None
    assert result.result.unique_id == cause.unique_id
    assert (result.owner, result.models, result.exposures) == (owner, models, exposures)


def test_nothing_failed_has_no_cause() -> None:
    assert find_cause([], MANIFEST) is None


def test_a_test_of_several_models_is_about_the_last() -> None:
    assert subject_of(_result(ADDS_UP), MANIFEST) == DAILY.unique_id


def test_a_test_stands_on_all_that_it_compares() -> None:
    joined = _node(
        "joined", "test", (ORDERS.unique_id, OTHER.unique_id), attached_to=OTHER.unique_id
    )
    manifest = Manifest({node.unique_id: node for node in (*NODES, joined)}, {})
    expected = {node.unique_id for node in (RAW, STAGED, ORDERS, OTHER)}
    assert stands_on(_result(joined), manifest) == expected
    assert RAW.unique_id not in stands_on(_result(OTHER), manifest)


def test_a_delivery_that_did_not_come_is_named_before_the_references_that_lack_it() -> None:
    def late(node: Node) -> FindingRun:
        message = f"No new data for {node.name} since the previous delivery."
        return FindingRun("delivery", node.unique_id, node.name, "", "warn", message, 0.0)

    other = _node("raw_other", "source")
    lacks = _node("lacks", "test", (ORDERS.unique_id, OTHER.unique_id), attached_to=OTHER.unique_id)
    manifest = Manifest({node.unique_id: node for node in (*NODES, lacks, other)}, {})
    cause = find_cause([_result(lacks, "fail")], manifest)
    assert cause is not None
    seen = faults_above([late(other), late(RAW)], cause, manifest)
    assert [fault.name for fault in seen] == ["raw_orders"]
    record = Record("000002-x", 2, "shop", "release", "manual", REJECTED, "2026-01-01T00:00:00Z")
    done = Released(
        replace(record, kind="release"), (), (cause.result,), cause, True, (), Path("-"),
        suspects=Suspects(("other/1.csv",), ("other/1.csv",)), faults=seen,
    )  # fmt: skip
    console = Console(record=True, width=200)
    show_release(console, done)
    text = console.export_text()
    assert text.index("No new data for raw_orders") < text.index("failed       test lacks")
    assert "root cause   what did not come to raw_orders; test lacks of other" in text
    wait = "wait for raw_orders to be delivered, then: uv run dataops release"
    assert text.index(wait) < text.index("set-aside other/1.csv")


def _one(store: Path, query: str) -> tuple[Any, ...]:
    file = store / "current" / "warehouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        [row] = connection.execute(query).fetchall()
    return tuple(row)


def _wait(until: Callable[[], bool], seconds: float = 120) -> None:
    begin = time.monotonic()
    while not until():
        assert time.monotonic() - begin < seconds, "it never came"
        time.sleep(0.1)


def test_the_store_is_not_in_git() -> None:
    ignored = (harness.TEMPLATE / "template" / ".gitignore").read_text(encoding="utf-8")
    assert "/store/" in ignored.splitlines()
    assert os.sep == "/" or sys.platform == "win32"
