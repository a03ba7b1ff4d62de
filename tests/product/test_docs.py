"""The commands that the documentation shows, run in a product.

Every `console` block runs, page by page in one product; one that cannot run here says why in a
comment before it: <!-- not run: reason -->. test_by_hand.py runs dbt's own switches and looks at
what they build.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from conftest import MakeProduct

import harness

DOCS = harness.TEMPLATE / "docs"
BLOCK = re.compile(r"(?:^<!-- not run: ([^\n]+) -->\n)?^```console\n(.*?)^```$", re.M | re.S)
# The pages whose commands work in a started example, in this order.
EXAMPLE = (
    "get-started.md",
    "guides/bi-tools.md",
    "guides/deliveries.md",
    "guides/changes.md",
    "guides/boards.md",
    "guides/anomalies.md",
    "guides/private-templates.md",
)
OWN_FILES = "guides/files.md"
# All lines of this form, on this page.
BY_HAND = ("guides/changes.md", "DATAOPS_DB=")


def blocks(page: str) -> list[str]:
    """The blocks of a page that run."""
    result = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    return [text for reason, text in result if not reason]


def follow(product: harness.Product, page: str) -> None:
    assert blocks(page), f"{page} shows nothing to run"
    for block in blocks(page):
        if page == BY_HAND[0] and all(
            line.startswith(BY_HAND[1]) for line in block.splitlines() if line
        ):
            continue
        product.run("bash", "-euo", "pipefail", "-c", block)


def test_every_block_runs_here_or_says_why_not() -> None:
    unread = {
        path.relative_to(DOCS).as_posix(): blocks(path.relative_to(DOCS).as_posix())
        for path in DOCS.rglob("*.md")
    }
    assert {page for page, result in unread.items() if result} == {*EXAMPLE, OWN_FILES}
    for path in DOCS.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"^ *```(bash|sh|shell)$", text, re.M), f"{path}: name it console"
        assert len(re.findall(r"^ *```console$", text, re.M)) == len(BLOCK.findall(text)), path


@pytest.mark.slow
@pytest.mark.parametrize(
    "pages",
    [EXAMPLE[:1], pytest.param(EXAMPLE, marks=pytest.mark.gauntlet)],
    ids=["first page", "all pages"],
)
def test_the_pages_in_the_example(tmp_path: Path, pages: tuple[str, ...]) -> None:
    product = harness.started_example(tmp_path / "my-product")
    for page in pages:
        follow(product, page)


@pytest.mark.slow
@pytest.mark.gauntlet  # test_start.py drafts from files
def test_the_page_of_own_files(make_product: MakeProduct, tmp_path: Path) -> None:
    product = make_product({"content": "empty"})
    sample = harness.TEMPLATE / "template" / "sample"
    folders = {
        "files": ("customers", "orders"),
        "more-files": ("returns",),
        "crm-export": ("returns",),
        "shop-export": ("orders",),
    }
    for folder, tables in folders.items():
        for table in tables:
            (tmp_path / folder).mkdir(exist_ok=True)
            shutil.copy(sample / table / f"{table}.csv", tmp_path / folder)
    product.dataops("start", "--from", "../files", code=1)  # it asks about the marks
    follow(product, OWN_FILES)
