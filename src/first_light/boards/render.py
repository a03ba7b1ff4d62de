"""Boards rendered from what dbt has built: their pages, and what readers would miss on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from first_light.boards.document import Board
from first_light.boards.metric_tables import MetricTables
from first_light.boards.page import Edition, Page, index_page, render_page
from first_light.boards.results import Problem, Results, run
from first_light.dbt.engine import QueryRunner
from first_light.dbt.manifest import Manifest, Node
from first_light.metrics.definitions import Semantics
from first_light.utils.errors import DataopsError

INDEX = "index.html"


@dataclass(frozen=True)
class Rendered:
    """A board with the rows of its queries, and its page."""

    results: Results
    page: Page

    @property
    def board(self) -> Board:
        return self.results.board

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong with it, in the order of the page."""
        return self.page.problems


def render_boards(
    boards: Sequence[Board],
    manifest: Manifest,
    semantics: Semantics,
    queries: QueryRunner,
    columns: Callable[[Node], Sequence[str]],
    edition: Callable[[Board], Edition],
    withheld: Mapping[str, Sequence[str]] | None = None,
    masked: Callable[[str], str] = str,
) -> tuple[Rendered, ...]:
    """Run the queries of boards and make their pages.

    Args:
        boards: the boards.
        manifest: the project, parsed.
        semantics: its metrics.
        queries: a connection to what was built.
        columns: the columns of a model that readers get.
        edition: of which release a board is.
        withheld: personal columns by the name of their model, to explain what a query misses.
        masked: a message of the warehouse without values.
    """
    rendered = []
    metrics = MetricTables(semantics, manifest, queries.name)
    for board in boards:

        def reason(error: DataopsError, board: Board = board) -> str:
            return _reason(error, board, withheld or {}, masked)

        results = run(board, manifest, columns, queries.run, metrics, reason)
        rendered.append(Rendered(results, render_page(results, edition(board))))
    return tuple(rendered)


def write_pages(rendered: Sequence[Rendered], edition: Edition, folder: Path) -> None:
    """Write the pages, and a page that lists them; other pages in the folder are deleted."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.html"):
        path.unlink()
    for board in rendered:
        (folder / f"{board.board.name}.html").write_text(board.page.html, encoding="utf-8")
    titles = {board.board.name: board.board.title for board in rendered}
    (folder / INDEX).write_text(index_page(titles, edition), encoding="utf-8")


def _reason(
    error: DataopsError,
    board: Board,
    withheld: Mapping[str, Sequence[str]],
    masked: Callable[[str], str],
) -> str:
    """Why a query failed; where it names a column that readers do not get, that first."""
    text = masked(error.where) if error.where and not error.fix else str(error)
    named = [
        f"{model}.{column}"
        for model, columns in withheld.items()
        for column in columns
        if any(model in query.sql and column in query.sql for query in board.queries.values())
        and column in text
    ]
    if named:
        return f"{named[0]} holds personal data, which readers do not get."
    return text
