"""Releases in a lake of DuckDB itself, with its catalog in SQLite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ducklake
import harness
import visits_product
from visits_product import minimal, run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.engines,  # a minute of processor time; the statements are tested in each run
]


DROP = """
import sys
from pathlib import Path
from first_light.project.product import Product
from first_light.store.locate import store_of
from first_light.warehouse.base import open_warehouse
product = Product(Path.cwd())
open_warehouse(product, store_of(product)).drop(sys.argv[1])
"""
"""What the deletion of an old release does in the warehouse."""


def test_a_lake_keeps_every_guarantee(tmp_path: Path) -> None:
    root = minimal(tmp_path / "shop", ducklake.PROFILE)
    options = ("--json", "--releases", "2", "--readers", "1", "--rows", "50")
    environment = ducklake.environment()
    document: dict[str, Any] = json.loads(run(root, environment, ("warehouse", "verify", *options)))
    assert document["held"], document
    left = "select schema_name from duckdb_schemas() where schema_name like 'shop%'"
    assert ducklake.ask(root, left) == "[]", "the scratch schemas are dropped"


def test_dbt_builds_releases_in_a_lake(tmp_path: Path) -> None:
    root = harness.render(tmp_path / "shop", {"content": "empty"})
    profile = ducklake.PROFILE.replace("shop:", "dataops:").replace("'shop'", "'visits'")
    visits_product.write(root, profile)
    environment = ducklake.environment()

    def rows(schema: str) -> str:
        return ducklake.ask(root, f"select count(*) from lake.{schema}.visits")

    told = run(root, environment, ["release"])
    assert "DuckLake sqlite:lake/catalog.sqlite, schema visits_marts" in told
    assert rows("visits_marts") == "[(2,)]"
    run(root, environment, ["release"])
    assert rows("visits_marts") == "[(4,)]", "it continues the table of current"
    run(root, environment, ["rollback"])
    assert rows("visits_marts") == "[(2,)]"

    # A release is a snapshot of the catalog, until it is deleted.
    snapshots = "from ducklake_snapshots('lake') select commit_message, snapshot_id"
    named = f"{snapshots} where commit_message is not null order by snapshot_id"
    first, second, again = eval(ducklake.ask(root, named))
    assert first[0] == again[0] != second[0]
    at = f"select count(*) from lake.visits_r000002_marts.visits at (version => {second[1]})"
    assert ducklake.ask(root, at) == "[(4,)]"
    ended = subprocess.run(
        [sys.executable, "-c", DROP, second[0].removeprefix("release ")],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    left = eval(ducklake.ask(root, f"{snapshots} order by snapshot_id limit 1"))
    assert left == [first], "snapshots from before the oldest release are forgotten"
    assert rows("visits_marts") == "[(2,)]"
