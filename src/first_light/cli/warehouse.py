"""Commands about the warehouse itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from first_light.cli.terminal import Json, out, print_document, progress
from first_light.project.product import Product

warehouse = typer.Typer(
    help="Try what the warehouse of this product guarantees.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@warehouse.callback()
def _group() -> None:
    pass


@warehouse.command()
def verify(
    releases: Annotated[
        int, typer.Option(metavar="N", min=2, help="Releases to publish under readers.")
    ] = 4,
    readers: Annotated[int, typer.Option(metavar="N", min=1, help="Processes that read.")] = 2,
    rows: Annotated[int, typer.Option(metavar="N", min=1, help="Rows of each table.")] = 1000,
    store: Annotated[
        Path | None,
        typer.Option(
            "--store", metavar="FOLDER", help="Scratch store, on a disk of your choice; deleted."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Verify the guarantees of this warehouse with scratch releases.

    Publishes releases of generated tables while processes read them, kills publishers at each step,
    recovers, rolls back and deletes old releases. Uses a scratch store and, on a server, a scratch
    database; nothing of the product is read or changed. Both are removed at the end.

    Exit code 0: every guarantee held. 1: one did not. 2: could not run.
    """
    from first_light.cli.output.documents import quality
    from first_light.cli.output.verify import show_verification
    from first_light.release.verify import kit

    product = Product.find()
    folder = store or product.target / "verify"
    with progress("verify", json) as report_progress:
        result = kit.verify(product, kit.Options(folder, releases, readers, rows), report_progress)
    if json:
        print_document(quality.verification(result))
    else:
        show_verification(out, result)
    raise typer.Exit(0 if result.held else 1)
