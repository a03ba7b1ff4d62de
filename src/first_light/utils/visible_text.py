"""Text for a terminal or a log, in which names and values control nothing.

Standard library only: the jobs with a token use it too.
"""

from __future__ import annotations

import os
import re

# Sequences of a terminal begin with a control character; marks of direction reorder a line.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# What a runner of a pipeline can read as a command in a log.
_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[)", re.MULTILINE)


def visible(text: str) -> str:
    """The text with control characters spelled out, such as `\\x1b`, and without commands."""
    shown = _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)
    return _COMMAND.sub(_spaced, shown) if os.environ.get("CI") else shown


def _spaced(match: re.Match[str]) -> str:
    return "## " if match[0] == "##" else f"{match[1]}: "
