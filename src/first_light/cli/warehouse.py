"""Commands about the warehouse itself, and about another one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from first_light.cli.terminal import Json, out, print_document, progress
from first_light.project.product import Product


def move(
    to: Annotated[
        str,
        typer.Option("--to", metavar="WAREHOUSE", help="The other warehouse, as dbt calls it."),
    ],
    data: Annotated[
        str, typer.Option("--data", metavar="sample|raw", help="Data to build on.")
    ] = "sample",
    json: Json = False,
) -> None:
    """Try whether this product can move to another warehouse.

    Builds the product, with uncommitted changes, on its own warehouse and on another one, from the
    same files and at the same time of its clock. Compares types and all rows of every model, and
    the verdicts of all tests. Says why something differs, and what to change; target/move.md is the
    report. The connection is that of a target of profiles.yml with this type; without one that of
    the warehouse's page: dataops docs. Nothing of the product is changed. The scratch place on the
    other warehouse is removed at the end.

    Exit code 0: every model is built on both, and each difference is explained. 1: not so.
    2: could not run.
    """
    from first_light.cli.output.documents import moves
    from first_light.cli.output.move import show_move
    from first_light.move import report
    from first_light.move import run as command

    if data not in (command.SAMPLE, command.RAW):
        raise typer.BadParameter("use sample or raw", param_hint="--data")
    product = Product.find()
    with progress("move", json) as report_progress:
        moved = command.move(product, to, data, report_progress, product.target / "move")
    page = report.write(moved, product.target / "move.md")
    if json:
        print_document(moves.move(moved, page))
    else:
        show_move(out, moved, page)
    raise typer.Exit(0 if moved.ok else 1)


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
