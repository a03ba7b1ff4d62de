"""Text for a terminal or a log, in which names and values control nothing.

Standard library only: the jobs with a token use it too.
"""

from __future__ import annotations

import html
import os
import re
import sys

# Sequences of a terminal begin with a control character; marks of direction reorder a line.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# What a runner of a pipeline can read as a command in a log.
_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[)", re.MULTILINE)

# What a forge acts on: mentions, numbers and addresses of issues and requests, and its own
# commands, such as /merge at the beginning of a line. A tag, which a forge may remove, counts as
# what follows.
_MENTION = re.compile(r"(?<![A-Za-z0-9])@")
_NUMBER = re.compile(r"(&#(?:[0-9]+|x[0-9a-f]+);)|([#!]|&(?:amp;)?)(?=[\d<])", re.IGNORECASE)
_NAMED_NUMBER = re.compile(r"(?<![A-Za-z0-9_])GH(?=\\?-[\d<])", re.IGNORECASE)
_ADDRESS = re.compile(
    r"\b(issues|pulls?|merge_requests|work_items|epics|incidents|discussions)(?=\\?/\\?[\d%])",
    re.IGNORECASE,
)
_QUICK_ACTION = re.compile(r"^([^\S\n]*)(?=/\w)", re.MULTILINE)
# Other spellings of these signs: any of letters, digits and the marks above is written as itself.
_REFERENCE = re.compile(
    r"&(?:#0*([0-9]{1,7})(?![0-9])|#x0*([0-9a-f]{1,6})(?![0-9a-f])|[a-z][a-z0-9]{1,31});?",
    re.IGNORECASE,
)
_MOST_PASSES = 8  # nobody nests references; a text that does could take hours
_ITSELF = re.compile(r"[\w@#!/%-]+")
_LINE_END = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
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
    text = _CONTROL.sub("\ufffd", _LINE_END.sub("\n", markdown))
    for _ in range(_MOST_PASSES):  # what was decoded may be part of another one
        text, before = _REFERENCE.sub(_itself, text), text
        if text == before:
            break
    else:
        text = text.replace("&", "&amp;")
    text = _NUMBER.sub(lambda match: match[1] or f"{match[2]}{_BREAK}", text)
    text = _MENTION.sub(f"@{_BREAK}", _NAMED_NUMBER.sub(rf"\g<0>{_BREAK}", text))
    text = _ADDRESS.sub(rf"\g<0>{_BREAK}", text)
    return _QUICK_ACTION.sub(rf"\1{_BREAK}", text)


def _itself(match: re.Match[str]) -> str:
    """The text that a reference of HTML stands for, unless it is markup."""
    if number := match[1] or match[2]:
        code = int(number, 10 if match[1] else 16)
        decoded = chr(code) if code <= sys.maxunicode else "\ufffd"
    else:
        decoded = html.unescape(match[0])
    if decoded == "&":
        return "&amp;"
    return decoded if _ITSELF.fullmatch(decoded) else match[0]
