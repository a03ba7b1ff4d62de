"""A project as dbt compiles it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from first_light.dbt.engine import open_engine
from first_light.dbt.manifest import Manifest, Node, read_manifest
from first_light.utils.errors import DataopsError


def compiled_manifest(
    root: Path,
    profile: str,
    target: Path,
    environment: Mapping[str, str],
    *options: str,
    packages: bool = False,
) -> Manifest:
    """Let dbt compile a project; nothing is built.

    Args:
        root: the product.
        profile: the target in profiles.yml.
        target: where dbt writes.
        environment: variables for dbt.
        options: more options of `dbt compile`.
        packages: whether the manifest has the nodes of packages.

    Raises:
        DataopsError: dbt can't.
    """
    engine = open_engine(root, profile, target, environment)
    compiled = engine.compile("--no-populate-cache", *options)
    if not compiled.ok:
        raise DataopsError(
            "dbt could not compile the product.", where=compiled.problem, fix="uv run dbt compile"
        )
    return read_manifest(target / "manifest.json", packages=packages)


def build_order(manifest: Manifest) -> tuple[list[Node], list[str]]:
    """Models and seeds that compiled SQL alone can build, parents first; names of the others.

    Snapshots, Python models and what depends on them cannot be built so; ephemeral models are part
    of those that read them.
    """
    graph, nodes = manifest.graph, manifest.nodes
    kinds = ("model", "seed", "snapshot")
    ordered = [nodes[name] for name in graph.in_order() if name in nodes]
    ordered = [node for node in ordered if node.kind in kinds]
    skipped = {node.unique_id for node in ordered if _needs_more_than_sql(node)}
    skipped |= graph.descendants(*skipped)
    built = [node for node in ordered if node.unique_id not in skipped]
    return (
        [node for node in built if node.materialized != "ephemeral"],
        [node.name for node in ordered if node.unique_id in skipped],
    )


def _needs_more_than_sql(node: Node) -> bool:
    return node.kind == "snapshot" or (node.kind == "model" and not node.path.endswith(".sql"))
