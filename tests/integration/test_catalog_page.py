"""The catalog in a browser: a name that is a script is shown and does not run; the search does."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from first_light.catalog.columns import Built
from first_light.catalog.facts import Release, collect
from first_light.catalog.page import catalog_page
from first_light.dbt.manifest import Column, Manifest, Node
from first_light.metrics.definitions import Semantics
from first_light.project.product import Product

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(
    BROWSER is None and os.environ.get("CI") != "true",
    reason="no Chromium here: apt-get install chromium",
)
RUN = "document.documentElement.setAttribute('data-ran', 'yes')"
HOSTILE = f'</script></style><script>{RUN}</script><img src=x onerror="{RUN}"><!--'


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The catalog of a product in which every text is hostile."""
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    (tmp_path / ".copier-answers.yml").write_text("product_name: Shop\n")
    orders = Node(
        "model.shop.orders", "model", HOSTILE, HOSTILE, description=HOSTILE, group=HOSTILE,
        columns=(Column(HOSTILE, HOSTILE, HOSTILE, HOSTILE),), schema="main", alias="orders",
        materialized=HOSTILE, primary_key=(HOSTILE,), code="select 1",
    )  # fmt: skip
    board = Node(
        "exposure.shop.board", "exposure", "board", "models/_boards.yml", label=HOSTILE,
        description=HOSTILE, owner={"name": HOSTILE}, url=f"https://x.example/{HOSTILE}",
        depends_on=(orders.unique_id,),
    )  # fmt: skip
    manifest = Manifest({n.unique_id: n for n in (orders, board)}, {HOSTILE: {"name": HOSTILE}})
    metric = {"name": "m", "label": HOSTILE, "description": HOSTILE}
    release = Release(HOSTILE, (HOSTILE,), Built({}, {}, {}, {}))
    catalog = collect(Product(tmp_path), manifest, Semantics({"metrics": [metric]}), release)
    file = tmp_path / "catalog.html"
    file.write_text(catalog_page(catalog), encoding="utf-8")
    return file


def open_page(page: Path, anchor: str = "") -> str:
    """The document after its scripts have run."""
    process = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
            f"--user-data-dir={page.parent / 'profile'}", "--virtual-time-budget=5000",
            "--dump-dom", f"{page.as_uri()}{anchor}",
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return process.stdout


@needs_browser
def test_a_hostile_name_is_shown_and_does_not_run(page: Path) -> None:
    document = open_page(page, "#model.shop.orders")
    assert 'data-ran="yes"' not in document
    assert "&lt;/script&gt;" in document, "the name is shown"
    # The page's own script ran: it shows the search and opens the entry of the address.
    assert '<form id="search" role="search">' in document
    assert '<details class="panel entry" id="model.shop.orders" open="">' in document


@needs_browser
def test_only_the_page_s_own_script_may_run(page: Path) -> None:
    """A text that were not escaped would not run either; without the policy it would."""
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("</main>", f"<script>{RUN}</script></main>"), encoding="utf-8")
    assert 'data-ran="yes"' not in open_page(page)
    head, _, rest = page.read_text(encoding="utf-8").partition('<meta http-equiv="Content-Sec')
    page.write_text(head + rest.partition(">")[2], encoding="utf-8")
    assert 'data-ran="yes"' in open_page(page)
