"""What commands print on: the two streams, lines, and progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.text import Text

from first_light.utils.visible_text import visible

JSON = "--json"
Json = Annotated[bool, typer.Option(JSON, help="Print one JSON document.")]
"""The option that every command has which prints a result."""

# A log has no width of its own: tables need not wrap there.
_LOG_WIDTH = None if sys.stdout.isatty() else 120


class VisibleConsole(Console):
    """A console on which names and values control nothing."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)


out = VisibleConsole(highlight=False, soft_wrap=True, width=_LOG_WIDTH)
err = VisibleConsole(stderr=True, highlight=False, soft_wrap=True)


def print_line(line: str) -> None:
    """Print a line as it is."""
    out.print(escape(line))


def screen(json: bool) -> Console:
    """Where people read. Standard output belongs to the document if the result is JSON."""
    return err if json else out


def line_printer(json: bool) -> Callable[[str], None]:
    """Prints lines as they are, where people read."""
    console = screen(json)
    return lambda line: console.print(escape(line))


def as_json(document: object) -> str:
    """A document as JSON; numbers that JSON does not know are null."""
    import msgspec  # the help does without it

    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def print_document(document: object) -> None:
    """Print a document as JSON."""
    typer.echo(as_json(document))


@contextmanager
def progress(title: str, json: bool = False) -> Iterator[ProgressLine]:
    """A line that says what is being done, where somebody looks; silent in a log.

    It lives on the console that the command prints on: only that one knows to print above.
    """
    console = out if out.is_terminal and not json else err
    if not console.is_terminal:
        yield ProgressLine(console, None)
        return
    with console.status(title) as status:
        yield ProgressLine(console, status)


class ProgressLine:
    """The line of a progress; called with what is being done.

    Args:
        console: where it is shown.
        status: the line; None in a log.
    """

    def __init__(self, console: Console, status: Status | None) -> None:
        self._console, self._status = console, status

    def __call__(self, line: str) -> None:
        if self._status:
            self._status.update(escape(_cut(line, self._console.width - 4)))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Without the line, for a question."""
        if self._status is None:
            yield
            return
        self._status.stop()
        try:
            yield
        finally:
            self._status.start()


def _cut(line: str, width: int) -> str:
    """The line on one row: one that wraps would leave rows behind when it is wiped."""
    row = " ".join(line.split())
    return row if cell_len(row) <= width else set_cell_size(row, max(width - 1, 0)) + "…"
