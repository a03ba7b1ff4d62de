"""Monitors: on for every model, without any YAML. A candidate against the product's own past.

`profile_all` asks the warehouse, `judge_all` decides; a release writes both into its record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dataops.errors import DataopsError
from dataops.history import History
from dataops.history_record import FindingRun, NodeRun, RelationProfile
from dataops.manifest import Manifest, Node
from dataops.monitors import profiling
from dataops.monitors.accepted import Accepted, finding_id, read_accepted
from dataops.monitors.judge import CHECKS, ERROR, OFF, WARN, judge
from dataops.monitors.past import code_of, read_series, values_of_run
from dataops.monitors.personal import personal_columns
from dataops.steps import FAILED, PASSED, WARNED
from dataops.warehouse import Relation, Warehouse

__all__ = ["Watched", "judge_all", "profile_all", "read_accepted"]

_PROFILED = ("model", "snapshot", "seed")


@dataclass(frozen=True)
class Watched:
    """What the monitors saw of one candidate.

    Attributes:
        findings: what is wrong, errors first.
        lacking: how many more published runs each node's comparison needs, where it needs some.
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
            parts.append(f"{len(self.lacking)} lack history, up to {most} more releases")
        return ", ".join(parts)


def profile_all(
    warehouse: Warehouse,
    run: str,
    manifest: Manifest,
    nodes: Iterable[NodeRun],
    sql: Mapping[str, str],
) -> tuple[RelationProfile, ...]:
    """What a candidate's relations hold, by one query each.

    Args:
        warehouse: holds the candidate.
        run: the candidate.
        manifest: the product.
        nodes: what was built.
        sql: compiled SQL by node, to follow personal columns.

    Raises:
        DataopsError: the candidate can't be read, or a model's settings can't be understood.
    """
    built = [
        (manifest.nodes[node.unique_id], node.rows)
        for node in nodes
        if node.kind in _PROFILED
        and node.status == "success"
        and node.unique_id in manifest.nodes
        and manifest.nodes[node.unique_id].materialized not in ("ephemeral", "")
        and set(levels_of(manifest.nodes[node.unique_id]).values()) != {OFF}
    ]
    places = {node.unique_id: Relation(node.schema, node.alias) for node, _ in built}
    columns = warehouse.columns(run, sorted(places.values()))
    # Nobody counted the rows of a view: they are rarely more than the largest table's.
    largest = max((rows for _, rows in built if rows is not None), default=None)
    personal = personal_columns(manifest, sql)
    asked = [
        profiling.query(
            node.unique_id,
            places[node.unique_id],
            columns[places[node.unique_id]],
            personal.get(node.unique_id, frozenset()),
            largest if rows is None else rows,
        )
        for node, rows in built
        if columns.get(places[node.unique_id])
    ]
    answers = warehouse.ask(run, [one.sql for one in asked])
    return tuple(profiling.read(one, answer) for one, answer in zip(asked, answers))


def judge_all(
    profiles: Sequence[RelationProfile],
    history: History,
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
    with history.connect() as connection:
        series = read_series(connection)
        for profile in profiles:
            node = manifest.nodes[profile.unique_id]
            lineage = above(profile.unique_id, manifest)
            now = {checksums[one] for one in lineage if one in checksums}
            levels = levels_of(node)
            judged = judge(profile, series, at, levels)
            if judged.lacking:
                lacking[profile.name] = judged.lacking
            if not judged.findings:
                continue
            code = code_of(connection, lineage, now)
            normal = _accepted_values(accepted, profile.unique_id)
            if code.first is not None:  # what came with the code of now is as it should be
                came = values_of_run(connection, code.first, profile.unique_id)
                normal = {key: [*normal.get(key, ()), *came.get(key, ())] for key in normal | came}
            for finding in judge(profile, series, at, levels, normal).findings:
                milder = code.new and finding.level == ERROR and not _is_empty(finding)
                findings.append(replace(finding, level=WARN) if milder else finding)
    findings.sort(key=lambda one: (one.level != ERROR, one.subject, one.check, one.column))
    return Watched(tuple(findings), lacking, len(profiles))


def levels_of(node: Node) -> dict[str, str]:
    """What each check may do at most, by the model's `config.meta.dataops.monitors`.

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
            mend=f"name {', '.join(CHECKS)}; each may be error, warn or off",
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
