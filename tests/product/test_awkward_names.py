"""A draft of files with awkward names and values passes the first check of its product."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import MakeProduct

ROWS = 24
_HEX = "89504e470d0a1a0a0000000d49484452000001"
# Of the shape of a key, and none: the secrets hook must not stop a draft for a value in it.
_KEY_LIKE = "AKIA" + "QWERTYUIOPASDFGH"

_RESERVED = ["order", "group", "user", "select", "from", "table", "end", "case", "limit", "primary"]
_COLLIDING = ["Name", "name ", "NAME_", "na-me", "n.a.m.e", "Name (2)", "name_2"]
_UNICODE = ["größe", "名前", "Ünïcode Näme", "цена", "№", "€", "emoji 🎉", "ﬁ"]
_SIGNS = ["a.b", "a b", 'quo"te', "it's", "100%", "{{ x }}", "{% raw %}", "#", "a/b", "a\\b", "--x"]
_LONG = ["x" * 200, "a very long name of a column that says all that there is to say " * 2]


def _write(folder: Path, name: str, columns: Sequence[str]) -> None:
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", *columns])
        rows.writerows([n, *(f"v{n % 5}{at}" for at in range(len(columns)))] for n in range(ROWS))


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    _write(folder, "order.csv", _RESERVED)
    _write(folder, "select.csv", ["select_id", "order_id"])
    _write(folder, "Größe & Maß (neu).csv", _COLLIDING)
    _write(folder, "名前 data.csv", _UNICODE)
    _write(folder, "a.b.c.csv", _SIGNS)
    _write(folder, f"{'long_' * 30}.csv", _LONG)
    _write(folder, "2024 stats.csv", ["1", "2.5", "true", "null"])
    people = [
        {
            "id": n,
            "user": {"name": f"n{n}", "order": {"from": n, "user": {"id": n % 3}}},
            "Group By": [{"select": 1}],
            "picture": f"{_HEX}{n:04x}",
            "token": f"{_KEY_LIKE}",
            "hash": f"{n * 7919:040x}",
        }
        for n in range(ROWS)
    ]
    (folder / "users.json").write_text(json.dumps(people), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_awkward_names_pass_the_first_check(make_product: MakeProduct, files: Path) -> None:
    product = make_product({"content": "empty"})
    started = product.dataops("start", "--from", str(files), "--yes")
    assert "check passed" in started.stdout
    assert "is ready" in started.stdout
