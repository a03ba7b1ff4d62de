"""Boards in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

from first_light.cli.output.documents.quality import verdict
from first_light.commands.boards import Boards


def show_boards(out: Console, boards: Boards) -> None:
    """What was rendered, and what is wrong with it."""
    for rendered in boards.rendered:
        problems = rendered.problems
        out.print(f"{verdict(problems):<8}{escape(rendered.board.path)}")
        for problem in problems:
            place = rendered.board.at(problem.line)
            out.print(f"        {escape(place)}: {escape(problem.message)}")
    if boards.exposures:
        out.print(f"written {escape(boards.exposures)}: commit it with the boards")
    out.print(f"Open {escape(str(boards.index))}")
