"""A product's compiled SQL on its sample, ready to be changed one place at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from first_light.dbt.compiled import build_order, compiled_manifest
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.unit_tests import UnitTest, read_unit_tests
from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import DATABASE_FILE
from first_light.warehouse.kinds import warehouse_type
from first_light.warehouse.scratch import DIALECT


@dataclass(frozen=True)
class Plan:
    """What is built, changed and tested.

    Attributes:
        root: the product.
        manifest: what dbt compiled.
        order: models and seeds, parents first.
        tests: data tests on what is built.
        unit_tests: those that compiled SQL can run.
        sources: what reads each source, by id.
        left_out: names of the models that are not changed, with the reason.
    """

    root: Path
    manifest: Manifest
    order: tuple[Node, ...]
    tests: tuple[Node, ...]
    unit_tests: tuple[UnitTest, ...]
    sources: Mapping[str, str]
    left_out: Mapping[str, str]


def plan(product: Product) -> Plan:
    """Let dbt compile the product for its sample.

    Raises:
        DataopsError: dbt cannot, there is no sample, or the product's SQL is not the embedded
            engine's.
    """
    if warehouse_type(product) != DIALECT:
        raise DataopsError(
            "Test strength is measured with the SQL of the embedded engine only.",
            where="profiles.yml",
            fix="review changes with: uv run dataops check",
        )
    if not product.sample.is_dir():
        raise DataopsError(
            "There is no sample to build on.",
            where=str(product.sample),
            fix="uv run dataops sample",
        )
    target = product.target / "mutate"
    manifest = compiled(product, product.root, target)
    order, omitted = build_order(manifest)
    left_out = dict.fromkeys(omitted, "needs a snapshot or Python")
    sources = {
        node.unique_id: node.relation
        for node in manifest.of("source")
        if node.meta.get("external_location")
    }
    ready = {node.unique_id for node in order} | set(sources)
    built: list[Node] = []
    for node in order:
        if missing := _data_parents(node, manifest) - ready:
            ready.discard(node.unique_id)
            names = ", ".join(sorted(manifest.nodes[up].name for up in missing))
            left_out[node.name] = f"reads {names}, which is not built from files"
        else:
            built.append(node)
    return Plan(
        product.root,
        manifest,
        tuple(built),
        tuple(
            test
            for test in manifest.of("test")
            if test.code and test.verdict and _data_parents(test, manifest) <= ready
        ),
        tuple(
            test
            for test in read_unit_tests(target / "manifest.json", manifest)
            if test.model in ready and not test.obstacle
        ),
        sources,
        left_out,
    )


def compiled(product: Product, tree: Path, target: Path) -> Manifest:
    """A state of the product, compiled for today's sample: all in the same spelling.

    Raises:
        DataopsError: dbt cannot.
    """
    database = product.target / "mutate" / DATABASE_FILE
    environment = {"DATAOPS_RAW": str(product.sample), "DATAOPS_DB": str(database)}
    return compiled_manifest(tree, "prod", target, environment, "--full-refresh")


def chosen_models(plan: Plan, names: Collection[str]) -> list[Node]:
    """The models with SQL of these names; all without any.

    Raises:
        DataopsError: there is no such model, or it cannot be built here.
    """
    models = {node.name: node for node in plan.order if node.kind == "model"}
    for name in names:
        if name in plan.left_out:
            raise DataopsError(
                f"The model {name} cannot be built from SQL alone.", where=plan.left_out[name]
            )
        if name not in models:
            raise DataopsError(
                f"There is no model {name}.", fix=f"use one of {', '.join(sorted(models))}"
            )
    return [models[name] for name in dict.fromkeys(names)] or list(models.values())


def measurable_models(plan: Plan, names: Collection[str]) -> list[Node]:
    """The models of these names whose SQL builds a table; none without any."""
    return [node for node in plan.order if node.kind == "model" and node.name in names]


def _data_parents(node: Node, manifest: Manifest) -> set[str]:
    """What a node reads; an ephemeral parent is its own parents."""
    parents: set[str] = set()
    for up in node.depends_on:
        parent = manifest.nodes.get(up)
        if parent is None:
            continue
        if parent.materialized == "ephemeral":
            parents |= _data_parents(parent, manifest)
        else:
            parents.add(up)
    return parents
