"""The verbs of a product: parse, call one verb, print."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.markup import escape

from dataops.errors import DataopsError
from dataops.product import Product

app = typer.Typer(
    name="dataops",
    help="The golden path of this data product. dbt stays dbt: `uv run dbt build` works by itself.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@app.callback()
def _verbs() -> None:
    """Keep `check` a verb of its own even while it is the only one."""


@app.command()
def check() -> None:
    """Run everything that CI asks of a change, on the sample."""
    from dataops import check as verb
    from dataops import steps

    product = Product.find()
    with _progress("check") as doing:
        done = verb.check(product, lambda line: out.print(escape(line)), doing)
    for step in done:
        if step.details and step.verdict in (steps.FAILED, steps.WARNED):
            out.print()
            out.print(f"[bold]{step.verdict}: {escape(step.name)}[/bold]")
            for detail in step.details:
                out.print(escape(detail))
            if step.repeat and step.verdict == steps.FAILED:
                out.print(f"repeat just this: {escape(step.repeat)}")
    out.print()
    out.print(steps.table(done))
    out.print()
    verdict = steps.verdict(done)
    if verdict == steps.FAILED:
        failed = [step.name for step in done if step.verdict == steps.FAILED]
        out.print(f"[red]check failed[/red]: {escape(', '.join(failed))}")
        raise typer.Exit(1)
    out.print(f"[green]check passed[/green]{' with warnings' if verdict == steps.WARNED else ''}")
    out.print("look at the catalog: target/check/static_index.html")


@contextmanager
def _progress(what: str) -> Iterator[Callable[[str], None]]:
    """A line that says what is being done, where somebody looks; silent in a log."""
    if not err.is_terminal:
        yield lambda line: None
        return
    with err.status(what) as status:
        yield lambda line: status.update(escape(line))


def main() -> None:
    """Run one verb; exit code 2 and three lines when it could not run."""
    try:
        app()
    except DataopsError as error:
        err.print(f"[red]error:[/red] {escape(str(error))}")
        sys.exit(2)
    except KeyboardInterrupt:
        err.print("stopped")
        sys.exit(130)


if __name__ == "__main__":
    main()
