"""A release, a rollback, a prune that is killed at any instant: readers never meet a half of it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

import release_worker as worker
from first_light.history.log import History
from first_light.history.record import CRASHED, PUBLISHED, REJECTED, ROLLED_BACK
from first_light.project.product import Product
from first_light.status.current import status

WORKER = Path(worker.__file__)
INSTANTS = 200
# What is killed: the verb, its environment, and what its last record says when it got through.
VERBS = {
    "release": (("release",), {}, PUBLISHED),
    "prune": (("release",), {"DATAOPS_KEEP_RELEASES": "1"}, PUBLISHED),
    "rejected": (("release",), {"DBT_FAILS": "test"}, REJECTED),
    "rollback": (("rollback", "1"), {}, ROLLED_BACK),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A product with three published releases."""
    root = worker.make_product(tmp_path_factory.mktemp("prepared") / "product")
    for _ in range(3):
        assert worker.quick_release(root).exit_code == 0
    return root


@pytest.fixture
def product(prepared: Path, tmp_path: Path) -> Path:
    return _fresh(prepared, tmp_path)


@pytest.mark.parametrize("name", VERBS)
def test_killed_at_some_steps(prepared: Path, tmp_path: Path, name: str) -> None:
    steps = _count_steps(prepared, tmp_path, name)
    for kill_at in range(random.randint(1, 15), steps + 1, 15):
        _kill_at(prepared, tmp_path, name, kill_at)


@pytest.mark.thorough
@pytest.mark.parametrize("name", VERBS)
def test_killed_at_every_step(prepared: Path, tmp_path: Path, name: str) -> None:
    for kill_at in range(1, _count_steps(prepared, tmp_path, name) + 1):
        _kill_at(prepared, tmp_path, name, kill_at)


@pytest.mark.parametrize("instants", [8, pytest.param(INSTANTS, marks=pytest.mark.thorough)])
def test_killed_at_random_instants(product: Path, instants: int) -> None:
    """One store lives through all of it."""
    names = list(VERBS)
    longest = dict.fromkeys(names, 1.0)
    for n in range(instants):
        name = names[n % len(names)]
        before = _pointer(product)
        begin = time.monotonic()
        process = _start(product, name)
        moment = random.uniform(0.15, longest[name])
        try:
            process.wait(timeout=moment)
            longest[name] = time.monotonic() - begin
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        _look(product, name, before, f"killed after {moment:.3f} s")


@pytest.mark.parametrize("apart", [40, pytest.param(20, marks=pytest.mark.thorough)])
def test_recovery_itself_may_be_killed(prepared: Path, tmp_path: Path, apart: int) -> None:
    root = _fresh(prepared, tmp_path)
    steps = _count_steps(prepared, tmp_path, "release")
    for first in range(10, steps, apart):
        for kill_at in range(1, 24, 8):
            _start(root, "release", kill_at=first).wait()
            _start(root, "release", kill_at=kill_at).wait()
            _look_at_current(root)
    assert worker.quick_release(root).exit_code == 0
    _look_tidy(root)


def _kill_at(prepared: Path, tmp_path: Path, name: str, kill_at: int) -> None:
    root = _fresh(prepared, tmp_path)
    before = _pointer(root)
    code = _start(root, name, kill_at=kill_at).wait()
    assert code == -signal.SIGKILL, f"{name} did not get to step {kill_at}"
    _look(root, name, before, f"{name} killed at step {kill_at}")


def _look(root: Path, name: str, before: str, what: str) -> None:
    """Current is whole and old or new; status tells the truth; the next release needs no help."""
    seen = _look_at_current(root)
    output = status(Product(root))
    assert output.current is not None, what
    assert output.current.run == seen, what
    assert output.last is not None, what
    assert not output.damaged, what
    last = output.last
    if name in ("release", "prune"):
        moved = seen != before
        assert (last.run == seen and last.outcome == PUBLISHED) is moved or last.run == before, what
        assert last.outcome in ((PUBLISHED,) if moved else (PUBLISHED, CRASHED, ROLLED_BACK)), what
    elif name == "rollback":
        assert seen == before or (last.outcome, last.current) == (ROLLED_BACK, seen), what
    else:
        assert seen == before, what
    grown = _rows_of_the_log(root)
    done = worker.quick_release(root)
    assert done.exit_code == 0, what
    assert done.recorded, what
    assert _look_at_current(root) == done.record.run, what
    assert _rows_of_the_log(root) == grown + 1, f"{what}: a trace of the run that was killed"
    _look_tidy(root)


def _look_tidy(root: Path) -> None:
    """Nothing is left over, and every release and run is recorded once."""
    store = root / "store"
    assert not list((store / "candidates").iterdir())
    assert not list((store / "trash").glob("*"))
    assert not list(store.rglob("*.part"))
    assert not list(store.rglob("publishing"))
    history = History(store / "history")
    records = list(history.newest())
    numbers = [record.number for record in records]
    assert len(set(numbers)) == len(numbers)
    for release in (store / "releases").iterdir():
        assert history.holds(release.name)
        assert not list(release.glob("*.wal"))


def _look_at_current(root: Path) -> str:
    """Open current as a reader does; returns the release that it says it is."""
    file = root / "store" / "current" / "warehouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        query = "select release_id from dataops.release"
        [(output,)] = connection.execute(query).fetchall()
        tokens = connection.execute(
            "select token, count(*) from (from marts.one union all from marts.two) group by all"
        ).fetchall()
    assert len(tokens) == 1
    assert tokens[0][1] == 20
    assert output == _pointer(root)
    return str(output)


def _rows_of_the_log(root: Path) -> int:
    file = root / "store" / "current" / "warehouse.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        return len(connection.execute("from marts.log").fetchall())


def _pointer(root: Path) -> str:
    return Path(os.readlink(root / "store" / "current")).name


def _start(root: Path, name: str, kill_at: int = 0, steps: str = "") -> subprocess.Popen[bytes]:
    (verb, *arguments), environment, _ = VERBS[name]
    more = {"KILL_AT": str(kill_at), "SHOW_STEPS": steps, **environment}
    if verb == "rollback":  # the oldest that is kept
        kept = sorted(path.name for path in (root / "store" / "releases").iterdir())
        arguments = [next((run for run in kept if run != _pointer(root)), kept[0])]
    return subprocess.Popen(
        [sys.executable, str(WORKER), str(root), verb, *arguments],
        env={**os.environ, **more},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _count_steps(prepared: Path, tmp_path: Path, name: str) -> int:
    shown = tmp_path / "steps"
    _start(_fresh(prepared, tmp_path), name, steps=str(shown)).wait()
    return len(shown.read_text(encoding="utf-8").split())


def _fresh(prepared: Path, tmp_path: Path) -> Path:
    root = tmp_path / "product"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(prepared, root, symlinks=True)
    return root
