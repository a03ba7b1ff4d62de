"""Pages and Markdown from the Jinja templates that lie beside the code."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGE = Path(__file__).resolve().parents[1]
_MARKDOWN_SIGNS = ("\\", "|", "`", "[", "*")


def render(name: str, **values: object) -> str:
    """A template with its values. HTML and SVG are escaped unless a value is `Markup`.

    Args:
        name: the template's path in the package, such as report/templates/report.html.j2.
        values: the names that the template reads; an unknown one is an error.
    """
    return _environment(name.endswith((".html.j2", ".svg.j2"))).get_template(name).render(**values)


def escape_markdown(text: object) -> str:
    """Text on one line that cannot leave a table cell, become markup or break a code span."""
    words = " ".join(str(text).split())
    for sign in _MARKDOWN_SIGNS:
        words = words.replace(sign, f"\\{sign}")
    return words.replace("<", "&lt;")


def fence(text: str) -> str:
    """A code fence longer than every run of backticks in the text."""
    longest = run = 0
    for letter in text:
        run = run + 1 if letter == "`" else 0
        longest = max(longest, run)
    return "`" * max(3, longest + 1)


@lru_cache(maxsize=2)
def _environment(html: bool) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # slow to import

    environment = Environment(
        loader=FileSystemLoader(_PACKAGE),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"md": escape_markdown, "fence": fence}
    return environment
