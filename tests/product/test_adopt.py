"""docs/guides/adopt.md: an existing dbt project receives the managed files and keeps its own."""

from __future__ import annotations

from pathlib import Path

import copier
import pytest

import harness
from first_light.project import managed
from first_light.project.product import Product
from gauntlet import run, versions
from tools.release.template import MANAGED, ownership

# A project of someone else's shape: other folders, other names, settings of its own.
THEIRS = {
    "dbt_project.yml": "name: warehouse\nversion: '1'\nprofile: theirs\nmodel-paths: [transform]\n",
    "README.md": "# Their warehouse\n",
    "transform/base/base_orders.sql": "select * from {{ source('shop', 'orders') }}\n",
    "transform/base/schema.yml": "version: 2\nsources:\n- name: shop\n  tables: [{name: orders}]\n",
    "models/legacy.sql": "SELECT 1 AS One\n",
    "macros/cents.sql": "{% macro cents(x) %}{{ x }} / 100{% endmacro %}\n",
    "tests/no_orphans.sql": "select 1 where false\n",
    "snapshots/orders.sql": "{% snapshot orders %}select 1{% endsnapshot %}\n",
    "docs/overview.md": "Theirs.\n",
    "packages.yml": "packages: []\n",
    "requirements.txt": "dbt-duckdb\n",
    ".github/workflows/nightly.yml": "name: nightly\n",
    ".gitignore": "target/\ntheir_exports/\n",
    ".sqlfluff": "[sqlfluff]\ndialect = postgres\n",
}


@pytest.fixture
def adopted(template_history: Path, tmp_path: Path) -> Path:
    """The project after the command of the page."""
    root = tmp_path / "theirs"
    for path, text in THEIRS.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    harness.git(root, "init", "-q", "-b", "main")
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-q", "-m", "theirs")
    copier.run_copy(
        str(template_history),
        root,
        data={"content": "empty", "product_name": "My product"},
        defaults=True,
        overwrite=True,
        quiet=True,
        vcs_ref=versions.FIRST,
    )
    return root


def test_only_managed_files_change_and_ones_own_can_be_kept(
    adopted: Path, template_history: Path
) -> None:
    changed = harness.git(adopted, "diff", "--name-only").splitlines()
    assert changed == [".gitignore", ".sqlfluff"]
    assert all(ownership().classes(path) == (MANAGED,) for path in changed)
    assert (adopted / "pyproject.toml").is_file()
    assert (adopted / "models" / "_groups.yml").is_file()

    harness.git(adopted, "checkout", "HEAD", "--", ".sqlfluff")
    managed.opt_out(Product(adopted), str(adopted / ".sqlfluff"), "our style is older")
    harness.git(adopted, "add", "-A")
    harness.git(adopted, "commit", "-q", "-m", "adopt")
    assert managed.step(Product(adopted)).verdict == "passed"

    run.update(adopted, "v1.1.0")
    assert run.conflicts(adopted) == []
    for path, text in THEIRS.items():
        if path != ".gitignore":
            assert (adopted / path).read_text("utf-8") == text, path
    assert managed.step(Product(adopted)).verdict == "passed"
