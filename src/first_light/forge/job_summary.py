"""The page that a pipeline shows of a job (GitHub's job summary); elsewhere there is none."""

from __future__ import annotations

import os

from first_light.utils.templates import block, escape_markdown

VARIABLE = "GITHUB_STEP_SUMMARY"


def add(markdown: str) -> None:
    """Add a text to the page, where there is one."""
    if place := os.environ.get(VARIABLE):
        with open(place, "a", encoding="utf-8") as file:
            file.write(markdown)


def message(title: str, text: str) -> str:
    """A heading and what a command printed, as Markdown."""
    return f"{heading(title)}\n{block(text)}\n"


def heading(title: str) -> str:
    """A heading, as Markdown."""
    return f"## {escape_markdown(title)}\n"
