"""The command line: all commands, and how one ends that could not run."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

import typer
from rich.markup import escape

from first_light.cli import (
    agents,
    boards,
    change,
    export,
    help,
    incidents,
    quality,
    releases,
    setup,
    template,
    warehouse,
)
from first_light.cli.terminal import JSON, err, print_document
from first_light.forge import job_summary as summary
from first_light.privacy.messages import (
    masked_error,
    masked_exception,
    masked_parts,
    without_quotes_of_databases,
)
from first_light.project.product import Product
from first_light.utils.addresses import without_credentials
from first_light.utils.errors import DataopsError, as_text

app = typer.Typer(
    name="dataops",
    help="Build, audit and release this data product. `uv run dbt build` works without it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 120},
)
_PIPELINE = "CI"  # set in the jobs of every forge, whose logs others read
_STOPPED = 130  # how a shell calls what Ctrl-C ended

# In the order of the help.
for _command in (
    *(setup.new, setup.start, setup.add, setup.set_aside, setup.retype, setup.sample),
    *(change.check, change.baseline, change.preview),
    *(template.update, template.package, template.configure, template.own, template.disown),
    template.pipelines,
    *(releases.release, releases.rollback, releases.releases, releases.status),
    *(export.export, warehouse.move),
    *(quality.report, quality.accept, quality.drill, quality.mutate, quality.score),
    *(help.docs, agents.mcp),
):
    app.command()(_command)
app.add_typer(boards.boards, name="boards")
app.add_typer(incidents.incident, name="incident")
app.add_typer(warehouse.warehouse, name="warehouse")


def _show_versions(is_wanted: bool) -> None:
    if not is_wanted:
        return
    from first_light.project.versions import package_version, template_version

    typer.echo(f"dataops {package_version()}")
    try:
        template = template_version(Product.find())
    except DataopsError:  # not in a product
        template = ""
    if template:
        typer.echo(f"template {template}")
    raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_versions,
            is_eager=True,
            help="Show the versions of the package and of the product's template.",
        ),
    ] = False,
) -> None:
    pass


@contextmanager
def _settings() -> Iterator[None]:
    """The product's settings, read once. Outside a product the command itself reports that."""
    from first_light.project import environment, settings

    try:
        product: Product | None = Product.find()
    except DataopsError:
        product = None
    if product is None:  # not above: there, what ends the command would lose its own cause
        yield
        return
    environment.prepare(product)
    with settings.use(settings.read_settings(product.root, os.environ)):
        yield


@contextmanager
def _rights() -> Iterator[None]:
    """Name the file that this user may not read or write: that is no fault of ours."""
    try:
        yield
    except PermissionError as error:
        if error.filename is None:  # no file: a port, a process
            raise
        raise DataopsError(
            "This user has no right to read or write a file or folder.",
            where=str(error.filename),
            fix="give it the right (ls -ld, chown, chmod), then repeat the command",
        ) from error


def main() -> None:
    """Run one command; exit code 2 and three lines when it could not run."""
    # What dbt makes lives as long as the command. Python looks through all of it for garbage, again
    # and again: a tenth of a release's time.
    gc.set_threshold(50_000, 20, 50)
    try:
        with _rights(), nullcontext() if "--help" in sys.argv else _settings():
            app()
    except DataopsError as error:
        parts = (error.message, error.where, error.fix)
        if in_pipeline := bool(os.environ.get(_PIPELINE)):
            parts = masked_parts(error)
        err.print(f"[red]error:[/red] {escape(as_text(*parts))}")
        _document(*(masked_parts if in_pipeline else without_quotes_of_databases)(error))
        summary.add(summary.message("❌ It could not run", masked_error(error)))
        sys.exit(2)
    except KeyboardInterrupt:
        _stopped()
        sys.exit(_STOPPED)
    except SystemExit as end:
        if end.code == _STOPPED:  # typer has caught the interrupt already, and said nothing
            _stopped()
        elif usage := getattr(end.__context__, "format_message", None):  # typer has printed it
            _document(usage(), fix="dataops --help")
        raise
    except Exception as error:  # a fault of ours must not look like a bad verdict, exit code 1
        _print_traceback(error)
        err.print("[red]error:[/red] internal error; see the traceback above")
        _document("internal error", "the traceback on standard error")
        sys.exit(2)
    finally:
        gc.freeze()  # nor is it looked through once more at the end


def _stopped() -> None:
    err.print("stopped")
    _document("stopped")


def _document(message: str, where: str = "", fix: str = "") -> None:
    """The error as JSON, where the result was to be JSON."""
    if JSON in sys.argv[1:]:
        from first_light.cli.output.documents.parts import Error
        from first_light.utils.steps import Problem

        print_document(Error(Problem(message, where, fix)))


def _print_traceback(error: Exception) -> None:
    """Where it failed; in a log of a pipeline without values that the error may quote."""
    if not os.environ.get(_PIPELINE):
        text = "".join(traceback.format_exception(error))
        err.print(escape(without_credentials(text)))
        return
    traceback.print_tb(error.__traceback__)
    err.print(escape(masked_exception(error)))


if __name__ == "__main__":
    main()
