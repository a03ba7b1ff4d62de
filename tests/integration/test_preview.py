"""`dataops preview`: a file and pages that can be shown, from a branch, never published."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import duckdb
import pytest

import harness
from first_light.commands.preview import DAYS, prune


@pytest.mark.slow
def test_a_branch_can_be_shown(tmp_path: Path) -> None:
    product = harness.product(tmp_path / "shop")
    root = product.root
    product.commit("First light")
    product.git("switch", "-q", "-c", "feature/été")
    done = product.dataops("preview", "--json")
    document = json.loads(done.stdout)
    folder = Path(document["folder"])
    assert folder.parent == root / "target" / "preview"
    assert (document["branch"], document["built_from"], document["failed"]) == (
        "feature/été",
        "sample",
        [],
    )
    assert document["pages"] == ["catalog.html"]
    assert "<html" in (folder / "catalog.html").read_text("utf-8")
    # It stands by itself, wherever it is copied to: tables only, in the schemas of a release.
    away = tmp_path / "elsewhere" / "for-ada.duckdb"
    away.parent.mkdir()
    shutil.copy(document["database"], away)
    with duckdb.connect(str(away), read_only=True) as connection:
        assert connection.execute("select count(*) > 0 from marts.orders").fetchall() == [(True,)]
        views = "select count(*) from duckdb_views() where not internal"
        assert connection.execute(views).fetchall() == [(0,)]
        count = "select count(*) > 0 from intermediate.int_orders_latest"
        assert connection.execute(count).fetchall() == [(True,)]
    # Nothing is published, nothing recorded.
    assert not (root / "store").exists()
    assert product.git("status", "--porcelain") == ""

    # A test that fails is no reason not to show it, but it is said.
    (root / "tests" / "assert_never.sql").write_text("select 1 as one\n")
    failing = product.dataops("preview", code=1)
    assert "failed    test assert_never" in failing.stdout
    assert "work that is not committed" in failing.stdout
    assert Path(document["database"]).is_file()


def test_previews_are_pruned_by_age(tmp_path: Path) -> None:
    old, new, broken = (tmp_path / name for name in ("old", "new", ".broken"))
    for folder in (old, new, broken):
        folder.mkdir()
    at = new.stat().st_mtime
    for folder in (old, broken):
        os.utime(folder, (at, at - DAYS * 86_400 - 60))
    assert prune(tmp_path, at) == (".broken", "old")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    assert prune(tmp_path / "none", at) == ()
