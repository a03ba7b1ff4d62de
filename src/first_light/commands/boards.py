"""`dataops boards`: render boards from the development build, for those who edit them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from first_light.boards.document import FOLDER, Board, read_boards
from first_light.boards.exposures import FILE, write_exposures
from first_light.boards.page import Edition
from first_light.boards.render import INDEX, Rendered, render_boards, write_pages
from first_light.boards.sql import columns_without
from first_light.dbt.engine import Engine, open_engine
from first_light.dbt.manifest import Manifest, read_manifest
from first_light.metrics.definitions import read_semantics
from first_light.monitors.queries import built_columns
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.withheld_columns import withheld_columns


@dataclass(frozen=True)
class Boards:
    """What was rendered.

    Attributes:
        rendered: the boards, by name.
        index: the page that lists them.
        exposures: the generated file, if it changed; else empty.
    """

    rendered: tuple[Rendered, ...]
    index: Path
    exposures: str

    @property
    def broken(self) -> bool:
        """Whether a release with such data would be rejected."""
        return any(problem.level == "error" for r in self.rendered for problem in r.problems)


def render(product: Product, report_progress: Callable[[str], None]) -> Boards:
    """Render all boards into target/boards, and bring their exposures up to date.

    Raises:
        DataopsError: there is no board, one is not valid, or dbt cannot read the project.
    """
    boards = read_boards(product.root)
    if not boards:
        raise DataopsError(
            "There is no board.", where=f"{FOLDER}/", fix="write one: uv run dataops docs boards"
        )
    changed = write_exposures(product.root, boards)
    workshop = Workshop(product, report_progress)
    rendered = workshop.render(boards)
    folder = product.target / FOLDER
    write_pages(rendered, workshop.edition, folder)
    return Boards(rendered, folder / INDEX, FILE if changed else "")


class Workshop:
    """The development build, with what boards need to know of it.

    Args:
        product: the product.
        report_progress: shows what is being done.

    Raises:
        DataopsError: dbt cannot read the project.
    """

    def __init__(self, product: Product, report_progress: Callable[[str], None]) -> None:
        report_progress("dbt compile")
        self._folder = product.target / "boards-dbt"
        self._dbt: Engine = open_engine(product.root, "dev", self._folder)
        for run in (self._dbt.parse(warnings_are_errors=False), self._dbt.compile()):
            if not run.ok:
                raise DataopsError(
                    "dbt could not compile the product.",
                    where=run.problem,
                    fix="uv run dbt compile",
                )
        self._manifest: Manifest = read_manifest(self._folder / "manifest.json", packages=True)
        facts = ("development build, on the sample",)
        self.edition = Edition(product.name, facts=facts)

    def render(self, boards: tuple[Board, ...], reload: int | None = None) -> tuple[Rendered, ...]:
        """Render boards from the development build as it is now."""
        edition = Edition(self.edition.product, facts=self.edition.facts, reload=reload)
        with self._dbt.connect() as queries:
            built = built_columns(queries, self._manifest.nodes.values())
            withheld = withheld_columns(
                self._manifest,
                {node.unique_id: node.code for node in self._manifest.nodes.values() if node.code},
                built,
            )

            return render_boards(
                boards,
                self._manifest,
                read_semantics(self._folder),
                queries,
                columns_without(built, withheld),
                lambda board: edition,
                {name: names for (_, name), names in withheld.items()},
            )
