"""What an agent or a program asks before it queries a release, as tables of the schema `ops`.

`trust`, `columns` and `joins` hold what the catalog and the audit of this release already know, and
no row of data: only relations and columns that readers get, with names, counts and times.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from first_light.catalog.columns import ColumnFacts
from first_light.catalog.facts import Relation
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.root_cause import owner_of
from first_light.history.record import Record
from first_light.history.warned import tests_that_warned
from first_light.incidents.derive import Incident
from first_light.status.freshness import SourceAge
from first_light.utils.sql_names import quoted
from first_light.warehouse.base import Table

_TEXT, _COUNT, _TIME, _FLAG = "varchar", "bigint", "timestamp", "boolean"
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_Key = tuple[str, str]
"""A node's id and a column of it in lower case."""


@dataclass(frozen=True)
class Facts:
    """What is known of a release when it is published.

    Attributes:
        record: of its run.
        manifest: of its project.
        relations: of its catalog.
        reader_schema: a schema of the candidate as readers spell it.
        open_incidents: those that this release does not end.
        sources: how old their data is.
        at: the product's clock.
    """

    record: Record
    manifest: Manifest
    relations: Sequence[Relation]
    reader_schema: Callable[[str], str]
    open_incidents: Sequence[Incident]
    sources: Sequence[SourceAge]
    at: datetime


@dataclass(frozen=True)
class _Published:
    """A relation that readers get, with the columns of it that they get."""

    relation: Relation
    place: str
    columns: tuple[ColumnFacts, ...]

    @property
    def node(self) -> Node:
        return self.relation.node

    def spelled(self, column: str) -> str:
        """A column's name as the release has it; empty if readers do not get it."""
        return next((c.name for c in self.columns if c.name.lower() == column.lower()), "")


def trust_tables(facts: Facts) -> tuple[Table, ...]:
    """The tables `trust`, `columns` and `joins`."""
    published = _published(facts)
    tested = _passed(facts)
    unique = {
        (test.attached_to, test.call.column.lower())
        for test in tested
        if test.call and test.call.name == "unique"
    }
    filled = {
        (test.attached_to, test.call.column.lower())
        for test in tested
        if test.call and test.call.name == "not_null"
    }
    return (
        _trust(facts, published),
        _columns(published, unique, filled),
        _joins(facts.manifest, published, tested, unique),
    )


def _published(facts: Facts) -> tuple[_Published, ...]:
    result = []
    for relation in facts.relations:
        node = relation.node
        columns = tuple(c for c in relation.columns.columns if c.published)
        is_built = node.kind != "source" and node.materialized != "ephemeral"
        if is_built and columns:
            names = (facts.reader_schema(node.schema), node.alias or node.name)
            place = ".".join(n if _PLAIN.fullmatch(n) else quoted(n) for n in names)
            result.append(_Published(relation, place, columns))
    return tuple(result)


def _passed(facts: Facts) -> tuple[Node, ...]:
    """The tests of all rows of a column that found nothing in this release."""
    clean = {
        run.unique_id for run in facts.record.nodes if run.status == "pass" and not run.failures
    }
    return tuple(
        test
        for test in facts.manifest.of("test")
        if test.unique_id in clean and test.call and test.call.column and not test.filtered
    )


def _trust(facts: Facts, published: Iterable[_Published]) -> Table:
    columns = (
        ("relation", _TEXT), ("kind", _TEXT), ("access", _TEXT), ("contract", _FLAG),
        ("owner", _TEXT), ("description", _TEXT), ("rows", _COUNT), ("trusted", _FLAG),
        ("reasons", _TEXT), ("data_until", _TIME), ("fresh_until", _TIME),
        ("open_incidents", _COUNT), ("as_of", _TIME),
    )  # fmt: skip
    limits = {node.unique_id: node.fresh[1] for node in facts.manifest.of("source")}
    rows = []
    for entry in published:
        node = entry.node
        behind = {node.unique_id, *facts.manifest.graph.ancestors(node.unique_id)}
        concerned = [i for i in facts.open_incidents if _concerns(i, behind, facts.manifest)]
        sources = [source for source in facts.sources if source.subject in behind]
        reasons = [
            *(f"open incident {incident.incident}" for incident in concerned),
            *(
                f"monitor {finding.check} warned of {finding.name}"
                for finding in facts.record.warned
                if finding.subject in behind
            ),
            *(
                f"test {test.name} warned"
                for test in tests_that_warned(facts.record)
                if test.subject in behind or behind & set(test.depends_on)
            ),
            *(f"source {source.name} is stale" for source in sources if source.problem),
        ]
        ends = [end for s in sources for end in _ends(s, limits.get(s.subject))]
        rows.append(
            (
                entry.place,
                node.kind,
                node.access,
                node.contract,
                owner_of(node.unique_id, facts.manifest)[1],
                node.description,
                entry.relation.rows,
                not reasons,
                "; ".join(dict.fromkeys(reasons)),
                _naive(min((s.newest_at for s in sources if s.newest_at), default=None)),
                _naive(min(ends, default=None)),
                len(concerned),
                _naive(facts.at),
            )
        )
    comment = (
        "Each relation that readers get, public models first: whether it could be trusted when it "
        "was published (as_of), and until when its data counts as fresh. Times are UTC."
    )
    return Table("trust", comment, columns, tuple(rows))


def _concerns(incident: Incident, behind: set[str], manifest: Manifest) -> bool:
    """Whether an incident is about a relation, what it is built from, or the whole product."""
    node = manifest.nodes.get(incident.subject)
    if node is None:  # the run, or the product as a whole
        return True
    return bool(behind & ({*node.depends_on} if node.kind == "exposure" else {node.unique_id}))


def _ends(source: SourceAge, limit: float | None) -> Iterable[datetime]:
    """When a source's data counts as stale: by its freshness rule, and by its rhythm."""
    if source.due_at is not None:
        yield source.due_at
    if source.newest_at is not None and limit is not None:
        yield source.newest_at + timedelta(seconds=limit)


def _columns(published: Iterable[_Published], unique: set[_Key], filled: set[_Key]) -> Table:
    columns = (
        ("relation", _TEXT), ("position", _COUNT), ("column_name", _TEXT), ("data_type", _TEXT),
        ("description", _TEXT), ("contract", _FLAG), ("not_null", _FLAG), ("is_unique", _FLAG),
        ("personal", _FLAG),
    )  # fmt: skip
    rows = []
    for entry in published:
        declared = {column.name.lower(): column for column in entry.node.columns}
        for position, column in enumerate(entry.columns, start=1):
            key = (entry.node.unique_id, column.name.lower())
            promise = declared.get(key[1]) if entry.node.contract else None
            rows.append(
                (
                    entry.place,
                    position,
                    column.name,
                    column.type.lower(),
                    column.description,
                    promise is not None,
                    key in filled or (promise is not None and "not_null" in promise.constraints),
                    key in unique,
                    column.personal,
                )
            )
    comment = (
        "The columns that readers get, with what contracts promise and what tests of this release "
        "proved for all rows."
    )
    return Table("columns", comment, columns, tuple(rows))


def _joins(
    manifest: Manifest,
    published: Sequence[_Published],
    tested: Iterable[Node],
    unique: set[_Key],
) -> Table:
    columns = (
        ("from_relation", _TEXT), ("from_column", _TEXT), ("to_relation", _TEXT),
        ("to_column", _TEXT), ("cardinality", _TEXT), ("tested", _FLAG), ("safe", _FLAG),
    )  # fmt: skip
    by_id = {entry.node.unique_id: entry for entry in published}
    proved = {reference for test in tested if (reference := _reference(test))}
    rows = []
    for child, column, parent, key in sorted(_references(manifest, published)):
        left, right = by_id.get(child), by_id.get(parent)
        names = (left.spelled(column), right.spelled(key)) if left and right else ("", "")
        if not left or not right or not all(names):
            continue
        is_one = (parent, key) in unique
        is_tested = (child, column, parent, key) in proved
        cardinality = _cardinality((child, column) in unique, is_one)
        rows.append(
            (left.place, names[0], right.place, names[1], cardinality, is_tested)
            + (is_tested and is_one,)
        )
    comment = (
        "References between relations that readers get. A safe join finds exactly one row for each "
        "value that is not null: tests of this release proved it for all rows."
    )
    return Table("joins", comment, columns, tuple(rows))


def _references(
    manifest: Manifest, published: Iterable[_Published]
) -> set[tuple[str, str, str, str]]:
    """Declared in the meta of columns, or by a relationships test."""
    entries = {entry.node.name: entry.node.unique_id for entry in published}
    declared = set()
    for entry in published:
        for column in entry.node.columns:
            table, _, key = column.references.rpartition(".")
            if table in entries and key:
                parts = (entry.node.unique_id, column.name, entries[table], key)
                declared.add((parts[0], parts[1].lower(), parts[2], parts[3].lower()))
    tests = (_reference(test) for test in manifest.of("test"))
    return declared | {reference for reference in tests if reference}


def _reference(test: Node) -> tuple[str, str, str, str] | None:
    """Child, column, parent and key of a relationships test."""
    if test.call is None or test.call.name != "relationships" or not test.call.column:
        return None
    others = [name for name in test.depends_on if name != test.attached_to]
    key = str(test.call.arguments.get("field") or "").lower()
    if len(others) > 1 or not key:
        return None
    parent = others[0] if others else test.attached_to
    return test.attached_to, test.call.column.lower(), parent, key


def _cardinality(from_is_unique: bool, to_is_unique: bool) -> str:
    if to_is_unique:
        return "one to one" if from_is_unique else "many to one"
    return "one to many" if from_is_unique else "unknown"


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment else None
