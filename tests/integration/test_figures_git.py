"""Figures from real repositories: squashed, merged and rewritten history, clocks and zones."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import harness
import release_worker as worker
from first_light.figures.compute import Figure, Ledger, ledger
from first_light.history.log import History
from first_light.project.product import Product, now
from first_light.release.outcome import Released
from first_light.status.current import late_deadlines

HOUR = 3600.0


class Team:
    """A product under version control whose clock and commit times are the test's."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.patch = worker.make_product(root), monkeypatch
        for name, value in harness.clean_environment().items():
            if name.startswith("GIT_"):
                monkeypatch.setenv(name, value)
        (root / ".gitignore").write_text("store/\ntarget/\n", encoding="utf-8")
        self.git("init", "-q", "-b", "main")
        self.commit("2026-03-01T08:00:00+00:00")

    def git(self, *arguments: str, at: str = "2026-03-01T00:00:00+00:00") -> str:
        self.patch.setenv("GIT_AUTHOR_DATE", at)
        self.patch.setenv("GIT_COMMITTER_DATE", at)
        return Product(self.root).git(*arguments)

    def commit(self, at: str, *options: str) -> str:
        (self.root / "log.txt").write_text(f"{at}{time.monotonic_ns()}", encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "work", *options, at=at)
        return self.git("rev-parse", "HEAD")

    def release(self, at: str) -> Released:
        self.patch.setenv("DATAOPS_NOW", at)
        done = worker.quick_release(self.root)
        assert done.exit_code == 0
        return done

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with ledger(History(self.root / "store/history"), "07:00", now()) as book:
            return book.connection.execute(query).fetchall()

    def lead_times(self) -> list[float]:
        """Hours from each commit to its release, as they went to production."""
        rows = self.ask(
            "select epoch(published_at - committed_at) from shipped order by number, committed_at"
        )
        return [seconds / HOUR for (seconds,) in rows]


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    item = Team(tmp_path / "shop", monkeypatch)
    item.release("2026-03-01T10:00:00+00:00")
    return item


def figure(team: Team, name: str) -> Figure:
    with ledger(History(team.root / "store/history"), "07:00", now()) as book:
        return _all(book, name)


def _all(book: Ledger, name: str) -> Figure:
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    return book.figure(name, start, start + timedelta(days=365))


def test_a_squashed_branch_is_one_commit_and_a_merged_one_is_all_of_its_own(team: Team) -> None:
    assert team.lead_times() == [2]
    team.git("switch", "-q", "-c", "squashed")
    for hour in (1, 2, 3):
        team.commit(f"2026-03-02T0{hour}:00:00+00:00")
    team.git("switch", "-q", "main")
    team.git("merge", "-q", "--squash", "squashed")
    team.git("commit", "-q", "-m", "squashed", at="2026-03-02T04:00:00+00:00")
    team.release("2026-03-02T06:00:00+00:00")
    assert team.lead_times() == [2, 2]  # main never held the others
    team.git("switch", "-q", "-c", "merged")
    for hour in (1, 2):
        team.commit(f"2026-03-03T0{hour}:00:00+00:00")
    team.git("switch", "-q", "main")
    team.git("merge", "-q", "--no-ff", "-m", "m", "merged", at="2026-03-03T05:00:00+00:00")
    team.release("2026-03-03T06:00:00+00:00")
    assert team.lead_times() == [2, 2, 5, 4, 1]
    assert figure(team, "change_failure_rate").whole == 3
    assert figure(team, "deployment_frequency").part == 3


def test_rewritten_history_releases_what_is_new_and_nothing_twice(team: Team) -> None:
    team.commit("2026-03-02T05:00:00+00:00")
    team.release("2026-03-02T06:00:00+00:00")
    team.commit("2026-03-03T04:00:00+00:00", "--amend")  # a push by force, of another commit
    team.release("2026-03-03T06:00:00+00:00")
    assert team.lead_times() == [2, 1, 2]
    # The commit that was released is gone, from here and from everywhere.
    team.commit("2026-03-04T03:00:00+00:00", "--amend")
    team.git("reflog", "expire", "--expire=now", "--all")
    team.git("gc", "-q", "--prune=now")
    team.release("2026-03-04T06:00:00+00:00")
    assert team.lead_times() == [2, 1, 2, 3]  # not the whole history anew
    assert figure(team, "deployment_frequency").part == 4


def test_zones_summer_time_and_skewed_clocks_change_no_duration(team: Team) -> None:
    # 29 March 2026, 03:00 in Berlin: an hour that was not there, between these two commits.
    team.commit("2026-03-29T01:30:00+01:00")
    team.commit("2026-03-29T03:30:00+02:00")
    team.commit("2026-03-28T21:30:00-05:00")
    team.release("2026-03-29T08:30:00+02:00")
    assert team.lead_times()[1:] == [6, 5, 4]
    team.commit("2026-03-30T12:00:00+00:00")  # a laptop whose clock is ahead
    team.release("2026-03-30T06:00:00+00:00")
    assert team.lead_times()[-1] == -6
    assert figure(team, "lead_time").value == 4 * HOUR  # median of 2, 6, 5, 4 and no less than 0


def test_the_zone_of_the_machine_is_nobodys_business(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = []
    published = datetime(2026, 3, 27, 6, tzinfo=timezone.utc)
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-31T08:00:00+00:00")
    for zone in ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        late = late_deadlines("07:00", published, now())
        figures = [figure(team, name).value for name in ("on_time_rate", "production_error_rate")]
        result.append(
            (
                late,
                figures,
                team.ask("select deadline, on_time, came from expected order by deadline"),
            )
        )
    monkeypatch.delenv("TZ")
    time.tzset()
    assert result[1:] == result[:1] * 3
    assert [item.hour for item in result[0][0]] == [7, 7, 7, 7]  # 28 to 31 March, summer or not
