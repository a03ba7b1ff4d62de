"""The folder store and the DuckDB door: pointer, lock, state, readers, and disks that say no."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

import release_worker as worker
from first_light.commands.rollback import rollback
from first_light.history.record import (
    CRASHED,
    PUBLISHED,
    REAL,
    REHEARSAL,
    REJECTED,
    RUNNING,
    STOPPED,
)
from first_light.project.product import Product
from first_light.release.listing import releases
from first_light.release.retention import to_prune
from first_light.release.rollback import choose
from first_light.status.current import late_deadlines, status
from first_light.store.locate import FolderStore
from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError
from harness import git
from readers import eight_readers

WORKER = Path(worker.__file__)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return worker.make_product(tmp_path / "product")


@pytest.fixture
def released(root: Path) -> Path:
    for _ in range(2):
        assert worker.quick_release(root).exit_code == 0
    return root


# ── Publishing ───────────────────────────────────────────────────────────────────────────────────


def test_a_release_holds_everything_and_cannot_be_written(released: Path) -> None:
    folder = released / "store" / "current"
    assert sorted(path.name for path in folder.iterdir()) == [
        "catalog.html",
        "manifest.json",
        "raw.json",
        "release.json",
        "warehouse.duckdb",
    ]
    assert (folder / "warehouse.duckdb").stat().st_mode & 0o222 == 0
    # Only the owner opens a store, unless a team opens it for its readers.
    assert (released / "store").stat().st_mode & 0o077 == 0
    output = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    assert output["outcome"] == PUBLISHED
    assert output["raw"]["files"] == 1
    assert output["tools"]["duckdb"]


def test_a_rejected_release_leaves_no_trace(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = released / "store"
    before = {path for path in store.rglob("*") if "history" not in path.parts}
    pointer = os.readlink(store / "current")
    with monkeypatch.context() as rejecting:
        rejecting.setenv("DBT_FAILS", "test")
        done = worker.quick_release(released)
    assert done.exit_code == 1
    assert done.record.outcome == REJECTED
    assert done.cause is not None
    assert done.cause.owner == "Data team <data@example.com>"
    assert done.cause.models == ("two",)
    assert "Ada" not in (store / "history" / "runs" / f"{done.record.run}.json").read_text()
    assert os.readlink(store / "current") == pointer
    assert {path for path in store.rglob("*") if "history" not in path.parts} == before
    assert _log(released) == 2
    assert worker.quick_release(released).exit_code == 0
    assert _log(released) == 3


def test_full_refresh_takes_no_state_over(released: Path) -> None:
    assert worker.quick_release(released, full_refresh=True).exit_code == 0
    assert _log(released) == 1


def test_the_file_does_not_grow_with_every_release(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBT_ROWS", "300000")
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "2")
    sizes = []
    for _ in range(8):
        assert worker.quick_release(root).exit_code == 0
        sizes.append((root / "store" / "current" / "warehouse.duckdb").stat().st_size)
    assert max(sizes[2:]) <= 1.5 * sizes[0], sizes


def test_what_the_project_no_longer_holds_is_not_published(released: Path) -> None:
    file = released / "store" / "current" / "warehouse.duckdb"
    file.chmod(0o644)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table marts.leftover as select 1 as i")
        connection.execute("create view marts.old_view as select * from marts.leftover")
    assert worker.quick_release(released).exit_code == 0
    with duckdb.connect(str(file), read_only=True) as connection:
        result = connection.execute(
            "select table_name from information_schema.tables "
            "where table_schema <> 'ops' order by 1"
        ).fetchall()
    assert [name for (name,) in result] == ["log", "one", "release", "two"]


def test_only_the_last_stay_and_always_the_current(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "3")
    runs = [worker.quick_release(root).record.run for _ in range(5)]
    assert _kept(root) == runs[2:]
    rollback(Product(root), runs[2])
    monkeypatch.setenv("DBT_FAILS", "test")
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "1")
    assert worker.quick_release(root).exit_code == 1
    assert _kept(root) == [runs[2], runs[4]]
    assert status(Product(root)).current.run == runs[2]  # type: ignore[union-attr]


def test_a_release_stays_for_who_has_just_followed_the_pointer(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "1")
    monkeypatch.setenv("PRUNE_GRACE", "600")
    runs = [worker.quick_release(root).record.run for _ in range(3)]
    assert _kept(root) == runs
    left = root / "store" / "superseded.json"
    times = json.loads(left.read_text(encoding="utf-8"))
    assert sorted(times) == runs[:2]
    left.write_text(json.dumps({**times, runs[0]: time.time() - 601}), encoding="utf-8")
    runs.append(worker.quick_release(root).record.run)
    assert _kept(root) == runs[1:]
    # By a clock that was wrong, or of a store that is older than this file: it counts from now.
    left.write_text(json.dumps({runs[1]: time.time() + 9999}), encoding="utf-8")
    runs.append(worker.quick_release(root).record.run)
    assert _kept(root) == runs[1:]


@given(st.lists(st.integers(1, 99), unique=True), st.integers(1, 12), st.integers(1, 99))
def test_pruning_keeps_the_newest(numbers: list[int], keep: int, current: int) -> None:
    kept = [f"{number:06d}-20260101T000000Z-abc" for number in sorted(numbers)]
    pointed = f"{current:06d}-20260101T000000Z-abc"
    gone = to_prune(kept, pointed, keep)
    left = [run for run in kept if run not in gone]
    assert pointed not in gone
    assert set(kept[-keep:]) <= set(left)
    assert len(left) <= keep + 1


# ── Readers ──────────────────────────────────────────────────────────────────────────────────────

_READER = """
import sys, time, duckdb
file, stop = sys.argv[1:]
import os
seen = set(); n = 0
while not os.path.exists(stop):
    with duckdb.connect(file, read_only=True, config={"threads": 1}) as c:
        [(said,)] = c.execute("select release_id from dataops.release").fetchall()
        for _ in range(3):
            tokens = c.execute(
                "select distinct token from (from marts.one union all from marts.two)").fetchall()
            [(again,)] = c.execute("select release_id from dataops.release").fetchall()
            assert len(tokens) == 1, tokens
            assert again == said, (again, said)
            n += 1
            time.sleep(0.03)  # eight that never rest would leave the releases no processor
    seen.add(said)
print(len(seen), n)
"""


@pytest.mark.slow
def test_readers_never_notice(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight readers query in a loop while ten releases publish and old ones are pruned.

    A reader follows the pointer and then opens the file: what it found must outlive the releases
    that come between the two, which here are milliseconds apart.
    """
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "2")
    monkeypatch.setenv("PRUNE_GRACE", "3")
    monkeypatch.setenv("DBT_ROWS", "1000")
    assert worker.quick_release(root).exit_code == 0
    stop = root / "stop"
    file = root / "store" / "current" / "warehouse.duckdb"
    with eight_readers(_READER, stop, lambda n: (file, stop)) as counts:
        for n in range(10):
            assert worker.quick_release(root).exit_code == 0
            if n % 5 == 4:
                rollback(Product(root), None)
        assert len(_kept(root)) < 11, "nothing was pruned while they read"
    assert len(counts) == 8
    for releases_seen, queries in counts:
        assert releases_seen > 3
        assert queries > 20


def test_who_reads_an_old_release_keeps_reading(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAOPS_KEEP_RELEASES", "1")
    monkeypatch.setenv("DBT_ROWS", "200000")
    first = worker.quick_release(root).record.run
    file = str(root / "store" / "releases" / first / "warehouse.duckdb")
    with duckdb.connect(file, read_only=True) as reader:
        for _ in range(2):
            assert worker.quick_release(root).exit_code == 0
        assert first not in _kept(root)
        assert reader.execute("select sum(i) from marts.two").fetchall() == [(19999900000,)]


# ── What a person decided ────────────────────────────────────────────────────────────────────────


def test_a_schedule_does_not_undo_a_rollback(root: Path) -> None:
    (root / ".gitignore").write_text("/raw/\n/store/\n/target/\n", encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    good, bad = (_committed(root, word) for word in ("good", "bad"))
    rollback(Product(root), good)
    for trigger in ("schedule", "schedule"):
        with pytest.raises(DataopsError, match="This commit was rolled back") as error:
            worker.quick_release(root, trigger=trigger)
        assert "push a fix" in error.value.fix
    assert status(Product(root)).current.run == good  # type: ignore[union-attr]
    # Who rolls forward again wants it; so does who releases by hand; and a fix is another commit.
    rollback(Product(root), bad)
    assert worker.quick_release(root, trigger="schedule").exit_code == 0
    rollback(Product(root), None)
    rollback(Product(root), good)
    with pytest.raises(DataopsError, match="This commit was rolled back"):
        worker.quick_release(root, trigger="schedule")
    assert worker.quick_release(root).exit_code == 0
    rollback(Product(root), good)
    _committed(root, "fix", trigger="schedule")


def test_a_schedule_does_not_publish_data_again_that_was_rolled_back(root: Path) -> None:
    (root / ".gitignore").write_text("/raw/\n/store/\n/target/\n", encoding="utf-8")
    git(root, "init", "-q", "-b", "main")
    good = _committed(root, "both")
    wrong_file = root / "raw/orders/2026-03-02.csv"
    wrong_file.write_text("order_id\n-1\n", encoding="utf-8")
    bad = worker.quick_release(root, trigger="schedule").record.run
    rollback(Product(root), good)
    (root / "raw/orders/2026-03-03.csv").write_text("order_id\n3\n", encoding="utf-8")
    with pytest.raises(DataopsError, match="This data was rolled back") as error:
        worker.quick_release(root, trigger="schedule")
    assert "orders/2026-03-02.csv" in error.value.where
    assert "set-aside orders/2026-03-02.csv" in error.value.fix
    assert status(Product(root)).current.run == good  # type: ignore[union-attr]
    # Who rolls forward wants it, and so does who releases by hand.
    rollback(Product(root), bad)
    assert worker.quick_release(root, trigger="schedule").exit_code == 0
    rollback(Product(root), good)
    with pytest.raises(DataopsError, match="This data was rolled back"):
        worker.quick_release(root, trigger="schedule")
    # A file that is no longer as it was is other data.
    wrong_file.write_text("order_id\n2\n", encoding="utf-8")
    (root / "raw/orders/2026-03-03.csv").unlink()
    assert worker.quick_release(root, trigger="schedule").exit_code == 0


def _committed(root: Path, word: str, **options: str) -> str:
    (root / "model.sql").write_text(f"-- {word}\n", encoding="utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-qm", word)
    done = worker.quick_release(root, **options)
    assert done.exit_code == 0
    return done.record.run


# ── The pointer ──────────────────────────────────────────────────────────────────────────────────


def test_where_links_cannot_be_made_the_pointer_is_a_file(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reject(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "symlink", reject)
    runs = [worker.quick_release(root).record.run for _ in range(2)]
    assert (root / "store" / "current").read_text(encoding="utf-8") == f"releases/{runs[1]}\n"
    assert status(Product(root)).current.run == runs[1]  # type: ignore[union-attr]
    rollback(Product(root), None)
    seen = status(Product(root))
    assert seen.current is not None
    assert seen.current.run == runs[0]
    assert Path(seen.address).is_file()


@pytest.mark.parametrize("damage", ["garbage", "dangling", "elsewhere", "gone", "folder"])
def test_a_corrupt_pointer_is_said_and_fixed_by_a_rollback(released: Path, damage: str) -> None:
    product, pointer = Product(released), released / "store" / "current"
    pointer.unlink()
    if damage == "garbage":
        pointer.write_bytes(b"\xff\x00\x07releases")
    elif damage == "dangling":
        pointer.symlink_to("releases/000009-20260101T000000Z-abc")
    elif damage == "elsewhere":
        pointer.symlink_to("../raw")
    elif damage == "folder":
        pointer.mkdir()
    kept = _kept(released)
    for act in (lambda: status(product), lambda: worker.quick_release(released)):
        with pytest.raises(DataopsError) as error:
            act()
        assert f"rollback {kept[-1]}" in error.value.fix
    assert _kept(released) == kept
    rollback(product, kept[-1])
    assert status(product).ok
    assert worker.quick_release(released).exit_code == 0
    assert _log(released) == 3


# ── The lock, the clock, the owner ───────────────────────────────────────────────────────────────


def test_two_at_once(released: Path) -> None:
    store = FolderStore(released / "store", "shop")
    with store.lock():
        done = subprocess.run(
            [sys.executable, str(WORKER), str(released), "release"], capture_output=True, text=True
        )
        assert done.returncode == 2
        assert "Another release or rollback is running" in done.stderr
    assert worker.quick_release(released).exit_code == 0


def test_status_does_not_disturb_a_release(released: Path) -> None:
    asking = subprocess.Popen(
        [sys.executable, "-c", _ASK, str(released)], stderr=subprocess.PIPE, text=True
    )
    try:
        for _ in range(4):
            assert worker.quick_release(released).exit_code == 0
    finally:
        asking.terminate()
        _, complaint = asking.communicate()
    assert complaint == ""


_ASK = """
import sys
from pathlib import Path
from first_light.project.product import Product
from first_light.status.current import status
while True:
    assert status(Product(Path(sys.argv[1]))).current
"""


def test_a_release_that_waits_to_be_published_is_running(released: Path) -> None:
    """On PostgreSQL that may take minutes. Once nobody holds the lock, it has crashed."""
    store = FolderStore(released / "store", "shop")
    [last] = [release.record for release in releases(Product(released)) if release.current]
    waiting = replace(last, run=f"{last.number + 1:06d}{last.run[6:]}", number=last.number + 1)
    store.candidate(waiting.run)
    store.write_record(waiting.run, waiting.to_json())
    store.promote(waiting.run)
    with FileLock(store.root / "lock"):
        output = status(Product(released))
        assert output.last is not None
        assert (output.last.run, output.last.outcome, output.ok) == (waiting.run, RUNNING, True)
    output = status(Product(released))
    assert output.last is not None
    assert (output.last.run, output.last.outcome, output.ok) == (waiting.run, CRASHED, False)
    assert worker.quick_release(released).exit_code == 0


def test_a_query_that_does_not_let_go(released: Path) -> None:
    """Who is told to stop is killed soon: the run is recorded before that."""
    process = subprocess.Popen(
        [sys.executable, str(WORKER), str(released), "release"],
        env={**os.environ, "DBT_FAILS": "deaf"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "building\n"
    process.terminate()
    assert process.wait(timeout=10) == 2
    result = status(Product(released)).last
    assert result is not None
    assert result.outcome == STOPPED
    assert not list((released / "store" / "candidates").iterdir())
    assert worker.quick_release(released).exit_code == 0


def test_a_clock_that_goes_back(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    product = Product(root)
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-31T06:00:00Z")
    first = worker.quick_release(root).record
    monkeypatch.setenv("DATAOPS_NOW", "2025-03-31T06:00:00Z")
    second = worker.quick_release(root)
    assert second.exit_code == 0
    assert "The clock went back" in second.warnings[0]
    assert run_number(second.record.run) == run_number(first.run) + 1
    assert [release.record.run for release in releases(product)] == [second.record.run, first.run]
    result = status(product)
    assert result.last is not None
    assert result.last.run == second.record.run
    monkeypatch.setenv("DATAOPS_NOW", "2024-01-01T00:00:00Z")
    assert status(product).age.total_seconds() == 0  # type: ignore[union-attr]
    assert rollback(product, None).release.run == first.run


def test_a_store_belongs_to_one_product(released: Path) -> None:
    (released / "dbt_project.yml").write_text("name: other\n", encoding="utf-8")
    for act in (lambda: worker.quick_release(released), lambda: status(Product(released))):
        with pytest.raises(DataopsError, match="another product, shop"):
            act()


# ── Rehearsal and real ───────────────────────────────────────────────────────────────────────────


def test_a_rehearsal_then_the_real_thing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = worker.make_product(tmp_path / "product", raw=False)
    for _ in range(2):
        assert worker.quick_release(root).record.kind == REHEARSAL
    assert _label(root)[1:3] == (REHEARSAL, "sample")
    assert _log(root) == 2
    (root / "raw" / "orders" / "orders.csv").write_text("order_id\n1\n", encoding="utf-8")
    assert worker.quick_release(root).record.kind == REAL
    assert _label(root)[1:3] == (REAL, "raw")
    assert _log(root) == 1, "the sample's state went on in the real release"
    shutil.rmtree(root / "raw")
    with pytest.raises(DataopsError, match="no files in raw, though earlier releases"):
        worker.quick_release(root)
    assert _label(root)[1:3] == (REAL, "raw")


def test_raw_that_was_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = worker.make_product(tmp_path / "product", raw=False)
    monkeypatch.setenv("DATAOPS_RAW", str(tmp_path / "mistyped"))
    with pytest.raises(DataopsError, match="no files in raw"):
        worker.quick_release(root)
    assert not (root / "store" / "current").exists()


def test_raw_that_is_edited_is_said(released: Path) -> None:
    time.sleep(0.01)
    (released / "raw" / "orders" / "orders.csv").write_text("order_id\n1\n3\n", encoding="utf-8")
    done = worker.quick_release(released)
    assert done.record.raw.modified == ("orders/orders.csv",)
    assert "1 files were edited" in done.warnings[0]


# ── Disks that say no ────────────────────────────────────────────────────────────────────────────


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = worker.make_product(tmp_path / "product")
    with _small_disk(tmp_path / "disk", megabytes=12) as disk:
        monkeypatch.setenv("DATAOPS_STORE", str(disk / "store"))
        pointer, filler = disk / "store" / "current", disk / "filler"
        assert worker.quick_release(root, check_disk=False).exit_code == 0
        before = os.readlink(pointer)

        foreseen = worker.quick_release(root)
        assert foreseen.exit_code == 2
        assert "There is not enough disk space for another release" in foreseen.record.problem

        monkeypatch.setenv("DBT_ROWS", "1000000")
        while_building = worker.quick_release(root, check_disk=False)
        assert while_building.exit_code == 2
        assert while_building.recorded

        monkeypatch.setenv("DBT_ROWS", "10")
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(b"0" * 4096)
        with pytest.raises(DataopsError) as at_the_beginning:
            worker.quick_release(root, check_disk=False)
        assert "free disk space" in at_the_beginning.value.fix

        assert os.readlink(pointer) == before
        assert status(Product(root)).current.run in before  # type: ignore[union-attr]
        filler.unlink()
        assert worker.quick_release(root, check_disk=False).exit_code == 0


@contextlib.contextmanager
def _small_disk(at: Path, megabytes: int) -> Iterator[Path]:
    at.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(at)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here (not root)")
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)


def test_a_store_that_may_only_be_read(released: Path) -> None:
    with _read_only(released / "store"):
        assert status(Product(released)).ok
        assert len(releases(Product(released))) == 2
        for act in (
            lambda: worker.quick_release(released),
            lambda: rollback(Product(released), None),
        ):
            with pytest.raises(DataopsError, match="The store cannot be") as error:
                act()
            assert "DATAOPS_STORE" in error.value.fix
    assert worker.quick_release(released).exit_code == 0


def test_raw_is_only_read(released: Path) -> None:
    with _read_only(released / "raw"):
        assert worker.quick_release(released).exit_code == 0


@contextlib.contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    """Whatever this user's rights: as root the folder is mounted so."""
    if os.geteuid() != 0:
        paths = [folder, *(path for path in folder.rglob("*") if not path.is_symlink())]
        modes = {path: path.stat().st_mode for path in paths}
        for path in reversed(paths):
            path.chmod(modes[path] & 0o555)
        try:
            yield
        finally:
            for path in paths:
                path.chmod(modes[path])
        return
    bind = ["mount", "--bind", str(folder), str(folder)]
    if subprocess.run(bind, capture_output=True).returncode:
        pytest.skip("a folder can't be mounted read-only here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


# ── Choosing, and deadlines ──────────────────────────────────────────────────────────────────────

KEPT = ["000001-20260101T000000Z-aaaaaaa", "000002-20260102T000000Z-aaaaaaa"] + [
    "000012-20260103T000000Z-0000012"
]


@pytest.mark.parametrize(
    ("said", "meant"),
    [(None, 1), ("1", 0), ("000001", 0), ("12", 2), (KEPT[1], 1), ("0000012", 2)],
)
def test_a_release_is_meant(said: str | None, meant: int) -> None:
    assert choose(KEPT, KEPT[2], said) == KEPT[meant]


@pytest.mark.parametrize("said", ["3", "aaaaaaa", "aaa", "", "releases/1"])
def test_no_release_is_meant(said: str) -> None:
    with pytest.raises(DataopsError) as error:
        choose(KEPT, KEPT[2], said)
    assert "uv run dataops releases" in error.value.fix


def test_nothing_before_the_first() -> None:
    with pytest.raises(DataopsError, match="no release before"):
        choose(KEPT, KEPT[0], None)


@pytest.mark.parametrize(
    ("published", "at", "late"),
    [
        ("2026-03-30T06:30:00+00:00", "2026-03-30T06:59:00+00:00", []),
        ("2026-03-30T06:30:00+00:00", "2026-03-31T06:59:59+00:00", []),
        ("2026-03-30T06:30:00+00:00", "2026-03-31T07:00:00+00:00", ["2026-03-31T07:00"]),
        ("2026-03-30T07:00:00+00:00", "2026-03-31T07:00:00+00:00", ["2026-03-31T07:00"]),
        ("2026-03-30T09:00:00+00:00", "2026-03-31T08:00:00+00:00", []),
        (
            "2026-03-30T09:00:00+00:00",
            "2026-04-02T08:00:00+00:00",
            ["2026-04-01T07:00", "2026-04-02T07:00"],
        ),
        ("2026-03-30T09:00:00+00:00", "2025-03-30T09:00:00+00:00", []),
    ],
)
def test_deadlines(published: str, at: str, late: list[str]) -> None:
    from datetime import datetime

    result = late_deadlines("07:00", datetime.fromisoformat(published), datetime.fromisoformat(at))
    assert [deadline.isoformat()[:16] for deadline in result] == late


def test_a_run_that_never_came(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    product = Product(root)
    assert not status(product).ok
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-30T06:00:00Z")
    assert worker.quick_release(root).exit_code == 0
    assert status(product).ok
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-31T06:30:00Z")
    monkeypatch.setenv("DBT_FAILS", "test")
    assert worker.quick_release(root).exit_code == 1
    monkeypatch.setenv("DATAOPS_NOW", "2026-04-01T08:00:00Z")
    result = status(product)
    assert [str(item)[:10] for item in result.late] == ["2026-03-31", "2026-04-01"]
    assert [str(item)[:10] for item in result.missing] == ["2026-04-01"]
    assert not result.ok


def test_rollback_loads_no_dbt(released: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from first_light.commands.rollback import rollback\n"
        "from first_light.project.product import Product\n"
        "rollback(Product(Path(sys.argv[1])), None)\n"
        "print(*sorted({'dbt', 'networkx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(released)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def _log(root: Path) -> int:
    with duckdb.connect(
        str(root / "store" / "current" / "warehouse.duckdb"), read_only=True
    ) as connection:
        return len(connection.execute("from marts.log").fetchall())


def _label(root: Path) -> tuple[object, ...]:
    with duckdb.connect(
        str(root / "store" / "current" / "warehouse.duckdb"), read_only=True
    ) as connection:
        [row] = connection.execute("from dataops.release").fetchall()
    return tuple(row)


def _kept(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "store" / "releases").iterdir())


def test_a_process_that_keeps_its_connection_sees_the_new_release_by_its_real_path(
    root: Path,
) -> None:
    """What docs/guides/readers.md tells dashboards."""
    first = worker.quick_release(root).record.run
    file = root / "store" / "current" / "warehouse.duckdb"
    query = "select release_id from dataops.release"
    with duckdb.connect(str(file), read_only=True) as old:
        second = worker.quick_release(root).record.run
        with duckdb.connect(str(file.resolve()), read_only=True) as new:
            assert new.execute(query).fetchall() == [(second,)]
        assert old.execute(query).fetchall() == [(first,)]
    with duckdb.connect() as attached:
        attached.execute(f"attach '{file}' as warehouse (read_only)")
        result = attached.execute("select release_id from warehouse.dataops.release").fetchall()
        assert result == [(second,)]
