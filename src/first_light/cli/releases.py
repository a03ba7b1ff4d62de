"""Commands about releases."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from first_light.cli.terminal import Json, err, line_printer, out, print_document, progress
from first_light.forge import job_summary as summary
from first_light.project.product import Product


def release(
    trigger: Annotated[str, typer.Option(help="push, schedule or manual.")] = "manual",
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild from raw alone, without existing state.")
    ] = False,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="Include uncommitted changes; it is recorded.")
    ] = False,
    no_disk_check: Annotated[
        bool, typer.Option("--no-disk-check", help="Skip the check of free disk space.")
    ] = False,
    json: Json = False,
) -> None:
    """Build a release on raw, audit it and publish it.

    A release that fails its audit is rejected: readers keep the previous one. Every run is
    recorded in the history.

    Exit code 0: published, or a newer commit is already current (for push and schedule).
    1: rejected by the audit. 2: could not run.
    """
    from first_light.cli.output.documents import releases as documents
    from first_light.cli.output.release import release_markdown, show_release
    from first_light.commands import release as command
    from first_light.release.options import TRIGGERS, Options
    from first_light.release.superseded import Superseded

    if trigger not in TRIGGERS:
        raise typer.BadParameter(f"one of {', '.join(TRIGGERS)}", param_hint="--trigger")
    product = Product.find()
    options = Options(trigger, full_refresh, allow_dirty, not no_disk_check)
    show = line_printer(json)
    try:
        with progress("release", json) as report_progress:
            result = command.release(product, options, show, report_progress)
    except Superseded as error:
        summary.add(summary.message(f"➖ {product.name}: superseded", str(error)))
        print_document(documents.superseded(error)) if json else show(str(error))
        return
    summary.add(release_markdown(product.name, result))
    if json:
        print_document(documents.release(result))
    else:
        show_release(out, result)
    raise typer.Exit(result.exit_code)


def rollback(
    release: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Id, number or commit; default: the previous release."),
    ] = None,
    json: Json = False,
) -> None:
    """Make another release current, without building anything."""
    from first_light.cli.output.documents import releases as documents
    from first_light.cli.output.release import show_rollback
    from first_light.commands import rollback as command

    product = Product.find()
    result = command.rollback(product, release or None)
    summary.add(summary.heading(f"{product.name}: current is {result.release.run}"))
    if json:
        print_document(documents.rollback(result))
    else:
        show_rollback(out, result)


def releases(
    limit: Annotated[int, typer.Option(min=1, help="Number of releases to list.")] = 20,
    json: Json = False,
) -> None:
    """List published and rejected releases, newest first.

    The arrow → marks the current release.
    """
    from first_light.cli.output.documents import releases as documents
    from first_light.cli.output.release import show_releases
    from first_light.release import listing as command

    listed = command.releases(Product.find(), limit)
    if json:
        print_document(documents.releases(listed))
    else:
        show_releases(out, listed)


def status(
    json: Json = False,
    fail_if_late: Annotated[
        bool,
        typer.Option(
            "--fail-if-late",
            help="Check that a release and its data came in time; record and notify if not.",
        ),
    ] = False,
) -> None:
    """Show the current release, its age and open incidents.

    Exit code 0: healthy. 1: late, data too old, or an incident is open. 2: could not be determined.
    """
    from first_light.cli.output.documents import status as documents
    from first_light.cli.output.status import show_status
    from first_light.commands import deadline as late
    from first_light.status import current as command

    product = Product.find()
    watched = late.watch(product) if fail_if_late else None
    status_ = watched.status if watched else command.status(product)
    for warning in watched.warnings if watched else ():
        err.print(escape(warning))
    if json:
        print_document(documents.status(status_))
    else:
        show_status(out, status_)
    raise typer.Exit(watched.exit_code if watched else 0 if status_.ok else 1)
