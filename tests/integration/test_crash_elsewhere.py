"""A run that is killed while it works with a store elsewhere, at any instant.

The machine that was killed may never come back, as a hosted runner does not: everything is looked
at from another one first. Then the first one is there again, and goes on without help.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

import release_worker as worker
from first_light.history.log import History
from first_light.history.record import PUBLISHED, REJECTED, ROLLED_BACK, Record
from first_light.project.product import Product
from first_light.status.current import status
from first_light.store.locate import open_store
from stores import Places

INSTANTS = int(os.environ.get("KILLS", "200"))
REMOTE = ("git", "s3")
# What is killed, and its environment.
VERBS = {
    "release": ("release", {}),
    "prune": ("release", {"DATAOPS_KEEP_RELEASES": "1"}),
    "rejected": ("release", {"DBT_FAILS": "test"}),
    "rollback": ("rollback", {}),
}
_COUNTED_ANEW = 25  # kills after which the steps are counted again: the store has grown


@pytest.fixture(scope="module")
def warm() -> Iterator[worker.Warm]:
    starts = worker.Warm()
    yield starts
    starts.stop()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("places", "names"),
    [
        ("branch", ("release", "rollback")),
        pytest.param("branch", ("prune", "rejected"), marks=pytest.mark.thorough),
        pytest.param("bucket", tuple(VERBS), marks=pytest.mark.thorough),
    ],
    indirect=["places"],
)
def test_killed_at_some_instants(places: Places, warm: worker.Warm, names: tuple[str, ...]) -> None:
    """Each store and each verb once; `thorough` kills every verb in every store, and often."""
    life = _Life(places, warm)
    for name in names:
        life.kill_often(name, 1)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "kills"), [(name, INSTANTS if name == "release" else INSTANTS // 4) for name in VERBS]
)
def test_killed_at_many_instants(places: Places, warm: worker.Warm, name: str, kills: int) -> None:
    _Life(places, warm).kill_often(name, kills)


@dataclass
class _Life:
    """One store lives through all of it.

    Attributes:
        places: two machines; the first one is killed.
        warm: starts what is killed.
        killed: how often one was killed before it was over.
        before, grown, last: what was current, its rows of the log, and the last run.
    """

    places: Places
    warm: worker.Warm
    killed: int = 0
    before: str = ""
    grown: int = 0
    last: str = ""
    _steps: list[str] = field(default_factory=list)
    _longest: float = 0.0

    def __post_init__(self) -> None:
        for machine in (self.places.second, self.places.first):
            self._release(machine, "at first")

    def kill_often(self, name: str, kills: int) -> None:
        """At steps of the talk with the store, and every fourth time at any instant."""
        goal, begun = self.killed + kills, 0
        while self.killed < goal:
            assert begun < 8 * kills, "it is mostly over before the step that was chosen"
            if begun % _COUNTED_ANEW == 0:
                self._count(name)
            talk = [n for n, step in enumerate(self._steps, start=1) if step in REMOTE]
            at = random.choice(talk if name != "prune" else talk[len(talk) // 2 :])
            if begun % 4 == 3:
                at = 0
            how = self._kill(name, at)
            self._look(name, f"{name} killed {how}")
            begun += 1

    def _count(self, name: str) -> None:
        shown = self.places.first.parent / "steps"
        begin = time.monotonic()
        self._start(name, SHOW_STEPS=str(shown))
        self.warm.wait()
        self._longest = time.monotonic() - begin
        self._steps = shown.read_text(encoding="utf-8").split()
        self.before, self.grown = self._current()
        self.last = self._status(self.places.second)[1].run

    def _kill(self, name: str, at: int) -> str:
        """At a step, or at any instant if that is 0; returns where, in words."""
        how = f"at step {at} of {len(self._steps)}"
        process = self._start(name, KILL_AT=str(at))
        if not at:
            time.sleep(moment := random.uniform(0, self._longest))
            # The whole machine, or the process alone: what it has begun with git goes on.
            end = random.choice((os.killpg, os.kill))
            with contextlib.suppress(ProcessLookupError):  # not yet its own group's leader
                end(process, signal.SIGKILL)
            how = f"after {moment:.3f} s by {end.__name__}"
        self.killed += self.warm.wait() == -signal.SIGKILL
        while _works(process):
            time.sleep(0.02)
        return how

    def _look(self, name: str, what: str) -> None:
        """Old or new, whole, and told as it is; then a release where it was killed, half of the
        times one on the other machine before."""
        seen, self.grown = self._current()
        for machine in (self.places.first, self.places.second):
            document, last = self._status(machine)
            assert document == seen, what
        if seen != self.before:  # pointer, release and record came in one step
            assert last.current == seen, what
            assert last.outcome == (ROLLED_BACK if name == "rollback" else PUBLISHED), what
            assert name != "rejected", what
        else:
            rejected = name == "rejected" and last.outcome == REJECTED
            assert last.run == self.last or rejected, what
        self._bring_all(what)
        for machine in (self.places.second, self.places.first)[random.randrange(2) :]:
            self._release(machine, what)
        self._look_tidy(what)

    def _release(self, machine: Path, what: str) -> None:
        """It needs no help, and goes on from current alone."""
        done = worker.quick_release(machine)
        assert done.exit_code == 0, f"{what}: {done.record.problem}"
        assert done.recorded, what
        self.before, rows = self._current()
        self.last = done.record.run
        assert self.before == self.last, what
        assert rows == self.grown + 1, f"{what}: a trace of what was killed"
        self.grown = rows

    def _bring_all(self, what: str) -> None:
        """What is listed can be had, current and the oldest."""
        store = open_store(Product(self.places.second))
        listed = store.retained()
        assert set(listed) <= set(self.places.releases()), what
        for run in {listed[0], store.current() or listed[0]}:
            store.fetch_release(run)
            with duckdb.connect(
                str(store.releases / run / "warehouse.duckdb"), read_only=True
            ) as c:
                assert c.execute("select release_id from dataops.release").fetchall() == [(run,)]

    def _look_tidy(self, what: str) -> None:
        stores = [
            open_store(Product(machine)) for machine in (self.places.first, self.places.second)
        ]
        for store in stores:
            assert not list(store.candidates.iterdir()), what
            assert not list(store.root.rglob("*.part")), what
            assert not store.publishing(), what
        histories = [[item.run for item in History(store.history).newest()] for store in stores]
        assert len({run.split("-")[0] for run in histories[0]}) == len(histories[0]), what
        assert histories[0] == histories[1], what
        assert len(set(histories[0])) == len(histories[0]), what
        # What a bucket holds besides is what a killed run uploaded: it counts for nobody.
        assert set(stores[1].retained()) <= set(histories[0]) & set(self.places.releases()), what
        assert stores[0].current() == stores[1].current(), what

    def _status(self, machine: Path) -> tuple[str, Record]:
        """What is current, and the last run that is known there."""
        output = status(Product(machine))
        assert output.current is not None
        assert output.last is not None
        assert not output.damaged
        return output.current.run, output.last

    def _current(self) -> tuple[str, int]:
        """The release that readers on the other machine find, and the rows of the log there."""
        store = open_store(Product(self.places.second))
        file = (store.pointer / "warehouse.duckdb").resolve()
        with duckdb.connect(str(file), read_only=True) as connection:
            [(output,)] = connection.execute("select release_id from dataops.release").fetchall()
            tokens = connection.execute(
                "select token, count(*) from (from marts.one union all from marts.two) group by all"
            ).fetchall()
            rows = len(connection.execute("from marts.log").fetchall())
        assert len(tokens) == 1
        assert tokens[0][1] == 20
        assert output == store.current()
        return str(output), rows

    def _start(self, name: str, **more: str) -> int:
        verb, environment = VERBS[name]
        arguments = [verb]
        if verb == "rollback":
            store = open_store(Product(self.places.first))
            arguments.append(next(run for run in store.retained() if run != store.current()))
        return self.warm.start(str(self.places.first), *arguments, **{**environment, **more})


def _works(group: int) -> bool:
    """Whether anything of a process group is at work yet; what ended and nobody asked is not."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of, *_ = path.read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(of) == group and state != "Z":
                return True
    return False
