"""Project rules: what every model, source and exposure of a product must have.

A rule is a small function over the manifest; its docstring is what users read.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from first_light.dbt.manifest import Manifest, Node, read_manifest
from first_light.utils.errors import DataopsError

Broken = Iterator[tuple[Node, str]]


def owner(manifest: Manifest) -> Broken:
    """Every model and snapshot has an owner: a group from models/_groups.yml."""
    for node in (*manifest.of("model"), *manifest.of("snapshot")):
        if not node.group:
            yield (
                node,
                "has no owner: give it `config: {group: …}`, or its folder in dbt_project.yml",
            )


def description(manifest: Manifest) -> Broken:
    """Every model, snapshot, source and exposure is described."""
    for kind in ("model", "snapshot", "source", "exposure"):
        for node in manifest.of(kind):
            if not node.description.strip():
                yield node, f"has no description: say in its YAML what one row of the {kind} is"


def column_descriptions(manifest: Manifest) -> Broken:
    """Every column that a model's YAML lists is described."""
    for node in (*manifest.of("model"), *manifest.of("snapshot")):
        for column in node.columns:
            if not column.description.strip():
                yield node, f"column {column.name} has no description"


def test(manifest: Manifest) -> Broken:
    """Every model has a test."""
    for node in manifest.of("model"):
        if not manifest.tests_of(node.unique_id):
            yield node, "has no test: add `data_tests:` to one of its columns"


def contract(manifest: Manifest) -> Broken:
    """Every public model enforces a contract: others build on it."""
    for node in manifest.of("model"):
        if node.access == "public" and not node.contract:
            yield node, "is public without a contract: add `config: {contract: {enforced: true}}`"


def documented_beside(manifest: Manifest) -> Broken:
    """A model's YAML lies beside it."""
    for node in manifest.of("model"):
        if node.patch_path and Path(node.patch_path).parent != Path(node.path).parent:
            yield node, f"is described in {node.patch_path}: move that into the model's own folder"


def layer_names(manifest: Manifest) -> Broken:
    """Names tell the layer: stg_ in staging, int_ in intermediate."""
    for node in manifest.of("model"):
        for layer, prefix in (("staging", "stg_"), ("intermediate", "int_")):
            if node.path.startswith(f"models/{layer}/") and not node.name.startswith(prefix):
                yield node, f"lies in models/{layer}: call it {prefix}{node.name}"


def sources_only_in_staging(manifest: Manifest) -> Broken:
    """Only staging reads sources; everything else reads staging."""
    for node in manifest.of("model"):
        if not node.path.startswith("models/staging/"):
            for parent in node.depends_on:
                if parent.startswith("source."):
                    yield node, f"reads {parent}: read its staging model instead"


def exposure_owner(manifest: Manifest) -> Broken:
    """Every exposure has an owner who can be reached."""
    for node in manifest.of("exposure"):
        if not node.owner.get("email"):
            yield node, "has no owner with an e-mail address"


def snapshot_key(manifest: Manifest) -> Broken:
    """Every snapshot has a unique key."""
    for node in manifest.of("snapshot"):
        if not node.unique_key:
            yield node, "has no unique_key: without one it cannot tell rows apart"


RULES: tuple[Callable[[Manifest], Broken], ...] = (
    owner,
    description,
    column_descriptions,
    test,
    contract,
    documented_beside,
    layer_names,
    sources_only_in_staging,
    exposure_owner,
    snapshot_key,
)


def broken_rules(manifest: Manifest, files: Collection[str] | None = None) -> list[str]:
    """One line for each rule that something breaks: what, why, where.

    Args:
        files: judge only what these files define or describe, relative to the product; all if None.
    """
    return [
        f"{node.kind} {node.name} {why} ({node.patch_path or node.path}) [{rule.__name__}]"
        for rule in RULES
        for node, why in rule(manifest)
        if files is None or node.path in files or node.patch_path in files
    ]


def main() -> int:
    """The hook: the rules on the manifest that `dbt parse` has just written.

    A commit answers for the files it is given, and dbt_project.yml for every model; what else
    breaks a rule, `dataops check` says.
    """
    files = sys.argv[1:]
    of_all = not files or "dbt_project.yml" in files
    try:
        manifest = read_manifest(Path("target") / "manifest.json")
        broken = broken_rules(manifest, None if of_all else files)
    except DataopsError as error:
        print(error, file=sys.stderr)
        return 2
    for line in broken:
        print(line)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
