"""Settings at the command line: read once for a command, not at all for its help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def product(tmp_path: Path) -> Path:
    """As much of a product as a command needs to find it."""
    (tmp_path / "dbt_project.yml").write_text("name: shop\n", encoding="utf-8")
    (tmp_path / ".copier-answers.yml").write_text("warehouse: duckdb\n", encoding="utf-8")
    return tmp_path


def dataops(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DATAOPS_")}
    command = [sys.executable, "-m", "first_light.cli.app", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


def test_a_command_uses_the_teams_settings(product: Path) -> None:
    settings = '[tool.dataops]\nstore = "elsewhere"\n'
    (product / "pyproject.toml").write_text(settings, encoding="utf-8")
    assert str(product / "elsewhere") in dataops(product, "status", "--json").stdout


def test_a_command_rejects_a_wrong_setting_and_its_help_does_not(product: Path) -> None:
    (product / "pyproject.toml").write_text("[tool.dataops]\nkeep = 1\n", encoding="utf-8")
    done = dataops(product, "status")
    assert done.returncode == 2
    assert "Unknown setting: keep." in done.stderr
    assert "keep-releases" in done.stderr
    assert dataops(product, "status", "--help").returncode == 0


def test_help_does_without_the_library_that_reads_settings() -> None:
    asked = "import sys, first_light.cli.app; print('msgspec' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
