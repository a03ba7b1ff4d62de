"""The example: a shop whose raw is the same at every making, and true enough to teach."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import MakeProduct

import harness

SHOP = harness.TEMPLATE / "template" / "example" / "shop.py"
UNTIL = "2026-03-31"  # the day on which the sample in git was cut


def make_raw(into: Path, *options: str) -> Path:
    command = [sys.executable, str(SHOP), "--out", str(into), "--until", UNTIL, *options]
    subprocess.run(command, check=True, capture_output=True)
    return into


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_raw(tmp_path_factory.mktemp("example") / "raw")


def rows(raw: Path, table: str) -> dict[str, list[dict[str, str]]]:
    """The rows of each file of a table."""
    return {
        path.name: list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
        for path in sorted((raw / table).iterdir())
    }


def test_the_same_arguments_give_the_same_bytes(raw: Path, tmp_path: Path) -> None:
    assert harness.tree(make_raw(tmp_path / "again"), ".") == harness.tree(raw, ".")
    other = harness.tree(make_raw(tmp_path / "other", "--seed", "8"), ".")
    assert other != harness.tree(raw, ".")


def test_raw_is_only_ever_added_to(raw: Path, tmp_path: Path) -> None:
    mine = make_raw(tmp_path / "raw")
    before = {path: path.stat().st_mtime_ns for path in mine.rglob("*.csv")}
    make_raw(mine)
    assert {path: path.stat().st_mtime_ns for path in mine.rglob("*.csv")} == before
    edited = next(iter(before))
    edited.write_text("edited\n")
    command = [sys.executable, str(SHOP), "--out", str(mine), "--until", UNTIL]
    rejected = subprocess.run(command, capture_output=True, text=True)
    assert rejected.returncode == 2
    assert edited.name in rejected.stderr
    assert edited.read_text() == "edited\n"


def test_the_shop_has_its_troubles(raw: Path) -> None:
    tables = {path.name for path in raw.iterdir()}
    assert tables == {"customers", "orders", "order_lines", "payments", "returns"}
    orders = rows(raw, "orders")
    assert len({re.sub(r"_again", "", name) for name in orders}) >= 120
    doubled = [name for name in orders if "again" in name]
    assert doubled
    assert all(orders[name] == orders[name.replace("_again", "")] for name in doubled)
    late = [
        name
        for name, result in orders.items()
        for row in result
        if row["ordered_at"][:10] < (re.findall(r"\d{4}-\d\d-\d\d", name) or [""])[0]
    ]
    assert late, "no order arrived late"
    assert sum(len(result) for result in rows(raw, "returns").values()) > 100


@pytest.mark.slow
def test_the_sample_in_git_is_what_dataops_cuts(make_product: MakeProduct, raw: Path) -> None:
    product = make_product()
    in_git = harness.tree(product.root, "sample")
    product.dataops("sample", env={"DATAOPS_RAW": str(raw)})
    assert harness.tree(product.root, "sample") == in_git


@pytest.mark.slow
def test_a_newcomer_can_follow_the_first_change(make_product: MakeProduct) -> None:
    """Every command, SQL and YAML block of the page, in its order, word for word."""
    product = make_product()
    product.commit("First light")
    remote = product.root.parent / "remote.git"
    harness.git(product.root.parent, "init", "-q", "--bare", str(remote))
    product.git("remote", "add", "origin", str(remote))
    product.git("push", "-q", "-u", "origin", "main")
    marts = product.root / "models" / "marts"
    page = (product.root / "docs" / "first-change.md").read_text("utf-8")
    codes = []
    for kind, text in re.findall(r"```(console|sql|yaml)\n(.*?)```", page, flags=re.DOTALL):
        if kind == "console":
            for line in text.splitlines():
                if not line.startswith(("git clone", "cd ")):
                    done = product.run("bash", "-c", line, code=None)
                    codes.append((line, done.returncode, done.stdout + done.stderr))
                    if "12.55" in (marts / "customers.yml").read_text("utf-8"):
                        _put(marts / "customers.yml", "12.55", "12.50")
        elif kind == "sql":
            sql = marts / "customers.sql"
            head, end, tail = sql.read_text("utf-8").rpartition("as lifetime_net_amount\n")
            sql.write_text(head + end.rstrip() + ",\n" + text + tail, "utf-8")
        else:
            with (marts / "customers.yml").open("a", encoding="utf-8") as file:
                file.write(text)
    red = [(line, output) for line, code, output in codes if code]
    # The page has the newcomer fail twice: a contract, and a unit test with a wrong expectation.
    assert len(red) == 2, red
    assert "enforced contract" in red[0][1]
    assert "12.5" in red[1][1]
    assert "check passed" in next(output for line, _, output in codes if "dataops check" in line)


def _put(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
