"""A release that did not come: an incident, once, which the next published release ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import ops_history as ops
import release_worker as worker
from first_light.commands import deadline as late
from first_light.commands.deadline import watch
from first_light.commands.rollback import rollback
from first_light.dbt.engine import DbtRun
from first_light.figures.compute import ledger
from first_light.history.exercises import DrillFact
from first_light.history.log import History
from first_light.history.record import IncidentFact, Record
from first_light.incidents.derive import incidents
from first_light.project.product import Product
from first_light.release.listing import releases
from first_light.score.evidence import last_drill
from first_light.status.current import Status, status
from first_light.store.branch import BranchRemote
from first_light.store.locate import FolderStore
from first_light.store.remote import Tree
from first_light.utils.timestamps import utc
from stores import make_clones


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A product whose deadline is 07:00, released in time on 1 March."""
    root = worker.make_product(tmp_path / "shop")
    at(monkeypatch, "2026-03-01T06:00:00")
    worker.quick_release(root)
    return root


@pytest.fixture
def clones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two machines, one store on a branch: the first released on 1 March, on the 2nd it is late."""
    monkeypatch.setenv("DATAOPS_STORE", "branch")
    monkeypatch.setenv("DATAOPS_DATA_IN_GIT", "true")
    releasing, looking = make_clones(tmp_path)
    at(monkeypatch, "2026-03-01T06:00:00")
    worker.quick_release(releasing)
    at(monkeypatch, "2026-03-02T08:00:00")
    return releasing, looking


def at(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    monkeypatch.setenv("DATAOPS_NOW", f"{when}+00:00")


def test_what_came_in_time_is_not_late_and_leaves_no_record(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "2026-03-02T06:59:59")
    result = watch(Product(shop))
    assert (result.exit_code, result.opened) == (0, "")
    assert len(list(History(shop / "store/history").newest())) == 1


def test_a_run_that_never_came_opens_one_incident_that_the_next_release_closes(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "2026-03-02T07:30:00")
    first = watch(Product(shop))
    assert (first.exit_code, first.opened) == (1, "late@2")
    (incident,) = first.status.open
    assert (incident.kind, incident.detected_by) == ("late", "check")
    assert incident.seconds == 1800  # since the deadline, not since somebody looked
    assert first.status.last is not None
    assert first.status.last.command == "release"

    at(monkeypatch, "2026-03-03T08:00:00")
    again = watch(Product(shop))
    assert (again.exit_code, again.opened) == (1, "")
    assert [item.incident for item in again.status.open] == ["late@2"]
    assert len(list(History(shop / "store/history").newest())) == 2

    worker.quick_release(shop)
    result = status(Product(shop))
    assert (result.ok, result.open) == (True, ())
    assert watch(Product(shop)).exit_code == 0
    assert {release.record.command for release in releases(Product(shop))} == {"release"}
    assert rollback(Product(shop), None).release.number == 1


def test_a_rejected_run_has_opened_its_own_incident(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "2026-03-02T06:30:00")
    monkeypatch.setenv("DBT_FAILS", "test")
    worker.quick_release(shop)
    at(monkeypatch, "2026-03-02T07:30:00")
    result = watch(Product(shop))
    assert (result.exit_code, result.opened) == (1, "")
    at(monkeypatch, "2026-03-04T07:30:00")  # and then nothing ran at all
    assert watch(Product(shop)).opened == "late@3"


def test_a_source_that_stops_is_reported_on_its_first_missing_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = worker.make_product(tmp_path / "shop")
    source = "source.shop.raw.orders"
    entry = {"unique_id": source, "resource_type": "source", "name": "orders", "schema": "raw"}
    entry |= {"package_name": "shop", "original_file_path": "models/raw_orders.yml"}
    plain = worker.manifest()
    monkeypatch.setattr(worker, "manifest", lambda: {**plain, "sources": {source: entry}})

    def release(day: int, has_file: bool) -> None:
        at(monkeypatch, f"2026-03-{day:02d}T06:00:00")
        if has_file:
            file = root / f"raw/orders/2026-03-{day:02d}.csv"
            file.write_text(f"order_id\n{day}\n", encoding="utf-8")
        assert worker.quick_release(root, trigger="schedule").exit_code == 0

    for day in range(1, 9):
        release(day, has_file=True)
        at(monkeypatch, f"2026-03-{day:02d}T07:15:00")
        assert watch(Product(root)).exit_code == 0
    release(9, has_file=False)  # a run came, and its data did not
    at(monkeypatch, "2026-03-09T07:15:00")
    first = watch(Product(root))
    assert (first.exit_code, first.status.late) == (1, ())
    assert "orders: no delivery since 2026-03-08 06:00 UTC" in first.status.stale[0].problem
    assert not first.status.ok
    (incident,) = first.status.open
    assert (incident.kind, incident.subject) == ("late", source)
    assert "ask for the delivery of orders" in incident.next
    release(10, has_file=False)  # a release without it does not end it
    assert [i.incident for i in status(Product(root)).open] == [incident.incident]
    assert watch(Product(root)).opened == ""
    release(11, has_file=True)
    last = status(Product(root))
    assert (last.open, last.stale, last.ok) == ((), (), True)


def test_nothing_ever_published_is_no_pass(tmp_path: Path) -> None:
    assert watch(Product(worker.make_product(tmp_path / "shop"))).exit_code == 1


def test_a_release_at_work_is_left_in_peace(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from first_light.store.locate import open_store

    at(monkeypatch, "2026-03-02T07:30:00")
    with open_store(Product(shop)).lock():
        result = watch(Product(shop))
    assert (result.exit_code, result.opened, len(result.warnings)) == (1, "", 1)


def test_a_release_that_comes_while_somebody_looks_is_seen(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, "2026-03-02T07:30:00")
    stands, seen = late._local_status, list[Status]()

    def slow(product: Product, store: FolderStore) -> Status:
        seen.append(stands(product, store))
        if len(seen) == 1:
            worker.quick_release(shop)
        return seen[-1]

    monkeypatch.setattr(late, "_local_status", slow)
    result = watch(Product(shop))
    assert seen[0].late
    assert (result.opened, result.status.late, result.exit_code) == ("", (), 0)


def test_the_machine_that_looks_need_not_be_the_one_that_releases(
    clones: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    releasing, looking = clones
    opened = watch(Product(looking)).opened
    assert opened == "late@3"
    assert [item.incident for item in status(Product(releasing)).open] == [opened]
    with monkeypatch.context() as counted:  # a look costs a round trip
        looks, look = list[BranchRemote](), BranchRemote.read

        def one_more(self: BranchRemote) -> Tree:
            looks.append(self)
            return look(self)

        counted.setattr(BranchRemote, "read", one_more)
        assert watch(Product(looking)).opened == ""
    assert len(looks) == 2
    worker.quick_release(releasing)
    assert status(Product(looking)).open == ()
    assert watch(Product(looking)).exit_code == 0


@pytest.mark.parametrize("number", [2, 5])
def test_a_release_that_was_at_work_elsewhere_ends_it_whatever_its_number(
    tmp_path: Path, number: int
) -> None:
    """It had its number before this was noticed, on a machine that knew nothing of it."""
    team = ops.Simulation()
    team.code(ops.START, *ops.MODELS)
    team.run(ops.START)
    noticed = ops.START + timedelta(hours=31, minutes=15)
    team.run(ops.START + timedelta(hours=30), outcome="stopped")  # begun, and at work until …
    slow = replace(team.records[1], outcome="published", ended_at=utc(noticed + timedelta(hours=1)))
    stamp = utc(noticed).replace("-", "").replace(":", "")
    missed = Record(
        f"{number:06d}-{stamp}-late", number, "shop", "status", "", "late", utc(noticed),
        incident=IncidentFact(started_at=utc(noticed - timedelta(minutes=15))),
    )  # fmt: skip
    end = noticed + timedelta(hours=2)
    for records, seconds, still in (
        ([team.records[0], missed], 8100, True),
        ([team.records[0], missed, slow], 4500, False),
    ):
        folder = tmp_path / str(still)
        with ledger(ops.write(folder, records), ops.DEADLINE, end) as book:
            (item,) = incidents(book)
        assert (item.kind, item.seconds, item.open) == ("late", seconds, still)


def test_packs_that_know_nothing_of_what_is_no_run_are_read(tmp_path: Path) -> None:
    team = ops.Simulation()
    team.code(ops.START, *ops.MODELS)
    for day in range(210):
        team.run(ops.START + timedelta(days=day))
    history = ops.write(tmp_path, team.records)
    assert history.pack()
    (pack,) = (tmp_path / "packs").glob("*.parquet")
    older = tmp_path / "older.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select * exclude (incident, notifications, drill) from '{pack}') "
            f"to '{older}' (format parquet)"
        )
    older.replace(pack)
    noticed = ops.START + timedelta(days=211)
    stamp = utc(noticed).replace("-", "").replace(":", "")
    missed = Record(f"000211-{stamp}-late", 211, "shop", "status", "", "late", utc(noticed))
    ops.write(tmp_path, [missed])
    with ledger(history, ops.DEADLINE, noticed + timedelta(hours=1)) as book:
        assert [incident.incident for incident in incidents(book)] == ["late@211"]
        assert book.figure("production_error_rate", ops.START, noticed).whole == 211
        assert last_drill(book) == (None, DrillFact())
    tried = DrillFact(60, 0, 2, 48, 46, ("past in raw.orders",))
    ops.write(tmp_path, [drilled(212, noticed, tried)])
    with ledger(history, ops.DEADLINE, noticed + timedelta(hours=1)) as book:
        assert last_drill(book) == (noticed, tried)
        assert [incident.incident for incident in incidents(book)] == ["late@211"]
        assert book.figure("production_error_rate", ops.START, noticed).whole == 211


def drilled(number: int, when: datetime, tried: DrillFact) -> Record:
    stamp = utc(when).replace("-", "").replace(":", "")
    run = f"{number:06d}-{stamp}-drilled"
    return Record(run, number, "shop", "drill", "", "drilled", utc(when), drill=tried)


def test_a_release_that_is_at_work_elsewhere_is_not_put_back(
    clones: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    releasing, looking = clones
    build, opened = worker.QuickDbt.build, list[str]()

    def slow(self: worker.QuickDbt, *arguments: str) -> DbtRun:
        opened.append(watch(Product(looking)).opened)
        return build(self, *arguments)

    monkeypatch.setattr(worker.QuickDbt, "build", slow)
    assert worker.quick_release(releasing).exit_code == 0
    assert opened == ["late@3"]  # built once: the number that the run had taken was left to it
    assert status(Product(looking)).open == ()
