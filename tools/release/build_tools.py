"""What builds the package: every tool at one exact version, with all that it needs.

A product that takes the package from git builds it, in a job with a token too. Its own lock does
not reach into that build; what pyproject.toml asks for does.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

PROJECT = "pyproject.toml"
SECTION = "build"
# The two that the build asks for itself: standard; the version is the tag.
ROOTS = ("hatchling", "hatch-vcs")
_REQUIRES = re.compile(r"(?ms)^requires = \[.*?^\]$")
_LISTED = re.compile(r"(?m)^\[build\]\n(?:.+\n)*")
_RESOLVED = re.compile(r"(?m)^([\w.-]+)(==[^\s;]+)(?: ; python_full_version (.+))?$")
_OLDEST = "3.10"


def requires(pinned: Mapping[str, str]) -> str:
    """The lines of pyproject.toml that ask for these tools."""
    lines = "".join(f"    {json.dumps(name + version)},\n" for name, version in pinned.items())
    return f"requires = [\n{lines}]"


def differs(root: Path, pinned: Mapping[str, str]) -> bool:
    """Whether pyproject.toml asks for anything else."""
    match = _REQUIRES.search((root / PROJECT).read_text("utf-8"))
    return match is None or match[0] != requires(pinned)


def write(root: Path, pinned: Mapping[str, str]) -> None:
    """Let pyproject.toml ask for exactly these tools."""
    text = (root / PROJECT).read_text("utf-8")
    (root / PROJECT).write_text(_REQUIRES.sub(lambda _: requires(pinned), text, count=1), "utf-8")


def without_requires(text: str) -> str:
    """The text of pyproject.toml in which these lines are blank; no other place moves."""
    return _REQUIRES.sub(lambda match: re.sub(r"\S", " ", match[0]), text, count=1)


def replaced(text: str, pinned: Mapping[str, str]) -> str:
    """The text of pins.toml with other tools."""
    lines = "".join(f"{name} = {json.dumps(version)}\n" for name, version in pinned.items())
    return _LISTED.sub(lambda _: f"[{SECTION}]\n{lines}", text, count=1)


def resolve(*arguments: str, wanted: str = "\n".join(ROOTS)) -> dict[str, str]:
    """The tools and all that they need, at versions that fit each other.

    Args:
        arguments: more options of uv.
        wanted: requirements, one a line.

    Raises:
        subprocess.CalledProcessError: the index could not be asked.
    """
    command = ("uv", "pip", "compile", "--quiet", "--universal", "--no-annotate", "--no-header")
    output = subprocess.run(
        [*command, f"--python-version={_OLDEST}", "--no-python-downloads", *arguments, "-"],
        input=wanted,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {
        name: version + (f"; python_version {marker}" if marker else "")
        for name, version, marker in _RESOLVED.findall(output)
    }
