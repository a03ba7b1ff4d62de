"""Every column of the current release: what it is, where it comes from, where it goes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from first_light.dbt.manifest import Manifest, Node
from first_light.impact.trace import trace

_KINDS = ("source", "seed", "snapshot", "model")
# dbt's ids are unique, and what HTML lets an anchor be.
Place = tuple[str, str]


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


def read_catalog(path: Path) -> dict[str, dict[str, str]]:
    """Types of columns by node, as the warehouse told dbt; empty when the file can't be read."""
    try:
        found = json.loads(path.read_bytes())
        return {
            node: {
                name.lower(): str(column["type"])
                for name, column in sorted(
                    facts["columns"].items(), key=lambda item: item[1]["index"]
                )
            }
            for part in ("nodes", "sources")
            for node, facts in found[part].items()
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

    traced = trace(
        manifest,
        [node.unique_id for node in nodes],
        lambda name: manifest.nodes[name].code,
        columns_of,
    )
    goes: dict[Place, set[Place]] = defaultdict(set)
    for name, columns in traced.columns.items():
        for column, origins in columns.items():
            for origin in origins:
                goes[origin].add((name, column))
    tests: dict[Place, set[str]] = defaultdict(set)
    for test in manifest.of("test"):
        if test.call and test.call.column:
            tests[test.attached_to, test.call.column.lower()].add(test.call.name)
    found = []
    for node in nodes:
        said = {column.name.lower(): column for column in node.columns}
        types = catalog.get(node.unique_id, {})
        origins_of = traced.columns.get(node.unique_id, {})
        columns_ = []
        for name in columns_of(node):
            known = said.get(name)
            place = (node.unique_id, name)
            columns_.append(
                ColumnFacts(
                    name=name,
                    type=types.get(name) or (known.data_type if known else ""),
                    description=known.description if known else "",
                    personal=name in traced.personal.get(node.unique_id, frozenset()),
                    tests=tuple(sorted(tests[place])),
                    comes_from=tuple(sorted(origins_of.get(name, ()))),
                    goes_to=tuple(sorted(goes[place])),
                    known=node.kind in ("source", "seed") or name in origins_of,
                )
            )
        found.append(NodeFacts(node, tuple(columns_)))
    return tuple(found)


def columns_page(product: str, found: Iterable[NodeFacts], style: str) -> str:
    """All of it as one page; links lead from a column to where it comes from and goes to."""
    listed = list(found)
    contents = "".join(
        f'<li><a href="#{escape(one.node.unique_id)}">{escape(one.label)}</a> '
        f'<span class="dim">{one.node.kind}</span></li>'
        for one in listed
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">"
        f'<link rel="icon" href="data:,"><title>{escape(product)}: columns</title>'
        f"<style>{style}</style></head><body><header><h1>{escape(product)}: columns</h1>"
        '<p class="dim">Of the current release: what each column is computed from, read from the '
        'SQL. <a href="index.html">Back to the report</a></p></header>'
        f"<main><details><summary>All {len(listed)} relations</summary><ul>{contents}</ul>"
        f"</details>{''.join(_node(one) for one in listed)}</main></body></html>\n"
    )


def _node(one: NodeFacts) -> str:
    head = (
        f'<h2 id="{escape(one.node.unique_id)}">{escape(one.label)} '
        f'<span class="dim">{one.node.kind}</span></h2><p>{escape(one.node.description)}</p>'
    )
    if not one.columns:
        return head + "<p>Its columns are not known: it is not described.</p>"
    rows = "".join(_row(one.node, column) for column in one.columns)
    return (
        f'{head}<div class="wide" role="region" aria-label="Columns of {escape(one.label)}" '
        'tabindex="0"><table><thead><tr><th scope="col">column</th>'
        '<th scope="col">type</th><th scope="col">what it is</th><th scope="col">comes from</th>'
        f'<th scope="col">goes to</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(node: Node, column: ColumnFacts) -> str:
    what = [escape(column.description)] if column.description else []
    if column.personal:
        what.append("<b>personal</b>")
    if column.tests:
        what.append(f'<span class="dim">tested: {escape(", ".join(column.tests))}</span>')
    unknown = '<span class="dim">nobody can tell</span>'
    origin = _links(column.comes_from) or ("" if column.known else unknown)
    return (
        f'<tr id="{escape(_anchor((node.unique_id, column.name)))}">'
        f'<th scope="row">{escape(column.name)}</th><td>{escape(column.type.lower())}</td>'
        f"<td>{'<br>'.join(what)}</td><td>{origin}</td><td>{_links(column.goes_to)}</td></tr>"
    )


def _links(places: Iterable[Place]) -> str:
    return "<br>".join(
        f'<a href="#{escape(_anchor(place))}">{escape(_label(place[0]))}.{escape(place[1])}</a>'
        for place in places
    )


def _anchor(place: Place) -> str:
    return f"{place[0]}.{place[1]}".replace(" ", "_")


def _label(unique_id: str) -> str:
    return unique_id.split(".", 2)[-1]
