"""The command that writes files for tools that read no database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from first_light.cli.terminal import Json, out, print_document, progress
from first_light.project.product import Product


def export(
    model: Annotated[
        list[str] | None, typer.Argument(metavar="[MODEL]...", help="Only these public models.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="csv, parquet or xlsx.")] = "parquet",
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Default: target/export.")
    ] = None,
    json: Json = False,
) -> None:
    """Export the public models of the current release as files.

    One file for each model, as readers see it: without withheld columns. No value is changed: what
    a format cannot hold is written as text and reported, or refused. The files are complete when
    export.json is there, which names the release.

    Exit code 0: all files are written. 2: could not run; no file was changed.
    """
    from first_light.cli.output.documents import export as document
    from first_light.export import write as command

    if form not in command.FORMATS:
        raise typer.BadParameter(f"one of {', '.join(command.FORMATS)}", param_hint="--format")
    product = Product.find()
    with progress("export", json) as report_progress:
        result = command.export(
            product, form, to or product.target / "export", model or (), report_progress
        )
    if json:
        print_document(document.export(result))
        return
    for exported in result.files:
        out.print(escape(f"{exported.file}: {exported.rows} rows"))
        for note in exported.notes:
            out.print(escape(f"  {note}"))
    for name in result.left_out:
        out.print(escape(f"{name}: not exported, readers see nothing of it"))
    out.print(escape(f"release {result.release} in {result.folder}"))
