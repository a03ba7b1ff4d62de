"""Commands about errors that a person has noticed."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from first_light.cli.terminal import Json, err, out, print_document, progress
from first_light.project.product import Product

incident = typer.Typer(
    help="Report, close and list incidents.",
    no_args_is_help=True,
)


@incident.command("report")
def incident_report(
    text: Annotated[
        str, typer.Argument(help="Description of the error, without personal data or values.")
    ],
    model: Annotated[
        str | None, typer.Option(help="The model, source or exposure concerned.")
    ] = None,
    release: Annotated[
        str | None, typer.Option(metavar="ID", help="Release where it was seen; default: current.")
    ] = None,
    json: Json = False,
) -> None:
    """Report an error in published data as an incident.

    It stays open until `dataops incident close`.
    """
    from first_light.cli.output.documents import incidents
    from first_light.commands import incident as command

    opened, warnings = command.report(Product.find(), text, model, release)
    if json:
        close = f'uv run dataops incident close {opened} --because "…"'
        print_document(incidents.ReportedIncident(opened, tuple(warnings), (close,)))
        return
    for warning in warnings:
        err.print(escape(warning))
    out.print(f"{opened} is open. When it is fixed and released:")
    out.print(f'uv run dataops incident close {opened} --because "…"')


@incident.command("close")
def incident_close(
    id: Annotated[str, typer.Argument(metavar="ID", help="Id, as `incident list` prints it.")],
    because: Annotated[str, typer.Option("--because", metavar="REASON", help="Why.")],
    json: Json = False,
) -> None:
    """Close a manually reported incident.

    Detected incidents close by themselves, with the first run in which their check passes.
    """
    from first_light.cli.output.documents import incidents
    from first_light.commands import incident as command

    closed, warnings = command.close(Product.find(), id, because)
    draft = f"uv run dataops incident draft {closed.incident}"
    if json:
        print_document(
            incidents.ClosedIncident(closed.incident, closed.label, tuple(warnings), (draft,))
        )
        return
    for warning in warnings:
        err.print(escape(warning))
    out.print(f"{closed.incident} is over: {escape(closed.label)}")
    out.print(f"to draft a unit test that would have stopped it: {draft}")


@incident.command("draft")
def incident_draft(
    id: Annotated[str, typer.Argument(metavar="ID", help="Id, as `incident list` prints it.")],
    json: Json = False,
) -> None:
    """Draft a unit test that would have stopped a reported incident.

    Compares the SQL of the release where it was seen with today's, on the sample, which holds no
    personal data: the fewest rows on which they differ become a unit test in target/incident. Once
    the correction is released, also names the faults of a drill that look like it.
    """
    from first_light.cli.output.documents import incidents
    from first_light.cli.output.incident_draft import show_draft
    from first_light.commands import incident_draft as command

    with progress("incident draft", json) as report_progress:
        drafted = command.draft(Product.find(), id, report_progress)
    if json:
        print_document(incidents.drafted(drafted))
    else:
        show_draft(out, drafted)


@incident.command("list")
def incident_list(
    all: Annotated[bool, typer.Option("--all", help="Include closed incidents.")] = False,
    json: Json = False,
) -> None:
    """List open incidents, newest first.

    Shows owner, age and the next command of each.
    """
    from first_light.cli.output.documents import incidents
    from first_light.cli.output.status import show_incidents
    from first_light.commands import incident as command

    incidents_ = command.listed(Product.find(), all)
    if json:
        print_document(incidents.incidents(incidents_))
    else:
        show_incidents(out, incidents_)
