"""A product's compiled SQL, in the order in which a drill runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from first_light.boards.document import Board, read_boards
from first_light.dbt.compiled import build_order, compiled_manifest
from first_light.dbt.driver import reads_files
from first_light.dbt.manifest import Manifest, Node
from first_light.metrics.definitions import Semantics, read_semantics
from first_light.monitors.sources import location
from first_light.project import layers
from first_light.project.calendar import Calendar, calendar_of
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import DATABASE_FILE
from first_light.warehouse.kinds import warehouse_type


@dataclass(frozen=True)
class Plan:
    """A product's compiled SQL, ready to run.

    Attributes:
        manifest: what dbt compiled.
        raw: the folder that sources are read from.
        order: models and seeds, parents first.
        tests: data tests.
        sources: places of the sources below raw, by id.
        left_out: names of what a drill does not build.
        semantics: the metrics.
        boards: the boards.
        calendar: public holidays.
    """

    manifest: Manifest
    raw: Path
    order: tuple[Node, ...]
    tests: tuple[Node, ...]
    sources: Mapping[str, str]
    left_out: tuple[str, ...]
    semantics: Semantics = field(default_factory=lambda: Semantics({}))
    boards: tuple[Board, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)


def plan(product: Product, raw: Path, target: Path) -> Plan:
    """Let dbt compile the product for a folder of raw.

    Args:
        raw: an empty folder, outside the product's own raw.
        target: where dbt writes.

    Raises:
        DataopsError: dbt can't, or no source is read from files below raw.
    """
    kind = warehouse_type(product)
    if not reads_files(kind):  # it runs the SQL of the target of releases
        raise DataopsError(
            f"Drills are not available on {kind}.",
            where="profiles.yml, target prod",
            fix="review changes with: uv run dataops check",
        )
    environment = {"DATAOPS_RAW": str(raw), "DATAOPS_DB": str(target / DATABASE_FILE)}
    manifest = compiled_manifest(
        product.root, "prod", target, environment, "--full-refresh", packages=True
    )
    places = {
        node.unique_id: node.relation
        for node in manifest.of("source")
        if node.meta.get("external_location") and location(node.relation, str(raw))
    }
    if not places:
        raise DataopsError(
            "No source reads files in raw, so no faults can be injected.",
            where=layers.first_folder(),
            fix="a drill needs sources that read files: uv run dataops docs monitors",
        )
    order, omitted = build_order(manifest)
    tests = [node for node in manifest.of("test") if node.code and node.verdict]
    ready = {node.unique_id for node in order} | set(places)
    return Plan(
        manifest,
        raw,
        tuple(order),
        tuple(test for test in tests if ready.issuperset(_data(test, manifest))),
        places,
        tuple(omitted),
        read_semantics(target),
        read_boards(product.root),
        calendar_of(product),
    )


def _data(node: Node, manifest: Manifest) -> list[str]:
    return [one for one in node.depends_on if not one.startswith("macro.")]


def below(source: str, plan: Plan) -> frozenset[str]:
    """A source and the nodes that are built from it."""
    built = {node.unique_id for node in plan.order}
    return frozenset({source}) | plan.manifest.graph.descendants(source) & built
