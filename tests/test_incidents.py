"""Incidents: when they open and close, what caused them, and that nothing is stored of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import ops_history as ops
from dataops.figures import ledger
from dataops.history_record import FreshnessRun, NodeRun
from dataops.incidents import Incident, by_cause, incidents
from dataops.manifest import Manifest, Node

DAY = timedelta(days=1)
MANIFEST = Manifest(
    {
        f"model.shop.{name}": Node(
            f"model.shop.{name}", "model", name, "", group="data_team", depends_on=parents
        )
        for name, parents in ops.MODELS.items()
    }
    | {
        "exposure.shop.board": Node(
            "exposure.shop.board", "exposure", "board", "", depends_on=("model.shop.revenue",)
        )
    },
    {"data_team": {"name": "Data team", "email": "data@example.com"}},
)


def found(
    folder: Path, team: ops.Simulation, at: datetime = ops.START + 9 * DAY
) -> tuple[Incident, ...]:
    with ledger(ops.write(folder, team.records), ops.DEADLINE, at) as book:
        return incidents(book, MANIFEST)


def team() -> ops.Simulation:
    one = ops.Simulation()
    one.code(ops.START, *ops.MODELS)
    one.run(ops.START)
    return one


def test_an_incident_opens_once_and_closes_with_the_first_passing_run(tmp_path: Path) -> None:
    one = team()
    for day in (1, 2, 3):
        one.run(ops.START + day * DAY, failing=["test.shop.stg_orders"])
    assert [i.open for i in found(tmp_path / "a", one)] == [True]
    one.run(ops.START + 4 * DAY)
    (incident,) = found(tmp_path / "b", one)
    assert incident.runs == 3
    assert incident.seconds == 3 * 86_400
    assert incident.opened_run == one.records[1].run
    assert incident.closed_run == one.records[4].run
    assert incident.owner == "Data team <data@example.com>"
    assert incident.impact == ("board", "orders", "revenue")


def test_what_was_skipped_has_not_passed(tmp_path: Path) -> None:
    one = team()
    one.run(ops.START + DAY, failing=["test.shop.orders"])
    one.run(ops.START + 2 * DAY, failing=["model.shop.stg_orders"])
    first = [i for i in found(tmp_path, one) if i.check == "test.shop.orders"]
    assert [i.open for i in first] == [True]


def test_the_cause_is_the_most_upstream_failure_of_that_run(tmp_path: Path) -> None:
    one = team()
    one.run(ops.START + DAY, failing=["test.shop.stg_orders", "test.shop.stg_customers"])
    one.run(ops.START + 2 * DAY)
    one.run(ops.START + 3 * DAY, stale=True, findings=[ops.finding("volume", "revenue")])
    causes = {i.check: i.cause for i in found(tmp_path, one)}
    assert causes["test.shop.stg_orders"] == "model.shop.stg_orders"
    assert causes["test.shop.stg_customers"] == "model.shop.stg_customers"
    assert causes["monitor.volume.model.shop.revenue"] == ops.SOURCE


def test_a_test_that_compares_two_nodes_is_caused_by_the_other_one(tmp_path: Path) -> None:
    one = team()
    record = one.run(ops.START + DAY, stale=True, failing=["test.shop.customers"])
    relation = NodeRun(
        "test.shop.related", "test", "related", "", "data_team", "model.shop.stg_customers",
        ("model.shop.stg_customers", "model.shop.orders"), "fail", 0.1,
    )  # fmt: skip
    stale = FreshnessRun(ops.SOURCE, "orders", "error")
    one.records[-1] = replace(record, nodes=(*record.nodes, relation), freshness=(stale,))
    still = found(tmp_path, one)
    assert {i.check: i.cause for i in still}["test.shop.related"] == ops.SOURCE
    groups = by_cause(still)
    assert [[i.check for i in group] for group in groups] == [
        [f"freshness.{ops.SOURCE}", "test.shop.related"]
    ]
    assert groups[0][0].told() == "freshness orders, Data team <data@example.com>, 8.0 days, 1 run"


def test_what_came_between_good_and_bad_is_said(tmp_path: Path) -> None:
    one = team()
    one.run(ops.START + DAY, raw="same")
    one.code(ops.START + DAY, "orders")
    one.run(ops.START + 2 * DAY, raw="same", failing=["test.shop.orders"])
    one.run(ops.START + 3 * DAY, raw="same")
    one.run(ops.START + 4 * DAY, raw="more", failing=["test.shop.orders"])
    later, first = found(tmp_path, one)
    assert (first.new_commit, first.new_raw) == (True, False)
    assert (later.new_commit, later.new_raw) == (False, True)
    assert later.between == f"new data since {one.records[3].run}"


def test_a_run_that_could_not_run_is_an_incident_of_its_own(tmp_path: Path) -> None:
    one = team()
    one.run(ops.START + DAY, outcome="crashed")
    one.run(ops.START + 2 * DAY, outcome="unreadable")
    one.run(ops.START + 3 * DAY, outcome="stopped")
    (incident,) = found(tmp_path / "a", one)
    assert (incident.check, incident.runs, incident.open) == ("run", 2, True)
    one.run(ops.START + 4 * DAY)
    assert not any(i.open for i in found(tmp_path / "b", one))


def test_a_check_that_was_removed_closes_with_the_next_release(tmp_path: Path) -> None:
    one = team()
    one.run(ops.START + DAY, findings=[ops.finding("volume", "orders")])
    one.run(ops.START + 2 * DAY, findings=[ops.finding("nulls", "orders")])
    assert [i.open for i in found(tmp_path / "a", one)] == [True, False]
    one.run(ops.START + 3 * DAY)
    assert not any(i.open for i in found(tmp_path / "b", one))


def test_the_clock_may_go_back(tmp_path: Path) -> None:
    one = team()
    one.run(ops.START + 3 * DAY, failing=["test.shop.orders"])
    one.run(ops.START + 2 * DAY)
    (incident,) = found(tmp_path, one)
    assert incident.seconds == 0
    assert not incident.open


def test_warnings_open_nothing(tmp_path: Path) -> None:
    one = team()
    one.run(ops.START + DAY, findings=[ops.finding("volume", "orders", "warn")])
    assert found(tmp_path, one) == ()
