"""`dataops drill`: faults on the example's own data are caught, clean days are let through."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from conftest import MakeProduct
from typer.testing import CliRunner

import harness
import release_worker as worker
from first_light.cli import app as cli
from first_light.drill import replay as drill
from first_light.drill.faults import FAULTS, Delivery, Fault
from first_light.drill.plan import plan
from first_light.drill.records import write_drill
from first_light.drill.result import Drilled, Replayed
from first_light.drill.scratch import Detection
from first_light.drill.table import UnsuitedError, read_table, write_table
from first_light.history.exercises import DrillFact
from first_light.history.log import History
from first_light.project.product import Product
from first_light.release.listing import releases
from first_light.score.evidence import gather
from first_light.status.current import open_ledger, status
from first_light.utils.errors import DataopsError
from first_light.utils.steps import FAILED

# The days that a drill takes as history before it judges.
ARCHIVE = 7
# Other shops, that end on other days of the week and of the month.
SEEDS = {1: "2026-03-31", 2: "2026-02-28", 3: "2025-12-31", 4: "2026-05-01"}


def clean_days(count: int, until: str, seed: int) -> list[drill.Day]:
    last = date.fromisoformat(until)
    first = last - timedelta(days=count - 1)
    days = harness.generator().deliveries(first, last, seed, incidents=False)
    return [files for _, files in days]


@pytest.mark.slow
@pytest.mark.parametrize("clean", [15, pytest.param(60, marks=pytest.mark.thorough)])
def test_the_example_catches_19_of_20_faults_and_lets_clean_days_through(
    make_product: MakeProduct, monkeypatch: pytest.MonkeyPatch, clean: int
) -> None:
    product = Product(make_product().root)
    monkeypatch.delenv("DATAOPS_NOW", raising=False)
    days = clean_days(ARCHIVE + clean + 1, "2026-03-31", harness.generator().SEED)
    done = drill.drill(product, print, days=days)
    missed = [fault.fault for fault in done.faults if fault.outcome == "missed"]
    print(f"{done.detected} of {done.replayed} detected; missed: {missed}")
    assert done.days == clean
    assert done.replayed >= 40
    assert done.detected >= 0.95 * done.replayed, missed
    assert {fault.outcome for fault in done.faults} >= {"rejected", "warned"}
    assert any("monitor" in item.by for fault in done.faults for item in fault.seen)
    # What readers see: metrics and boards, each fault by what is there for it.
    detections = {fault.fault: {item.by for item in fault.seen} for fault in done.faults}
    assert "monitor metric" in detections["metric-halved"]
    assert "board" in detections["board-blank"]
    assert "monitor category" in detections["dimension-gone"]
    assert detections["metric-redefined"] == {"monitor metric"}
    assert len(done.rejected) <= 1
    assert done.warned <= 0.05 * done.days


@pytest.mark.thorough
def test_240_clean_days_of_other_shops_pass(
    make_product: MakeProduct, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = Product(make_product().root)
    monkeypatch.delenv("DATAOPS_NOW", raising=False)
    raw = tmp_path / "raw"
    raw.mkdir()
    prepared = plan(product, raw, tmp_path / "target")
    runs = rejected = warned = 0
    for seed, until in SEEDS.items():
        replay = drill.Replay(prepared, product.root)
        for audit in replay.live(clean_days(ARCHIVE + 60, until, seed), print, tested=False):
            runs += 1
            rejected += audit.verdict == FAILED
            warned += bool(audit.seen) and audit.verdict != FAILED
    print(f"{rejected} of {runs} rejected, {warned} warned")
    assert runs == 240
    assert rejected <= 1
    assert warned <= 0.05 * runs


@pytest.mark.slow
def test_a_drill_builds_what_a_release_builds(make_product: MakeProduct, tmp_path: Path) -> None:
    """The scratch runs dbt's SQL without dbt: the same raw gives the same tables, to the number."""
    made = make_product()
    made.commit("First light")
    *days, first, second, third = clean_days(17, "2026-04-03", harness.generator().SEED)
    for day in days:
        for name, content in day.items():
            path = made.root / "raw" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    released = made.dataops(
        "release", "--json", env={"DATAOPS_NOW": "2026-04-01T00:00:00+00:00"}
    ).stdout
    run = json.loads(released)["run"]
    record = json.loads((made.root / "store/history/runs" / f"{run}.json").read_bytes())
    raw = tmp_path / "raw"
    raw.mkdir()
    replay = drill.Replay(plan(Product(made.root), raw, tmp_path / "target"), made.root)
    *_, audit = replay.live(days, print)
    assert audit.seen == ()
    compared = 0
    for wanted in record["profile"]:
        result = audit.release.relations.get(wanted["unique_id"])
        if wanted["unique_id"].startswith("snapshot."):
            assert result is None  # what a drill leaves out, and says
        elif wanted["files"] is None:
            assert result is not None
            assert result["rows"] == wanted["rows"]
            columns = {item["name"]: {**item, "counts": 0} for item in wanted["columns"]}
            assert {
                name: {**item, "counts": 0} for name, item in result["columns"].items()
            } == columns
            compared += 1
    assert compared >= 10
    # Two strange days are one alarm: what is rejected in a clean day is accepted.
    for day in (first, second):
        replay.go_on({name: content + content.partition(b"\n")[2] * 2
                      for name, content in day.items()})  # fmt: skip
    assert (replay.alarms, [at for at, _ in replay.rejected]) == (1, ["2026-04-02"])
    assert replay.past[-1].at == datetime(2026, 4, 3, 0, 30, tzinfo=timezone.utc)
    unpaid = {name: content for name, content in third.items() if "payments" not in name}
    with pytest.raises(DataopsError, match="rejected without any fault"):
        next(replay.faults(unpaid, FAULTS))
    with pytest.raises(DataopsError, match="cannot be read"):
        replay.go_on({"orders/orders_2026-04-04.csv": TODAY.decode().encode("utf-16")})
    # The command, on the product's own raw, which it only reads.
    before = harness.tree(made.root, "raw")
    output = made.dataops(
        "drill",
        "--json",
        "--fault",
        "times-100",
        "--fault",
        "late",
        "--fault",
        "board-blank",
        code=0,
    ).stdout
    document = json.loads(output)
    assert document["clean_days"] == 7
    assert [item["fault"] for item in document["faults"]] == ["times-100", "late", "board-blank"]
    assert {item["outcome"] for item in document["faults"]} <= {"rejected", "warned"}
    assert harness.tree(made.root, "raw") == before
    assert len(list((made.root / "store/history/runs").iterdir())) == 1  # some faults: no record


# ── The record ───────────────────────────────────────────────────────────────────────────────────


DRAFTED = """\
sources:
  - name: raw
    tables:
      - name: orders
        config:
          meta:
            external_location: >-
              read_csv('{{ env_var("DATAOPS_RAW", "raw") }}/orders/*.csv', all_varchar=true)
        data_tests:
          - converts_exactly:
              arguments:
                columns: {amount: "decimal(18,2)"}
models:
  - name: stg_orders
    description: Orders.
"""


@pytest.mark.slow
def test_a_test_that_names_files_runs_on_loaded_deliveries(make_product: MakeProduct) -> None:
    """Every drafted source has such a test: it once rejected each day of every drafted product."""
    made = make_product({"content": "empty"})
    staging = made.root / "models" / "staging"
    staging.mkdir(parents=True, exist_ok=True)
    (staging / "raw_orders.yml").write_text(DRAFTED, encoding="utf-8")
    sql = "select cast(id as integer) as order_id, cast(amount as decimal(18,2)) as amount from "
    (staging / "stg_orders.sql").write_text(
        sql + "{{ source('raw', 'orders') }}\n", encoding="utf-8"
    )
    days = []
    for day in range(1, 9):
        rows = "".join(f"{100 * day + n},{n}.50\n" for n in range(30))
        days.append({f"orders/orders_2026-03-{day:02}.csv": f"id,amount\n{rows}".encode()})
    third_decimal = Fault(
        "third-decimal", "", lambda given: dict.fromkeys(given.files, b"id,amount\n1,0.125\n")
    )
    result = drill.drill(Product(made.root), print, [third_decimal], days)
    assert result.rejected == ()
    (fault,) = result.faults
    assert any("converts_exactly" in seen.name for seen in fault.seen), fault.seen


def done(caught: int) -> Drilled:
    """A drill with every fault, the last ones of which were not caught."""
    seen = Detection("dbt test", "unique", True, "3 rows")
    faults = tuple(
        Replayed(fault.name, fault.description, "raw.orders", (seen,) * (n < caught))
        for n, fault in enumerate(drill.FAULTS)
    )
    return Drilled(60, (), 2, faults, ())


def test_a_drill_is_recorded_beside_the_runs_and_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = worker.make_product(tmp_path / "shop")
    product = Product(root)
    (document,) = write_drill(product, done(46))
    assert document.startswith("Nothing was released yet")
    assert not (root / "store").exists()
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-01T06:00:00+00:00")
    worker.quick_release(root)
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-01T06:30:00+00:00")
    before = status(product)
    assert write_drill(product, replace(done(46), faults=done(46).faults[:3])) == ()  # says nothing
    assert write_drill(product, done(46)) == ()
    newest, *_ = records = list(History(root / "store/history").newest())
    assert [record.command for record in records] == ["drill", "release"]
    assert newest.outcome == "drilled"
    missed = tuple(f"{fault.name} in raw.orders" for fault in drill.FAULTS[46:])
    assert newest.drill == DrillFact(60, 0, 2, len(drill.FAULTS), 46, missed)
    assert status(product) == before
    assert [release.record.command for release in releases(product)] == ["release"]
    with open_ledger(product) as book:
        known = gather(product, book)
    assert (known.drilled_at, known.drill) == (before.at, newest.drill)
    assert worker.quick_release(root).exit_code == 0


@pytest.mark.parametrize(("caught", "code"), [(len(drill.FAULTS), 0), (30, 1)])
def test_a_store_that_fails_is_said_and_changes_nothing_of_the_drill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caught: int, code: int
) -> None:
    root = worker.make_product(tmp_path / "shop")
    worker.quick_release(root)
    monkeypatch.chdir(root)
    monkeypatch.setattr(drill, "drill", lambda *_: done(caught))
    good = CliRunner().invoke(cli.app, ["drill", "--json"])
    assert (good.exit_code, good.stderr) == (code, "")
    (root / "store/store.json").write_text('{"format": 1, "product": "another"}', encoding="utf-8")
    bad = CliRunner().invoke(cli.app, ["drill", "--json"])
    assert bad.exit_code == code
    assert json.loads(bad.stdout) == json.loads(good.stdout)
    assert "could not be recorded: The store belongs to another product" in bad.stderr


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────

TODAY = (
    b"order_id,shop,amount,kind,at,loaded\n"
    + b"".join(
        b"%d,%d,%d.50,%s,2026-03-%02d %02d:00:00,2026-03-31 23:00:00\n"
        % (100 + n, 1 + n % 3, n, b"ab"[n % 2 : n % 2 + 1] * 3, 1 + n, n + 1)
        for n in range(20)
    )
)  # fmt: skip


def delivery(content: bytes = TODAY) -> Delivery:
    return Delivery(
        {"orders/orders_2026-03-31.csv": content},
        [{"orders/orders_2026-03-30.csv": content.replace(b"31 23", b"30 23")}],
        [{"shops/shops_2026-03-31.csv": b"shop,name\n1,A\n2,B\n"}],
        loaded=frozenset({"loaded"}),
        references=frozenset({"shop"}),
    )


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_changes_what_comes_and_nothing_else(fault: Fault) -> None:
    given = delivery()
    first, second = fault.act(given), fault.act(given)
    assert first == second, "a drill is the same every time"
    assert first != dict(given.files)
    assert given == delivery()


def test_a_fault_that_the_data_cannot_have_is_said() -> None:
    fault = next(item for item in FAULTS if item.name == "times-100")
    with pytest.raises(UnsuitedError, match="measure"):
        fault.act(delivery(b"word,other\na,b\nc,d\n"))


def test_tables_are_read_as_they_are_written() -> None:
    for between in (",", ";", "\t", "|"):
        table = read_table(TODAY)
        assert read_table(write_table(table, between)) == table


def test_the_same_on_days_in_a_row_is_one_alarm_and_another_each_day_is_not() -> None:
    rows, nulls = ("monitor volume", "orders"), ("monitor nulls", "orders.at")
    days = [{rows}, {rows, nulls}, {nulls}, set(), {nulls}, {rows}, {nulls}]
    assert drill.count_alarms(map(frozenset, days)) == 4


def test_no_file_of_raw_is_left_out(tmp_path: Path) -> None:
    """Rows of the last days lead to new rows long before."""
    names = [f"orders/orders_{date(2026, 1, 1) + timedelta(days=n)}.csv" for n in range(80)]
    for name in (*names, "shops/shops.csv"):
        path = tmp_path / "raw" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    first, *others = drill.own_days(Product(tmp_path))
    assert len(others) == 67
    assert [list(day) for day in others] == [[name] for name in names[13:]]
    assert list(first) == [*names[:13], "shops/shops.csv"]
    assert first[names[0]] == names[0].encode()


def test_a_drill_says_what_it_cannot_do(tmp_path: Path) -> None:
    with pytest.raises(DataopsError, match="Unknown fault"):
        drill.chosen(["flood"])
    (tmp_path / "raw" / "orders").mkdir(parents=True)
    (tmp_path / "raw" / "orders" / "orders_2026-03-31.csv").write_bytes(TODAY)
    with pytest.raises(DataopsError, match="fewer than two deliveries"):
        drill.drill(Product(tmp_path), print)
