"""Stores elsewhere: a branch of a git remote, a bucket; two machines, no network, half a push."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import s3fs
from rich.console import Console

import bucket
import release_worker as worker
from first_light.cli.output.release import release_markdown, show_release
from first_light.cli.output.status import show_status
from first_light.commands.rollback import rollback
from first_light.history.record import FAILED, PUBLISHED, REJECTED, ROLLED_BACK
from first_light.project.product import Product
from first_light.release.listing import releases
from first_light.status.current import status
from first_light.store import branch, mirror
from first_light.store.locate import open_store, store_of
from first_light.utils.errors import DataopsError
from harness import git
from readers import eight_readers
from stores import Places

WORKER = Path(worker.__file__)


def current(root: Path) -> str:
    result = status(Product(root)).current
    return result.run if result else ""


def outcomes(root: Path) -> list[tuple[str, str]]:
    return [(release.record.run, release.record.outcome) for release in releases(Product(root), 99)]


# ── Any ─────────────────────────────────────────────────────────────────────────────────────


def test_two_machines_share_it(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = places.first, places.second
    item = worker.quick_release(first).record.run
    assert current(second) == item
    two = worker.quick_release(second).record.run
    with monkeypatch.context() as rejecting:
        rejecting.setenv("DBT_FAILS", "test")
        three = worker.quick_release(first)
    assert three.exit_code == 1
    assert three.record.current == two
    assert outcomes(second) == [(three.record.run, REJECTED), (two, PUBLISHED), (item, PUBLISHED)]
    assert current(first) == two
    copy = store_of(Product(first)).pointer / "warehouse.duckdb"
    with duckdb.connect(str(copy), read_only=True) as connection:
        assert connection.execute("from marts.log").fetchall() == [(0,), (1,)]
        assert connection.execute("select release_id from dataops.release").fetchall() == [(two,)]
    assert bool(status(Product(first)).open_to) is (os.environ["DATAOPS_STORE"] == "branch")
    back = rollback(Product(first), None)
    assert back.release.run == item
    assert current(second) == item
    assert outcomes(second)[0][1] == ROLLED_BACK
    assert places.releases() == [item, two]


def test_old_releases_go_and_records_stay(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "2")
    machines = (places.first, places.second)
    runs = [worker.quick_release(machines[n % 2]).record.run for n in range(4)]
    assert open_store(Product(places.first)).retained()[-2:] == runs[-2:]
    assert places.releases() == runs[-2:]
    assert [run for run, _ in outcomes(places.first)] == runs[::-1]


def test_two_at_once_and_one_is_told(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other publishes between our look and our push: ours does not go over it."""
    first, second = places.first, places.second
    base = worker.quick_release(first).record.run
    theirs: list[str] = []
    _meanwhile(monkeypatch, lambda: theirs.append(_release_there(second)))
    ours = worker.quick_release(first)
    assert ours.exit_code == 0
    assert ours.record.base == theirs[0], "it was built from what the other had published"
    [beaten] = [
        r for release in releases(Product(second)) if (r := release.record).outcome == FAILED
    ]
    assert "Another release became current in the meantime" in beaten.problem
    assert (beaten.base, beaten.current) == (base, theirs[0])
    numbers = [release.record.number for release in releases(Product(second))]
    assert len(set(numbers)) == len(numbers)
    _meanwhile(monkeypatch, lambda: theirs.append(_release_there(second)))
    with pytest.raises(DataopsError, match="Another release became current"):
        rollback(Product(first), base)
    for clone in (first, second):
        assert current(clone) == theirs[1]


def test_records_of_others_are_merged(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other was rejected between our look and our push: all is recorded, in one order."""
    first, second = places.first, places.second
    worker.quick_release(first)
    _meanwhile(monkeypatch, lambda: _release_there(second, DBT_FAILS="test"))
    ours = worker.quick_release(first)
    assert ours.exit_code == 0
    assert current(second) == ours.record.run
    result = [release.record for release in releases(Product(second), 99)]
    assert [item.outcome for item in result] == [PUBLISHED, FAILED, REJECTED, PUBLISHED]
    assert [item.number for item in result] == [4, 3, 2, 1]
    assert result[1].notes[-1].startswith("Renumbered from 000002-")
    assert result == [release.record for release in releases(Product(first), 99)]


def test_a_store_that_cannot_be_reached(
    places: Places, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = places.first, places.second
    item = worker.quick_release(first).record.run
    places.hide()
    assert current(first) == item
    output = capsys.readouterr().err
    assert "cannot be reached" in output
    assert "Using the local copy from 0 h ago" in output
    with pytest.raises(DataopsError, match="cannot be reached"):
        status(Product(second))
    with pytest.raises(DataopsError, match="cannot be reached"):
        worker.quick_release(first)
    places.show()

    _meanwhile(monkeypatch, places.hide)
    lost = worker.quick_release(first)
    assert lost.record.outcome == FAILED
    assert lost.recorded
    assert "the next run shares it" in lost.warnings[-1]
    places.show()
    assert worker.quick_release(first).exit_code == 0
    monkeypatch.setattr(mirror, "_warned", set())
    assert [outcome for _, outcome in outcomes(second)] == [PUBLISHED, FAILED, PUBLISHED]


def test_a_copy_that_is_cut_off_is_fetched_again(places: Places) -> None:
    runs = [worker.quick_release(places.first).record.run for _ in range(2)]
    copy = store_of(Product(places.first))
    cut = [
        copy.history / "runs" / f"{runs[0]}.json",
        copy.releases / runs[1] / "release.json",
        copy.releases / runs[1] / "warehouse.duckdb",
    ]
    for file in cut:
        file.chmod(0o644)
        file.write_bytes(file.read_bytes()[:100])
    done = worker.quick_release(places.first)
    assert done.exit_code == 0
    assert done.record.base == runs[1]
    assert not status(Product(places.first)).damaged
    assert [outcome for _, outcome in outcomes(places.second)] == [PUBLISHED] * 3
    assert not (copy.history / "damaged").exists()


def test_a_run_that_was_never_shared_gives_way(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was rejected and recorded here, then killed; another run got its number meanwhile."""
    first, second = places.first, places.second
    worker.quick_release(first)
    with monkeypatch.context() as cut:
        cut.setenv("DBT_FAILS", "test")
        cut.setattr(mirror.MirrorStore, "push", lambda self: None)
        lost = worker.quick_release(first).record
    assert worker.quick_release(second).record.number == lost.number
    assert worker.quick_release(first).exit_code == 0
    for machine in (first, second):
        result = [release.record for release in releases(Product(machine))]
        assert [item.number for item in result] == [4, 3, 2, 1]
        assert [item.outcome for item in result] == [PUBLISHED, REJECTED, PUBLISHED, PUBLISHED]
        assert f"Renumbered from {lost.run}." in result[1].notes


# A reader on another machine: some look first what is new, all open the copy's pointer.
_READER = """
import sys, time
from pathlib import Path
import duckdb
from first_light.project.product import Product
from first_light.store.locate import open_store, store_of
root, stop, looks = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "looks"
file = str(store_of(Product(root)).pointer / "warehouse.duckdb")
seen, n = [], 0
while not stop.exists():
    if looks:
        open_store(Product(root))
    with duckdb.connect(file, read_only=True) as c:
        [(said,)] = c.execute("select release_id from dataops.release").fetchall()
        for _ in range(3):
            tokens = c.execute(
                "select distinct token from (from marts.one union all from marts.two)").fetchall()
            assert len(tokens) == 1, tokens
            assert c.execute("select release_id from dataops.release").fetchall() == [(said,)]
            n += 1
            time.sleep(0.1)
    if said not in seen[-1:]:
        seen.append(said)
assert seen == sorted(seen), seen
print(len(seen), n)
"""


@pytest.mark.slow
def test_eight_readers_of_a_copy_never_notice(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another machine, while releases are published here and old ones go, there and here."""
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "2")
    monkeypatch.setenv("PRUNE_GRACE", "2")
    runs = [worker.quick_release(places.first).record.run]
    copy = open_store(Product(places.second))
    stop = places.first.parent / "stop"
    who = ("looks", "follows", "follows", "follows")
    with eight_readers(_READER, stop, lambda n: (places.second, stop, who[n % 4])) as counts:
        for _ in range(4):
            runs.append(worker.quick_release(places.first).record.run)
            assert _comes(lambda: copy.current() == runs[-1])
        assert places.releases() != runs, "nothing was pruned while they read"
    assert len(counts) == 8
    for releases_seen, queries in counts:
        assert releases_seen >= 2
        assert queries > 5


def _comes(what: Callable[[], bool], seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.1)
    return what()


# ── A branch ─────────────────────────────────────────────────────────────────────────────────────


def test_a_branch_is_one_commit_and_stays_out_of_the_product(
    clones: tuple[Path, Path], tmp_path: Path
) -> None:
    for clone in (*clones, clones[0]):
        assert worker.quick_release(clone).exit_code == 0
    assert git(tmp_path / "origin.git", "rev-list", "--count", "dataops-store").strip() == "1"
    for clone in clones:
        assert git(clone, "for-each-ref", "refs/remotes/origin/dataops-store") == ""
        held = git(clone, "count-objects", "-v").split()
        assert int(held[held.index("size:") + 1]) < 200, "kB: a database came here"
        assert git(clone, "status", "--porcelain") == ""
        assert git(clone, "fsck", "--full") == ""


def test_who_can_read_real_data_is_said(clones: tuple[Path, Path]) -> None:
    """With the first release from raw, and in status as long as that is current."""

    def screens(machine: Path) -> tuple[str, str, str]:
        done, result = worker.quick_release(machine), status(Product(machine))
        assert result.to_dict()["current"]["open_to"] == result.open_to  # type: ignore[index]
        return (
            _shown(show_release, done),
            release_markdown("Shop", done),
            _shown(show_status, result),
        )

    raw, away = clones[0] / "raw", clones[0].parent / "away"
    raw.rename(away)
    output = "everybody who can read the repository can read this data"
    assert [output in screen for screen in screens(clones[0])] == [False, False, False]
    away.rename(raw)
    assert [output in screen for screen in screens(clones[0])] == [True, True, True]
    assert [output in screen for screen in screens(clones[1])] == [False, False, True]


def _shown(show: Callable[[Console, Any], None], what: object) -> str:
    out = Console(width=300, file=io.StringIO())
    show(out, what)
    return out.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_push_that_was_taken_before_the_line_broke(
    clones: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pushing = branch.BranchRemote._run

    def cut(self: branch.BranchRemote, *arguments: str, **more: object) -> object:
        done = pushing(self, *arguments, **more)  # type: ignore[arg-type]
        if arguments[0] == "push":
            return subprocess.CompletedProcess(arguments, 128, "", "fatal: early EOF")
        return done

    monkeypatch.setattr(branch.BranchRemote, "_run", cut)
    done = worker.quick_release(clones[0])
    assert done.exit_code == 0
    assert current(clones[1]) == done.record.run


def test_data_that_outgrow_a_branch(
    clones: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = worker.quick_release(clones[0]).record.run
    monkeypatch.setattr(branch, "_LARGEST", 100_000)
    done = worker.quick_release(clones[0])
    assert done.record.outcome == FAILED
    assert "too large for a branch: releases/" in done.record.problem
    assert "set DATAOPS_STORE to a bucket" in done.record.problem
    monkeypatch.undo()
    monkeypatch.setenv("DATAOPS_STORE", "branch")
    assert current(clones[1]) == before
    assert outcomes(clones[1])[0] == (done.record.run, FAILED)


def test_a_branch_keeps_fewer_releases_when_they_are_large(
    clones: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [worker.quick_release(clones[0]).record.run]
    tree = store_of(Product(clones[0])).remote.read()  # type: ignore[attr-defined]
    item = sum(file.size for path, file in tree.files.items() if path.startswith("releases/"))
    monkeypatch.setattr(branch, "_TOGETHER", int(2.5 * item))
    runs += [worker.quick_release(clones[0]).record.run for _ in range(3)]
    store = open_store(Product(clones[1]))
    assert store.retained() == runs[-2:]
    rollback(Product(clones[1]), runs[-2])
    last = worker.quick_release(clones[0]).record.run
    assert open_store(Product(clones[1])).current() == last
    assert len(outcomes(clones[1])) == 6, "no record went with them"


def test_a_store_that_was_deleted_is_not_deleted_here(
    clones: tuple[Path, Path], tmp_path: Path
) -> None:
    run = worker.quick_release(clones[0]).record.run
    git(tmp_path / "origin.git", "update-ref", "-d", "refs/heads/dataops-store")
    for act in (lambda: status(Product(clones[0])), lambda: worker.quick_release(clones[0])):
        with pytest.raises(DataopsError, match="The store no longer exists"):
            act()
    assert store_of(Product(clones[0])).current() == run


def test_no_remote_and_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clones: tuple[Path, Path]
) -> None:
    git(clones[0], "remote", "remove", "origin")
    with pytest.raises(DataopsError, match="no such remote"):
        worker.quick_release(clones[0])
    monkeypatch.setenv("DATAOPS_STORE", "branch:a..b")
    with pytest.raises(DataopsError, match="not a valid branch name"):
        worker.quick_release(clones[1])


def test_a_token_in_the_address_is_never_told(
    clones: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    git(clones[0], "remote", "set-url", "origin", "http://ada:s3cr3t@127.0.0.1:9/x.git")
    with pytest.raises(DataopsError) as error:
        worker.quick_release(clones[0])
    assert "127.0.0.1" in str(error.value)
    assert "s3cr3t" not in str(error.value)


def _release_there(root: Path, **environment: str) -> str:
    """A release on the other machine; returns the release that is current there then."""
    subprocess.run(
        [sys.executable, str(WORKER), str(root), "release"],
        env={**os.environ, **environment},
        capture_output=True,
    )
    return current(root)


def _meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let this happen once, right before the next state is put."""
    put = mirror.MirrorStore._files
    waiting = [act]

    def after(self: mirror.MirrorStore, *arguments: object) -> object:
        if waiting:
            waiting.pop()()
        return put(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(mirror.MirrorStore, "_files", after)


# ── A bucket ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("places", ["bucket"], indirect=True)
def test_a_bucket_is_read_in_place_and_swept(
    places: Places, bucket_server: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = worker.quick_release(places.first).record.run
    store = os.environ["DATAOPS_STORE"]
    address = status(Product(places.first)).address
    assert address == f"{store}/releases/{run}/warehouse.duckdb"
    inside = bucket.filesystem(bucket_server)
    assert inside.exists(address)
    assert inside.cat_file(f"{store}/current") == f"releases/{run}\n".encode()
    inside.pipe_file(f"{store}/releases/000009-x/half", b"of a run that was killed")
    monkeypatch.setattr("first_light.store.bucket._STATES_KEPT", 1)
    worker.quick_release(places.first)
    assert inside.exists(f"{store}/releases/000009-x/half"), "it may be on its way yet"
    monkeypatch.setattr("first_light.store.bucket._ORPHAN", timedelta(0))
    worker.quick_release(places.second)
    assert not inside.exists(f"{store}/releases/000009-x/half")
    assert len(inside.ls(f"{store}/states")) <= 2
    assert [outcome for _, outcome in outcomes(places.first)] == [PUBLISHED] * 3


@pytest.mark.parametrize("places", ["bucket"], indirect=True)
def test_a_release_does_not_ask_for_what_earlier_ones_left(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replaced files lie in the bucket for a day: with hourly releases these are many."""
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "2")
    calls: list[int] = [0]
    call = s3fs.S3FileSystem._call_s3

    async def counted(self: s3fs.S3FileSystem, *arguments: object, **more: object) -> object:
        calls[-1] += 1
        return await call(self, *arguments, **more)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", counted)
    for _ in range(6):
        assert worker.quick_release(places.first).exit_code == 0
        calls.append(0)
    assert calls[5] <= calls[3] <= calls[2] + 2, calls


@pytest.mark.parametrize("places", ["bucket"], indirect=True)
def test_a_bucket_without_conditional_writes_is_rejected(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = s3fs.S3FileSystem.pipe_file

    def overwrite(self: s3fs.S3FileSystem, path: str, data: bytes, mode: str = "") -> object:
        return pipe(self, path, data)

    monkeypatch.setattr(s3fs.S3FileSystem, "pipe_file", overwrite)
    done = worker.quick_release(places.first)
    assert done.record.outcome == FAILED
    assert "does not support conditional writes" in done.record.problem


def test_a_protocol_that_nobody_speaks(
    clones: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for url, fix in (("gs://lake/shop", "uv add gcsfs"), ("what://lake", "uv add …")):
        monkeypatch.setenv("DATAOPS_STORE", url)
        with pytest.raises(DataopsError, match="No filesystem driver") as error:
            worker.quick_release(clones[0])
        assert fix in error.value.fix
