"""What commands print on: the two streams, lines, and progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape

# A log has no width of its own: tables need not wrap there.
_LOG_WIDTH = None if sys.stdout.isatty() else 120

out = Console(highlight=False, soft_wrap=True, width=_LOG_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def print_line(line: str) -> None:
    """Print a line as it is."""
    out.print(escape(line))


@contextmanager
def progress(title: str, on: Console | None = None) -> Iterator[Callable[[str], None]]:
    """A line that says what is being done, where somebody looks; silent in a log.

    It lives on the console that the command prints on: only that one knows to print above.
    """
    console = on or (out if out.is_terminal else err)
    if not console.is_terminal:
        yield lambda line: None
        return
    with console.status(title) as status:
        yield lambda line: status.update(escape(_cut(line, console.width - 4)))


def _cut(line: str, width: int) -> str:
    """The line on one row: one that wraps would leave rows behind when it is wiped."""
    row = " ".join(line.split())
    return row if cell_len(row) <= width else set_cell_size(row, max(width - 1, 0)) + "…"
