"""Which columns hold personal values: those that the YAML marks, and all computed from them.

Columns are followed through the compiled SQL. Where that fails, a column counts as personal as soon
as what its model reads has a personal one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from first_light.dbt import hidden_code, outside_reads
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.project_lineage import lineage_of

BUILT = frozenset({"model", "snapshot", "seed"})
"""The kinds of nodes that a build makes relations of."""

_WORDS = re.compile(r"\w+")
# What dbt adds to a snapshot: times of its versions, and a hash of the key.
_TIMES = ("dbt_updated_at", "dbt_valid_from", "dbt_valid_to")


def personal_columns(
    manifest: Manifest,
    sql_of: Callable[[str], str],
    columns_of: Callable[[Node], Iterable[str]],
) -> dict[str, frozenset[str]]:
    """The columns with personal values of every node that has some, in lower case.

    The number of values (`count(email)`) is no personal value.

    Args:
        manifest: the project, with packages where they are to be followed.
        sql_of: the compiled SQL of a node; empty when there is none: then nothing can be followed.
        columns_of: the columns of a node. A column that is not among them is not followed, and what
            is computed from it counts as personal.
    """
    if not any(column.pii for node in manifest.nodes.values() for column in node.columns):
        return {}
    walk = _Walk(manifest, sql_of, columns_of)
    while walk.is_changed():
        pass
    return {name: frozenset(columns) for name, columns in walk.personal.items() if columns}


def described(node: Node) -> list[str]:
    """The columns that a node's YAML describes, as written there."""
    return [column.name for column in node.columns]


@dataclass
class _Walk:
    """Follows personal columns from parents to children, until nothing is added any more."""

    manifest: Manifest
    sql_of: Callable[[str], str]
    columns_of: Callable[[Node], Iterable[str]]
    personal: dict[str, set[str]] = field(default_factory=dict)
    _parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _columns: dict[str, list[str]] = field(default_factory=dict)
    _with_results: dict[str, bool] = field(default_factory=dict)

    def is_changed(self) -> bool:
        """Go through all nodes once; whether a node has more personal columns than before."""
        before = sum(len(columns) for columns in self.personal.values())
        for name in self.manifest.graph.in_order():
            if (node := self.manifest.nodes.get(name)) is None:
                continue
            marked = {column.name.lower() for column in node.columns if column.pii}
            columns = self.personal.setdefault(name, set()) | marked
            self.personal[name] = columns
            if node.kind in ("model", "snapshot", "test") and node.materialized != "ephemeral":
                while more := self._computed(node) - columns:  # an incremental model reads itself
                    columns |= more
        return sum(len(columns) for columns in self.personal.values()) > before

    def _computed(self, node: Node) -> set[str]:
        parents = self._parents_of(node)
        sql = self.sql_of(node.unique_id)
        if not (
            any(self.personal.get(p) for p in parents) or self._reads_outside(node, sql, parents)
        ):
            return set()
        names = {name: self._names(self.manifest.nodes[name]) for name in parents}
        names[node.unique_id] = self._names(node)
        known = not self._is_opaque(node) and not self._holds_results(node, sql)
        origins = self._origins(node, sql, parents, names) if known else {}
        return {
            column
            for column in names[node.unique_id]
            if column not in origins
            or any(
                name in self.personal.get(parent, ()) or name not in names[parent]
                for parent, name in origins[column]
            )
        }

    def _origins(
        self,
        node: Node,
        sql: str,
        parents: Iterable[str],
        names: Mapping[str, list[str]],
    ) -> dict[str, set[tuple[str, str]]]:
        """What each column is computed from, as (parent, column); without what is not known."""
        read = [self.manifest.nodes[name] for name in parents]
        if _is_named(node, _words(sql)):
            read.append(node)
        lineage, places = lineage_of(sql, [r for r in read if names[r.unique_id]], names)
        origins = {
            column: {(places[o.parent], o.column) for o in found if not o.counted}
            for column, found in lineage.columns.items()
            if column not in lineage.unknown
        }
        if node.kind == "snapshot" and lineage.known:
            origins.setdefault("dbt_is_deleted", set())
            times = [node.updated_at.lower()] if node.updated_at else []
            keys = [key.strip().lower() for key in node.unique_key.split(",")]
            for columns, read_by_dbt in ((_TIMES, times), (("dbt_scd_id",), [*keys, *times])):
                for column in columns:
                    origins.pop(column, None)
                    if all(name in origins for name in read_by_dbt):
                        origins[column] = set().union(*(origins[name] for name in read_by_dbt))
        return origins

    def _parents_of(self, node: Node) -> tuple[str, ...]:
        """The nodes that it reads: through ephemeral models, and those that only its SQL names."""
        if (known := self._parents.get(node.unique_id)) is None:
            words = _words(self.sql_of(node.unique_id))
            read = {
                other.unique_id
                for other in self.manifest.nodes.values()
                if other.kind in BUILT
                and other.unique_id != node.unique_id
                and _is_named(other, words)
            }
            pending = list(node.depends_on)
            while pending:
                name = pending.pop()
                if name not in read and (other_node := self.manifest.nodes.get(name)):
                    read.add(name)
                    if other_node.materialized == "ephemeral":
                        pending += other_node.depends_on
            known = tuple(sorted(read))
            self._parents[node.unique_id] = known
        return known

    def _names(self, node: Node) -> list[str]:
        if (names := self._columns.get(node.unique_id)) is None:
            names = [name.lower() for name in self.columns_of(node)]
            self._columns[node.unique_id] = names
        return names

    def _is_opaque(self, node: Node) -> bool:
        """Whether its lineage is not in its SQL: Python, hooks, functions, or marks on an
        ephemeral model.
        """
        return (
            node.path.endswith(".py")
            or node.unique_id in self._filled_elsewhere
            or self._calls_hidden(node)
            or any(
                self.personal.get(parent)
                for parent in self._parents_of(node)
                if self.manifest.nodes[parent].materialized == "ephemeral"
            )
        )

    def _holds_results(self, node: Node, sql: str) -> bool:
        """Whether its SQL selects what dbt read while it compiled it; found out once."""
        if (known := self._with_results.get(node.unique_id)) is None:
            known = hidden_code.holds_results(self.manifest, node, sql)
            self._with_results[node.unique_id] = known
        return known

    @cached_property
    def _filled_elsewhere(self) -> frozenset[str]:
        return hidden_code.filled_elsewhere(self.manifest)

    @cached_property
    def _functions(self) -> frozenset[str]:
        return hidden_code.functions(self.manifest)

    def _calls_hidden(self, node: Node) -> bool:
        return hidden_code.calls_hidden(self.sql_of(node.unique_id), self._functions)

    def _reads_outside(self, node: Node, sql: str, parents: Iterable[str]) -> bool:
        """Whether it reads files or servers that are no source of the project, or results of
        queries that dbt ran before.
        """
        if node.path.endswith(".py"):
            return outside_reads.in_python(sql)
        return (
            node.unique_id in self._filled_elsewhere
            or self._calls_hidden(node)
            or self._holds_results(node, sql)
            or outside_reads.in_sql(
                sql, (node, *(self.manifest.nodes[parent] for parent in parents))
            )
        )


def _words(sql: str) -> frozenset[str]:
    return frozenset(_WORDS.findall(sql.lower()))


def _is_named(node: Node, words: frozenset[str]) -> bool:
    """Whether SQL with these words may read the relation of a node."""
    return {(node.alias or node.name).lower(), node.schema.lower()} <= words
