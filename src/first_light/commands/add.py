"""`dataops add`: from files of the team's own to raw; drafts and a sample for new tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from first_light.boards.document import read_board, read_boards
from first_light.boards.exposures import FILE, exposures_yaml
from first_light.commands.sample import load
from first_light.dbt.source_plan import read_plan, table_names
from first_light.inference import (
    Drafts,
    Written,
    draft_tables,
    known_tables,
    resources,
    take_back,
    time_spines,
    write,
)
from first_light.inference.full_exports import recognised
from first_light.inference.profile import scratch_database
from first_light.ingest import land, tables_in
from first_light.privacy.detect import classify
from first_light.project import set_aside
from first_light.project.example import make_raw
from first_light.project.product import Product
from first_light.project.source_table import SOURCE, SourceTable
from first_light.sampling.cut import SampleReport, cut
from first_light.utils.errors import DataopsError
from first_light.utils.snake_case import snake_case
from first_light.warehouse.kinds import is_server, kind_of

_SYSTEM = re.compile("[a-z][a-z0-9_]*[a-z0-9]|[a-z]")


@dataclass(frozen=True)
class Added:
    """What `add` did.

    Attributes:
        tables: the source tables that hold the given files.
        known: the names of those that the product had before, and whose models stay as they are.
        drafts: what was found out about new tables, and the drafted files.
        written: which drafted files were new, already there, or laid beside a file of the team.
        sample: what the sample of the new tables holds; None when there are no new tables.
    """

    tables: tuple[SourceTable, ...]
    known: frozenset[str]
    drafts: Drafts
    written: Written
    sample: SampleReport | None


@dataclass(frozen=True)
class Delivered:
    """Files that somebody brings.

    Attributes:
        path: a file or a folder; it is only read.
        system: the name of the system that they come from; empty where there is one only.
    """

    path: Path
    system: str = ""

    def __str__(self) -> str:
        return f"{self.system}={self.path}" if self.system else str(self.path)


def delivered(argument: str) -> Delivered:
    """`PATH`, or `SYSTEM=PATH`, as files that somebody brings.

    Raises:
        DataopsError: the system has a name that no dbt source should have.
    """
    system, equals, path = argument.partition("=")
    if not equals or "/" in system or Path(argument).exists():
        return Delivered(Path(argument))
    if system == SOURCE or not _SYSTEM.fullmatch(system) or "__" in system:
        raise DataopsError(
            "A system needs a name of small letters, digits and single underscores, which is not "
            f"{SOURCE}.",
            argument,
            f"{snake_case(system).removeprefix(SOURCE).lstrip('0123456789_') or 'crm'}={path}",
        )
    return Delivered(Path(path), system)


def add(
    product: Product, deliveries: Sequence[Delivered], progress: Callable[[str], None]
) -> Added:
    """Land files in raw, draft models and tests of its new tables, and cut their sample.

    More files of tables that the product has change nothing in the repository.

    Args:
        product: the product that gets them.
        deliveries: the files, of one or more systems.
        progress: shows what is being done right now.

    Raises:
        DataopsError: a file could not be read, or no sample could be cut; the models are as they
            were, and so is raw unless the files were landed already.
    """
    make_raw(product, progress)
    defined = table_names(product.root)
    left_out = [entry.file for entry in set_aside.read(product.root)]
    by_name: dict[str, SourceTable] = {}
    for each in deliveries:
        landed = land(
            each.path, product.raw, progress=progress, set_aside=left_out, system=each.system
        )
        by_name |= {table.name: table for table in landed}
    tables = tuple(by_name[name] for name in sorted(by_name))
    grown = [table for table in tables if table.name in defined]
    proposed = _full_exports(product, grown)
    # A run that was killed has left drafts without a sample: they are made again.
    unfinished = {table.name for table in grown if not (product.sample / table.name).is_dir()}
    known = frozenset(table.name for table in grown) - proposed - unfinished
    new = [table for table in tables if table.name not in known]
    if not new:
        return Added(tables, known, Drafts({}, ()), Written((), (), (), {}), None)
    names = {table.name for table in new}
    other_tables = tables_in(product.raw, left_out, without=names)
    drafts = draft_tables(
        new,
        known_tables(product.root, other_tables),
        product.raw,
        product.group,
        classify,
        taken=resources(product.root),
        on_server=is_server(product),
        source_keys=kind_of(product).setup.source,
        progress=progress,
        spines=time_spines(product.root),
    )
    written = write({**drafts.files, **_board_files(product, drafts)}, product.root)
    if names <= proposed:
        return Added(tables, known, drafts, written, None)
    progress("cutting the sample")
    try:
        sample = cut(product.root, product.raw, product.sample, only=names - proposed)
    except BaseException:  # an interruption too: half of a draft fails every check
        take_back(written, product.root)
        raise
    if is_server(product):
        load(product, progress)
    return Added(tables, known, drafts, written, sample)


def _board_files(product: Product, drafts: Drafts) -> dict[str, str]:
    """The drafted board, and the exposures that dbt knows it by; none where there are boards."""
    if drafts.board is None or read_boards(product.root) or (product.root / FILE).exists():
        return {}
    contact = (str(product.answers.get(name, "")).strip() for name in ("team", "contact"))
    board = read_board(drafts.board.name, drafts.board.text(*contact))
    return {board.path: board.text, FILE: exposures_yaml([board])}


def _full_exports(product: Product, tables: Sequence[SourceTable]) -> frozenset[str]:
    """The names of known tables whose files turn out to be full exports, which no draft has seen.

    Their change is proposed: drafts are laid beside the team's files.
    """
    if not any(table.added for table in tables):
        return frozenset()
    seen = {
        table.name for table in read_plan(product.root) if re.search(r"\bfilename\s*=", table.read)
    }
    with scratch_database(product.raw) as scratch:
        return frozenset(
            table.name
            for table in tables
            if table.added
            and table.name not in seen
            and recognised(table, product.raw, scratch.rows).export
        )
