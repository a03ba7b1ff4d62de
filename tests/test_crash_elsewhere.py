"""A release or a rollback that is killed while it works with a store elsewhere, at any instant.

The machine that was killed may never come back, as a hosted runner does not: everything is looked
at from another one first. Then the first one is there again, and goes on without help.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

import release_worker as worker
from dataops.history import History
from dataops.history_record import CRASHED, PUBLISHED, ROLLED_BACK
from dataops.product import Product
from dataops.status import status
from dataops.store import open_store
from test_store_elsewhere import Places, bucket_server, clones, places

__all__ = ["bucket_server", "clones", "places"]

WORKER = Path(worker.__file__)
INSTANTS = 200
REMOTE = ("git", "s3")


@pytest.mark.parametrize("kills", [2, pytest.param(INSTANTS, marks=pytest.mark.gauntlet)])
def test_killed_while_it_pushes(places: Places, kills: int) -> None:
    """At steps of the push itself, and every fourth time at any instant."""
    life = _Life(places)
    steps = life.steps()
    pushing = [n for n, name in enumerate(steps, start=1) if name in REMOTE]
    for n in range(4 * kills):  # a release may be over before the step that was chosen
        at = random.choice(pushing) if n % 4 != 3 else 0
        life.kill("release", at)
        life.look(f"release killed at step {at} of {len(steps)}")
        if life.killed == kills:
            break
    assert life.killed == kills


@pytest.mark.parametrize("kills", [1, pytest.param(INSTANTS // 4, marks=pytest.mark.gauntlet)])
def test_killed_while_it_rolls_back(places: Places, kills: int) -> None:
    life = _Life(places)
    for _ in range(kills):
        at = random.randint(20, 60)
        life.kill("rollback", at)
        life.look(f"rollback killed at step {at}")


@dataclass
class _Life:
    """One store lives through all of it.

    Attributes:
        places: two machines; the first one is killed.
        before: what was current before.
        longest: seconds that a release takes.
        killed: how often one was killed before it was over.
    """

    places: Places
    before: str = ""
    longest: float = 3.0
    killed: int = 0

    def __post_init__(self) -> None:
        for machine in (self.places.first, self.places.second):
            assert worker.quick_release(machine).exit_code == 0

    def steps(self) -> list[str]:
        begin = time.monotonic()
        process = self._start("release", {"SHOW_STEPS": "1"})
        said, _ = process.communicate()
        self.longest = time.monotonic() - begin
        return str(said).split()

    def kill(self, verb: str, at: int) -> None:
        self.before = self._look_at_current()
        process = self._start(verb, {"KILL_AT": str(at)})
        if not at:
            time.sleep(random.uniform(0.5, self.longest))
            process.send_signal(signal.SIGKILL)
        process.communicate()
        self.killed += process.returncode == -signal.SIGKILL

    def look(self, what: str) -> None:
        """Old or new, from another machine; then a release there, and one where it was killed."""
        seen = self._look_at_current()
        said = status(Product(self.places.second))
        assert said.last is not None, what
        assert not said.damaged, what
        moved = seen != self.before
        assert said.last.outcome in (PUBLISHED, CRASHED, ROLLED_BACK), what
        if moved:  # pointer, release and record came in one step
            assert said.last.current == seen, what
            assert said.last.outcome in (PUBLISHED, ROLLED_BACK), what
        for machine in (self.places.second, self.places.first):
            grown = self._rows_of_the_log()
            done = worker.quick_release(machine)
            assert done.exit_code == 0, what
            assert done.recorded, what
            assert self._look_at_current() == done.record.run, what
            assert self._rows_of_the_log() == grown + 1, f"{what}: a trace of what was killed"
        self._look_tidy(what)

    def _look_tidy(self, what: str) -> None:
        stores = [
            open_store(Product(machine)) for machine in (self.places.first, self.places.second)
        ]
        for store in stores:
            assert not list(store.candidates.iterdir()), what
            assert not list(store.root.rglob("*.tmp")), what
            assert not store.publishing(), what
        histories = [[one.run for one in History(store.history).newest()] for store in stores]
        assert len({run.split("-")[0] for run in histories[0]}) == len(histories[0]), what
        assert histories[0] == histories[1], what
        assert len(set(histories[0])) == len(histories[0]), what
        assert set(self.places.releases()) <= set(histories[0]), what
        assert stores[0].current() == stores[1].current(), what

    def _look_at_current(self) -> str:
        store = open_store(Product(self.places.second))
        run = store.current() or ""
        with duckdb.connect(str(self._database()), read_only=True) as connection:
            [(said,)] = connection.execute("select release_id from dataops.release").fetchall()
            tokens = connection.execute(
                "select token, count(*) from (from marts.one union all from marts.two) group by all"
            ).fetchall()
        assert len(tokens) == 1
        assert tokens[0][1] == 20
        assert said == run
        return run

    def _rows_of_the_log(self) -> int:
        with duckdb.connect(str(self._database()), read_only=True) as connection:
            return len(connection.execute("from marts.log").fetchall())

    def _database(self) -> Path:
        pointer = open_store(Product(self.places.second)).pointer
        return (pointer / "warehouse.duckdb").resolve()

    def _start(self, verb: str, more: dict[str, str]) -> subprocess.Popen[str]:
        arguments = [] if verb == "release" else [self._another()]
        return subprocess.Popen(
            [sys.executable, str(WORKER), str(self.places.first), verb, *arguments],
            env={**os.environ, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _another(self) -> str:
        store = open_store(Product(self.places.first))
        current = store.current()
        return next(run for run in store.kept() if run != current)
