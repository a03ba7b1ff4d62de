"""Commands about the quality of the data and of the work on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from first_light.cli.terminal import Json, err, out, print_document, progress
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.whole_files import write_whole


def report(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FOLDER", help="Default: target/report.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the health report as a static web page.

    Shows incidents, deadlines, figures, runs and the catalog. The page makes no network requests;
    report.json holds the same data for machines.
    """
    from first_light.cli.output.documents import quality
    from first_light.report import write as command

    product = Product.find()
    with progress("report", json), _writing(to):
        report_ = command.report(product, to or product.target / "report")
    if json:
        print_document(quality.Report(str(report_.index.absolute()), tuple(report_.warnings)))
        return
    for warning in report_.warnings:
        err.print(escape(warning))
    out.print(f"{escape(str(report_.index))}")


def accept(
    finding: Annotated[str, typer.Argument(help="Id, as `release` and `status` print it.")],
    because: Annotated[str, typer.Option("--because", metavar="REASON", help="Why.")],
    json: Json = False,
) -> None:
    """Accept an anomaly as expected and record why.

    Writes the finding and the reason to accepted.yml, with the findings downstream of it in the
    same run; of a source also its other ones, since they came with one delivery. Commit that file.
    """
    from first_light.cli.output.documents import quality
    from first_light.history.log import History
    from first_light.monitors.accepted import FILE
    from first_light.monitors.accepted import accept as command
    from first_light.store.locate import open_store

    product = Product.find()
    accepted = command(product.root, History(open_store(product).history), finding, because)
    if json:
        print_document(quality.accept(accepted))
        return
    for entry in accepted:
        where = ", column ".join(part for part in (entry.subject, entry.column) if part)
        described = (
            f"{entry.check} of {entry.value:g}" if entry.value else f"what {entry.check} saw"
        )
        out.print(f"{escape(where)}: {described} is normal from now on.")
    out.print(f"commit {FILE}, then: uv run dataops release")


def drill(
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="NAME", help="Only this fault; repeatable."),
    ] = None,
    json: Json = False,
) -> None:
    """Inject faults into a copy of your data and count detections.

    Replays the last days of raw in a scratch database, then injects each fault into the newest
    delivery. Raw is only read. A drill with every fault is recorded in the history; `dataops score`
    uses it.

    Exit code 0: at least 95 % of the faults are detected before publishing and clean days pass.
    1: they are not. 2: could not run.
    """
    from first_light.cli.output.documents import quality
    from first_light.cli.output.drill import show_drill
    from first_light.drill import replay as command
    from first_light.drill.records import write_drill

    product = Product.find()
    with progress("drill", json) as report_progress:
        result = command.drill(product, report_progress, command.chosen(fault or ()))
        warnings = write_drill(product, result)
    for warning in warnings:
        err.print(escape(warning))
    if json:
        print_document(quality.drill(result))
    else:
        show_drill(out, result)
    raise typer.Exit(0 if result.ok else 1)


def mutate(
    model: Annotated[
        list[str] | None, typer.Argument(metavar="[MODEL]...", help="Only these models.")
    ] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Only models that this branch changes.")
    ] = False,
    most: Annotated[
        int | None,
        typer.Option("--most", metavar="N", min=1, help="Try N changes, drawn evenly at random."),
    ] = None,
    draft: Annotated[
        bool,
        typer.Option("--draft", help="Draft a unit test for each change that no test stops."),
    ] = False,
    json: Json = False,
) -> None:
    """Change your SQL in one place at a time; count what tests stop.

    Each change is built on the sample, in memory; no file changes. Changes that alter no result do
    not count. A unit test is drafted for each change that nothing stops. A measurement of all
    models is recorded in the history; `dataops score` shows it.

    Exit code 0: something stops every change. 1: some would reach readers. 2: could not run.
    """
    from first_light.cli.output.documents import quality
    from first_light.cli.output.mutate import show_strength
    from first_light.commands import mutate as command

    product = Product.find()
    with progress("mutate", json) as report_progress:
        measured = command.mutate(
            product, report_progress, model or (), only_changed=changed, most=most, draft=draft
        )
    for warning in measured.warnings:
        err.print(escape(warning))
    if json:
        print_document(quality.mutate(measured.strength))
    else:
        show_strength(out, measured.strength, measured.drafts)
    raise typer.Exit(0 if measured.strength.stopped == len(measured.strength.judged) else 1)


def score(
    json: Json = False,
    badge: Annotated[
        Path | None,
        typer.Option("--badge", metavar="FILE", help="Write an SVG badge to this file."),
    ] = None,
) -> None:
    """Rate the product on twelve practices, with evidence.

    Computed from the repository and the history, each with the next step. Without evidence a
    practice is rated unknown. The findings of the baseline are shown, now and when it was recorded.
    """
    from first_light.cli.output.documents import quality
    from first_light.project import baseline
    from first_light.score import evaluate as command

    product = Product.find()
    with progress("score", json):
        questions = command.score(product)
        debt = baseline.trend(product)
    if badge is not None:
        write_whole(badge, command.badge(questions).encode())
    if json:
        print_document(quality.score(questions, debt))
    else:
        command.show(out, questions, debt)


@contextmanager
def _writing(folder: Path | None) -> Iterator[None]:
    """Say where nothing can be written, if that is where somebody asked for it."""
    try:
        yield
    except OSError as error:
        if folder is None or not Path(error.filename or "").is_relative_to(folder):
            raise
        raise DataopsError(
            "The report could not be written.",
            where=f"{error.filename}: {error.strerror}",
            fix="choose another folder: uv run dataops report --to FOLDER",
        ) from error
