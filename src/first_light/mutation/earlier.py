"""What the SQL of models did before it was corrected: a unit test that the earlier SQL fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from first_light.mutation.draft import Heading, draft_unit_test
from first_light.mutation.plan import compiled, plan
from first_light.mutation.scratch import Scratch
from first_light.project.product import Product
from first_light.warehouse.scratch import EngineError


@dataclass(frozen=True)
class Earlier:
    """An earlier state of the product, to compare with.

    Attributes:
        tree: its files, with installed packages.
        name: what its drafts are named after.
        description: what the drafts say of it.
    """

    tree: Path
    name: str
    description: str


@dataclass(frozen=True)
class Compared:
    """What came of the comparison.

    Attributes:
        changed: names of the models whose SQL differs.
        drafts: unit tests as YAML, for those of them whose difference few rows of the sample show.
    """

    changed: tuple[str, ...]
    drafts: tuple[str, ...]


def compare(
    product: Product, earlier: Earlier, subject: str, progress: Callable[[str], None]
) -> Compared:
    """Draft a unit test for each model whose SQL was changed since.

    Args:
        product: as it is today; its files are only read, artifacts go to target/mutate.
        earlier: what it is compared with.
        subject: id of a node: it and what it is built from are compared. Empty: all models.
        progress: shows what is being done.

    Raises:
        DataopsError: one of both cannot be compiled, or today's cannot be built on the sample.
    """
    progress("compiling")
    today = plan(product)
    graph, nodes = today.manifest.graph, today.manifest.nodes
    known = nodes.get(subject)
    start = known.depends_on if known and known.kind == "exposure" else (subject,)
    scope = {*start, *graph.ancestors(*start)} if known else set(nodes)
    before = compiled(product, earlier.tree, product.target / "mutate" / "earlier").nodes
    changed = [
        node
        for node in today.order
        if node.kind == "model" and node.unique_id in scope and node.unique_id in before
        if before[node.unique_id].code and before[node.unique_id].code != node.code
    ]
    drafts = []
    if changed:
        progress("building on the sample")
        scratch = Scratch(today)
        for node in changed:
            progress(node.name)
            other = scratch.query(before[node.unique_id])
            if _differs(scratch, scratch.query(node), other):
                heading = Heading(f"{node.name}_{earlier.name}", earlier.description)
                drafts.append(draft_unit_test(scratch, today.manifest, node, other, heading))
    return Compared(tuple(node.name for node in changed), tuple(filter(None, drafts)))


def _differs(scratch: Scratch, today: str, other: str) -> bool:
    try:
        return scratch.differs(f"({today})", f"({other})")
    except EngineError:  # it read what is not there any more
        return False
