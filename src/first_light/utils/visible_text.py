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

# What a forge acts on: mentions, however the sign is spelled, numbers of issues and requests, and
# its own commands, such as /merge at the beginning of a line.
_MENTION = re.compile(r"(?<![A-Za-z0-9])(?:@|&(?:#0*64|#x0*40|commat);?)", re.IGNORECASE)
_NUMBER = re.compile(r"(?<!&)([#!])(?=\d)")
_QUICK_ACTION = re.compile(r"^(\s*)(?=/\w)", re.MULTILINE)
_BREAK = "\u200b"  # a space of no width


def visible(text: str) -> str:
    """The text with control characters spelled out, such as `\\x1b`, and without commands."""
    shown = _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)
    return _COMMAND.sub(_spaced, shown) if os.environ.get("CI") else shown


def _spaced(match: re.Match[str]) -> str:
    return "## " if match[0] == "##" else f"{match[1]}: "


def inert(markdown: str) -> str:
    """Markdown that another job wrote: it mentions nobody, and is no command of a forge.

    Its code is text too, since what ends a span of code differs from forge to forge.
    """
    text = _NUMBER.sub(rf"\1{_BREAK}", _MENTION.sub(f"@{_BREAK}", markdown))
    return _QUICK_ACTION.sub(rf"\1{_BREAK}", text)
