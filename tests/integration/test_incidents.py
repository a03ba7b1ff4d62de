"""Incidents: when they open and close, what caused them, and that nothing is stored of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ops_history as ops
import release_worker as worker
from first_light.cli.app import app
from first_light.cli.output.documents import incidents as documents
from first_light.commands import incident
from first_light.figures.compute import ledger
from first_light.history.log import History
from first_light.history.record import (
    FreshnessRun,
    IncidentFact,
    NodeRun,
    RawFacts,
    RawTable,
    Record,
)
from first_light.incidents.derive import Incident, by_fault, incidents, oldest_first
from first_light.project.product import Product
from first_light.status.current import status
from first_light.utils.errors import DataopsError
from first_light.utils.timestamps import utc
from shop_manifest import MANIFEST

DAY = timedelta(days=1)


def found(
    folder: Path, team: ops.Simulation, at: datetime = ops.START + 9 * DAY
) -> tuple[Incident, ...]:
    with ledger(ops.write(folder, team.records), ops.DEADLINE, at) as book:
        return incidents(book, MANIFEST)


def team() -> ops.Simulation:
    item = ops.Simulation()
    item.code(ops.START, *ops.MODELS)
    item.run(ops.START)
    return item


def test_an_incident_opens_once_and_closes_with_the_first_passing_run(tmp_path: Path) -> None:
    item = team()
    for day in (1, 2, 3):
        item.run(ops.START + day * DAY, failing=["test.shop.stg_orders"])
    assert [i.open for i in found(tmp_path / "a", item)] == [True]
    item.run(ops.START + 4 * DAY)
    (incident,) = found(tmp_path / "b", item)
    assert incident.runs == 3
    assert incident.seconds == 3 * 86_400
    assert incident.opened_run == item.records[1].run
    assert incident.closed_run == item.records[4].run
    assert incident.owner == "Data team <data@example.com>"
    assert incident.impact == ("board", "orders", "revenue")


def test_what_was_skipped_has_not_passed(tmp_path: Path) -> None:
    item = team()
    item.run(ops.START + DAY, failing=["test.shop.orders"])
    item.run(ops.START + 2 * DAY, failing=["model.shop.stg_orders"])
    first = [i for i in found(tmp_path, item) if i.check == "test.shop.orders"]
    assert [i.open for i in first] == [True]


def test_the_cause_is_the_most_upstream_failure_of_that_run(tmp_path: Path) -> None:
    item = team()
    item.run(ops.START + DAY, failing=["test.shop.stg_orders", "test.shop.stg_customers"])
    item.run(ops.START + 2 * DAY)
    item.run(ops.START + 3 * DAY, stale=True, findings=[ops.finding("volume", "revenue")])
    causes = {i.check: i.root_cause for i in found(tmp_path, item)}
    assert causes["test.shop.stg_orders"] == "model.shop.stg_orders"
    assert causes["test.shop.stg_customers"] == "model.shop.stg_customers"
    assert causes["monitor.volume.model.shop.revenue"] == ops.SOURCE


def test_a_test_that_compares_two_nodes_is_caused_by_the_other_one(tmp_path: Path) -> None:
    item = team()
    record = item.run(ops.START + DAY, stale=True, failing=["test.shop.customers"])
    relation = NodeRun(
        "test.shop.related", "test", "related", "", "data_team", "model.shop.stg_customers",
        ("model.shop.stg_customers", "model.shop.orders"), "fail", 0.1,
    )  # fmt: skip
    stale = FreshnessRun(ops.SOURCE, "orders", "error")
    item.records[-1] = replace(record, nodes=(*record.nodes, relation), freshness=(stale,))
    still = found(tmp_path, item)
    assert {i.check: i.root_cause for i in still}["test.shop.related"] == ops.SOURCE
    (fault,) = oldest_first(still)
    assert fault.check == f"freshness.{ops.SOURCE}"
    assert [echo.check for echo in fault.echoes] == ["test.shop.related"]
    assert fault.summary() == "freshness orders, Data team <data@example.com>, 8.0 days, 1 run"


def test_two_faults_in_one_release_are_two_incidents_that_close_by_themselves(
    tmp_path: Path,
) -> None:
    """Each with its echoes folded; when one delivery is replaced, the other fault stays open."""
    item = team()
    orders, customers = ops.finding("volume", "stg_orders"), ops.finding("mean", "stg_customers")
    echo, shared = ops.finding("volume", "orders"), ops.finding("mean", "customers")
    item.run(ops.START + DAY, findings=[orders, customers, echo, shared])

    def faults(name: str) -> dict[str, tuple[bool, list[str]]]:
        return {
            fault.check.removeprefix("monitor."): (fault.open, [e.name for e in fault.echoes])
            for fault in by_fault(found(tmp_path / name, item))
        }

    assert {check: is_open for check, (is_open, _) in faults("a").items()} == {
        orders.id: True,
        customers.id: True,
    }
    assert sum(len(echoes) for _, echoes in faults("a").values()) == 2
    item.run(ops.START + 2 * DAY, findings=[customers, shared])
    after = faults("b")
    assert after[orders.id][0] is False, "its cause is gone"
    assert after[customers.id][0] is True
    item.run(ops.START + 3 * DAY)
    assert not any(is_open for is_open, _ in faults("c").values())


def test_what_came_between_good_and_bad_is_said(tmp_path: Path) -> None:
    item = team()
    item.run(ops.START + DAY, raw="same")
    item.code(ops.START + DAY, "orders")
    item.run(ops.START + 2 * DAY, raw="same", failing=["test.shop.orders"])
    item.run(ops.START + 3 * DAY, raw="same")
    item.run(ops.START + 4 * DAY, raw="more", failing=["test.shop.orders"])
    later, first = found(tmp_path, item)
    assert (first.new_commit, first.new_raw) == (True, False)
    assert (later.new_commit, later.new_raw) == (False, True)
    assert first.between == f"new code ({item.commit[:7]}) since {item.records[1].run}"
    assert later.between == f"new data since {item.records[3].run}"


def test_the_delivery_and_the_commits_between_good_and_bad_are_named(tmp_path: Path) -> None:
    item = team()
    before = (RawTable("orders", 3, 300), RawTable("customers", 1, 10))
    item.records[0] = replace(item.records[0], raw=RawFacts(fingerprint="a", tables=before))
    item.code(ops.START + DAY, "orders")
    item.code(ops.START + DAY, "orders")
    bad = item.run(ops.START + DAY, failing=["test.shop.orders"])
    after = (RawTable("orders", 4, 420), RawTable("customers", 1, 10))
    item.records[1] = replace(bad, raw=RawFacts(fingerprint="b", tables=after))
    (incident,) = found(tmp_path, item)
    assert incident.deliveries == ("orders",)
    short, run = item.commit[:7], item.records[0].run
    assert incident.between == f"new code (2 commits up to {short}) and data (orders) since {run}"


def test_a_run_that_could_not_run_is_an_incident_of_its_own(tmp_path: Path) -> None:
    item = team()
    item.run(ops.START + DAY, outcome="crashed")
    item.run(ops.START + 2 * DAY, outcome="unreadable")
    item.run(ops.START + 3 * DAY, outcome="stopped")
    (incident,) = found(tmp_path / "a", item)
    assert (incident.check, incident.runs, incident.open) == ("run", 2, True)
    item.run(ops.START + 4 * DAY)
    assert not any(i.open for i in found(tmp_path / "b", item))


def test_a_check_that_was_removed_closes_with_the_next_release(tmp_path: Path) -> None:
    item = team()
    item.run(ops.START + DAY, findings=[ops.finding("volume", "orders")])
    item.run(ops.START + 2 * DAY, findings=[ops.finding("nulls", "orders")])
    assert [i.open for i in found(tmp_path / "a", item)] == [True, False]
    item.run(ops.START + 3 * DAY)
    assert not any(i.open for i in found(tmp_path / "b", item))


def test_the_clock_may_go_back(tmp_path: Path) -> None:
    item = team()
    item.run(ops.START + 3 * DAY, failing=["test.shop.orders"])
    item.run(ops.START + 2 * DAY)
    (incident,) = found(tmp_path, item)
    assert incident.seconds == 0
    assert not incident.open


def test_warnings_open_nothing(tmp_path: Path) -> None:
    item = team()
    item.run(ops.START + DAY, findings=[ops.finding("volume", "orders", "warn")])
    assert found(tmp_path, item) == ()


# ── What a person found ──────────────────────────────────────────────────────────────────────────


def test_what_a_person_reports_is_open_until_somebody_says_that_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = worker.make_product(tmp_path / "shop")
    product = Product(root)
    with pytest.raises(DataopsError, match="Nothing has been released"):
        incident.report(product, "wrong")
    for hour in (6, 7):
        monkeypatch.setenv("DATAOPS_NOW", f"2026-03-02T0{hour}:00:00+00:00")
        worker.quick_release(root)
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-02T08:00:00+00:00")
    opened, _ = incident.report(product, "Ada is 'ada@example.com' twice", "one", "1")
    assert opened == "reported@3"
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-02T09:00:00+00:00")
    worker.quick_release(root)  # no run can end what no run has seen
    (item,) = incident.listed(product)
    assert (item.detected_by, item.subject, item.impact) == ("person", "model.shop.one", ("two",))
    assert item.name == "Ada is '…' twice"
    assert item.between.startswith("seen in 000001-")
    assert item.owner == "Data team <data@example.com>"
    assert not status(product).ok
    for wrong, words in (
        (lambda: incident.report(product, " "), "A description"),
        (lambda: incident.report(product, "x", "nosuch"), "No model, source or exposure matches"),
        (lambda: incident.report(product, "x", "onne"), "did you mean one"),
        (lambda: incident.report(product, "x", release="9"), "No release matches"),
        (lambda: incident.close(product, "reported@9", "x"), "no open incident"),
        (lambda: incident.close(product, opened, " "), "A reason"),
    ):
        with pytest.raises(DataopsError, match=words):
            wrong()
    assert len(list(History(root / "store/history").newest())) == 4
    incident.close(product, "3", "fixed in the source")
    assert incident.listed(product) == ()
    (over,) = incident.listed(product, include_closed=True)
    assert over.seconds == 3600
    assert status(product).ok
    assert documents.incidents((over,))[0].detected_by == "person"
    monkeypatch.setenv("DBT_FAILS", "test")
    worker.quick_release(root)
    (machine,) = incident.listed(product)
    with pytest.raises(DataopsError, match="A detected incident"):
        incident.close(product, machine.incident, "I say so")


def test_an_escaped_error_counts_against_the_release_it_was_seen_in(tmp_path: Path) -> None:
    item = team()
    item.code(ops.START + DAY, "orders")
    bad = item.run(ops.START + DAY)
    item.code(ops.START + 2 * DAY, "customers")
    item.run(ops.START + 2 * DAY)
    number = len(item.records) + 1
    at = utc(ops.START + 3 * DAY)
    fact = IncidentFact(subject="model.shop.revenue", release=bad.run, text="twice")
    stamp = at.replace("-", "").replace(":", "")
    item.records.append(
        Record(f"{number:06d}-{stamp}-reported", number, "shop", "incident", "", "reported", at,
               ended_at=at, incident=fact)
    )  # fmt: skip
    end = ops.START + 4 * DAY
    with ledger(ops.write(tmp_path, item.records), "", end) as book:
        verdicts = dict(
            book.connection.execute(
                'select "commit", followed_by_incident from code_verdicts'
            ).fetchall()
        )
        span = (ops.START, end)
        assert book.figure("detection_rate", *span).value == 0
        assert book.figure("time_to_restore", *span).value == 86_400
        assert book.figure("production_error_rate", *span).value == 0  # no run had it
    assert [verdicts[r.git.commit] for r in item.records[:3]] == [False, True, False]


def test_the_command_line_says_what_was_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = worker.make_product(tmp_path / "shop")
    monkeypatch.chdir(root)
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-02T06:00:00+00:00")
    worker.quick_release(root)

    def ask(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, words)
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    assert "no incidents" in ask("incident", "list")
    output = ask("incident", "report", "twice", "--model", "two")
    assert 'uv run dataops incident close reported@2 --because "…"' in output
    listed = ask("incident", "list")
    assert "open         reported@2" in listed
    assert "detected by person" in listed
    assert json.loads(ask("incident", "list", "--json"))[0]["incident"] == "reported@2"
    assert "is over" in ask("incident", "close", "reported@2", "--because", "fixed")
    assert "closed       reported@2" in ask("incident", "list", "--all")
    ask("status", "--fail-if-late")
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-03T08:00:00+00:00")
    late = ask("status", "--fail-if-late", code=1)
    assert "a release that did not come" in late
    assert json.loads(ask("status", "--fail-if-late", "--json", code=1))["late"]
