"""`dataops add`: from files of the team's own to raw, drafted models and a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from first_light.commands.sample import load
from first_light.inference import (
    Drafts,
    Written,
    draft_tables,
    known_tables,
    resources,
    take_back,
    write,
)
from first_light.ingest import land, tables_in
from first_light.privacy.detect import classify
from first_light.project.example import make_raw
from first_light.project.product import Product
from first_light.project.source_table import SourceTable
from first_light.sampling.cut import SampleReport, cut
from first_light.warehouse.server import is_server


@dataclass(frozen=True)
class Added:
    """What `add` did.

    Attributes:
        tables: the source tables that hold the given files.
        drafts: what was found out about them, and the drafted files.
        written: which drafted files were new, already there, or laid beside a file of the team.
        sample: what the sample holds now.
    """

    tables: tuple[SourceTable, ...]
    drafts: Drafts
    written: Written
    sample: SampleReport


def add(product: Product, source: Path, progress: Callable[[str], None]) -> Added:
    """Land `source` in raw, draft its models and tests, and cut the sample anew.

    Args:
        product: the product that gets them.
        source: a file or a folder; it is only read.
        progress: shows what is being done right now.

    Raises:
        DataopsError: a file could not be read, or no sample could be cut; the models are as they
            were, and so is raw unless the files were landed already.
    """
    make_raw(product, progress)
    tables = land(source, product.raw, progress=progress)
    progress("profiling and drafting")
    landed = {table.name for table in tables}
    other_tables = [table for table in tables_in(product.raw) if table.name not in landed]
    drafts = draft_tables(
        tables,
        known_tables(product.root, other_tables),
        product.raw,
        product.group,
        classify,
        taken=resources(product.root),
        on_server=is_server(product),
    )
    written = write(drafts.files, product.root)
    progress("cutting the sample")
    try:
        sample = cut(product.root, product.raw, product.sample)
    except BaseException:  # an interruption too: half of a draft fails every check
        take_back(written, product.root)
        raise
    if is_server(product):
        load(product, progress)
    return Added(tables, drafts, written, sample)
