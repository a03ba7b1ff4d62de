"""dbt's catalog page: a name that is a script is shown, and does not run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from first_light.dbt.catalog_page import secured
from first_light.dbt.engine import open_engine

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(
    BROWSER is None and os.environ.get("CI") != "true",
    reason="no Chromium here: apt-get install chromium",
)
PROFILE = """
shop:
  target: ci
  outputs:
    ci: {type: duckdb, path: "{{ env_var('DATAOPS_DB') }}", threads: 1}
"""
RUN = "document.documentElement.setAttribute('data-ran', 'yes')"
# In a script of the page, as markup, and as a handler in a description, which is Markdown.
HOSTILE = f"</script><script>{RUN}</script><!-- <script>"
HANDLER = f'<img src=x onerror=\\"{RUN}\\"> described'
SCHEMA = f"""
models:
  - name: orders
    description: "{HANDLER}"
    columns:
      - name: "{HOSTILE}"
        quote: true
        description: "{HANDLER} {HOSTILE}"
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of a product with a hostile column."""
    root = tmp_path_factory.mktemp("shop")
    (root / "models").mkdir()
    (root / "dbt_project.yml").write_text("name: shop\nversion: 1.0.0\nprofile: shop\n")
    (root / "profiles.yml").write_text(PROFILE)
    (root / "models/orders.sql").write_text(f'select 1 as "{HOSTILE}"\n')
    (root / "models/orders.yml").write_text(SCHEMA)
    dbt = open_engine(root, "ci", root / "target", {"DATAOPS_DB": str(root / "shop.duckdb")})
    assert dbt.build().ok
    documented = dbt.docs()
    assert documented.ok, documented.problem
    return root / "target/static_index.html"


def open_page(page: Path, profile: Path) -> str:
    """The document after its scripts have run, on the page of the model."""
    process = subprocess.run(
        [
            str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
            f"--user-data-dir={profile}", "--virtual-time-budget=5000", "--dump-dom",
            f"{page.as_uri()}#!/model/model.shop.orders",
        ],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return process.stdout


@needs_browser
def test_a_hostile_name_is_shown_and_does_not_run(page: Path, tmp_path: Path) -> None:
    document = open_page(page, tmp_path / "profile")
    assert 'data-ran="yes"' not in document
    assert "&lt;/script&gt;&lt;script&gt;document" in document, "the name is shown"
    assert " described" in document, "the description is shown"


@needs_browser
def test_without_the_policy_a_description_would_run(page: Path, tmp_path: Path) -> None:
    """The proof that the test above can fail."""
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition('<meta http-equiv="Content-Security-Policy"')
    unprotected = tmp_path / "unprotected.html"
    unprotected.write_text(head + rest.partition("/>")[2], encoding="utf-8")
    assert 'data-ran="yes"' in open_page(unprotected, tmp_path / "profile")


def test_a_page_of_another_form_is_not_published() -> None:
    for text in ("<head></head>", '{"a": 1}'):
        with pytest.raises(ValueError, match=r"its data|no head"):
            secured(text, ['{"a": 1}'])
