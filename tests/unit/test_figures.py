"""Every figure against a second computation in plain Python, over histories with known faults."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from statistics import mean, median

import pytest

import ops_history as ops
from first_light.figures.compute import NAMES, Figure, duration, ledger, shown, weeks
from first_light.history.record import CommitFact, Record
from first_light.incidents.derive import incidents
from first_light.utils.timestamps import moment

END = ops.START + timedelta(days=180)
_FAILED = {"error", "fail", "runtime error"}


# ── The second computation: straight from the definitions, record by record ──────────────────────


@dataclass
class Known:
    """One incident, walked through run by run."""

    check: str
    subject: str
    cause: str
    opened: Record
    closed: Record | None = None


class Plain:
    """The design's definitions over a list of records."""

    def __init__(self, records: list[Record], at: datetime) -> None:
        self.at = at
        self.all = records
        self.runs = [r for r in records if r.verb == "release" and r.kind == "release"]
        self.published = [r for r in self.runs if r.outcome == "published"]
        self.incidents = self._incidents()
        self.shipped = self._shipped()
        self.code = self._code()

    def errors(self, record: Record) -> dict[str, str]:
        """Check and subject of everything that failed."""
        found = {n.unique_id: n.subject for n in record.nodes if n.status in _FAILED}
        for fresh in record.freshness:
            if fresh.status == "error":
                found[f"freshness.{fresh.unique_id}"] = fresh.unique_id
        for one in record.findings:
            if one.level == "error":
                found[f"monitor.{one.check}.{one.subject}"] = one.subject
        if not found and record.outcome in ("refused", "failed", "crashed"):
            found["run"] = "run"
        return found

    def passed(self, record: Record, check: str) -> bool:
        if record.outcome == "published":
            return True
        if check in self.errors(record):
            return False
        if check == "run":
            return record.outcome == "refused"
        if check.startswith("freshness."):
            return any(f"freshness.{f.unique_id}" == check for f in record.freshness)
        if check.startswith("monitor."):
            return bool(record.profile)
        return any(n.unique_id == check and n.status in ("pass", "success") for n in record.nodes)

    def _incidents(self) -> list[Known]:
        found: list[Known] = []
        for record in self.runs:
            for one in found:
                if one.closed is None and self.passed(record, one.check):
                    one.closed = record
            failing = self.errors(record)
            for check, subject in failing.items():
                if not any(one.check == check and one.closed is None for one in found):
                    found.append(Known(check, subject, self._cause(record, subject), record))
        return found

    def _cause(self, record: Record, subject: str) -> str:
        broken = set(self.errors(record).values())
        above = sorted(broken & self._above(record, subject))
        return min(above, key=lambda one: (len(broken & self._above(record, one)), one))

    def _above(self, record: Record, node: str) -> set[str]:
        parents = {n.unique_id: n.depends_on for n in record.nodes if n.kind == "model"}
        found = {node}
        for parent in parents.get(node, ()):
            found |= self._above(record, parent)
        return found

    def _shipped(self) -> dict[str, tuple[str, Record]]:
        """Each commit: when it was made, and the first production release that holds it."""
        found: dict[str, tuple[str, Record]] = {}
        waiting: dict[str, str] = {}
        for record in self.all:
            if record.verb != "release" or record.outcome != "published":
                continue
            listed = [*record.git.commits]
            listed.append(CommitFact(record.git.commit, "", record.git.committed_at))
            for commit in listed:
                if commit.commit not in found:
                    waiting.setdefault(commit.commit, commit.committed_at)
            if record.kind == "release":
                found.update({c: (made, record) for c, made in waiting.items() if c})
                waiting.clear()
        return found

    def _code(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        by_commit: dict[str, list[Record]] = {}
        for record in self.runs:
            shipped = self.shipped.get(record.git.commit)
            new = shipped is None or shipped[1].number >= record.number
            if record.outcome in ("published", "refused") and new and record.git.commit:
                by_commit.setdefault(record.git.commit, []).append(record)
        tries = sorted(by_commit.values(), key=lambda runs: runs[0].number)
        by_run = {r.run: r for r in self.published}
        for n, runs in enumerate(tries):
            commit, first = runs[0].git.commit, runs[0]
            live = next((r for r in runs if r.outcome == "published"), None)
            judged = live or runs[-1]
            old = [r for r in self.published if r.number < first.number][-1:]
            before = {x.unique_id: x.checksum for x in old[0].nodes} if old else {}
            changed = {
                x.unique_id
                for x in judged.nodes
                if x.kind == "model" and before.get(x.unique_id) != x.checksum
            }
            touched = {
                x.unique_id
                for x in judged.nodes
                if x.kind == "model" and self._above(judged, x.unique_id) & changed
            }
            until = tries[n + 1][0].number if n + 1 < len(tries) else 10**9
            since = tries[n - 1][0].number if n else 0
            followed = live is not None and any(
                live.number < one.opened.number < until and one.subject in touched
                for one in self.incidents
            )
            back = any(
                r.verb == "rollback"
                and r.base in by_run
                and by_run[r.base].git.commit == commit
                and by_run[r.current].number < by_run[r.base].number
                and by_run[r.current].git.commit != commit
                for r in self.all
            )
            rework = any(
                since <= one.opened.number < first.number and {one.subject, one.cause} & changed
                for one in self.incidents
            )
            refused = any(r.outcome == "refused" for r in runs)
            bad = followed or back or refused
            found.append({"at": _ended(first), "bad": bad, "rework": rework})
        return found

    def expected(self) -> list[tuple[datetime, bool, bool]]:
        """Each deadline since production began: met or not, and whether anything ran."""
        first = moment(self.runs[0].began_at)
        deadline = first.replace(hour=7, minute=0, second=0)
        found, day = [], timedelta(days=1)
        while deadline <= self.at:
            if deadline > first:
                met = any(deadline - day < _ended(r) <= deadline for r in self.published)
                came = any(deadline - day < moment(r.began_at) <= deadline for r in self.runs)
                found.append((deadline, met, came))
            deadline += day
        return found

    def figure(self, name: str, since: datetime, until: datetime) -> float | None:
        """One figure, by its name."""
        runs = [r for r in self.runs if since <= _ended(r) < until]
        days = [one for one in self.expected() if since <= one[0] < until]
        code = [one for one in self.code if since <= one["at"] < until]  # type: ignore[operator]
        shipped = [one for one in self.shipped.values() if since <= _ended(one[1]) < until]
        opened = [one for one in self.incidents if since <= _ended(one.opened) < until]
        if name == "errors_per_run":
            return mean(len(self.errors(r)) for r in runs) if runs else None
        if name == "production_error_rate":
            bad = [bool(self.errors(r)) for r in runs] + [True for _, _, came in days if not came]
            return mean(bad) if bad else None
        if name == "on_time_rate":
            return mean(met for _, met, _ in days) if days else None
        if name == "deployment_frequency":
            first = moment(self.runs[0].began_at)
            span = (min(until, self.at) - max(since, first)).total_seconds() / 604_800
            releases = {r.run for _, r in shipped}
            return len(releases) / max(1, span)
        if name == "lead_time":
            times = [max(0.0, _seconds(moment(made), _ended(r))) for made, r in shipped if made]
            return median(times) if times else None
        if name == "change_failure_rate":
            return mean(bool(one["bad"]) for one in code) if code else None
        if name == "rework_rate":
            return mean(bool(one["rework"]) for one in code) if code else None
        if name == "found_by_machine":
            return 1.0 if opened else None
        if name == "time_to_restore":
            return median(self.age(one) for one in opened) if opened else None
        if name == "test_coverage":
            newest = [r for r in self.published if since <= _ended(r) < until][-1:]
            if not newest:
                return None
            models = [n.unique_id for n in newest[0].nodes if n.kind == "model"]
            tested = {n.subject for n in newest[0].nodes if n.kind == "test"}
            return mean(model in tested for model in models)
        raise AssertionError(name)

    def age(self, one: Known) -> float:
        end = _ended(one.closed) if one.closed else self.at
        return max(0.0, _seconds(_ended(one.opened), end))


def _ended(record: Record) -> datetime:
    return moment(record.ended_at or record.began_at)


def _seconds(since: datetime, until: datetime) -> float:
    return (until - since).total_seconds()


# ── Replay ───────────────────────────────────────────────────────────────────────────────────────

TEAMS = [
    pytest.param(0.5, 1, id="twice a day"),
    pytest.param(1 / 3, 2, id="three a day"),
    pytest.param(30, 3, id="once a month"),
    pytest.param(4, 4, id="every four days"),
]


@pytest.mark.parametrize(("every", "seed"), TEAMS)
def test_figures_equal_a_second_computation(tmp_path: Path, every: float, seed: int) -> None:
    records = ops.simulate(180, every, seed)
    plain = Plain(records, END)
    assert len(plain.incidents) > 10
    assert {r.outcome for r in records} >= {"published", "refused", "crashed", "failed", "stopped"}
    history = ops.write(tmp_path, records)
    spans = [(ops.START, END + timedelta(days=1)), *weeks(END, 6, days=28)]
    with ledger(history, ops.DEADLINE, END) as book:
        found = {
            (one.check, one.opened_run, one.closed_run, one.cause, round(one.seconds))
            for one in incidents(book)
        }
        assert found == {
            (i.check, i.opened.run, i.closed.run if i.closed else "", i.cause, round(plain.age(i)))
            for i in plain.incidents
        }
        for name in NAMES:
            for since, until in spans:
                figure = book.figure(name, since, until)
                assert figure.value == pytest.approx(plain.figure(name, since, until)), (
                    f"{name} from {since} to {until}: {figure}"
                )


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
        return {one.name: one for one in book.figures(365)}


def test_without_any_run_every_figure_says_why_it_is_missing(tmp_path: Path) -> None:
    found = figures(tmp_path, [])
    assert set(found) == set(NAMES)
    assert all(
        one.value is None and one.absent and shown(one) == one.absent for one in found.values()
    )


def test_a_rehearsal_is_no_production_run_but_its_commits_are_released_later(
    tmp_path: Path,
) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START + timedelta(hours=1), kind="rehearsal")
    assert figures(tmp_path / "a", team.records)["errors_per_run"].value is None
    team.run(ops.START + timedelta(hours=5))
    found = figures(tmp_path / "b", team.records)
    assert found["errors_per_run"].whole == 1
    assert found["lead_time"].value == pytest.approx(5 * 3600 + 300)
    assert found["deployment_frequency"].part == 1


def test_a_rollback_and_a_repeat_of_an_old_commit_bring_nothing_new(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START + timedelta(hours=1))
    team.code(ops.START + timedelta(hours=2), "orders")
    team.run(ops.START + timedelta(hours=3))
    team.rollback(ops.START + timedelta(hours=4))
    team.commit = f"{1:040x}"
    team.run(ops.START + timedelta(hours=5))
    found = figures(tmp_path, team.records)
    assert found["deployment_frequency"].part == 2
    assert (found["change_failure_rate"].part, found["change_failure_rate"].whole) == (1, 2)


def test_rewritten_history_still_counts_as_a_release_of_code(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START + timedelta(hours=1))
    team.code(ops.START + timedelta(hours=2), "orders")
    second = team.run(ops.START + timedelta(hours=3))
    # The commit of the release before it is gone: git can't say what came since.
    team.records[-1] = replace(second, git=replace(second.git, commits=(), commits_total=None))
    found = figures(tmp_path, team.records)
    assert found["deployment_frequency"].part == 2
    assert found["lead_time"].part == 2


def test_an_open_incident_counts_with_its_age(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START)
    team.run(ops.START + timedelta(days=1), failing=["test.shop.orders"])
    found = figures(tmp_path, team.records, ops.START + timedelta(days=2, minutes=5))
    assert found["time_to_restore"].value == pytest.approx(86_400)
    assert found["time_to_restore"].part == 1


def test_a_run_that_never_came_is_late_and_an_error(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, "orders")
    team.run(ops.START + timedelta(hours=6))
    team.run(ops.START + timedelta(days=2, hours=6))
    found = figures(tmp_path, team.records, ops.START + timedelta(days=2, hours=8))
    assert (found["on_time_rate"].part, found["on_time_rate"].whole) == (2, 3)
    assert (found["production_error_rate"].part, found["production_error_rate"].whole) == (1, 3)


def test_without_a_deadline_nothing_is_late(tmp_path: Path) -> None:
    history = ops.write(tmp_path, ops.simulate(20, 4, 1))
    with ledger(history, "", END) as book:
        assert book.figure("on_time_rate", ops.START, END).absent


def test_times_of_day_in_other_zones_change_nothing(tmp_path: Path) -> None:
    history = ops.write(tmp_path, ops.simulate(40, 2, 7))
    east = END.astimezone(timezone(timedelta(hours=13)))
    with ledger(history, ops.DEADLINE, END) as one, ledger(history, ops.DEADLINE, east) as other:
        assert one.figures() == other.figures()


def test_durations_are_told_in_the_largest_unit_that_fits() -> None:
    told = [duration(seconds) for seconds in (3, 600, 7_200, 86_400 * 3)]
    assert told == ["3 s", "10.0 min", "2.0 h", "3.0 days"]


@pytest.mark.slow
def test_a_long_history_is_computed_in_seconds(tmp_path: Path) -> None:
    records = ops.simulate(1_000, 1, 9)
    history = ops.write(tmp_path, records)
    while history.pack():
        pass
    began = time.monotonic()
    with ledger(history, ops.DEADLINE, ops.START + timedelta(days=1_000)) as book:
        book.figures()
    assert time.monotonic() - began < 20
