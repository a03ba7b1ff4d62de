"""Histories that are made up, with known faults: for figures, incidents, the report, the score."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from first_light.history.log import History
from first_light.history.record import (
    CommitFact,
    FindingRun,
    FreshnessRun,
    GitFacts,
    NodeRun,
    RawFacts,
    Record,
    RelationProfile,
)
from first_light.utils.timestamps import utc

DEADLINE = "07:00"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
SOURCE = "source.shop.raw.orders"
# model: its parents
MODELS = {
    "stg_orders": (SOURCE,),
    "stg_customers": ("source.shop.raw.customers",),
    "orders": ("model.shop.stg_orders",),
    "customers": ("model.shop.stg_customers",),
    "revenue": ("model.shop.orders", "model.shop.customers"),
}
TESTED = ("stg_orders", "stg_customers", "orders", "revenue")


def nodes(
    checksums: dict[str, int], failing: Iterable[str] = (), rows: int = 100
) -> tuple[NodeRun, ...]:
    """What dbt would say: a failing model's descendants and their tests are skipped."""
    bad = set(failing)
    result: list[NodeRun] = []
    skipped: set[str] = set()
    for name, parents in MODELS.items():
        unique_id, test_id = f"model.shop.{name}", f"test.shop.{name}"
        status = "success"
        if any(parent in skipped for parent in parents):
            status = "skipped"
        elif unique_id in bad:
            status = "error"
        if status != "success":
            skipped.add(unique_id)
        checksum = f"{checksums.get(name, 0):012d}"
        result.append(
            NodeRun(
                unique_id, "model", name, f"models/{name}.sql", "data_team", unique_id, parents,
                status, 1.0, rows if status == "success" else None, message="", checksum=checksum,
            )
        )  # fmt: skip
        if name in TESTED:
            outcome = "fail" if test_id in bad else "pass"
            outcome = "skipped" if unique_id in skipped else outcome
            if outcome == "fail":
                skipped.add(unique_id)
            result.append(
                NodeRun(
                    test_id, "test", f"unique_{name}", f"models/{name}.yml", "data_team", unique_id,
                    (unique_id,), outcome, 0.1, failures=3 if outcome == "fail" else None,
                )
            )  # fmt: skip
    return tuple(result)


@dataclass
class Simulation:
    """A team's production, day after day.

    Attributes:
        records: what was recorded, in order.
    """

    records: list[Record] = field(default_factory=list)
    checksums: dict[str, int] = field(default_factory=dict)
    commit: str = ""
    committed: list[CommitFact] = field(default_factory=list)
    published: Record | None = None
    released: list[Record] = field(default_factory=list)
    _commits: int = 0

    def code(self, at: datetime, *changed: str) -> None:
        """Somebody commits a change of some models."""
        self._commits += 1
        self.commit = f"{self._commits:040x}"
        self.committed.insert(0, CommitFact(self.commit, utc(at), utc(at)))
        for name in changed:
            self.checksums[name] = self._commits

    def run(
        self,
        at: datetime,
        *,
        failing: Sequence[str] = (),
        stale: bool = False,
        findings: Sequence[FindingRun] = (),
        outcome: str = "",
        trigger: str = "schedule",
        raw: str = "",
        kind: str = "release",
        rows: int = 100,
    ) -> Record:
        """An attempt to make a release; `outcome` overrules what the audit would say."""
        number = len(self.records) + 1
        dark = outcome in ("crashed", "failed", "stopped", "unreadable")
        outcome = "rejected" if outcome == "unreadable" else outcome
        built = () if dark else nodes(self.checksums, failing, rows)
        broken = any(n.status in ("error", "fail") for n in built)
        bad = broken or stale or any(f.level == "error" for f in findings)
        if not outcome:
            outcome = "rejected" if bad else "published"
        base = self.published.run if self.published else ""
        run = (
            f"{number:06d}-{utc(at).replace('-', '').replace(':', '')}-{self.commit[-7:] or 'none'}"
        )
        end = at + timedelta(minutes=5)
        fresh = FreshnessRun(SOURCE, "orders", "error" if stale else "pass", utc(at), 60.0)
        record = Record(
            run=run,
            number=number,
            product="shop",
            command="release",
            trigger=trigger,
            outcome=outcome,
            kind=kind,
            problem="" if outcome == "published" else f"It was {outcome}.",
            started_at=utc(at),
            ended_at="" if outcome == "crashed" else utc(end),
            seconds=300.0,
            base=base,
            current=run if outcome == "published" else base,
            warehouse="duckdb",
            git=GitFacts(
                commit=self.commit,
                branch="main",
                committed_at=next(
                    (c.committed_at for c in self.committed if c.commit == self.commit), ""
                ),
                commits=tuple(self.committed),
                commits_total=len(self.committed),
            ),
            raw=RawFacts(fingerprint=raw or utc(at)),
            counts=dict(Counter(n.status for n in built)),
            nodes=built,
            freshness=() if dark or broken else (fresh,),
            profile=()
            if dark or broken or stale
            else tuple(RelationProfile(f"model.shop.{name}", name, rows) for name in MODELS),
            findings=tuple(findings),
        )
        self.records.append(record)
        if outcome == "published":
            self.published = record
            self.released.append(record)
            self.committed.clear()
        return record

    def rollback(self, at: datetime) -> Record | None:
        """Back to the release before the current one."""
        current = self.published
        before = [r for r in self.released if current and r.number < current.number]
        if current is None or not before:
            return None
        target, number = before[-1], len(self.records) + 1
        stamp = utc(at).replace("-", "").replace(":", "")
        record = replace(
            target,
            run=f"{number:06d}-{stamp}-{target.git.commit[-7:]}",
            number=number,
            command="rollback",
            outcome="rolled back",
            started_at=utc(at),
            ended_at=utc(at),
            base=current.run,
            current=target.run,
            counts={},
            nodes=(),
            freshness=(),
            profile=(),
            findings=(),
            git=replace(target.git, commits=(), commits_total=None),
        )
        self.records.append(record)
        self.published = target
        return record


def finding(what: str, model: str, level: str = "error") -> FindingRun:
    return FindingRun(
        what, f"model.shop.{model}", model, "", level, "3 rows, 90 to 110 expected", 3
    )


def simulate(days: int, deploys_every: float, seed: int) -> list[Record]:
    """So many days of a team that deploys every so many days; faults come and go."""
    chance, team = random.Random(seed), Simulation()
    failing: tuple[str, ...] = ()
    left, due = 0, 0.0
    for day in range(days):
        midnight = START + timedelta(days=day)
        while due < day + 1:
            at = START + timedelta(days=due)
            team.code(at - timedelta(hours=chance.uniform(0, 60)))
            team.code(
                at - timedelta(hours=1), *chance.sample(sorted(MODELS), chance.choice((1, 2)))
            )
            broken = chance.random() < 0.15
            tests = [f"test.shop.{name}" for name in TESTED] + ["model.shop.orders"]
            team.run(
                at,
                failing=(*failing, *(chance.sample(tests, 2) if broken else ())),
                trigger="push",
                raw=f"day {day}",
                outcome="unreadable" if chance.random() < 0.03 else "",
            )
            if chance.random() < 0.05:
                team.rollback(at + timedelta(hours=1))
            due += deploys_every
        if left == 0:
            failing = ()
            if chance.random() < 0.08:
                left = chance.choice((1, 2, 3))
                failing = tuple(chance.sample([f"test.shop.{name}" for name in TESTED], 1))
        else:
            left -= 1
        dice = chance.random()
        if dice < 0.04 and day % 10:
            continue  # a run that never came
        at = midnight + timedelta(hours=6, minutes=chance.choice((0, 10, 50, 58)))
        if day == days // 2:
            at -= timedelta(days=2)  # the clock went back
        team.run(
            at,
            failing=failing,
            stale=0.04 <= dice < 0.06,
            findings=[finding("volume", "orders")] if 0.06 <= dice < 0.09 else [],
            outcome={20: "crashed", 50: "failed", 80: "stopped"}.get(day, ""),
        )
    return team.records


def write(folder: Path, records: Iterable[Record]) -> History:
    """The records as a store holds them."""
    runs = folder / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for record in records:
        (runs / f"{record.run}.json").write_bytes(record.to_json())
    return History(folder)
