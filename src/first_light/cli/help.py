"""The command that shows the documentation."""

from __future__ import annotations

from typing import Annotated

import typer

from first_light.cli.terminal import out


def docs(
    page: Annotated[
        str | None, typer.Argument(metavar="[PAGE]", help="Default: list the pages.")
    ] = None,
) -> None:
    """Show a page of the documentation of this version.

    In a terminal the page is formatted and paged; elsewhere it is printed as Markdown.
    """
    from first_light.cli.output.docs import list_pages, show_page
    from first_light.commands import docs as command

    if page is None:
        list_pages(out, command.pages())
    else:
        show_page(out, command.page(page))
