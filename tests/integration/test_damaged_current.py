"""A current release that readers cannot open is red, and the next command repairs it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import release_worker as worker
from first_light.commands.deadline import watch
from first_light.commands.rollback import rollback
from first_light.project.product import Product
from first_light.status.current import status
from first_light.utils.errors import DataopsError

DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda file: os.truncate(file, 5000),
    "empty": lambda file: os.truncate(file, 0),
    "missing": lambda file: file.unlink(),
    "text": lambda file: file.write_bytes(b"no database, at least 12 bytes" * 400),
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A product whose deadline is 07:00, released in time."""
    root = worker.make_product(tmp_path / "shop")
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-01T06:00:00+00:00")
    assert worker.quick_release(root).exit_code == 0
    return root


def damage(root: Path, kind: str) -> None:
    file = root / "store/current/warehouse.duckdb"
    file.resolve().chmod(0o644)
    DAMAGES[kind](file.resolve())


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_current_is_red_and_the_next_release_replaces_it(kind: str, shop: Path) -> None:
    product = Product(shop)
    assert status(product).ok
    damage(shop, kind)
    for result in (status(product), watch(product).status):
        assert not result.ok
        assert "cannot open it" in result.readers.problem
        assert result.readers.problem.endswith("uv run dataops release --full-refresh")
    assert watch(product).exit_code == 1
    failed = worker.quick_release(shop)
    assert failed.record.problem.endswith(
        "build the state again: uv run dataops release --full-refresh"
    )
    done = worker.quick_release(shop, full_refresh=True)
    assert done.exit_code == 0, done.record.problem
    assert status(product).ok
    assert watch(product).exit_code == 0


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_rollback_leads_to_a_release_that_can_be_read(kind: str, shop: Path) -> None:
    product = Product(shop)
    first = status(product).current
    worker.quick_release(shop)
    damage(shop, kind)
    assert status(product).readers.problem.endswith("uv run dataops rollback")
    assert rollback(product, None).release == first
    assert not status(product).readers.problem
    assert watch(product).exit_code == 0


def _lost(root: Path) -> None:
    shutil.rmtree((root / "store/current").resolve())


def _without_record(root: Path) -> None:
    ((root / "store/current").resolve() / "release.json").unlink()


def _with_half_a_record(root: Path) -> None:
    record = (root / "store/current").resolve() / "release.json"
    record.chmod(0o644)
    os.truncate(record, 100)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("damage_current", [_lost, _without_record, _with_half_a_record])
def test_a_current_without_a_record_is_red_and_the_named_command_repairs_it(
    count: int, damage_current: Callable[[Path], None], shop: Path
) -> None:
    product = Product(shop)
    for _ in range(count - 1):
        worker.quick_release(shop)
    damage_current(shop)
    for look in (status, watch):
        with pytest.raises(DataopsError) as stopped:
            look(product)
    command = stopped.value.fix.partition("uv run dataops ")[2].split()
    if command[0] == "rollback":
        rollback(product, command[1])
    else:
        assert worker.quick_release(shop, full_refresh=command[1:] == ["--full-refresh"]).record
    assert status(product).ok
    assert watch(product).exit_code == 0
    assert worker.quick_release(shop).exit_code == 0


@pytest.mark.parametrize("form", ["a file", "a folder"])
def test_a_copy_of_a_store_without_links_has_its_address_and_its_rollback(
    form: str, shop: Path
) -> None:
    """As tools copy that follow links, or that cannot write them."""
    product, pointer = Product(shop), shop / "store/current"
    first = status(product).current
    worker.quick_release(shop)
    target = pointer.readlink()
    release = pointer.resolve()
    pointer.unlink()
    if form == "a file":
        pointer.write_text(target.as_posix(), encoding="utf-8")
    else:
        shutil.copytree(release, pointer)
    seen = status(product)
    assert seen.ok
    assert seen.current is not None
    assert seen.current.run == release.name
    assert Path(seen.address).is_file()
    assert rollback(product, None).release == first
    back = status(product)
    assert back.ok
    assert back.current == first
    assert Path(back.address).is_file()
    assert worker.quick_release(shop).exit_code == 0
    assert not any((shop / "store/trash").iterdir())


def test_a_record_from_the_future_does_not_hide_a_missed_deadline(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = Product(shop)
    monkeypatch.setenv("DATAOPS_NOW", "2027-03-01T06:00:00+00:00")
    worker.quick_release(shop)
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-02T07:30:00+00:00")
    assert [late.isoformat() for late in status(product).late] == ["2026-03-02T07:00:00+00:00"]
    assert watch(product).exit_code == 1
    worker.quick_release(shop)
    assert not status(product).late


def test_a_first_record_from_the_future_is_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = Product(worker.make_product(tmp_path / "shop"))
    monkeypatch.setenv("DATAOPS_NOW", "2027-03-01T06:00:00+00:00")
    worker.quick_release(product.root)
    monkeypatch.setenv("DATAOPS_NOW", "2026-03-01T06:00:00+00:00")
    assert status(product).late
    assert watch(product).exit_code == 1
