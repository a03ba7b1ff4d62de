"""Profiles of a candidate's relations, and of what arrived at its sources."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from first_light.dbt.driver import ScanLimitExceededError, reads_files
from first_light.dbt.engine import QueryRunner
from first_light.dbt.hidden_code import named_columns
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.personal_columns import BUILT, described, personal_columns
from first_light.dbt.raw_table import full_name
from first_light.history.facts import RawFile
from first_light.history.record import FindingRun, NodeRun, RelationProfile
from first_light.monitors import profiling, sources
from first_light.monitors.baseline import Memory, release_of
from first_light.monitors.files import check_files
from first_light.monitors.levels import WARN
from first_light.monitors.queries import columns_of
from first_light.monitors.settings import is_off
from first_light.privacy.messages import masked_error
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.base import Relation
from first_light.warehouse.dialect import Dialect, dialect_of

_RECENT = 5  # releases
_DATE, _MOMENT = (10, 35)  # characters of 2026-03-31, and of a time to the fraction with its zone
_TEXT = ("varchar", "text", "char")  # how engines call what is text
_OF_FILES = frozenset({"filename"})  # names deliveries: each one brings a new value
_NO_PAST = Memory((), (), None, None)


@dataclass(frozen=True)
class Raw:
    """The files that sources are read from.

    Attributes:
        root: raw's absolute path.
        prefix: raw as the sources spell it.
        files: what is there now.
        before: what was there at the delivery before; None when nobody knows.
    """

    root: str
    prefix: str
    files: tuple[RawFile, ...]
    before: tuple[RawFile, ...] | None = None

    def findings(self, manifest: Manifest, sql: Mapping[str, str]) -> tuple[FindingRun, ...]:
        """What is wrong with the new files, before anything is read."""
        return check_files(manifest, self.prefix, self.files, self.before, sql.values())


def profile_all(
    warehouse: QueryRunner,
    manifest: Manifest,
    nodes: Iterable[NodeRun],
    sql: Mapping[str, str],
    raw: Raw | None = None,
    memory: Memory = _NO_PAST,
    only: Collection[str] | None = None,
    refused: Callable[[str], None] = lambda unique_id: None,
) -> tuple[RelationProfile, ...]:
    """What a candidate's relations hold, and what came to its sources: one query each.

    Args:
        warehouse: holds the candidate.
        manifest: the product.
        nodes: what was built.
        sql: compiled SQL by node, to follow personal columns.
        raw: the files that sources are read from; None where they are not files.
        memory: the past: which columns have few values.
        only: ids of what is looked at; None: everything.
        refused: called with the id of each relation whose query would scan too much.

    Raises:
        DataopsError: the candidate can't be read, or a model's settings can't be understood.
    """
    dialect, nodes = dialect_of(warehouse.name), tuple(nodes)
    built = [
        (manifest.nodes[node.unique_id], node.rows)
        for node in nodes
        if node.resource_type in BUILT
        and (only is None or node.unique_id in only)
        and node.status == "success"
        and node.unique_id in manifest.nodes
        and _is_relation(manifest.nodes[node.unique_id])
        and not is_off(manifest.nodes[node.unique_id])
    ]
    if not reads_files(warehouse.name):  # there a source is a table like others, whole every time
        built += [
            (node, None)
            for node in manifest.of("source")
            if (only is None or node.unique_id in only) and not is_off(node)
        ]
    places = {node.unique_id: Relation(node.schema, node.alias) for node, _ in built}
    ids = {node.unique_id for node in nodes if node.status == "success"}
    if dialect.columns(()):  # one query for all of them, which leaves out what is not there
        ids |= manifest.nodes.keys()
    relations = {
        Relation(node.schema, node.alias)
        for node in manifest.nodes.values()
        if node.unique_id in ids and _is_relation(node)
    }
    wanted = sorted(relations.union(places.values()))
    columns = columns_of(warehouse, wanted, manifest.of("source"))
    # Nobody counted the rows of a view: they are rarely more than the largest table's.
    largest = max((rows for _, rows in built if rows is not None), default=None)

    def names_of(node: Node) -> list[str]:
        known = columns.get(Relation(node.schema, node.alias))
        return [name for name, _ in known] if known else described(node)

    personal = personal_columns(manifest, lambda name: sql.get(name, ""), names_of)
    categories = _few_values(memory)
    named = named_columns(manifest) if personal else frozenset()
    queries = [
        profiling.query(
            profiling.ProfileTarget(
                node.unique_id,
                _name(node, places[node.unique_id]),
                _place(node, dialect),
                [
                    (name, kind)
                    for name, kind in columns[places[node.unique_id]]
                    if name.lower() in named
                    or name.lower() not in personal.get(node.unique_id, frozenset())
                ],
                personal.get(node.unique_id, frozenset()),
                largest if rows is None else rows,
                categories.get(node.unique_id, frozenset()) - _OF_FILES,
                _references(node, manifest, places, columns, dialect),
            ),
            dialect,
        )
        for node, rows in built
        if columns.get(places[node.unique_id])
    ]
    profiles = []
    for query_ in queries:
        try:
            profiles.append(profiling.read(query_, warehouse.run(query_.sql).rows[0]))
        except ScanLimitExceededError:
            refused(query_.unique_id)
    if raw is not None and reads_files(warehouse.name):
        profiles += _profile_sources(
            warehouse, manifest, raw, personal, named, categories, memory, only
        )
    return tuple(profiles)


def _profile_sources(
    warehouse: QueryRunner,
    manifest: Manifest,
    raw: Raw,
    personal: Mapping[str, frozenset[str]],
    named: frozenset[str],
    categories: Mapping[str, frozenset[str]],
    memory: Memory,
    only: Collection[str] | None,
) -> list[RelationProfile]:
    """What came to each source that is read from files."""
    deliveries = [
        delivery
        for delivery in sources.deliveries(manifest, raw.root, raw.prefix, raw.files, raw.before)
        if not is_off(delivery.node) and (only is None or delivery.node.unique_id in only)
    ]
    profiles = _profile_each(warehouse, deliveries, personal, named, categories, memory)
    known = {name for release in memory.releases[-_RECENT:] for name in release.relations}
    # What comes first is read twice: only its profile says which columns have few values, or times.
    first = [
        (place, profile)
        for place, profile in enumerate(profiles)
        if profile.unique_id not in known and profile.rows
    ]
    if first:
        learned = _learned([profile for _, profile in first])
        again = _profile_each(
            warehouse, [deliveries[place] for place, _ in first], personal, named,
            _few_values(learned), learned,
        )  # fmt: skip
        for (place, _), profile in zip(first, again, strict=True):
            profiles[place] = profile
    return profiles


def _learned(profiles: Sequence[RelationProfile]) -> Memory:
    """What the first deliveries say of their columns, as if they had been published."""
    release = release_of(
        profiles, run="", number=0, at=datetime.fromtimestamp(0, timezone.utc), fingerprint="",
        anomalies=frozenset(), checksums={},
    )  # fmt: skip
    return Memory((release,), (), None, None)


def _profile_each(
    warehouse: QueryRunner,
    deliveries: Sequence[sources.Delivery],
    personal: Mapping[str, frozenset[str]],
    named: frozenset[str],
    categories: Mapping[str, frozenset[str]],
    memory: Memory,
) -> list[RelationProfile]:
    """What each delivery holds."""
    profiles = []
    numbers, times = _columns(memory, _numeric), _columns(memory, _as_long_as_a_time)
    for delivery in deliveries:
        name = _name(delivery.node, Relation(delivery.node.schema, delivery.node.alias))
        file = delivery.files[-1].name if delivery.files else ""
        profile = RelationProfile(
            delivery.node.unique_id, name, 0, files=0, delivery=delivery.name, file=file
        )
        if delivery.files:
            try:
                profile = _profile_delivery(
                    warehouse, delivery, name, personal, named, categories, numbers, times
                )
            except DataopsError as error:
                profile = replace(profile, files=len(delivery.files), problem=_first_line(error))
        profiles.append(profile)
    return profiles


def _profile_delivery(
    warehouse: QueryRunner,
    delivery: sources.Delivery,
    name: str,
    personal: Mapping[str, frozenset[str]],
    named: frozenset[str],
    categories: Mapping[str, frozenset[str]],
    numbers: Mapping[str, frozenset[str]],
    times: Mapping[str, frozenset[str]],
) -> RelationProfile:
    node = delivery.node
    columns = warehouse.run(sources.columns_query(delivery.place)).rows
    if personal.get(node.unique_id):  # without its header, a file's first row would name columns
        columns = [column for column in columns if column[0].lower() in named]
    profile_query = profiling.query(
        profiling.ProfileTarget(
            node.unique_id,
            name,
            delivery.place,
            columns,
            personal.get(node.unique_id, frozenset()),
            # A row has rarely fewer bytes, nor a column.
            sum(file.size for file in delivery.files) // max(10, 6 * len(columns)),
            categories.get(node.unique_id, frozenset()) - _OF_FILES,
            numbers=numbers.get(node.unique_id, frozenset(name for name, _ in columns)),
            times=times.get(node.unique_id, frozenset()),
            formats=frozenset(name for name, _ in columns) - _OF_FILES,
            more=(
                sources.newest(node),
                sources.fingerprint(node, columns),
                sources.different_rows(node, columns),
            ),
        ),
        dialect_of(warehouse.name),
    )
    (row,) = warehouse.run(profile_query.sql).rows
    profile = profiling.read(profile_query, row)
    return replace(
        profile,
        newest=profiling.number(row[-3]),
        files=len(delivery.files),
        repeated_files=len(delivery.repeats),
        fingerprint=str(row[-2] or ""),
        different_rows=None if row[-1] is None else int(row[-1]),
        delivery=delivery.name,
        file=delivery.files[-1].name,
    )


def _is_relation(node: Node) -> bool:
    return node.kind in BUILT and node.materialized not in ("ephemeral", "")


def _name(node: Node, relation: Relation) -> str:
    """As findings name it: a model may be called like a source's table."""
    return f"{node.schema}.{node.name}" if node.kind == "source" else relation.name


def _place(node: Node, dialect: Dialect) -> str:
    """Where it is built, in SQL."""
    return dialect.relation(node.relation)


def _few_values(memory: Memory) -> dict[str, frozenset[str]]:
    """Columns that had few values in one of the last releases, by node."""
    columns: dict[str, frozenset[str]] = {}
    for release in memory.releases[-_RECENT:]:
        for unique_id, relation in release.relations.items():
            names = profiling.few_values(relation["rows"], relation["columns"].values())
            columns[unique_id] = columns.get(unique_id, frozenset()) | names
    return columns


def _numeric(column: Mapping[str, Any]) -> bool:
    return column.get("mean") is not None


def _as_long_as_a_time(column: Mapping[str, Any]) -> bool:
    return (column.get("min_length") or 0) >= _DATE and (column.get("max_length") or 0) <= _MOMENT


def _columns(
    memory: Memory, is_match: Callable[[Mapping[str, Any]], bool]
) -> dict[str, frozenset[str]]:
    """Columns whose profile fits in one of the last releases, by node."""
    columns: dict[str, frozenset[str]] = {}
    for release in memory.releases[-_RECENT:]:
        for unique_id, relation in release.relations.items():
            if relation["rows"]:
                names = frozenset(
                    name for name, one in relation["columns"].items() if is_match(one)
                )
                columns[unique_id] = columns.get(unique_id, frozenset()) | names
    return columns


def _references(
    node: Node,
    manifest: Manifest,
    places: Mapping[str, Relation],
    columns: Mapping[Relation, Sequence[tuple[str, str]]],
    dialect: Dialect,
) -> dict[tuple[str, str], str]:
    """SQL that tells a hole in each declared reference whose holes reject nothing by themselves.

    They are `references: model.column` in a column's meta, and relationship tests that only warn.
    """

    def find(unique_id: str, name: str) -> tuple[str, bool] | None:
        """A column as the warehouse spells it, and whether it is text; None if it is not there."""
        types = dict(columns.get(places[unique_id], ()))
        matches = (candidate for candidate in types if candidate.lower() == name.lower())
        match_ = name if name in types else next(matches, None)
        if match_ is None:
            return None
        return quoted(match_), types[match_].lower().startswith(_TEXT)

    # A source's table and a model may have one name: like refers to like.
    ordered = sorted(places, key=lambda unique_id: manifest.nodes[unique_id].kind == node.kind)
    names = (
        full_name(id_) if manifest.nodes[id_].kind == "source" else manifest.nodes[id_].name
        for id_ in ordered
    )
    by_name = dict(zip(names, ordered, strict=True))
    declared: list[tuple[str, str, str]] = []
    for column in node.columns:
        table, _, key = column.references.rpartition(".")
        if table in by_name and key:
            declared.append((column.name, by_name[table], key))
    for test in manifest.tests_of(node.unique_id):
        warns = test.verdict is not None and test.verdict.severity == WARN
        if test.attached_to == node.unique_id and test.call and warns:
            targets = [
                unique_id
                for unique_id in test.depends_on
                if unique_id != node.unique_id and unique_id in places
            ]
            key = str(test.call.arguments.get("field") or "")
            if test.call.name == "relationships" and len(targets) == 1 and key:
                declared.append((test.call.column, targets[0], key))
    conditions: dict[tuple[str, str], str] = {}
    for column_name, target, target_column in declared:
        child, types = find(node.unique_id, column_name), find(target, target_column)
        if child is None or types is None:
            continue
        (name, is_text), (key, key_is_text) = child, types
        if is_text is not key_is_text:  # not every engine compares a number with a text
            name, key = f"cast({name} as varchar)", f"cast({key} as varchar)"
        place = _place(manifest.nodes[target], dialect)
        keys = f"select {key} from {place} where {key} is not null"
        conditions[column_name, manifest.nodes[target].name] = (
            f"{name} is not null and {name} not in ({keys})"
        )
    return conditions


def _first_line(error: DataopsError) -> str:
    return masked_error(error).splitlines()[0]
