"""Pages and Markdown from the Jinja templates beside the code, escaped by default."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGE = Path(__file__).resolve().parents[1]
_MARKDOWN_SIGNS = ("\\", "|", "`", "[", "*")
# Text that a forge makes a link: addresses, mentions, numbers of issues and requests, labels. And
# its commands, such as /merge at the beginning of a line.
_BARE_LINK = re.compile(
    r"(?<=:)(?=//)|(?<=@)(?=\w)|(?<=www)(?=\.)|(?<=[#!$])(?=\d)"
    r"|(?<=[~%])(?=[a-z\"])|(?<=\bGH-)(?=\d)|(?<=^/)(?=\w)",
    re.IGNORECASE,
)
_BREAK = "&#8203;"  # a space of no width


def render(name: str, /, **values: object) -> str:
    """A template with its values, each escaped for the format unless it is `Markup`.

    Args:
        name: the template's path in the package, such as report/templates/report.html.j2; its
            ending says whether it is HTML, SVG or Markdown.
        values: the names that the template reads; an unknown one is an error.
    """
    return _environment(name.endswith(".md.j2")).get_template(name).render(**values)


def escape_markdown(text: object) -> Markup:
    """Text on one line that cannot leave a table cell or become markup, a link or a mention."""
    escaped = " ".join(str(text).split())
    for sign in _MARKDOWN_SIGNS:
        escaped = escaped.replace(sign, f"\\{sign}")
    return Markup(_BARE_LINK.sub(_BREAK, escaped.replace("&", "&amp;").replace("<", "&lt;")))


def code(text: object) -> Markup:
    """Text as a code span, which backticks in it do not end; it can stand in a table cell."""
    words = " ".join(str(text).split()).replace("|", "\\|")
    marks = "`" * (_longest_run(words) + 1)
    space = " " if words.startswith("`") or words.endswith("`") else ""
    return Markup(f"{marks}{space}{words}{space}{marks}")


def block(text: object) -> Markup:
    """Text as a fenced block, which backticks in it do not end."""
    fence = "`" * max(3, _longest_run(str(text)) + 1)
    return Markup(f"{fence}text\n{text}\n{fence}")


def _longest_run(text: str) -> int:
    """The length of the longest run of backticks."""
    longest = run = 0
    for letter in text:
        run = run + 1 if letter == "`" else 0
        longest = max(longest, run)
    return longest


def _finalize_markdown(value: object) -> object:
    """Markdown's escape for what a template prints: Jinja's own knows HTML only."""
    return value if isinstance(value, Markup) else escape_markdown(value)


@lru_cache(maxsize=2)
def _environment(markdown: bool) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slow to import

    environment = Environment(
        loader=FileSystemLoader(_PACKAGE),
        autoescape=not markdown,
        finalize=_finalize_markdown if markdown else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"code": code, "block": block}
    return environment
