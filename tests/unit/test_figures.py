"""Every figure against a second computation in plain Python, over histories with known faults."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import ops_history as ops
from first_light.figures.compute import NAMES, Figure, duration, ledger, value_text, weeks
from first_light.history.packs import number_range
from first_light.history.record import IncidentFact, Record
from first_light.incidents.derive import incidents
from first_light.utils.timestamps import utc
from plain_figures import Plain

END = ops.START + timedelta(days=180)


# ── The second computation: straight from the definitions, record by record ──────────────────────


# ── Replay ───────────────────────────────────────────────────────────────────────────────────────

TEAMS = [
    pytest.param(0.5, 1, id="twice a day"),
    pytest.param(1 / 3, 2, id="three a day"),
    pytest.param(30, 3, id="once a month"),
    pytest.param(4, 4, id="every four days"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("every", "seed"), TEAMS)
def test_figures_equal_a_second_computation(tmp_path: Path, every: float, seed: int) -> None:
    records = ops.simulate(180, every, seed)
    plain = Plain(records, END)
    assert len(plain.incidents) > 10
    assert {r.outcome for r in records} >= {"published", "rejected", "crashed", "failed", "stopped"}
    history = ops.write(tmp_path, records)
    spans = [(ops.START, END + timedelta(days=1)), *weeks(END, 6, days=28)]
    with ledger(history, ops.DEADLINE, END) as book:
        result = {
            (
                incident.check,
                incident.opened_run,
                incident.closed_run,
                incident.root_cause,
                round(incident.seconds),
            )
            for incident in incidents(book)
        }
        assert result == {
            (i.check, i.opened.run, i.closed.run if i.closed else "", i.cause, round(plain.age(i)))
            for i in plain.incidents
        }
        for name in NAMES:
            for since, until in spans:
                figure = book.figure(name, since, until)
                assert figure.value == pytest.approx(plain.figure(name, since, until)), (
                    f"{name} from {since} to {until}: {figure}"
                )


@pytest.mark.slow
def test_figures_are_the_same_from_packs(tmp_path: Path) -> None:
    records = ops.simulate(180, 1, 5)
    history = ops.write(tmp_path, records)
    with ledger(history, ops.DEADLINE, END) as book:
        before = book.figures(180)
    assert history.pack() > 100
    with ledger(history, ops.DEADLINE, END) as book:
        assert book.figures(180) == before


# ── One definition at a time ─────────────────────────────────────────────────────────────────────


def figures(tmp_path: Path, records: Iterable[Record], at: datetime = END) -> dict[str, Figure]:
    history = ops.write(tmp_path, records)
    with ledger(history, ops.DEADLINE, at) as book:
        return {figure.name: figure for figure in book.figures(365)}


def test_without_any_run_every_figure_says_why_it_is_missing(tmp_path: Path) -> None:
    result = figures(tmp_path, [])
    assert set(result) == set(NAMES)
    assert all(
        item.value is None and item.absent and value_text(item) == item.absent
        for item in result.values()
    )


def test_a_rehearsal_is_no_production_run_but_its_commits_are_released_later(
    tmp_path: Path,
) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START + timedelta(hours=1), kind="rehearsal")
    assert figures(tmp_path / "a", team.records)["errors_per_run"].value is None
    team.run(ops.START + timedelta(hours=5))
    result = figures(tmp_path / "b", team.records)
    assert result["errors_per_run"].whole == 1
    assert result["lead_time"].value == pytest.approx(5 * 3600 + 300)
    assert result["deployment_frequency"].part == 1


def test_a_rollback_and_a_repeat_of_an_old_commit_bring_nothing_new(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START + timedelta(hours=1))
    team.code(ops.START + timedelta(hours=2), "orders")
    team.run(ops.START + timedelta(hours=3))
    team.rollback(ops.START + timedelta(hours=4))
    team.commit = f"{1:040x}"
    team.run(ops.START + timedelta(hours=5))
    result = figures(tmp_path, team.records)
    assert result["deployment_frequency"].part == 2
    assert (result["change_failure_rate"].part, result["change_failure_rate"].whole) == (1, 2)


def test_a_rate_with_too_little_behind_it_is_no_rate(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START + timedelta(hours=1), failing=["test.shop.orders"])
    team.run(ops.START + timedelta(hours=2))
    result = figures(tmp_path / "a", team.records)["change_failure_rate"]
    assert (result.part, result.whole, result.is_enough) == (1, 1, False)
    assert value_text(result) == "too few for a rate, 5 needed"
    for n in range(4):
        team.code(ops.START + timedelta(days=1, hours=n), "orders")
        team.run(ops.START + timedelta(days=1, hours=n))
    assert value_text(figures(tmp_path / "b", team.records)["change_failure_rate"]) == "20.0 %"


def test_rewritten_history_still_counts_as_a_release_of_code(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START + timedelta(hours=1))
    team.code(ops.START + timedelta(hours=2), "orders")
    second = team.run(ops.START + timedelta(hours=3))
    # The commit of the release before it is gone: git can't say what came since.
    team.records[-1] = replace(second, git=replace(second.git, commits=(), commits_total=None))
    result = figures(tmp_path, team.records)
    assert result["deployment_frequency"].part == 2
    assert result["lead_time"].part == 2


def test_an_open_incident_counts_with_its_age(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START)
    team.run(ops.START + timedelta(days=1), failing=["test.shop.orders"])
    result = figures(tmp_path, team.records, ops.START + timedelta(days=2, minutes=5))
    assert result["time_to_restore"].value == pytest.approx(86_400)
    assert result["time_to_restore"].part == 1


def test_a_run_that_never_came_is_late_and_an_error(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START + timedelta(hours=6))
    team.run(ops.START + timedelta(days=2, hours=6))
    result = figures(tmp_path, team.records, ops.START + timedelta(days=2, hours=8))
    assert (result["on_time_rate"].part, result["on_time_rate"].whole) == (2, 3)
    assert (result["production_error_rate"].part, result["production_error_rate"].whole) == (1, 3)


def test_a_release_of_old_data_is_not_on_time(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    for day in range(4):
        team.run(ops.START + timedelta(days=day, hours=6))
    at = ops.START + timedelta(days=3, hours=8)

    def on_time(name: str, records: Iterable[Record]) -> tuple[int, int]:
        figure = figures(tmp_path / name, records, at)["on_time_rate"]
        return int(figure.part or 0), int(figure.whole or 0)

    assert on_time("fresh", team.records) == (4, 4)
    first, second, *rest = team.records
    warned = replace(second, freshness=(replace(second.freshness[0], status="warn"),))
    assert on_time("warned", [first, warned, *rest]) == (3, 4), "its freshness rule warned"
    missing = replace(
        rest[-1], run="000005-20260101T000000Z-late", number=5, command="status", outcome="late",
        nodes=(), freshness=(), profile=(), started_at=utc(at), ended_at=utc(at),
        incident=IncidentFact(
            subject=ops.SOURCE, text="no delivery", started_at=utc(ops.START + timedelta(days=2))
        ),
    )  # fmt: skip
    assert on_time("missing", [*team.records, missing]) == (2, 4), "a delivery did not come"


def test_without_a_deadline_nothing_is_late(tmp_path: Path) -> None:
    history = ops.write(tmp_path, ops.simulate(20, 4, 1))
    with ledger(history, "", END) as book:
        assert book.figure("on_time_rate", ops.START, END).absent


def test_times_of_day_in_other_zones_change_nothing(tmp_path: Path) -> None:
    history = ops.write(tmp_path, ops.simulate(40, 2, 7))
    east = END.astimezone(timezone(timedelta(hours=13)))
    with ledger(history, ops.DEADLINE, END) as item, ledger(history, ops.DEADLINE, east) as other:
        assert item.figures() == other.figures()


def test_durations_are_told_in_the_largest_unit_that_fits() -> None:
    document = [duration(seconds) for seconds in (3, 600, 7_200, 86_400 * 3)]
    assert document == ["3 s", "10.0 min", "2.0 h", "3.0 days"]


@pytest.mark.parametrize("name", ["²_³.parquet", "1_.parquet", "_.parquet", "a.parquet"])
def test_a_pack_of_another_name_is_none_of_ours(name: str) -> None:
    """`²` is a digit, and no number."""
    assert number_range(Path(name)) == (0, 0)
