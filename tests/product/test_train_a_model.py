"""The recipe of docs/guides/train-a-model.md, as a reader would copy it."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import duckdb
import pytest
from conftest import MakeProduct

import harness
from first_light.dbt.manifest import read_manifest
from first_light.hooks.project_rules import rule_violations

PAGE = (harness.TEMPLATE / "docs/guides/train-a-model.md").read_text("utf-8")


def write_files(root: Path) -> None:
    """The files of the page; the first line of each block names its path."""
    blocks = re.findall(r"```\w+\n(?:#|--) (models/\S+)\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 4
    for path, text in blocks:
        (root / path).write_text(text, encoding="utf-8")


def version(database: Path) -> str:
    with duckdb.connect(str(database), read_only=True) as connection:
        ((name, number),) = connection.execute(
            "select max(model_version), count(distinct model_version) from marts.return_risk"
        ).fetchall()
    assert number == 1
    return str(name)


@pytest.mark.slow
def test_a_trained_model_is_released_and_rolled_back(
    make_product: MakeProduct, tmp_path: Path
) -> None:
    product = make_product()
    (command,) = re.findall(r"^uv add (.+)$", PAGE, re.MULTILINE)
    libraries = tmp_path / "libraries"
    install = ["uv", "pip", "install", "--quiet", "--target", str(libraries)]
    subprocess.run([*install, *shlex.split(command)], check=True)
    product.environment["PYTHONPATH"] += f":{libraries}"
    write_files(product.root)
    product.commit("Predict returns")
    clock = {"DATAOPS_NOW": (product.root / "sample/as_of.txt").read_text().strip()}
    product.dataops("release", env=clock)
    current = product.root / "store/current"
    first = version(current / "warehouse.duckdb")
    assert first != "untrained"
    catalog = (current / "catalog.html").read_text("utf-8")
    assert "Error of the return score" in catalog, "its quality is a figure of the release"
    assert rule_violations(read_manifest(current / "manifest.json")) == []

    model = product.root / "models/intermediate/int_return_scores.py"
    text = model.read_text("utf-8")
    model.write_text(text.replace('    "hour",\n', "", 1), encoding="utf-8")
    product.commit("Leave the hour out")
    printed = product.dataops("release", env=clock).stdout
    assert "return_score_error:" in printed, "the release says how the figure moved"
    assert version(current / "warehouse.duckdb") != first
    product.dataops("rollback", env=clock)
    assert version(current / "warehouse.duckdb") == first
