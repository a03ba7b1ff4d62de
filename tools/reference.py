"""The page of all commands, from the command line itself; `python -m tools.reference` writes it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from first_light.cli.app import app

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "commands.md"
_HEADING = """\
<!-- Written by `make format` from the command line itself. -->
# Commands

Run them in a product with `uv run dataops …`. `--help` prints the same text.
"""


def text() -> str:
    """The page as the commands are now."""
    root: Any = typer.main.get_command(app)
    return "\n".join([_HEADING, *_commands(root, "dataops")])


def _commands(group: TyperGroup, prefix: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{prefix} {name}")
        else:
            yield from _command(command, f"{prefix} {name}")


def _command(command: Any, name: str) -> Iterator[str]:
    context = command.make_context(name, [], resilient_parsing=True)
    rows, usage = [], [name, "[OPTIONS]"]
    for each in command.params:
        option, meaning = each.get_help_record(context)
        if each.param_type_name == "argument":
            option = each.metavar or str(each.name).upper()
            usage.append(option)
        option = option.replace("|", "\\|")
        rows.append(f"| `{option}` | {meaning.replace('  [required]', '')} |")
    yield f"## {name}\n"
    yield f"```text\n{' '.join(usage)}\n```\n"
    yield f"{inspect.cleandoc(command.help or '')}\n"
    if rows:
        yield "\n".join(["| argument or option | meaning |", "|---|---|", *rows, ""])


def main() -> int:
    """Write the page; with --check only compare it."""
    wanted = text()
    if "--check" not in sys.argv:
        PAGE.write_text(wanted, encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{PAGE.name} is not what the commands say: make format")
    return 1


if __name__ == "__main__":
    sys.exit(main())
