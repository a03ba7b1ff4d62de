"""Commands that set up a product and bring data in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from first_light.cli.terminal import (
    JSON,
    Json,
    line_printer,
    out,
    print_document,
    progress,
    screen,
)
from first_light.project.product import Product

if TYPE_CHECKING:  # what commands need is loaded when they run
    from first_light.dbt.source_plan import MarkedColumn

_FROM = "Your own files: a file or a folder; once per system, as SYSTEM=PATH."
_YES = "Commit the drafts with the marks of personal columns as they are."


def start(
    source: Annotated[
        list[str] | None, typer.Option("--from", metavar="[SYSTEM=]PATH", help=_FROM)
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=_YES)] = False,
    json: Json = False,
) -> None:
    """Set up the product, check it and make its first release.

    Sets up git, the lockfile and the hooks, runs `dataops check`, makes the first commit and the
    first release. Safe to rerun.

    With --from it drafts sources, staging models, tests, a first mart and a sample from your files:
    CSV, TSV, JSON, NDJSON, Parquet or Excel, each also gzipped or zipped. The files are copied to
    raw/; the originals are only read. Where they come from several systems, name each: `--from
    crm=PATH --from shop=PATH` drafts a source and a folder of staging models per system, and both
    may have a table of one name. Columns with personal data are named. Where that is in
    doubt it stops before the first commit: in a terminal it asks whether the marks are right,
    elsewhere `--yes` goes on.
    """
    from first_light.cli.browser import offer
    from first_light.cli.output.console import confirm_marks, show_added, show_check
    from first_light.cli.output.documents import data
    from first_light.cli.output.release import show_release
    from first_light.cli.output.start import next_steps
    from first_light.commands import start as command
    from first_light.commands.add import delivered
    from first_light.project import settings
    from first_light.utils import steps
    from first_light.warehouse.kinds import kind_of

    product = Product.find()
    people = screen(json)
    with progress("start", json) as report_progress:

        def confirmed(doubtful: Sequence[MarkedColumn], certain: Sequence[MarkedColumn]) -> bool:
            with report_progress.paused():
                if yes:
                    return confirm_marks(people, (), (*certain, *doubtful))
                return confirm_marks(people, doubtful, certain, can_ask=not json)

        started = command.start(
            product,
            tuple(delivered(each) for each in source or ()),
            line_printer(json),
            report_progress,
            lambda added: show_added(people, added),
            confirmed,
        )
    has_origin = "origin" in product.git("remote", check=False).split()
    is_clone = bool(product.git("for-each-ref", "--count=1", "refs/remotes/origin", check=False))
    pages = command.release_pages(product) if started.ok else ()
    without_raw = settings.current().without_raw
    kind = kind_of(product)
    to_load = "" if kind.reads_files else kind.how_to_load
    page = kind.setup.page if started.missing else ""
    after = next_steps(started, pages, to_load, has_origin, is_clone, without_raw, page)
    if json:
        print_document(data.start(started, after if started.ok else ()))
        raise typer.Exit(started.exit_code)
    show_check(out, started.steps)
    out.print()
    if steps.verdict(started.steps) == steps.FAILED:
        out.print("Nothing was committed. Fix what failed, then: uv run dataops start")
    elif started.released is not None and not started.questions:
        show_release(out, started.released)
        out.print()
    if not started.ok:
        raise typer.Exit(started.exit_code)
    out.print(f"[bold]{escape(product.name)} is ready.[/bold] Next steps:")
    for step in after:
        out.print(f"  {escape(step)}")
    if started.released is not None and not yes:
        offer(pages)


def new(
    path: Annotated[Path, typer.Argument(help="The product's folder; it must be new or empty.")],
    source: Annotated[
        list[str] | None, typer.Option("--from", metavar="[SYSTEM=]PATH", help=_FROM)
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Default: where this package was installed from."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=_YES)] = False,
    json: Json = False,
) -> None:
    """Create a product from the template and start it.

    Asks the template's questions in a terminal, takes the defaults elsewhere, then does what
    `dataops start` does. With --from the models are drafted from your own files.
    """
    from first_light.commands import new as command
    from first_light.commands.add import delivered

    sources = tuple(delivered(each) for each in source or ())
    options = (*(("--yes",) if yes else ()), *((JSON,) if json else ()))
    raise typer.Exit(command.new(path, sources, template, line_printer(json), options, not json))


def add(
    path: Annotated[
        str, typer.Argument(metavar="[SYSTEM=]PATH", help="More files: a file or a folder.")
    ],
    json: Json = False,
) -> None:
    """Add a delivery to raw; for new tables, draft models and tests.

    Copies the files to raw/. Where the product has a source per system, name the system in front:
    `dataops add crm=PATH`. More files of a table that you have change nothing else. For a new
    table it drafts the source, a staging model, tests and a sample. A file that you edited is never
    overwritten.
    """
    from first_light.cli.output.console import show_added
    from first_light.cli.output.documents import data
    from first_light.commands import add as command
    from first_light.warehouse.kinds import kind_of

    product = Product.find()
    with progress("add", json) as report_progress:
        added = command.add(product, [command.delivered(path)], report_progress)
    if json:
        print_document(data.add(added))
        return
    show_added(out, added)
    out.print()
    if not added.written.new and not added.written.beside:
        kind = kind_of(product)
        load = "" if kind.reads_files else f"{kind.how_to_load}, then: "
        out.print(f"then: {load}uv run dataops release")
        return
    # git shows new files in a diff only once they are marked as intended to add.
    out.print("review the drafts: git add --intent-to-add models && git diff models")
    out.print("then: uv run dataops check")


def retype(
    columns: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE.TABLE.COLUMN=TYPE...", help="Columns with new types."),
    ],
    json: Json = False,
) -> None:
    """Change column types in staging and in the contracts below.

    A rejected release prints this command where a value does not fit its column's type. It changes
    the cast in the staging model, the type in the test converts_exactly of the source, and
    data_type in the contracts of models that hand the column on. Review the diff before you commit.
    """
    from first_light.cli.output.documents import data
    from first_light.commands import retype as command

    product = Product.find()
    changes = [command.parsed(argument) for argument in columns]
    with progress("retype", json) as report_progress:
        retyped = command.retype(product, changes, report_progress)
    if json:
        print_document(data.retype(retyped))
        return
    if not retyped.files:
        out.print("Nothing to change: the columns have these types.")
        return
    for name in retyped.files:
        out.print(f"changed {escape(name)}")
    if retyped.columns:
        out.print(f"contracts: {escape(', '.join(retyped.columns))}")
    out.print()
    out.print("review it: git diff")
    out.print("then: uv run dataops check, commit, uv run dataops release")


def set_aside(
    files: Annotated[
        list[str], typer.Argument(help="Paths below raw, such as orders/orders_1.csv.")
    ],
    because: Annotated[str, typer.Option(help="The reason, for your colleagues.")],
    replace_with: Annotated[
        str | None, typer.Option(metavar="PATH", help="The corrected file; it is added to raw.")
    ] = None,
    json: Json = False,
) -> None:
    """Read wrong files in raw no more, or replace one of them.

    Raw is not changed: dbt_project.yml lists the files with the reason, their sources no longer
    read them, and the next release publishes the rest. To read a file again, remove its entry.
    """
    from first_light.cli.output.documents import data
    from first_light.commands import set_aside as command

    product = Product.find()
    with progress("set-aside", json) as report_progress:
        done = command.set_aside(product, files, because, replace_with, report_progress)
    if json:
        print_document(data.aside(done))
        return
    for entry in done.entries:
        out.print(f"not read from now on: {escape(str(entry))}")
    out.print(f"edited: {escape(', '.join(done.edited))}")
    for note in done.notes:
        out.print(escape(note))
    out.print()
    out.print("review it with git diff, commit, then: uv run dataops release")


def sample(
    load: Annotated[
        bool,
        typer.Option("--load", help="PostgreSQL: load sample/ into your schema instead."),
    ] = False,
    json: Json = False,
) -> None:
    """Rebuild the sample from raw, with personal data masked.

    Run it after you changed which columns are marked as personal, or when raw has grown.
    """
    from first_light.cli.output.console import show_sample
    from first_light.cli.output.documents import data
    from first_light.commands import sample as command

    product = Product.find()
    with progress("sample", json) as report_progress:
        if load:
            schema, rows = command.load(product, report_progress)
            if json:
                print_document(data.Sample(0, rows, schema=schema))
                return
            out.print(f"{escape(schema)}: {len(rows)} tables, {sum(rows.values()):,} rows")
            return
        report = command.sample(product, report_progress)
    if json:
        print_document(data.sample(report))
        return
    show_sample(out, report)
    out.print()
    out.print("review it with git diff --stat sample, then: uv run dataops check")
