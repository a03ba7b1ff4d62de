"""A current release that readers cannot open is red, and the next command repairs it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import release_worker as worker
from first_light.commands.deadline import watch
from first_light.commands.rollback import rollback
from first_light.project.product import Product
from first_light.status.current import status

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
