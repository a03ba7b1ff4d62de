"""What the catalog says of a release: values from dbt's manifest and the release's record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from first_light.boards.document import FOLDER as BOARDS_FOLDER
from first_light.boards.exposures import FILE as BOARDS_FILE
from first_light.catalog.columns import KINDS, Built, NodeColumns, all_columns, label
from first_light.catalog.last_changes import LastChange, last_changes, newest
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.packages import unasked_nodes
from first_light.figures.compute import duration
from first_light.history.measured import MetricFact
from first_light.history.record import FreshnessRun, Record
from first_light.metrics.definitions import Semantics
from first_light.project.product import Product
from first_light.utils.number_changes import figure


@dataclass(frozen=True)
class Link:
    """Another entry of the page: its anchor and its name."""

    anchor: str
    label: str


@dataclass(frozen=True)
class Owner:
    """Who owns entries of the catalog.

    Attributes:
        name: of the group, or of the exposure's owner.
        contact: person and address, as far as they are given.
        entries: what they own.
    """

    name: str
    contact: str
    entries: tuple[Link, ...]


@dataclass(frozen=True)
class Relation:
    """A model, snapshot, seed or source table.

    Attributes:
        node: from the manifest.
        label: its name; of a source table with the source's before it.
        columns: with their lineage.
        reads, read_by: other entries; tests are none.
        facts: what else is known, as pairs of a heading and a text.
        last_change: of its file or its YAML; None where it is not known.
        tests: how many data tests and unit tests it has.
        rows: how many it has; None where they were not counted.
    """

    node: Node
    label: str
    columns: NodeColumns
    reads: tuple[Link, ...]
    read_by: tuple[Link, ...]
    facts: tuple[tuple[str, str], ...]
    last_change: LastChange | None
    tests: int
    rows: int | None = None

    @property
    def is_public(self) -> bool:
        return self.node.access == "public"

    @property
    def personal(self) -> int:
        """How many of its columns are personal."""
        return self.columns.unnamed + sum(column.personal for column in self.columns.columns)


@dataclass(frozen=True)
class MetricEntry:
    """A metric: its definition's words, its value in the release, and the models that it reads."""

    name: str
    label: str
    description: str
    value: str
    reads: tuple[Link, ...]

    @property
    def anchor(self) -> str:
        return f"metric.{self.name}"


@dataclass(frozen=True)
class Reader:
    """A board or another exposure.

    Attributes:
        node: from the manifest.
        title: for people.
        owner: name and address.
        url: where it is, outside of the release; empty for a board.
        page: its page in the release; empty for others.
        reads: the entries that it reads.
    """

    node: Node
    title: str
    owner: str
    url: str
    page: str
    reads: tuple[Link, ...]


@dataclass(frozen=True)
class Catalog:
    """What the page shows.

    Attributes:
        product: its name.
        edition: of which release it is.
        facts: what else to say of the release, a sentence each.
        relations: models first, public ones before others; sources last.
        metrics, boards, exposures, owners: by name.
    """

    product: str
    edition: str
    facts: tuple[str, ...]
    relations: tuple[Relation, ...]
    metrics: tuple[MetricEntry, ...]
    boards: tuple[Reader, ...]
    exposures: tuple[Reader, ...]
    owners: tuple[Owner, ...]


@dataclass(frozen=True)
class Release:
    """What the catalog is of.

    Attributes:
        edition: such as `Release 12`.
        facts: what else to say of it, a sentence each.
        built: the relations that were built.
        record: of the run; None for a preview.
    """

    edition: str
    facts: tuple[str, ...]
    built: Built
    record: Record | None = None


def collect(
    product: Product, manifest: Manifest, semantics: Semantics, release: Release
) -> Catalog:
    """Everything that the page shows.

    Args:
        product: the product.
        manifest: of the release, with packages.
        semantics: its metrics.
        release: what was built.
    """
    hidden = unasked_nodes(manifest, product.slug)
    nodes = [n for kind in KINDS for n in manifest.of(kind) if n.unique_id not in hidden]
    links = {node.unique_id: Link(node.unique_id, label(node.unique_id)) for node in nodes}
    metrics = _metrics(manifest, semantics, release.record, links)
    readers = [_reader(node, links) for node in manifest.of("exposure")]
    return Catalog(
        product=product.name,
        edition=release.edition,
        facts=release.facts,
        relations=_relations(product, manifest, nodes, release, links, metrics),
        metrics=metrics,
        boards=tuple(reader for reader in readers if reader.page),
        exposures=tuple(reader for reader in readers if not reader.page),
        owners=_owners(manifest, nodes, readers, links),
    )


def _relations(
    product: Product,
    manifest: Manifest,
    nodes: Iterable[Node],
    release: Release,
    links: Mapping[str, Link],
    metrics: Iterable[MetricEntry],
) -> tuple[Relation, ...]:
    nodes = list(nodes)
    columns = all_columns(manifest, nodes, release.built)
    changes = last_changes(product, (path for n in nodes for path in (n.path, n.patch_path)))
    read_by: dict[str, list[Link]] = defaultdict(list)
    for node in manifest.nodes.values():
        if node.kind == "exposure" or node.unique_id in links:
            for parent in node.depends_on:
                read_by[parent].append(Link(node.unique_id, label(node.unique_id)))
    for metric in metrics:
        for link in metric.reads:
            read_by[link.anchor].append(Link(metric.anchor, metric.label))
    facts = _Measured.of(release.record)
    relations = [
        Relation(
            node=node,
            label=label(node.unique_id),
            columns=columns[node.unique_id],
            reads=_links(node.depends_on, links),
            read_by=tuple(sorted(read_by[node.unique_id], key=lambda link: link.label)),
            facts=facts.of_node(node),
            last_change=newest(changes.get(node.path), changes.get(node.patch_path)),
            tests=len(manifest.tests_of(node.unique_id)),
            rows=facts.rows.get(node.unique_id),
        )
        for node in nodes
    ]
    return tuple(sorted(relations, key=_order))


def _order(relation: Relation) -> tuple[object, ...]:
    return (KINDS.index(relation.node.kind), not relation.is_public, relation.label)


@dataclass(frozen=True)
class _Measured:
    """What a run measured, by node."""

    rows: Mapping[str, int]
    newest: Mapping[str, str]
    freshness: Mapping[str, FreshnessRun]

    @classmethod
    def of(cls, record: Record | None) -> _Measured:
        if record is None:
            return cls({}, {}, {})
        built = [fact for fact in record.profile if not fact.unique_id.startswith("source.")]
        rows = {fact.unique_id: fact.rows for fact in built if not fact.problem}
        counted = {node.unique_id: node.rows for node in record.nodes if node.rows is not None}
        newest_ = {f.unique_id: _minute(f.newest) for f in built if f.newest is not None}
        return cls(rows | counted, newest_, {f.unique_id: f for f in record.freshness})

    def of_node(self, node: Node) -> tuple[tuple[str, str], ...]:
        """Pairs of a heading and a text, for what is known of a node."""
        facts = []
        if node.materialized:
            facts.append(("built as", node.materialized))
        if (rows := self.rows.get(node.unique_id)) is not None:
            facts.append(("rows", f"{rows:,}"))
        if node.unique_id in self.newest:
            facts.append(("newest row", self.newest[node.unique_id]))
        if fresh := self.freshness.get(node.unique_id):
            facts.append(("freshness", _freshness(fresh)))
        limits = [
            f"{words} after {duration(seconds)}"
            for words, seconds in zip(("warns", "rejects the release"), node.fresh)
            if seconds is not None
        ]
        if limits:
            facts.append(("freshness rule", ", ".join(limits)))
        if node.loader:
            facts.append(("loader", node.loader))
        if node.primary_key:
            facts.append(("primary key", ", ".join(node.primary_key)))
        if node.deprecated:
            facts.append(("deprecated", node.deprecated[:10]))
        return tuple(facts)


def _freshness(fresh: FreshnessRun) -> str:
    if not fresh.max_loaded_at:
        return f"{fresh.status}: its age is unknown"
    age = f", {duration(fresh.age_seconds)} old when built" if fresh.age_seconds is not None else ""
    return f"{fresh.status}: until {fresh.max_loaded_at[:16].replace('T', ' ')} UTC{age}"


def _minute(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M} UTC"


def _metrics(
    manifest: Manifest, semantics: Semantics, record: Record | None, links: Mapping[str, Link]
) -> tuple[MetricEntry, ...]:
    values = {fact.name: fact for fact in record.metrics} if record else {}
    return tuple(
        MetricEntry(
            name=metric.name,
            label=metric.label,
            description=metric.description,
            value=_value(values.get(metric.name)),
            reads=_links((node.unique_id for node in metric.models(manifest)), links),
        )
        for metric in semantics.metrics
    )


def _value(fact: MetricFact | None) -> str:
    if fact is None:
        return ""
    return f"unknown: {fact.problem}" if fact.problem else figure(fact.value)


def _reader(node: Node, links: Mapping[str, Link]) -> Reader:
    is_board = node.path == BOARDS_FILE
    owner = " ".join(filter(None, (node.owner.get("name"), _address(node.owner.get("email")))))
    return Reader(
        node=node,
        title=node.label or node.name,
        owner=owner,
        url=node.url,
        page=f"{BOARDS_FOLDER}/{node.name}.html" if is_board else "",
        reads=_links(node.depends_on, links),
    )


def _owners(
    manifest: Manifest, nodes: Iterable[Node], readers: Iterable[Reader], links: Mapping[str, Link]
) -> tuple[Owner, ...]:
    owned: dict[tuple[str, str], list[Link]] = defaultdict(list)
    for node in nodes:
        if node.group:
            person = manifest.groups.get(node.group, {})
            name, address = person.get("name"), _address(person.get("email"))
            owned[node.group, " ".join(filter(None, (name, address)))].append(links[node.unique_id])
    for reader in readers:
        owned[reader.owner or "nobody", ""].append(Link(reader.node.unique_id, reader.title))
    return tuple(
        Owner(name, contact, tuple(owned[name, contact])) for name, contact in sorted(owned)
    )


def _links(names: Iterable[str], links: Mapping[str, Link]) -> tuple[Link, ...]:
    return tuple(sorted((links[n] for n in names if n in links), key=lambda link: link.label))


def _address(email: str | None) -> str:
    return f"<{email}>" if email else ""
