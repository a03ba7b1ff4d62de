"""Files and folders that a user has no right to read: named in words, and never left out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import harness
from first_light.history.facts import raw_files

# Rights do not bind root, until it gives up the capabilities that pass over them.
BOUND = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if not os.geteuid() else []
FILES = {
    "dbt_project.yml": "name: shop\nprofile: shop\n",
    "pyproject.toml": "[tool.dataops]\n",
    ".copier-answers.yml": "product_name: Shop\n",
    "boards/orders.md": "---\ntitle: Orders\n---\n",
    "raw/orders/2026/orders.csv": "id\n1\n",
    "store/history/runs/notes.txt": "",
    ".git/HEAD": "ref: refs/heads/main\n",
}
RAW = (
    "import sys, pathlib; from first_light.history.facts import read_raw; "
    "from first_light.utils.errors import DataopsError\n"
    "try: print(read_raw(pathlib.Path('raw'), pathlib.Path('target/cache.json')))\n"
    "except DataopsError as error: sys.exit(f'{error.message} {error.where}')"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def said(root: Path, unreadable: str, command: Sequence[str]) -> str:
    """What a command prints that ends with an error, while one file or folder has no rights."""
    place = root / unreadable
    mode = place.stat().st_mode
    place.chmod(0)
    try:
        done = subprocess.run(
            [*BOUND, sys.executable, *command],
            cwd=root,
            env={**harness.clean_environment(), "COLUMNS": "200", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
        )
    finally:
        place.chmod(mode)
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("unreadable", "command"),
    [
        ("store", "status"),
        ("store/history/runs", "status"),
        (".copier-answers.yml", "status"),
        ("pyproject.toml", "releases"),
        ("boards/orders.md", "boards render"),
        (".git", "check"),
    ],
)
def test_a_command_names_what_it_may_not_read(root: Path, unreadable: str, command: str) -> None:
    text = said(root, unreadable, ["-m", "first_light.cli.app", *command.split()])
    assert "Traceback" not in text
    assert f"where: {root / unreadable}" in text
    assert "fix:   give it the right (ls -ld, chown, chmod), then repeat the command" in text


def test_a_broken_repository_is_not_taken_for_none(root: Path) -> None:
    shutil.rmtree(root / ".git")
    (root / ".git").write_text("gitdir: moved/away\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "first_light.cli.app", "check"],
        cwd=root,
        env={**harness.clean_environment(), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "moved/away" in done.stderr
    assert "dataops start" not in done.stderr


@pytest.mark.parametrize("unreadable", ["raw", "raw/orders/2026"])
def test_no_folder_of_raw_is_left_out(root: Path, unreadable: str) -> None:
    """A release without its files would be one of less data."""
    place = unreadable.partition("/")[2] or "raw"
    text = said(root, unreadable, ["-c", RAW])
    assert text.strip() == f"A folder in raw cannot be read. {place}: Permission denied"


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    """A product without a sample."""
    assert raw_files(tmp_path / "sample") == []
