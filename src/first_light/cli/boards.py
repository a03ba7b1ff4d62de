"""Commands for those who edit boards."""

from __future__ import annotations

from typing import Annotated

import typer

from first_light.cli.terminal import Json, out, print_document, progress
from first_light.project.product import Product

boards = typer.Typer(
    help="Render the boards of this product while you edit them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@boards.command()
def render(json: Json = False) -> None:
    """Render all boards into target/boards.

    They show your development build: first build what the boards read, with `uv run dbt build`.
    Also writes models/_boards.yml, by which dbt knows the boards as exposures.

    Exit code 1: readers would see something blank or broken.
    """
    from first_light.cli.output.boards import show_boards
    from first_light.cli.output.documents import quality
    from first_light.commands import boards as command

    with progress("boards", json) as report_progress:
        result = command.render(Product.find(), report_progress)
    if json:
        print_document(quality.boards(result))
    else:
        show_boards(out, result)
    raise typer.Exit(1 if result.broken else 0)


@boards.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on this machine; 0 for any free one.")] = 8000,
) -> None:
    """Show the boards in a browser while you edit them.

    A page is rendered again when its file or the build changes. Only this machine can read the
    pages. Ctrl-C ends it.
    """
    from first_light.commands import serve_boards as command

    with progress("boards") as report_progress:
        server = command.open_server(Product.find(), port, report_progress)
    out.print(f"Boards: http://127.0.0.1:{server.server_port}/ (Ctrl-C to stop)")
    try:
        server.serve_forever()
    finally:
        server.server_close()
