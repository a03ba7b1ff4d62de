"""Which columns readers do not get: those marked as personal, and all that is computed from them.

Where that cannot be known, a column counts as personal: it is withheld unless its model permits it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.project_lineage import lineage_of
from first_light.utils.errors import DataopsError

PERMISSION = "publish_personal"
"""The key in `config.meta` of a model with which the team publishes personal columns of it."""

# A relation's schema and name, as the warehouse spells them.
Place = tuple[str, str]

_BUILT = frozenset({"model", "snapshot", "seed"})
_WORDS = re.compile(r"\w+")
# Functions that read what is no node of the project.
_READS_OUTSIDE = re.compile(
    r"\b(read_\w+|\w+_scan|query|query_table|dblink\w*)\s*\(|'[^'\n]*\.(csv|parquet|json\w*)'",
    re.IGNORECASE,
)


def withheld_columns(
    manifest: Manifest,
    sql: Mapping[str, str],
    built: Mapping[Place, Sequence[str]],
    earlier: Mapping[Place, Collection[str]] | None = None,
) -> dict[Place, tuple[str, ...]]:
    """The columns of a build that readers do not get, by relation; all of them: not the relation.

    Args:
        manifest: the project, with packages.
        sql: compiled SQL by node.
        built: every relation of the build, with its columns in order.
        earlier: columns that were withheld from relations whose state the build continues: their
            old values are still there, whatever the SQL says now.

    Raises:
        DataopsError: a model's permission is neither `true` nor a list of columns.
    """
    permissions = {
        node.unique_id: permitted for node in manifest.nodes.values() if (permitted := _of(node))
    }
    personal = personal_columns(manifest, sql, built)
    nodes = {
        (node.schema.lower(), (node.alias or node.name).lower()): node
        for node in manifest.nodes.values()
        if node.kind in (*_BUILT, "test") and node.schema
    }
    withheld = {}
    for place, names in built.items():
        node = nodes.get((place[0].lower(), place[1].lower()))
        hidden = {name.lower() for name in names}  # what is no model cannot be judged
        if node is None and not personal:
            hidden = set()
        elif node is not None:
            if node.kind in _BUILT:
                hidden = set(personal.get(node.unique_id, ()))
                hidden |= {name.lower() for name in (earlier or {}).get(place, ())}
            elif not any(parent in personal for parent in node.depends_on):
                hidden = set()  # failing rows of a test, whose parents hold nothing personal
            permitted = permissions.get(node.unique_id, frozenset())
            hidden = set() if "*" in permitted else hidden - permitted
        if columns := tuple(name for name in names if name.lower() in hidden):
            withheld[place] = columns
    return withheld


def personal_columns(
    manifest: Manifest, sql: Mapping[str, str], built: Mapping[Place, Sequence[str]]
) -> dict[str, frozenset[str]]:
    """The columns with personal values of every node that has some, in lower case.

    Args:
        manifest: the project, with packages.
        sql: compiled SQL by node.
        built: relations of a build with their columns; of others the described columns count.
    """
    walk = _Walk(manifest, sql, {_folded(place): names for place, names in built.items()})
    if not any(column.pii for node in manifest.nodes.values() for column in node.columns):
        return {}
    while walk.is_changed():
        pass
    return {name: frozenset(columns) for name, columns in walk.personal.items() if columns}


@dataclass
class _Walk:
    """Follows personal columns from parents to children, until nothing is added any more."""

    manifest: Manifest
    sql: Mapping[str, str]
    built: Mapping[Place, Sequence[str]]
    personal: dict[str, set[str]] = field(default_factory=dict)
    _parents: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def is_changed(self) -> bool:
        """Go through all nodes once; whether a node has more personal columns than before."""
        before = sum(len(columns) for columns in self.personal.values())
        for name in self.manifest.graph.in_order():
            if (node := self.manifest.nodes.get(name)) is None:
                continue
            marked = {column.name.lower() for column in node.columns if column.pii}
            columns = self.personal.setdefault(name, set()) | marked
            self.personal[name] = columns
            if node.kind in ("model", "snapshot") and node.materialized != "ephemeral":
                while more := self._computed(node) - columns:  # an incremental model reads itself
                    columns |= more
        return sum(len(columns) for columns in self.personal.values()) > before

    def _computed(self, node: Node) -> set[str]:
        parents = self._parents_of(node)
        sql = self.sql.get(node.unique_id, "")
        if not (any(self.personal.get(p) for p in parents) or self._reads_outside(sql, parents)):
            return set()
        names = {name: self._names(self.manifest.nodes[name]) for name in parents}
        names[node.unique_id] = self._names(node)
        origins = {} if self._is_opaque(node) else self._origins(node, sql, parents, names)
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
        read = [node, *(self.manifest.nodes[name] for name in parents)]
        lineage, places = lineage_of(sql, [r for r in read if names[r.unique_id]], names)
        origins = {
            column: {(places[o.parent], o.column) for o in found if not o.counted}
            for column, found in lineage.columns.items()
            if column not in lineage.unknown
        }
        if node.kind == "snapshot" and lineage.known:
            # dbt's own columns hold its times and a hash of the key.
            for column in names[node.unique_id]:
                if column.startswith("dbt_"):
                    origins.setdefault(column, set())
            keys = [key.strip().lower() for key in node.unique_key.split(",")]
            if any(key not in origins for key in keys):
                origins.pop("dbt_scd_id", None)
            else:
                origins["dbt_scd_id"] = set().union(*(origins[key] for key in keys))
        return origins

    def _parents_of(self, node: Node) -> tuple[str, ...]:
        """The nodes that it reads: through ephemeral models, and those that only its SQL names."""
        if (known := self._parents.get(node.unique_id)) is None:
            words = frozenset(_WORDS.findall(self.sql.get(node.unique_id, "").lower()))
            read = {
                other.unique_id
                for other in self.manifest.nodes.values()
                if other.kind in _BUILT
                and other.unique_id != node.unique_id
                and {(other.alias or other.name).lower(), other.schema.lower()} <= words
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
        place = _folded((node.schema, node.alias or node.name))
        described = [column.name for column in node.columns]
        return [name.lower() for name in self.built.get(place, described)]

    def _is_opaque(self, node: Node) -> bool:
        """Whether its lineage is not in its SQL: Python, or marks on an ephemeral model."""
        return node.path.endswith(".py") or any(
            self.personal.get(parent)
            for parent in self._parents_of(node)
            if self.manifest.nodes[parent].materialized == "ephemeral"
        )

    def _reads_outside(self, sql: str, parents: Iterable[str]) -> bool:
        """Whether it reads files or servers that are no source of the project."""
        for parent in parents:
            node = self.manifest.nodes[parent]
            if node.kind == "source" and node.relation:
                sql = sql.replace(node.relation, "")
        return bool(_READS_OUTSIDE.search(sql))


def _of(node: Node) -> frozenset[str]:
    """The personal columns that a node's YAML publishes, in lower case; `*` for all."""
    value = node.meta.get(PERMISSION)
    if value is None or value is False:
        return frozenset()
    if value is True:
        return frozenset({"*"})
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return frozenset(name.lower() for name in value)
    raise DataopsError(
        f"`{PERMISSION}` needs `true` or a list of columns, not {value!r}.",
        where=f"{node.patch_path or node.path}, {node.name}, `config.meta.{PERMISSION}`",
        fix="list the columns that readers may see, or remove the key",
    )


def _folded(place: Place) -> Place:
    return place[0].lower(), place[1].lower()
