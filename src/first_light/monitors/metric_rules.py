"""The monitor of metrics: each one against its own past, as rows are judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from first_light.dbt.manifest import Manifest
from first_light.history.measured import MetricFact
from first_light.history.record import FindingRun
from first_light.monitors.accepted import Accepted
from first_light.monitors.baseline import Memory, code_of
from first_light.monitors.levels import ERROR, LIMITS, OFF, WARN, Case, level_of, off_by
from first_light.monitors.measures import Measure
from first_light.monitors.messages import number_text
from first_light.monitors.prediction import Expected, Past, expect, expect_step
from first_light.monitors.quiet_days import Holiday
from first_light.monitors.settings import levels_of

CHECK = "metric"
_NO_HOLIDAYS: Mapping[str, Holiday] = {}


def findings(
    metrics: Iterable[MetricFact],
    memory: Memory,
    manifest: Manifest,
    checksums: Mapping[str, str],
    at: datetime,
    accepted: Sequence[Accepted] = (),
    on_holiday: Mapping[str, Holiday] = _NO_HOLIDAYS,
) -> list[FindingRun]:
    """What is wrong with the metrics of a candidate.

    The finding is about the first model that the metric reads, whose owner is asked. A value that
    comes with new code warns. Values of another definition are no past; the first value of a new
    definition is compared with them, and warns.

    Args:
        metrics: of the candidate.
        memory: the past.
        manifest: the product.
        checksums: of what was built, by dbt id.
        at: when it is judged.
        accepted: what the team takes for normal.
        on_holiday: the public holidays that the newest rows of models are about.

    Raises:
        DataopsError: a model's settings can't be understood.
    """
    result = []
    for metric in metrics:
        nodes = [manifest.nodes[name] for name in metric.models if name in manifest.nodes]
        if not nodes or metric.problem:
            continue  # one that could not be computed is said by the step that computes them
        subject = nodes[0]
        wanted = levels_of(subject).get(CHECK, "")
        past = _past(metric, memory, subject.unique_id)
        published = _published(metric, memory, subject.unique_id)
        finding = _judged(metric, past, at, subject.unique_id, published)
        holiday = next((on_holiday[name] for name in metric.models if name in on_holiday), None)
        if finding and holiday:
            sunday = holiday.like_sunday(at)
            as_sunday = _judged(metric, past, sunday, subject.unique_id, published)
            if as_sunday is None or as_sunday.level != ERROR:
                finding = as_sunday
        if finding is None and _is_redefined(metric, memory):
            finding = _moved_by_definition(metric, memory, at, subject.unique_id)
        if finding is None or wanted == OFF or _is_accepted(finding, accepted):
            continue
        lineage = frozenset(metric.models) | manifest.graph.ancestors(*metric.models)
        present = {checksums[name] for name in lineage if name in checksums}
        is_new = code_of(memory.releases, lineage, present).new
        level = WARN if is_new and finding.level == ERROR else finding.level
        result.append(replace(finding, level=wanted or level))
    return result


def _is_redefined(metric: MetricFact, memory: Memory) -> bool:
    """Whether the newest release had the metric with another definition."""
    known = memory.releases[-1].metrics.get(metric.name) if memory.releases else None
    return known is not None and known[1] != metric.definition


def _moved_by_definition(
    metric: MetricFact, memory: Memory, at: datetime, subject: str
) -> FindingRun | None:
    """What is strange in it for the definition that it had."""
    _, definition = memory.releases[-1].metrics[metric.name]
    past = _past(replace(metric, definition=definition), memory, subject)
    finding = _judged(metric, past, at, subject)
    if finding is None:
        return None
    message = f"{finding.message.removesuffix('.')}; its definition changed."
    return replace(finding, level=WARN, message=message)


def _past(metric: MetricFact, memory: Memory, subject: str) -> list[Past]:
    """The earlier values, one for each delivery, without those that were found strange."""
    values = []
    for step in memory.steps:
        release = step.release
        value, definition = release.metrics.get(metric.name, (None, ""))
        is_strange = (CHECK, subject, metric.name) in release.anomalies
        if value is not None and definition == metric.definition and not is_strange:
            values.append(Past(step.since, value))
    return values


def _published(metric: MetricFact, memory: Memory, subject: str) -> float | None:
    """The value of the last release; None where it was not found strange."""
    if not memory.releases:
        return None
    release = memory.releases[-1]
    value, definition = release.metrics.get(metric.name, (None, ""))
    is_strange = (CHECK, subject, metric.name) in release.anomalies
    return value if is_strange and definition == metric.definition else None


def _judged(
    metric: MetricFact,
    past: Sequence[Past],
    at: datetime,
    subject: str,
    published: float | None = None,
) -> FindingRun | None:
    """What is strange in a metric; `published` is the last value, where that was strange too."""
    expected = expect(past, at)
    if expected is None:
        return None
    usual = f"expected {number_text(expected.low)} to {number_text(expected.high)}"
    if metric.value is None:
        message = f"metric {metric.name} has no value, {usual} (by its {expected.by})."
        return FindingRun(CHECK, subject, metric.name, metric.name, ERROR, message)
    level = _least_level(metric.name, metric.value, past, expected, past[-1].value)
    if not level:
        return None
    if level == ERROR and published is not None:
        # Readers have it already: a rejection would keep nothing from them.
        level = _least_level(metric.name, metric.value, past, expected, published) or WARN
    message = f"metric {metric.name}: {number_text(metric.value)}, {usual} (by its {expected.by})."
    return FindingRun(
        CHECK, subject, metric.name, metric.name, level, message,
        metric.value, expected.low, expected.high,
    )  # fmt: skip


def _least_level(
    name: str, value: float, past: Sequence[Past], expected: Expected, last: float
) -> str:
    """How bad the value is by what explains it best: what the past follows, or a usual step from
    the last value. Most metrics are totals of all history, which never return to a trend."""
    measure, values = Measure(CHECK, "total", name), [observation.value for observation in past]
    pictures = [expected, expect_step(past, last)]
    levels = {level_of(Case(measure, value, 0, values, other)) for other in pictures if other}
    return next(level for level in ("", WARN, ERROR) if level in levels)


def _is_accepted(finding: FindingRun, accepted: Sequence[Accepted]) -> bool:
    if finding.value is None:
        return False
    return any(
        off_by(CHECK, finding.value, entry.value) < LIMITS[CHECK].warn
        for entry in accepted
        if (entry.check, entry.subject, entry.column) == (CHECK, finding.subject, finding.column)
    )
