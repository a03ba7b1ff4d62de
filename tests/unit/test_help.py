"""The summaries in the help are whole sentences on a terminal of 80 columns."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from first_light.cli.app import app

COMMANDS = typer.main.get_command(app)
assert isinstance(COMMANDS, TyperGroup)
GROUPS = {
    "dataops": ([], COMMANDS),
    **{n: ([n], c) for n, c in COMMANDS.commands.items() if isinstance(c, TyperGroup)},
}


@pytest.mark.parametrize("name", GROUPS)
def test_every_summary_is_a_whole_sentence_at_80_columns(name: str) -> None:
    arguments, group = GROUPS[name]
    result = CliRunner().invoke(app, [*arguments, "--help"], terminal_width=78)  # as on 80 columns
    lines = result.stdout.partition("Commands:\n")[2].splitlines()
    assert len(lines) == len(group.commands)
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []


def test_versions_are_shown_in_a_product_and_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout == f"dataops {metadata.version('first-light')}\n"
    (tmp_path / ".copier-answers.yml").write_text("_commit: v1.2.3\nproduct_name: Shop\n")
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    result = CliRunner().invoke(app, ["--version"])
    assert result.stdout.splitlines()[1:] == ["template v1.2.3"]
