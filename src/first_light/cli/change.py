"""Commands that show what a change does."""

from __future__ import annotations

from typing import Annotated

import typer

from first_light.cli.terminal import (
    Json,
    line_printer,
    out,
    print_document,
    print_line,
    progress,
)
from first_light.project.product import Product


def check(
    base: Annotated[
        str | None,
        typer.Option(metavar="REF", help="Compare with the merge base of HEAD and this commit."),
    ] = None,
    on: Annotated[
        str,
        typer.Option(
            metavar="sample|current", help="Data to build on; current: raw of the release."
        ),
    ] = "sample",
    json: Json = False,
) -> None:
    """Run the checks of CI and report which data changes.

    A branch, with uncommitted changes, is compared with its merge base with the default branch.
    Both sides are built on the sample, limited to the models that the change affects. The report is
    target/check/impact.html. A data change in a public model, or in one that an exposure reads,
    must be declared in a commit message: `Data-Change: MODEL -- why`. A breaking change to a public
    contract needs a new model version.

    With `--on current` the branch is built on the raw data of the current release and compared with
    that release, which is only read. Use it when the sample is too small to show the change.
    """
    from first_light.cli.output.console import show_check
    from first_light.cli.output.documents import changes
    from first_light.commands import check as command
    from first_light.utils import steps

    product = Product.find()
    if on not in ("sample", "current") or (base and on == "current"):
        raise typer.BadParameter(
            "use sample or current; current excludes --base", param_hint="--on"
        )
    print_line = line_printer(json)
    with progress("check", json) as report_progress:
        result = command.check(product, print_line, report_progress, base, on == "current")
    if json:
        print_document(changes.check(result))
    else:
        show_check(out, result)
    if steps.verdict(result) == steps.FAILED:
        raise typer.Exit(1)


def baseline(json: Json = False) -> None:
    """Record the findings of an adopted project in baseline.yml.

    The first time all findings of the project rules and hooks are counted in baseline.yml, by rule
    and file. `dataops check` accepts them. It judges what a change adds, and files that it touches.
    Later the command only removes entries, and adds rules that an update brought. Secrets and merge
    conflicts are never recorded. Commit baseline.yml.
    """
    from first_light.cli.output.baseline import lines
    from first_light.cli.output.documents import changes
    from first_light.commands import baseline as command

    with progress("baseline", json) as report_progress:
        recorded = command.record(Product.find(), report_progress)
    if json:
        print_document(changes.baseline(recorded))
        return
    for line in lines(recorded):
        print_line(line)


def preview(
    raw: Annotated[
        bool, typer.Option("--raw", help="Build on raw, without personal columns.")
    ] = False,
    json: Json = False,
) -> None:
    """Build this branch into a database file to share.

    Writes a folder in target/preview/ with the database, in the schemas of a release and with
    tables only, so that the file can be copied anywhere; the catalog; and the impact report, if
    `dataops check` has run on this commit. Nothing is published. Previews older than two weeks are
    deleted.

    Exit code 1: models or tests failed; models downstream of a failure are missing.
    """
    from first_light.cli.output.console import show_preview
    from first_light.cli.output.documents import changes
    from first_light.commands import preview as command

    product = Product.find()
    with progress("preview", json) as report_progress:
        preview_ = command.preview(product, report_progress, raw)
    if json:
        print_document(changes.preview(preview_))
    else:
        show_preview(out, preview_)
    raise typer.Exit(1 if preview_.failed else 0)
