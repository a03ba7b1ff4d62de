"""What a product has, for coding agents: its models, one of them in detail, its lineage.

All answers are values for JSON, read from the manifest: no query runs, and no value of a column is
in them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from first_light.dbt.lookup import matches_of
from first_light.dbt.manifest import Manifest, Node, read_manifest
from first_light.dbt.personal_columns import described, personal_columns
from first_light.project.product import Product
from first_light.status.current import manifest_of
from first_light.store.locate import store_of
from first_light.utils.errors import DataopsError

_KINDS = ("source", "seed", "snapshot", "model", "exposure")
CHECK_REPORT, IMPACT = "report.json", "impact.json"


@dataclass(frozen=True)
class Described:
    """A manifest and where it is from: a release's id, or `development`."""

    manifest: Manifest
    of: str

    @property
    def nodes(self) -> list[Node]:
        return [node for kind in _KINDS for node in self.manifest.of(kind)]


def read(product: Product) -> Described:
    """The project as it was last built in development, else as the current release has it.

    Raises:
        DataopsError: neither is there.
    """
    development = product.target / "manifest.json"
    if development.is_file():
        return Described(read_manifest(development), "development")
    store = store_of(product)
    run = store.current()
    manifest = manifest_of(store, run)
    if run is None or manifest is None:
        raise DataopsError(
            "Nothing was built yet, so there is no list of models.", fix="uv run dbt parse"
        )
    return Described(manifest, run)


def models(product: Product) -> dict[str, Any]:
    """Every source, seed, snapshot, model and exposure, a line each."""
    project = read(product)
    return {"of": project.of, "resources": [_line(node) for node in project.nodes]}


def describe(product: Product, name: str) -> dict[str, Any]:
    """One resource: its columns with types, tests and personal marks, and what stands around it.

    Raises:
        DataopsError: no resource, or more than one, has the name.
    """
    project = read(product)
    node = _named(project, name)
    manifest = project.manifest
    marked = personal_columns(manifest, _code(manifest), described)
    personal = marked.get(node.unique_id, frozenset[str]())
    tests = manifest.tests_of(node.unique_id)
    return {
        **_line(node),
        "of": project.of,
        "relation": node.relation,
        "materialized": node.materialized,
        "contract": node.contract,
        "owner": manifest.groups.get(node.group) or node.owner,
        "primary_key": list(node.primary_key),
        "columns": [
            {
                "name": column.name,
                "description": column.description,
                "data_type": column.data_type,
                "constraints": list(column.constraints),
                "references": column.references,
                "personal": column.name.lower() in personal,
                "tests": sorted(
                    test.name for test in tests if test.call and test.call.column == column.name
                ),
            }
            for column in node.columns
        ],
        "tests": sorted(test.name for test in tests if test.call is None or not test.call.column),
        "reads": _names(manifest, manifest.graph.parents(node.unique_id)),
        "read_by": _names(manifest, manifest.graph.children(node.unique_id)),
    }


def lineage(product: Product, name: str) -> dict[str, Any]:
    """Everything above and below one resource, tests left out.

    Raises:
        DataopsError: no resource, or more than one, has the name.
    """
    project = read(product)
    node = _named(project, name)
    graph = project.manifest.graph
    return {
        "of": project.of,
        "name": node.name,
        "upstream": _names(project.manifest, graph.ancestors(node.unique_id)),
        "downstream": _names(project.manifest, graph.descendants(node.unique_id)),
    }


def last_check(product: Product, file: str) -> dict[str, Any]:
    """What the last `dataops check` wrote: report.json or impact.json.

    Raises:
        DataopsError: there was no check.
    """
    path = product.target / "check" / file
    if not path.is_file():
        raise DataopsError(
            "There is no result of a check.", where=str(path), fix="uv run dataops check"
        )
    result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return result


def _line(node: Node) -> dict[str, Any]:
    return {
        "unique_id": node.unique_id,
        "name": node.name,
        "kind": node.kind,
        "path": node.path,
        "access": node.access,
        "group": node.group,
        "description": node.description,
    }


def _named(project: Described, name: str) -> Node:
    matches, names = matches_of(project.nodes, name)
    if len(matches) == 1:
        return matches[0]
    raise DataopsError(
        "Several resources match this name." if matches else "No resource has this name.",
        where=name,
        fix=f"choose one: {', '.join(names)}" if names else "uv run dbt ls",
    )


def _names(manifest: Manifest, unique_ids: Iterable[str]) -> list[str]:
    """Names of resources, sorted; tests and what packages bring are left out."""
    nodes = (manifest.nodes.get(unique_id) for unique_id in unique_ids)
    return sorted(node.name for node in nodes if node is not None and node.kind in _KINDS)


def _code(manifest: Manifest) -> Callable[[str], str]:
    return lambda unique_id: manifest.nodes[unique_id].code
