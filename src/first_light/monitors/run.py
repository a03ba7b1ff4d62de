"""Monitors: on for every model and source, without any YAML. A candidate against its own past.

`recall` reads the past, `profile_all` asks the warehouse, `judge_all` decides; a release writes
profile and findings into its record.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from first_light.dbt.manifest import Manifest, Node
from first_light.history.facts import RawFile
from first_light.history.log import History
from first_light.history.record import FindingRun, NodeRun, RelationProfile, masked
from first_light.monitors import profiling, sources
from first_light.monitors.accepted import Accepted, finding_id, read_accepted
from first_light.monitors.baseline import Memory, code_of, read_releases, remember
from first_light.monitors.dialect import Dialect, dialect_of
from first_light.monitors.judge import judge, past_of
from first_light.monitors.levels import CHECKS, ERROR, OFF, WARN
from first_light.monitors.measures import measure
from first_light.monitors.personal import personal_columns
from first_light.monitors.queries import Asked, columns_of
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.utils.steps import FAILED, PASSED, WARNED
from first_light.warehouse.base import Relation

__all__ = ["Asked", "Raw", "Watched", "judge_all", "profile_all", "read_accepted", "recall"]

_LOOKED_BACK = 5  # releases
_PROFILED = ("model", "snapshot", "seed")
_DATE, _MOMENT = 10, 35  # characters of 2026-03-31, and of a time to the fraction with its zone
_TEXT = ("varchar", "text", "char")  # how engines call what is text
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


@dataclass(frozen=True)
class Watched:
    """What the monitors saw of one candidate.

    Attributes:
        findings: what is wrong, errors first.
        lacking: how many more deliveries each node's comparison needs, where it needs some.
        relations: how many were compared.
    """

    findings: tuple[FindingRun, ...]
    lacking: dict[str, int]
    relations: int

    @property
    def verdict(self) -> str:
        """passed, warned or failed, as a step says it."""
        levels = {one.level for one in self.findings}
        return FAILED if ERROR in levels else WARNED if levels else PASSED

    @property
    def problem(self) -> str:
        """What refuses the release, for people; empty when nothing does."""
        bad = [one for one in self.findings if one.level == ERROR]
        if not bad:
            return ""
        told = [one.message for one in bad[:5]]
        if len(bad) > 5:
            told.append(f"And {len(bad) - 5} more.")
        accept = f'uv run dataops accept {finding_id(bad[0])} --because "…"'
        return "\n".join([*told, f"If that is as it should be: {accept}"])

    def summary(self) -> str:
        """A few words for the terminal."""
        parts = [f"{self.relations} relations"]
        for level, word in ((ERROR, "failed"), (WARN, "warned")):
            if count := sum(one.level == level for one in self.findings):
                parts.append(f"{count} {word}")
        if self.lacking:
            most = max(self.lacking.values())
            parts.append(f"{len(self.lacking)} lack history, up to {most} more deliveries")
        return ", ".join(parts)


def recall(history: History, fingerprint: str, at: datetime) -> Memory:
    """The past of a candidate that is built from this state of raw."""
    return remember(read_releases(history), fingerprint, at)


def profile_all(
    warehouse: Asked,
    manifest: Manifest,
    nodes: Iterable[NodeRun],
    sql: Mapping[str, str],
    raw: Raw | None = None,
    memory: Memory = _NO_PAST,
    only: Collection[str] | None = None,
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

    Raises:
        DataopsError: the candidate can't be read, or a model's settings can't be understood.
    """
    built = [
        (manifest.nodes[node.unique_id], node.rows)
        for node in nodes
        if node.kind in _PROFILED
        and (only is None or node.unique_id in only)
        and node.status == "success"
        and node.unique_id in manifest.nodes
        and manifest.nodes[node.unique_id].materialized not in ("ephemeral", "")
        and not _is_off(manifest.nodes[node.unique_id])
    ]
    if warehouse.name != "duckdb":  # there a source is a table like others, whole every time
        built += [
            (node, None)
            for node in manifest.of("source")
            if (only is None or node.unique_id in only) and not _is_off(node)
        ]
    places = {node.unique_id: Relation(node.schema, node.alias) for node, _ in built}
    columns = columns_of(warehouse, sorted(places.values()))
    # Nobody counted the rows of a view: they are rarely more than the largest table's.
    largest = max((rows for _, rows in built if rows is not None), default=None)
    personal = personal_columns(manifest, sql)
    known = _few_values(memory)
    dialect = dialect_of(warehouse.name)
    asked = [
        profiling.query(
            profiling.Wanted(
                node.unique_id,
                _name(node, places[node.unique_id]),
                _place(node, dialect),
                columns[places[node.unique_id]],
                personal.get(node.unique_id, frozenset()),
                largest if rows is None else rows,
                known.get(node.unique_id, frozenset()),
                _references(node, manifest, places, columns, dialect),
            ),
            dialect,
        )
        for node, rows in built
        if columns.get(places[node.unique_id])
    ]
    found = [profiling.read(one, warehouse.ask(one.sql).rows[0]) for one in asked]
    if raw is not None and warehouse.name == "duckdb":
        found += _profile_sources(warehouse, manifest, raw, personal, known, memory, only)
    return tuple(found)


def _profile_sources(
    warehouse: Asked,
    manifest: Manifest,
    raw: Raw,
    personal: Mapping[str, frozenset[str]],
    known: Mapping[str, frozenset[str]],
    memory: Memory,
    only: Collection[str] | None,
) -> list[RelationProfile]:
    """What came to each source that is read from files."""
    found = []
    numbers, times = _columns(memory, _numeric), _columns(memory, _as_long_as_a_time)
    for one in sources.deliveries(manifest, raw.root, raw.prefix, raw.files, raw.before):
        if _is_off(one.node) or (only is not None and one.node.unique_id not in only):
            continue
        name = _name(one.node, Relation(one.node.schema, one.node.alias))
        profile = RelationProfile(one.node.unique_id, name, 0, files=0)
        if one.files:
            try:
                profile = _profile_delivery(warehouse, one, name, personal, known, numbers, times)
            except DataopsError as error:
                profile = replace(profile, files=len(one.files), problem=_first_line(error))
        found.append(profile)
    return found


def _profile_delivery(
    warehouse: Asked,
    delivery: sources.Delivery,
    name: str,
    personal: Mapping[str, frozenset[str]],
    known: Mapping[str, frozenset[str]],
    numbers: Mapping[str, frozenset[str]],
    times: Mapping[str, frozenset[str]],
) -> RelationProfile:
    node = delivery.node
    columns = warehouse.ask(sources.columns_query(delivery.place)).rows
    asked = profiling.query(
        profiling.Wanted(
            node.unique_id,
            name,
            delivery.place,
            columns,
            personal.get(node.unique_id, frozenset()),
            sum(file.size for file in delivery.files) // 10,  # a row has rarely fewer bytes
            known.get(node.unique_id, frozenset()),
            numbers=numbers.get(node.unique_id, frozenset(name for name, _ in columns)),
            times=times.get(node.unique_id, frozenset()),
            more=(sources.newest(node), sources.fingerprint(node, columns)),
        ),
        dialect_of(warehouse.name),
    )
    (answer,) = warehouse.ask(asked.sql).rows
    profile = profiling.read(asked, answer)
    return replace(
        profile,
        newest=profiling.number(answer[-2]),
        files=len(delivery.files),
        repeats=len(delivery.repeats),
        fingerprint=str(answer[-1] or ""),
    )


def judge_all(
    profiles: Sequence[RelationProfile],
    memory: Memory,
    manifest: Manifest,
    nodes: Iterable[NodeRun],
    at: datetime,
    accepted: Sequence[Accepted] = (),
) -> Watched:
    """Compare every relation with its own past.

    What changed together with its code is told, but refuses nothing: somebody wanted it.

    Raises:
        DataopsError: a model's settings can't be understood.
    """
    checksums = {node.unique_id: node.checksum for node in nodes if node.checksum}
    findings: list[FindingRun] = []
    lacking: dict[str, int] = {}
    for profile in profiles:
        node = manifest.nodes[profile.unique_id]
        levels = levels_of(node)
        past = past_of(memory, profile.unique_id)
        judged = judge(profile, memory, at, levels, past=past)
        if judged.lacking:
            lacking[profile.name] = judged.lacking
        if not judged.findings:
            continue
        lineage = above(profile.unique_id, manifest)
        now = {checksums[one] for one in lineage if one in checksums}
        code = code_of(memory.releases, lineage, now)
        normal = _accepted_values(accepted, profile.unique_id)
        if code.first is not None:  # what came with the code of now is as it should be
            came = _values_of_run(memory, code.first, profile.unique_id)
            normal = {key: [*normal.get(key, ()), *came.get(key, ())] for key in normal | came}
        if normal:
            judged = judge(profile, memory, at, levels, normal, past)
        for finding in judged.findings:
            milder = code.new and finding.level == ERROR and not _is_empty(finding)
            findings.append(replace(finding, level=WARN) if milder else finding)
    findings.sort(key=lambda one: (one.level != ERROR, one.subject, one.check, one.column))
    return Watched(tuple(findings), lacking, len(profiles))


def levels_of(node: Node) -> dict[str, str]:
    """What the team says of each check, in a model's or source's `config.meta.dataops.monitors`.

    `off`: it is not looked at. `warn`: it never refuses. `error`: whatever it finds refuses. What
    is not named is as `levels.LIMITS` and `levels.LEVELS` say.

    Raises:
        DataopsError: it names a check or a level that there is not.
    """
    told = (node.meta.get("dataops") or {}).get("monitors", {})
    # YAML reads a bare `off` as false.
    given = dict.fromkeys(CHECKS, told) if not isinstance(told, dict) else dict(told)
    levels: dict[str, str] = {
        check: OFF if level is False else level for check, level in given.items()
    }
    wrong = [c for c, v in levels.items() if c not in CHECKS or v not in (ERROR, WARN, OFF)]
    if wrong:
        raise DataopsError(
            f"The monitors of {node.name} are set to something that there is not.",
            where=f"{node.patch_path or node.path}: {wrong[0]}: {levels[wrong[0]]}",
            fix=f"name {', '.join(CHECKS)}; each may be error, warn or off",
        )
    return levels


def above(unique_id: str, manifest: Manifest) -> frozenset[str]:
    """A node and everything that it is built from."""
    found: set[str] = set()
    ahead = [unique_id]
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            node = manifest.nodes.get(one)
            ahead.extend(node.depends_on if node else ())
    return frozenset(found)


def _is_off(node: Node) -> bool:
    return set(levels_of(node).values()) == {OFF} and len(levels_of(node)) == len(CHECKS)


def _name(node: Node, relation: Relation) -> str:
    """As findings name it: a model may be called like a source's table."""
    return f"{node.schema}.{node.name}" if node.kind == "source" else relation.name


def _place(node: Node, dialect: Dialect) -> str:
    """Where it is built, in SQL."""
    return dialect.place(node.relation)


def _few_values(memory: Memory) -> dict[str, frozenset[str]]:
    """Columns that had few values in one of the last releases, by node."""
    found: dict[str, frozenset[str]] = {}
    for release in memory.releases[-_LOOKED_BACK:]:
        for unique_id, relation in release.relations.items():
            few = profiling.few_values(relation["rows"], relation["columns"].values())
            found[unique_id] = found.get(unique_id, frozenset()) | few
    return found


def _numeric(column: Mapping[str, Any]) -> bool:
    return column.get("mean") is not None


def _as_long_as_a_time(column: Mapping[str, Any]) -> bool:
    return (column.get("shortest") or 0) >= _DATE and (column.get("longest") or 0) <= _MOMENT


def _columns(
    memory: Memory, fits: Callable[[Mapping[str, Any]], bool]
) -> dict[str, frozenset[str]]:
    """Columns whose profile fits in one of the last releases, by node."""
    found: dict[str, frozenset[str]] = {}
    for release in memory.releases[-_LOOKED_BACK:]:
        for unique_id, relation in release.relations.items():
            if relation["rows"]:
                held = frozenset(name for name, one in relation["columns"].items() if fits(one))
                found[unique_id] = found.get(unique_id, frozenset()) | held
    return found


def _references(
    node: Node,
    manifest: Manifest,
    places: Mapping[str, Relation],
    columns: Mapping[Relation, Sequence[tuple[str, str]]],
    dialect: Dialect,
) -> dict[tuple[str, str], str]:
    """SQL that tells a hole in each declared reference whose holes refuse nothing by themselves.

    They are `references: model.column` in a column's meta, and relationship tests that only warn.
    """

    def find(unique_id: str, name: str) -> tuple[str, bool] | None:
        """A column as the warehouse spells it, and whether it is text; None if it is not there."""
        there = dict(columns.get(places[unique_id], ()))
        spelled = (one for one in there if one.lower() == name.lower())
        found = name if name in there else next(spelled, None)
        if found is None:
            return None
        return quoted(found), there[found].lower().startswith(_TEXT)

    # A source's table and a model may have one name: like refers to like.
    alike = sorted(places, key=lambda one: manifest.nodes[one].kind == node.kind)
    by_name = {manifest.nodes[one].name: one for one in alike}
    declared: list[tuple[str, str, str]] = []
    for column in node.columns:
        table, _, key = column.references.rpartition(".")
        if table in by_name and key:
            declared.append((column.name, by_name[table], key))
    for test in manifest.tests_of(node.unique_id):
        warns = test.verdict is not None and test.verdict.severity == WARN
        if test.attached_to == node.unique_id and test.call and warns:
            targets = [one for one in test.depends_on if one != node.unique_id and one in places]
            key = str(test.call.arguments.get("field") or "")
            if test.call.name == "relationships" and len(targets) == 1 and key:
                declared.append((test.call.column, targets[0], key))
    found: dict[tuple[str, str], str] = {}
    for told, target, leads_to in declared:
        here, there = find(node.unique_id, told), find(target, leads_to)
        if here is None or there is None:
            continue
        (name, is_text), (key, key_is_text) = here, there
        if is_text is not key_is_text:  # not every engine compares a number with a text
            name, key = f"cast({name} as varchar)", f"cast({key} as varchar)"
        place = _place(manifest.nodes[target], dialect)
        keys = f"select {key} from {place} where {key} is not null"
        found[told, manifest.nodes[target].name] = f"{name} is not null and {name} not in ({keys})"
    return found


def _first_line(error: DataopsError) -> str:
    return masked(str(error)).splitlines()[0]


def _values_of_run(
    memory: Memory, number: int, unique_id: str
) -> dict[tuple[str, str], list[float]]:
    """What one run held of a node, by check and column, whatever was found in it."""
    before = None
    for release in memory.releases:
        now = release.relations.get(unique_id)
        if release.number == number and now is not None:
            found: dict[tuple[str, str], list[float]] = {}
            for what, value in measure(now, before, 1, release.at).items():
                found.setdefault((what.check, what.column), []).append(value.value)
            return found
        before = now
    return {}


def _is_empty(finding: FindingRun) -> bool:
    return finding.check == "volume" and finding.value == 0


def _accepted_values(
    accepted: Sequence[Accepted], subject: str
) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    for one in accepted:
        if one.subject == subject:
            found.setdefault((one.check, one.column), []).append(one.value)
    return found
