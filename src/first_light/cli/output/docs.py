"""The pages of the documentation on the screen."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape

from first_light.commands.docs import Page

_TOP = "start here"


def list_pages(out: Console, pages: list[Page]) -> None:
    """Every page by section: its name and its title."""
    width = max(len(page.name) for page in pages)
    for section, section_pages in groupby(pages, key=lambda page: page.section):
        out.print(f"[bold]{escape(section or _TOP)}[/bold]")
        for page in section_pages:
            out.print(f"  {page.name:<{width}}  {escape(page.title)}")
    out.print("\nshow one: uv run dataops docs PAGE")


def show_page(out: Console, page: Page) -> None:
    """Formatted and paged in a terminal; Markdown as it is elsewhere."""
    if not out.is_terminal:
        out.print(page.text, end="", markup=False)
        return
    with out.pager(styles=True):
        out.print(Markdown(page.text), soft_wrap=False)
