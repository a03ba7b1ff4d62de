"""The summaries in the help are whole sentences on a terminal of 80 columns."""

from __future__ import annotations

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
    result = CliRunner().invoke(app, [*arguments, "--help"], terminal_width=80)
    lines = result.stdout.partition("Commands:\n")[2].splitlines()
    assert len(lines) == len(group.commands)
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []
