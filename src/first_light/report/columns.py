"""Every column of the current release: what it is, where it comes from, where it goes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.personal_columns import personal_columns
from first_light.dbt.project_lineage import trace
from first_light.utils.templates import render

_KINDS = ("source", "seed", "snapshot", "model")


class Place(NamedTuple):
    """A column of a node. dbt's ids are unique and valid as anchors."""

    unique_id: str
    column: str

    @property
    def anchor(self) -> str:
        return f"{self.unique_id}.{self.column}".replace(" ", "_")

    @property
    def label(self) -> str:
        return f"{_label(self.unique_id)}.{self.column}"


@dataclass(frozen=True)
class ColumnFacts:
    """One column.

    Attributes:
        name, type, description: type is empty where nobody knows it.
        personal: whether it holds personal values, its own or derived.
        tests: names of the generic tests on it.
        comes_from: node and column, each that its value is computed from.
        goes_to: node and column, each that is computed of it.
        known: whether its origin could be read from the SQL.
    """

    name: str
    type: str
    description: str
    personal: bool
    tests: tuple[str, ...]
    comes_from: tuple[Place, ...]
    goes_to: tuple[Place, ...]
    known: bool


@dataclass(frozen=True)
class NodeFacts:
    """One relation with its columns, in their order."""

    node: Node
    columns: tuple[ColumnFacts, ...]

    @property
    def label(self) -> str:
        return _label(self.node.unique_id)

    def anchor(self, column: ColumnFacts) -> str:
        """The anchor of one of its columns."""
        return Place(self.node.unique_id, column.name).anchor


def read_catalog(path: Path) -> dict[str, dict[str, str]]:
    """Types of columns by node, from dbt's catalog; empty when the file can't be read."""
    try:
        catalog = json.loads(path.read_bytes())
        return {
            node: {
                name.lower(): str(column["type"])
                for name, column in sorted(
                    facts["columns"].items(), key=lambda item: item[1]["index"]
                )
            }
            for part in ("nodes", "sources")
            for node, facts in catalog[part].items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def all_columns(
    manifest: Manifest, catalog: Mapping[str, Mapping[str, str]]
) -> tuple[NodeFacts, ...]:
    """Every relation's columns with their lineage."""
    nodes = [node for kind in _KINDS for node in manifest.of(kind)]

    def columns_of(node: Node) -> list[str]:
        described = [column.name.lower() for column in node.columns]
        return list(catalog.get(node.unique_id, {})) or described

    def sql_of(name: str) -> str:
        return manifest.nodes[name].code

    traced = trace(manifest, [node.unique_id for node in nodes], sql_of, columns_of)
    personal = personal_columns(manifest, sql_of, columns_of)
    targets: dict[Place, set[Place]] = defaultdict(set)
    for name, columns in traced.columns.items():
        for column, origins in columns.items():
            for origin in origins:
                targets[Place(*origin)].add(Place(name, column))
    tests: dict[Place, set[str]] = defaultdict(set)
    for test in manifest.of("test"):
        if test.call and test.call.column:
            tests[Place(test.attached_to, test.call.column.lower())].add(test.call.name)
    facts = []
    for node in nodes:
        declared = {column.name.lower(): column for column in node.columns}
        types = catalog.get(node.unique_id, {})
        origins_of = traced.columns.get(node.unique_id, {})
        columns_ = []
        for name in columns_of(node):
            known = declared.get(name)
            place = Place(node.unique_id, name)
            columns_.append(
                ColumnFacts(
                    name=name,
                    type=types.get(name) or (known.data_type if known else ""),
                    description=known.description if known else "",
                    personal=name in personal.get(node.unique_id, frozenset()),
                    tests=tuple(sorted(tests[place])),
                    comes_from=tuple(Place(*place) for place in sorted(origins_of.get(name, ()))),
                    goes_to=tuple(sorted(targets[place])),
                    known=node.kind in ("source", "seed") or name in origins_of,
                )
            )
        facts.append(NodeFacts(node, tuple(columns_)))
    return tuple(facts)


def columns_page(product: str, relations: Iterable[NodeFacts]) -> str:
    """Every relation as one page; links lead from a column to its origins and its uses."""
    return render("report/templates/columns.html.j2", product=product, relations=list(relations))


def _label(unique_id: str) -> str:
    return unique_id.split(".", 2)[-1]
