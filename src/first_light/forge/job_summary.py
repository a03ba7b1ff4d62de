"""The page that a pipeline shows of a job (GitHub's job summary); elsewhere there is none."""

from __future__ import annotations

import os

VARIABLE = "GITHUB_STEP_SUMMARY"


def add(markdown: str) -> None:
    """Add a text to the page, where there is one."""
    if place := os.environ.get(VARIABLE):
        with open(place, "a", encoding="utf-8") as file:
            file.write(markdown)


def told(title: str, text: str) -> str:
    """A heading and what a command said, as Markdown."""
    return f"## {title}\n\n```text\n{text}\n```\n"
