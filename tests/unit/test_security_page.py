"""Every defence on the page about security names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanations" / "security.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def missing(text: str) -> list[str]:
    """Tests that a text names and that are not there."""
    result = []
    for path, name in NAMED.findall(text):
        file = ROOT / path
        tree = ast.parse(file.read_text("utf-8")) if file.is_file() else ast.Module([], [])
        if name not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
            result.append(f"{path}::{name}")
    return result


def test_every_threat_names_a_test_that_exists() -> None:
    text = PAGE.read_text("utf-8")
    table = text.split("## Threats", 1)[1].split("\n## ", 1)[0]
    threats = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(threats) >= 20
    assert [line for line in threats if len(NAMED.findall(line)) == 0] == []
    assert missing(text) == []


def test_a_test_that_is_gone_is_noticed() -> None:
    here = "tests/unit/test_security_page.py"
    assert missing(f"`{here}::test_gone` `{here}::missing`") == [f"{here}::test_gone"]
    assert missing("`tests/unit/test_gone.py::test_a`") == ["tests/unit/test_gone.py::test_a"]
