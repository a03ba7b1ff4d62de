"""Boards on two sides of a change: what differs, as Markdown, JSON and a page of pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from markupsafe import Markup

from first_light.boards.blocks import Block, Figure, Numbers
from first_light.boards.compare import (
    ADDED,
    CHANGED,
    DRAWN_OTHERWISE,
    REMOVED,
    BlockChange,
    changes,
)
from first_light.boards.document import Board
from first_light.boards.page import block_html
from first_light.boards.render import Rendered
from first_light.boards.results import Problem, Results
from first_light.utils.templates import render

PAGE = "boards.html"
_MOST_BOARDS, _MOST_CHARTS = 20, 10  # in a comment, whose length is limited


@dataclass(frozen=True)
class BoardChange:
    """A board that a change reaches.

    Attributes:
        name: of the board.
        before: on the base side; None if it is new.
        after: on this branch; None if it is removed.
        unknown: why base could not be rendered; empty if it was.
    """

    name: str
    before: Rendered | None
    after: Rendered | None
    unknown: str = ""

    @property
    def title(self) -> str:
        side = self.after or self.before
        return side.board.title if side else self.name

    @property
    def kind(self) -> str:
        """Added, removed, changed, same or unknown."""
        if self.unknown:
            return "unknown"
        if self.before is None or self.after is None:
            return ADDED if self.before is None else REMOVED
        return CHANGED if self.blocks else "same"

    @cached_property
    def blocks(self) -> tuple[BlockChange, ...]:
        """What differs on it."""
        if self.before is None or self.after is None:
            return ()
        return changes(self.before.results, self.after.results)

    @property
    def redefined(self) -> tuple[BlockChange, ...]:
        """Blocks with other numbers, where the board's own queries or numbers were edited."""
        if self.before is None or self.after is None:
            return ()
        if _definition(self.before.board) == _definition(self.after.board):
            return ()
        return tuple(
            block
            for block in self.blocks
            if block.kind == CHANGED and any(s != DRAWN_OTHERWISE for s in block.sentences)
        )

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What readers would miss on this branch's side."""
        return self.after.problems if self.after else ()


def _definition(board: Board) -> tuple[object, ...]:
    """What of a board decides its numbers, whatever its titles, texts and drawings are."""
    figures: list[Figure] = []
    for block in board.blocks.values():
        figures += block.figures if isinstance(block, Numbers) else ()
    return (
        {name: query.sql.split() for name, query in board.queries.items()},
        [(figure.value, figure.before) for figure in figures],
        [value for value, _ in board.values],
    )


def headline(boards: Sequence[BoardChange], total: int) -> str:
    """The changes in a line."""
    charts = sum(len(board.blocks) for board in boards)
    parts = [f"{len(boards)} of {total} boards reached"]
    parts += [f"{charts} chart{'s' * (charts != 1)} or numbers differ"] if charts else []
    for kind in (ADDED, REMOVED, "unknown"):
        if count := sum(board.kind == kind for board in boards):
            parts.append(f"{count} {'not comparable' if kind == 'unknown' else kind}")
    return ", ".join(parts)


def markdown(boards: Sequence[BoardChange], page: str) -> str:
    """The changes for a comment; empty where nothing is to be said."""
    shown = [board for board in boards if board.kind != "same" or board.problems]
    if not shown:
        return ""
    return render(
        "boards/templates/changes.md.j2",
        boards=shown[:_MOST_BOARDS],
        left_out=len(shown) - len(shown[:_MOST_BOARDS]),
        most=_MOST_CHARTS,
        page=page,
    )


def as_json(boards: Sequence[BoardChange]) -> str:
    """The changes for machines."""
    content = [
        {
            "board": board.name,
            "title": board.title,
            "change": board.kind,
            "reason": board.unknown,
            "charts": [
                {"title": block.title, "change": block.kind, "differences": list(block.sentences)}
                for block in board.blocks
            ],
            "problems": [
                {"level": p.level, "kind": p.kind, "line": p.line, "message": p.message}
                for p in board.problems
            ],
        }
        for board in boards
    ]
    return json.dumps({"boards": content}, indent=2, ensure_ascii=False) + "\n"


def page(boards: Sequence[BoardChange], impact: str = "") -> str:
    """Before and after next to each other.

    Args:
        boards: those that the change reaches.
        impact: the page of what else it does, relative to this one; empty if there is none.
    """
    entries = [
        {
            "board": board,
            "charts": [
                (
                    block,
                    _drawn(block.before, board.before.results if board.before else None),
                    _drawn(block.after, board.after.results if board.after else None),
                )
                for block in board.blocks
            ],
        }
        for board in boards
    ]
    return render("boards/templates/changes.html.j2", entries=entries, impact=impact)


def _drawn(block: Block | None, results: Results | None) -> Markup:
    if block is None or results is None:
        return Markup()
    if not isinstance(block, Numbers):
        block = replace(block, filter=None)  # both sides with all rows
    return block_html(block, results)[0]
