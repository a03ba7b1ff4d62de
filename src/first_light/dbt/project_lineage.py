"""Columns through the whole project: what each is computed from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from first_light.dbt import column_lineage as lineage
from first_light.dbt.column_lineage import Lineage, Origin, Relation
from first_light.dbt.kept_lineage import Columns, KeptLineage, spelled
from first_light.dbt.manifest import Manifest, Node


@dataclass(frozen=True)
class Traced:
    """Lineage of one side.

    Attributes:
        columns: node id → its lineage, with node ids for parents: column → (parent id, column).
        rows: node id → the (parent id, column) that decide which rows it has.
    """

    columns: dict[str, dict[str, frozenset[tuple[str, str]]]]
    rows: dict[str, frozenset[tuple[str, str]]]


def trace(
    manifest: Manifest,
    wanted: Iterable[str],
    sql_of: Callable[[str], str],
    columns_of: Callable[[Node], list[str]],
    kept: KeptLineage | None = None,
) -> Traced:
    """Trace the wanted nodes and everything above them.

    Args:
        manifest: one side.
        wanted: node ids.
        sql_of: a node's compiled SQL; empty when there is none.
        columns_of: a node's or source's columns, lower case.
        kept: what earlier releases traced, where that serves.
    """
    nodes = {name: manifest.nodes[name] for name in with_ancestors(manifest, wanted)}
    order = manifest.graph.in_order(only=nodes)
    names = {name: columns_of(nodes[name]) for name in order}
    values: dict[str, dict[str, frozenset[tuple[str, str]]]] = {}
    rows: dict[str, frozenset[tuple[str, str]]] = {}
    for name in order:
        node = nodes[name]
        if node.kind not in ("model", "snapshot"):
            continue
        read = [nodes[p] for p in node.depends_on if p in nodes]
        if node.relation and node.relation in sql_of(name):  # an incremental model, of itself
            read.append(node)
        sql, columns, places = _placed(sql_of(name), read, names)
        lineage_of_node = (
            kept.lineage(name, sql, columns, _remembered) if kept else _remembered(sql, columns)
        )
        values[name] = {
            column: _elsewhere(origins, places, name)
            for column, origins in lineage_of_node.columns.items()
            if column not in lineage_of_node.unknown
        }
        rows[name] = _elsewhere(lineage_of_node.rows, places, name)
    return Traced(values, rows)


def _elsewhere(
    origins: Iterable[Origin], places: Mapping[Relation, str], name: str
) -> frozenset[tuple[str, str]]:
    """The columns of other nodes among the origins of a column of a node."""
    columns = ((places[origin.parent], origin.column) for origin in origins)
    return frozenset(column for column in columns if column[0] != name)


def with_ancestors(manifest: Manifest, wanted: Iterable[str]) -> set[str]:
    """The wanted nodes and everything that they depend on, as far as the manifest has it."""
    names = set(wanted)
    return (names | manifest.graph.ancestors(*names)) & set(manifest.nodes)


def lineage_of(
    sql: str, parents: Sequence[Node], names: Mapping[str, list[str]]
) -> tuple[Lineage, dict[Relation, str]]:
    """The lineage of one node, and the id of the parent at each place that it names.

    Args:
        sql: its compiled SQL; empty when there is none.
        parents: the nodes that it reads.
        names: node id → its columns, lower case.
    """
    sql, columns, places = _placed(sql, parents, names)
    return _remembered(sql, columns), places


def _placed(
    sql: str, parents: Sequence[Node], names: Mapping[str, list[str]]
) -> tuple[str, Columns, dict[Relation, str]]:
    """SQL with places instead of relations, the columns of each, and the node at each place."""
    places: dict[Relation, str] = {}
    columns: list[tuple[Relation, tuple[str, ...]]] = []
    for parent in sorted(parents, key=lambda node: node.unique_id):  # so that it is remembered
        place = ("warehouse", parent.schema.lower(), (parent.alias or parent.name).lower())
        if parent.kind == "source":
            place = ("source", parent.schema.lower(), parent.name.lower())
        # What is read from files stands in the SQL as a call, and each warehouse names its own
        # database; here all are tables of one.
        if parent.relation:
            sql = sql.replace(parent.relation, spelled(place))
        places[place] = parent.unique_id
        columns.append((place, tuple(names[parent.unique_id])))
    return sql, tuple(columns), places


@cache
def _remembered(sql: str, schema: Columns) -> Lineage:
    """The two sides share most of their SQL: it is read once."""
    if not sql:
        return Lineage()
    return lineage.trace(sql, {relation: list(columns) for relation, columns in schema})
