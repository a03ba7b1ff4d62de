"""The summary page of a pipeline job (GitHub); other forges have none."""

from __future__ import annotations

import os

from first_light.utils.templates import block, escape_markdown

VARIABLE = "GITHUB_STEP_SUMMARY"


def add(markdown: str) -> None:
    """Append Markdown to the page, if there is one."""
    if path := os.environ.get(VARIABLE):
        with open(path, "a", encoding="utf-8") as file:
            file.write(markdown)


def message(title: str, text: str) -> str:
    """A heading and what a command printed, as Markdown."""
    return f"{heading(title)}\n{block(text)}\n"


def heading(title: str) -> str:
    """A heading, as Markdown."""
    return f"## {escape_markdown(title)}\n"
