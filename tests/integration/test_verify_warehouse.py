"""`dataops warehouse verify` on every engine, and on one that is broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import broken_engine
import postgres
import snowflake_emulator
from first_light.project.product import Product
from first_light.release.verify.kit import Options, verify
from first_light.utils.errors import DataopsError

GUARANTEES = (
    "readers see one whole release",
    "readers never go back",
    "a release reaches readers",
    "a killed publisher breaks no reader",
    "the next command recovers",
    "a rollback is at once",
    "old releases can be deleted",
    "a candidate starts from current's state",
    "readers get no withheld column",
    "nothing is left behind",
)


def quiet(line: str) -> None:
    """Show no progress."""


def product(root: Path, kind: str) -> Path:
    """The least that has a profile."""
    root.mkdir()
    (root / ".copier-answers.yml").write_text("{}\n")
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (root / "profiles.yml").write_text(f"shop: {{outputs: {{prod: {{type: {kind}}}}}}}\n")
    return root


def run(root: Path, environment: Mapping[str, str], code: int) -> dict[str, Any]:
    """The command's document."""
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "first_light.cli.app", "warehouse", "verify", "--json"),
            *("--releases", "2", "--readers", "1", "--rows", "50"),
        ],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    assert tuple(g["name"] for g in document["guarantees"]) == GUARANTEES
    assert not (root / "target" / "verify").exists()
    assert not (root / "store").exists()
    return document


@pytest.mark.slow
@pytest.mark.thorough  # test_all_commands.py has it in a product
def test_duckdb_keeps_every_guarantee(tmp_path: Path) -> None:
    document = run(product(tmp_path / "shop", "duckdb"), {}, 0)
    assert document["warehouse"] == "duckdb"
    assert document["held"]


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    with postgres.server() as result:
        yield result


@pytest.mark.slow
def test_postgresql_keeps_every_guarantee_in_a_database_of_its_own(
    tmp_path: Path, server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, environment = product(tmp_path / "shop", "postgres"), server.environment()
    assert run(root, environment, 0)["held"]
    listed = "select datname from pg_database where not datistemplate"
    assert server.ask(listed) == [("postgres",)], "the scratch database is dropped"
    schemas = "select nspname from pg_namespace where nspname ~ '^(dataops|marts|r0|candidate)'"
    assert server.ask(schemas) == [], "the product's database is as it was"

    # What is not its own it neither drops nor uses.
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    server.ask("create database postgres_verify")
    with pytest.raises(DataopsError, match="did not create"):
        verify(Product(root), Options(root / "target" / "verify"), quiet)
    assert len(server.ask(listed)) == 2
    assert not (root / "target" / "verify").exists()


class _Stop:
    """A value of a statement before which the command is stopped."""

    def __conform__(self, protocol: object) -> None:
        raise KeyboardInterrupt


@pytest.mark.slow
def test_a_stop_while_the_scratch_database_is_created_leaves_none(
    tmp_path: Path, server: postgres.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = product(tmp_path / "shop", "postgres")
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    # Its comment comes after it: until then it does not say whose it is.
    monkeypatch.setattr("first_light.warehouse.postgres.scratch._COMMENT", _Stop())
    with pytest.raises(KeyboardInterrupt):
        verify(Product(root), Options(root / "target" / "verify"), quiet)
    monkeypatch.undo()
    listed = "select datname from pg_database where not datistemplate"
    assert server.ask(listed) == [("postgres",)]
    assert run(root, server.environment(), 0)["held"]


@pytest.mark.slow
@snowflake_emulator.needs_emulator
def test_snowflake_keeps_every_guarantee_on_an_emulator(tmp_path: Path) -> None:
    root = product(tmp_path / "shop", "snowflake")
    (root / "profiles.yml").write_text(snowflake_emulator.PROFILE)
    with snowflake_emulator.server() as environment:
        document = run(root, environment, 0)
        listed = snowflake_emulator.ask(environment, "show databases")
    assert document["warehouse"] == "snowflake"
    assert document["held"], document
    assert [row[1] for row in listed] == ["SHOP"], "the scratch databases are dropped"


@pytest.mark.slow
def test_a_broken_engine_of_another_package_is_seen(tmp_path: Path) -> None:
    broken_engine.install(tmp_path / "packages")
    root = product(tmp_path / "shop", "broken")
    path = os.pathsep.join((str(tmp_path / "packages"), os.environ.get("PYTHONPATH", "")))
    document = run(root, {"PYTHONPATH": path}, 1)
    held = {g["name"] for g in document["guarantees"] if g["held"]}
    assert held == {
        "readers never go back",
        "a release reaches readers",
        "nothing is left behind",
    }
    evidence = {g["name"]: g["evidence"] for g in document["guarantees"]}
    assert "of them a mixture" in evidence["readers see one whole release"]
    assert "cannot be dropped" in evidence["the next command recovers"]
    assert "0 of 50 rows" in evidence["a candidate starts from current's state"]


def test_a_folder_that_exists_is_not_used(tmp_path: Path) -> None:
    root = product(tmp_path / "shop", "duckdb")
    with pytest.raises(DataopsError, match="exists already"):
        verify(Product(root), Options(root), quiet)
    assert (root / "profiles.yml").exists()
