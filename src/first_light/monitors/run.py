"""Monitors: on for every model and source, without any YAML. A candidate against its own past.

`recall` reads the past, `profile_all` asks the warehouse, `judge_all` decides; a release writes
profile and findings into its record.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from first_light.dbt.graph import Graph
from first_light.dbt.manifest import Manifest
from first_light.history.log import History
from first_light.history.measured import MetricFact
from first_light.history.record import FindingRun, NodeRun, RelationProfile
from first_light.monitors import column_rules, metric_rules, quiet_days
from first_light.monitors.accepted import Accepted, accepted_values, echoes_of, read_accepted
from first_light.monitors.baseline import Memory, code_of, read_releases, remember
from first_light.monitors.explanations import DELIVERED
from first_light.monitors.judge import Known, judge
from first_light.monitors.levels import ERROR, OFF, USUAL, WARN
from first_light.monitors.measures import measure
from first_light.monitors.past import RelationPast, days_from_month_turn, own_time, past_of
from first_light.monitors.settings import levels_of
from first_light.project.calendar import Calendar
from first_light.utils.steps import FAILED, PASSED, WARNED

_SHOWN = 5
_BUSY_ROWS = 20  # of fewer, a delivery says nothing of how busy its day was
_UNKNOWN = Calendar()
# What explains other findings of the same relation comes first.
_CAUSES = ("delivery", "schema", "duplicate", "category", "format", "hours", "nulls")

__all__ = ["MonitorResult", "judge_all", "read_accepted", "recall"]


@dataclass(frozen=True)
class MonitorResult:
    """What the monitors saw of one candidate.

    Attributes:
        findings: what is wrong, errors first.
        lacking: how many more deliveries each node's comparison needs, where it needs some.
        relations: how many were compared.
        causes: what rejects the release, with the other errors that it explains.
        carried: how many hold what they held in the current release, and were not compared.
    """

    findings: tuple[FindingRun, ...]
    lacking: dict[str, int]
    relations: int
    causes: Mapping[FindingRun, tuple[FindingRun, ...]] = field(default_factory=dict)
    carried: int = 0

    @property
    def verdict(self) -> str:
        """passed, warned or failed, as a step says it."""
        levels = {finding.level for finding in self.findings}
        return FAILED if ERROR in levels else WARNED if levels else PASSED

    @property
    def problem(self) -> str:
        """What rejects the release, for people; empty when nothing does. What a finding explains
        downstream is one line below it."""
        causes = [finding for finding in self.findings if finding in self.causes]
        if not causes:
            return ""
        messages = []
        for cause in causes[:_SHOWN]:
            messages.append(cause.message)
            if echoes := self.causes[cause]:
                names = dict.fromkeys(f"{echo.name} ({echo.check})" for echo in echoes)
                listed = ", ".join([*names][:_SHOWN])
                more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
                messages.append(f"  with it: {listed}{more}")
        if len(causes) > _SHOWN:
            messages.append(f"And {len(causes) - _SHOWN} more.")
        label = "If this is expected: "
        for finding_id in dict.fromkeys(cause.id for cause in causes[:_SHOWN]):
            messages.append(f'{label}uv run dataops accept {finding_id} --because "…"')
            label = "and: "
        return "\n".join(messages)

    def summary(self) -> str:
        """A few words for the terminal."""
        parts = [f"{self.relations} relations"]
        if self.carried:
            parts.append(f"{self.carried} carried over")
        for level, label in ((ERROR, "failed"), (WARN, "warned")):
            if count := sum(finding.level == level for finding in self.findings):
                parts.append(f"{count} {label}")
        if self.lacking:
            longest = max(self.lacking.values())
            parts.append(
                f"{len(self.lacking)} relations warming up (need up to {longest} more loads)"
            )
        return ", ".join(parts)


def recall(history: History, fingerprint: str, at: datetime) -> Memory:
    """The past of a candidate that is built from this state of raw."""
    return remember(read_releases(history), fingerprint, at)


def judge_all(
    profiles: Sequence[RelationProfile],
    memory: Memory,
    manifest: Manifest,
    nodes: Iterable[NodeRun],
    at: datetime,
    accepted: Sequence[Accepted] = (),
    files: Iterable[FindingRun] = (),
    metrics: Iterable[MetricFact] = (),
    calendar: Calendar = _UNKNOWN,
) -> MonitorResult:
    """Compare every relation with its own past.

    A change that comes with new code warns and rejects nothing: it is intended.

    Args:
        profiles: what the candidate holds.
        memory: the past.
        manifest: the product.
        nodes: what was built.
        at: when it is judged.
        accepted: what the team takes for normal.
        files: findings about the files in raw.
        metrics: the metrics of the candidate.
        calendar: public holidays.

    Raises:
        DataopsError: a model's settings can't be understood.
    """
    checksums = {node.unique_id: node.checksum for node in nodes if node.checksum}
    findings = _not_accepted(files, manifest, accepted)
    keys = keys_of(manifest)
    lacking: dict[str, int] = {}
    newest: dict[str, str] = {}
    for profile in profiles:
        newest[profile.unique_id] = max(newest.get(profile.unique_id, ""), profile.delivery)
    times = [own_time(at, each.delivery, newest[each.unique_id]) for each in profiles]
    quiet = quiet_days.by_relation(profiles, newest, times, manifest.graph, calendar)
    findings += metric_rules.findings(
        metrics,
        memory,
        manifest,
        checksums,
        at,
        accepted,
        {subject: holiday for (subject, _), holiday in quiet.items()},
    )
    arrivals = Counter(profile.unique_id for profile in profiles if profile.files)
    complete: set[str] = set()
    pasts = [past_of(memory, each.unique_id, each.delivery) for each in profiles]
    busy = _busy_days(profiles, pasts)
    now = at
    for profile, past, at in zip(profiles, pasts, times):
        node = manifest.nodes[profile.unique_id]
        levels = levels_of(node)
        holiday = quiet.get((profile.unique_id, profile.delivery))
        own_keys = keys.get(profile.unique_id, frozenset())
        above = manifest.graph.ancestors(profile.unique_id) if profile.files is None else ()
        came = max((arrivals[source] for source in above if source in arrivals), default=0)
        others = busy.get(profile.delivery, {})
        busiest = max((n for name, n in others.items() if name != profile.unique_id), default=0.0)
        known = Known(own_keys, came, holiday, calendar, busiest)
        judged = judge(profile, memory, at, levels, past=past, known=known)
        if column_rules.goes_on(profile, past):
            complete.add(profile.unique_id)
        if judged.lacking:
            lacking[profile.name] = judged.lacking
        if not judged.findings:
            continue
        subject = profile.unique_id
        lineage = frozenset({subject}) | manifest.graph.ancestors(subject)
        present_checksums = {checksums[ancestor] for ancestor in lineage if ancestor in checksums}
        code = code_of(memory.releases, lineage, present_checksums)
        normal = accepted_values(accepted, profile.unique_id)
        if code.first is not None:  # values that came with the current code are expected
            first_values = _values_of_run(memory, code.first, profile.unique_id)
            normal = {
                key: [*normal.get(key, ()), *first_values.get(key, ())]
                for key in normal | first_values
            }
        if normal or code.first is not None:
            judged = judge(
                profile, memory, at, levels, normal, past, since=code.first or 0, known=known
            )
        day = quiet_days.business_day(profile, at)
        for finding in judged.findings:
            is_downgraded = code.new and finding.level == ERROR and not _is_empty(finding)
            level = WARN if is_downgraded else finding.level
            message = _with_file(finding, profile)
            finding = replace(finding, level=level, message=message, delivery=profile.delivery)
            findings.append(quiet_days.explained(finding, holiday, day, calendar))
    delivered = Counter[str]()
    for profile in profiles:
        if profile.files:
            delivered[profile.unique_id] += profile.rows
    findings = with_levels_of_sources(findings, delivered, manifest.graph)
    on_holiday = {subject for subject, delivery in quiet if delivery == newest[subject]}
    findings = quiet_days.with_mild_quiet_days(findings, complete, on_holiday, manifest.graph)
    findings = _without_derived_times(findings, _columns(profiles, memory), manifest)
    if days_from_month_turn(now) is not None:
        findings = _with_mild_echoes(findings, manifest.graph)
    ranks = manifest.graph.ranks()  # a cause comes before what it leads to
    findings.sort(
        key=lambda finding: (
            finding.level != ERROR,
            ranks.get(finding.subject, 0),
            finding.subject,
            _CAUSES.index(finding.check) if finding.check in _CAUSES else len(_CAUSES),
            finding.check,
            finding.column,
        )
    )
    return MonitorResult(tuple(findings), lacking, len(profiles), _causes(findings, manifest.graph))


def _busy_days(
    profiles: Sequence[RelationProfile], pasts: Sequence[RelationPast]
) -> dict[str, dict[str, float]]:
    """By the day of a delivery and the source: its rows, in usual deliveries of that source."""
    days: dict[str, dict[str, float]] = {}
    for profile, past in zip(profiles, pasts):
        if not profile.files or not profile.delivery or profile.rows < _BUSY_ROWS:
            continue
        rows = past.series.get(DELIVERED)
        if rows and len(rows.values) >= USUAL and rows.middle > 0:
            factors = days.setdefault(profile.delivery, {})
            factors[profile.unique_id] = profile.rows / rows.middle
    return days


def with_levels_of_sources(
    findings: Sequence[FindingRun], delivered: Mapping[str, int], graph: Graph
) -> list[FindingRun]:
    """As many new rows as a source delivered are as strange as they are in the source, whose past
    is longer: it has each delivery of the archive that the first release found.

    Args:
        findings: of all relations.
        delivered: the new rows of each source.
        graph: what depends on what.
    """
    levels = {each.subject: each.level for each in findings if each.check == "volume"}
    result = []
    for finding in findings:
        same = [
            levels.get(source, "")
            for source in graph.ancestors(finding.subject)
            if finding.check == "volume" and delivered.get(source) == finding.value != 0
        ]
        if not same or ERROR in same:
            result.append(finding)
        elif WARN in same:
            result.append(replace(finding, level=WARN))
    return result


def _columns(profiles: Sequence[RelationProfile], memory: Memory) -> dict[str, frozenset[str]]:
    """The columns of each relation that was looked at, now or last time."""
    known: dict[str, frozenset[str]] = {}
    for release in memory.releases[-1:]:
        known = {name: frozenset(step["columns"]) for name, step in release.relations.items()}
    for profile in profiles:
        if profile.columns:
            known[profile.unique_id] = frozenset(column.name for column in profile.columns)
    return known


def _without_derived_times(
    findings: Sequence[FindingRun], columns: Mapping[str, Collection[str]], manifest: Manifest
) -> list[FindingRun]:
    """Times that a model computes, such as the day of a customer's first order, have no rhythm:
    how old and how complete they are is not judged, unless the team sets a level for it.

    Args:
        findings: of all relations.
        columns: of each relation that is known.
        manifest: the product.
    """

    def is_derived(finding: FindingRun) -> bool:
        if finding.check not in ("freshness", "gaps") or not finding.column:
            return False
        if finding.check in levels_of(manifest.nodes[finding.subject]):
            return False
        parents = manifest.graph.parents(finding.subject)
        known = [columns[parent] for parent in parents if parent in columns]
        return bool(known) and not any(finding.column in names for names in known)

    return [finding for finding in findings if not is_derived(finding)]


def _with_mild_echoes(findings: Sequence[FindingRun], graph: Graph) -> list[FindingRun]:
    """At the turn of a month, what follows from a delivery with more rows than expected warns as
    the delivery does: such as a share or a metric that a billing run moves."""
    causes = [
        finding.subject
        for finding in findings
        if (finding.check, finding.level) == ("volume", WARN)
        and not graph.parents(finding.subject)
        and (finding.value or 0.0) > (finding.expected_high or math.inf)
    ]
    reached = graph.descendants(*causes) if causes else frozenset()
    return _warning(
        findings, lambda each: each.subject in reached and each.expected_high is not None
    )


def _warning(
    findings: Iterable[FindingRun], is_mild: Callable[[FindingRun], bool]
) -> list[FindingRun]:
    """The findings; those of which this is true reject nothing."""
    return [replace(each, level=WARN) if is_mild(each) else each for each in findings]


def _causes(
    findings: Sequence[FindingRun], graph: Graph
) -> dict[FindingRun, tuple[FindingRun, ...]]:
    """The errors that no other one explains, each with those that it does.

    Args:
        findings: sorted, causes before what they lead to.
        graph: what depends on what.
    """
    left = [finding for finding in findings if finding.level == ERROR]
    causes = {}
    while left:
        cause, *left = left
        causes[cause] = echoes_of(cause, left, graph)
        left = [finding for finding in left if finding not in causes[cause]]
    return causes


def _not_accepted(
    files: Iterable[FindingRun], manifest: Manifest, accepted: Sequence[Accepted]
) -> list[FindingRun]:
    """Findings about files that the team has not accepted, at the level that it wants."""
    known = {(entry.check, entry.subject, entry.column) for entry in accepted}
    findings = []
    for finding in files:
        level = levels_of(manifest.nodes[finding.subject]).get(finding.check, finding.level)
        if level != OFF and (finding.check, finding.subject, finding.column) not in known:
            findings.append(replace(finding, level=level))
    return findings


def keys_of(manifest: Manifest) -> dict[str, frozenset[str]]:
    """Columns that lead to another table, by node: by their meta, and by relationship tests."""
    keys: dict[str, set[str]] = {}
    for node in manifest.nodes.values():
        for column in node.columns:
            if column.references:
                keys.setdefault(node.unique_id, set()).add(column.name)
        if node.call and node.call.name == "relationships" and node.attached_to:
            keys.setdefault(node.attached_to, set()).add(node.call.column)
    return {unique_id: frozenset(names) for unique_id, names in keys.items()}


def _values_of_run(
    memory: Memory, number: int, unique_id: str
) -> dict[tuple[str, str], list[float]]:
    """What one run held of a node, by check and column, whatever was found in it."""
    before = None
    for release in memory.releases:
        now = release.relations.get(unique_id)
        if release.number == number and now is not None:
            values: dict[tuple[str, str], list[float]] = {}
            for measure_, value in measure(now, before, release.at).items():
                values.setdefault((measure_.check, measure_.column), []).append(value.value)
            return values
        before = now
    return {}


def _with_file(finding: FindingRun, profile: RelationProfile) -> str:
    """The message, with the file of the delivery behind the name of the source."""
    if not profile.file:
        return finding.message
    file = profile.file.rpartition("/")[2]
    more = f" and {profile.files - 1} more" if profile.files and profile.files > 1 else ""
    return finding.message.replace(profile.name, f"{profile.name} ({file}{more})", 1)


def _is_empty(finding: FindingRun) -> bool:
    return finding.check == "volume" and finding.value == 0
