"""The present findings of the hooks whose findings a baseline records, counted by rule and file."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from first_light.hooks.listing import FIXED
from first_light.project.baseline import counted
from first_light.project.hook_run import file_arguments, hook_definitions, tool_environment
from first_light.utils.errors import DataopsError

_YAML = re.compile(r"^(?P<file>.+?):\d+:\d+: \[\w+\] .*\((?P<rule>[\w-]+)\)$", re.MULTILINE)
_LARGE = re.compile(r"^(?P<file>.+) \(\d+ KB\) exceeds ", re.MULTILINE)
_MOST_FILES = 500  # of one command line

Findings = dict[str, dict[str, int]]


def findings(root: Path, hook: str, files: Collection[str]) -> Findings:
    """The findings of one hook; nothing is changed.

    Args:
        root: the product.
        hook: one of `HOOKS`.
        files: names relative to the product. Those that the hook does not examine are left out.

    Raises:
        DataopsError: the tool of the hook could not run.
    """
    definition = hook_definitions(root).get(hook)
    if definition is None:  # a team that owns the configuration has removed it
        return {}
    names = [name for name in sorted(files) if _is_examined(root, definition, name)]
    places: list[tuple[str, str]] = []
    for start in range(0, len(names), _MOST_FILES):
        part = file_arguments(names[start : start + _MOST_FILES])
        places += HOOKS[hook](root, _command(definition), part)
    return counted([(rule, name.removeprefix("./")) for rule, name in places])


def _is_examined(root: Path, definition: Mapping[str, Any], name: str) -> bool:
    """Whether the hook gets a file: its patterns, and no binary file for a hook of texts."""
    if not re.search(definition.get("files", ""), name):
        return False
    if (excluded := definition.get("exclude")) and re.search(excluded, name):
        return False
    types = definition.get("types", ())
    if "yaml" in types:
        return Path(name).suffix in (".yml", ".yaml")
    return "text" not in types or b"\0" not in (root / name).read_bytes()


def _command(definition: Mapping[str, Any]) -> list[str]:
    """The tool and its options, without `uv run` before and `--` after it."""
    words = shlex.split(definition["entry"])
    tool = next(n for n, word in enumerate(words) if n > 1 and not word.startswith("-"))
    return [word for word in words[tool:] if word != "--"]


def _sql(root: Path, command: Sequence[str], files: Sequence[str]) -> list[tuple[str, str]]:
    options = ["--format", "json", "--nofail", "--processes", "0", "--disable-progress-bar"]
    output = _run(root, [command[0], "lint", *options, "--", *files])
    try:
        linted = json.loads(output)
    except json.JSONDecodeError:
        raise DataopsError("sqlfluff could not run.", where=output.strip()[-2000:]) from None
    return [
        (f"sql/{violation['code']}", file["filepath"])
        for file in linted
        for violation in file["violations"]
        if not violation.get("warning")
    ]


def _yaml(root: Path, command: Sequence[str], files: Sequence[str]) -> list[tuple[str, str]]:
    output = _run(root, [*command, "--format", "parsable", "--", *files])
    return [(f"yaml/{match['rule']}", match["file"]) for match in _YAML.finditer(output)]


def _large(root: Path, command: Sequence[str], files: Sequence[str]) -> list[tuple[str, str]]:
    output = _run(root, [*command, "--", *files])
    return [("large-files", match["file"]) for match in _LARGE.finditer(output)]


def _fixer(hook: str) -> Callable[[Path, Sequence[str], Sequence[str]], list[tuple[str, str]]]:
    def run(root: Path, command: Sequence[str], files: Sequence[str]) -> list[tuple[str, str]]:
        with tempfile.TemporaryDirectory() as folder:
            for name in files:
                (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / name, Path(folder) / name)
            output = _run(Path(folder), [*command, "--", *files])
        return [(hook, match["file"]) for match in FIXED.finditer(output)]

    return run


def _run(folder: Path, command: Sequence[str]) -> str:
    """The standard output of a tool of the product's environment, whatever its verdict."""
    tool = Path(sys.executable).with_name(command[0])
    process = subprocess.run(
        [str(tool), *command[1:]],
        cwd=folder,
        env=tool_environment(),
        capture_output=True,
        text=True,
        errors="replace",
    )
    if process.returncode not in (0, 1, 2):
        raise DataopsError(f"{command[0]} could not run.", where=process.stderr.strip()[-2000:])
    return process.stdout


HOOKS: Mapping[str, Callable[[Path, Sequence[str], Sequence[str]], list[tuple[str, str]]]] = {
    "sql": _sql,
    "yaml": _yaml,
    "whitespace": _fixer("whitespace"),
    "end-of-file": _fixer("end-of-file"),
    "large-files": _large,
}
"""The hooks, by id. Secrets and conflict markers are never accepted."""
