"""The layers of the package: an import that goes up or sideways is reported."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import first_light

PACKAGE = Path(first_light.__file__).parent
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("module", "imported", "reported"),
    [
        ("utils/sql_names.py", "first_light.cli.app", "first_light.utils -> first_light.cli"),
        ("store/label.py", "first_light.history.log", "first_light.store -> first_light.history"),
        (
            "sampling/calls.py",
            "first_light.inference.types",
            "first_light.sampling -> first_light.inference",
        ),
    ],
)
def test_a_forbidden_import_is_reported(
    tmp_path: Path, module: str, imported: str, reported: str
) -> None:
    shutil.copytree(PACKAGE, tmp_path / "first_light", ignore=shutil.ignore_patterns("*.pyc"))
    with (tmp_path / "first_light" / module).open("a", encoding="utf-8") as file:
        file.write(f"\nimport {imported}\n")
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache", "--no-logo", ROOT / "pyproject.toml"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert reported in done.stdout.replace("is not allowed to import", "->"), done.stdout


def test_help_loads_no_dbt_and_no_graphs() -> None:
    script = (
        "import sys\nfrom first_light.cli.app import app\n"
        "app(['--help'], standalone_mode=False)\n"
        "loaded = {'dbt', 'networkx', 'duckdb', 'sqlglot'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Commands" in done.stdout
