"""Every column of a release: what it is, where it comes from, where it goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from first_light.dbt.kept_lineage import KeptLineage
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.personal_columns import personal_columns
from first_light.dbt.project_lineage import trace

KINDS = ("model", "snapshot", "seed", "source")


class Place(NamedTuple):
    """A column of a node."""

    unique_id: str
    column: str

    @property
    def anchor(self) -> str:
        """Where it is on the page: dbt's ids are unique and valid as anchors."""
        return f"{self.unique_id}.{self.column}".replace(" ", "_")

    @property
    def node_label(self) -> str:
        return label(self.unique_id)


@dataclass(frozen=True)
class ColumnFacts:
    """One column.

    Attributes:
        place: its node and its name.
        type, description: empty where they are not known.
        personal: whether it holds personal values, its own or derived.
        published: whether readers get it.
        tests: names of the generic tests on it.
        comes_from: the columns that its value is computed from.
        goes_to: the columns that are computed from it.
        known: whether its origin could be read from the SQL.
    """

    place: Place
    type: str
    description: str
    personal: bool
    published: bool
    tests: tuple[str, ...]
    comes_from: tuple[Place, ...]
    goes_to: tuple[Place, ...]
    known: bool

    @property
    def name(self) -> str:
        return self.place.column


@dataclass(frozen=True)
class NodeColumns:
    """The columns of one relation that the catalog names, in their order.

    Attributes:
        columns: those that are published, and those that the repository describes.
        unnamed: how many others there are. Their names may be values: a pivot makes such columns.
    """

    columns: tuple[ColumnFacts, ...] = ()
    unnamed: int = 0


@dataclass(frozen=True)
class Built:
    """What a build made, as far as the catalog needs it.

    Attributes:
        columns: the columns of each relation, by schema and name.
        withheld: those that readers do not get, likewise.
        types: type by column in lower case, by node.
        sql: the compiled SQL, by node.
        lineage: what earlier releases traced, where that serves.
    """

    columns: Mapping[tuple[str, str], Sequence[str]]
    withheld: Mapping[tuple[str, str], Sequence[str]]
    types: Mapping[str, Mapping[str, str]]
    sql: Mapping[str, str]
    lineage: KeptLineage | None = None


def all_columns(manifest: Manifest, nodes: Sequence[Node], built: Built) -> dict[str, NodeColumns]:
    """The columns of relations with their lineage, by node.

    Args:
        manifest: the project.
        nodes: the relations that the catalog has.
        built: what was built of them.
    """
    names, withheld = _lower(built.columns), _lower(built.withheld)

    def columns_of(node: Node) -> list[str]:
        return names.get(_place(node)) or [column.name.lower() for column in node.columns]

    def sql_of(name: str) -> str:
        return built.sql.get(name) or manifest.nodes[name].code

    wanted = [node.unique_id for node in nodes]
    origins = trace(manifest, wanted, sql_of, columns_of, built.lineage).columns
    personal = personal_columns(manifest, sql_of, columns_of)
    hidden = {
        Place(node.unique_id, name)
        for node in nodes
        for name in withheld.get(_place(node), ())
        if name not in {column.name.lower() for column in node.columns}
    }
    named = {
        place
        for node in nodes
        for name in columns_of(node)
        if (place := Place(node.unique_id, name)) not in hidden
    }
    sources: dict[Place, set[Place]] = defaultdict(set)
    targets: dict[Place, set[Place]] = defaultdict(set)
    for unique_id, columns in origins.items():
        for column, parents in columns.items():
            for parent in parents:
                sources[Place(unique_id, column)].add(Place(*parent))
                targets[Place(*parent)].add(Place(unique_id, column))
    tests = _tests(manifest)

    def facts(node: Node, name: str) -> ColumnFacts:
        place = Place(node.unique_id, name)
        declared = next((c for c in node.columns if c.name.lower() == name), None)
        kind = built.types.get(node.unique_id, {}).get(name, "")
        return ColumnFacts(
            place=place,
            type=kind or (declared.data_type if declared else ""),
            description=declared.description if declared else "",
            personal=name in personal.get(node.unique_id, frozenset()),
            published=name not in withheld.get(_place(node), ()),
            tests=tuple(sorted(tests[place])),
            comes_from=tuple(sorted(sources[place] & named)),
            goes_to=tuple(sorted(targets[place] & named)),
            known=node.kind in ("source", "seed") or name in origins.get(node.unique_id, {}),
        )

    return {
        node.unique_id: NodeColumns(
            tuple(
                facts(node, name)
                for name in columns_of(node)
                if Place(node.unique_id, name) not in hidden
            ),
            sum(Place(node.unique_id, name) in hidden for name in columns_of(node)),
        )
        for node in nodes
    }


def label(unique_id: str) -> str:
    """A node's name; of a source table with the source's before it."""
    return unique_id.split(".", 2)[-1]


def _tests(manifest: Manifest) -> dict[Place, set[str]]:
    """The names of the generic tests of each column."""
    tests: dict[Place, set[str]] = defaultdict(set)
    for test in manifest.of("test"):
        if test.call and test.call.column:
            tests[Place(test.attached_to, test.call.column.lower())].add(test.call.name)
    return tests


def _place(node: Node) -> tuple[str, str]:
    return node.schema.lower(), (node.alias or node.name).lower()


def _lower(
    columns: Mapping[tuple[str, str], Sequence[str]],
) -> dict[tuple[str, str], list[str]]:
    return {
        (schema.lower(), name.lower()): [column.lower() for column in columns_]
        for (schema, name), columns_ in columns.items()
    }
