"""The documents of the commands about releases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from first_light.cli.output.documents.parts import Nodes
from first_light.cli.output.next_steps import next_steps, reason
from first_light.dbt.root_cause import Cause
from first_light.history.carried import build_counts
from first_light.history.measured import MetricFact
from first_light.history.record import PUBLISHED
from first_light.history.warned import tests_that_warned
from first_light.release.listing import Listed
from first_light.release.outcome import Released
from first_light.release.rollback import RolledBack
from first_light.release.superseded import Superseded
from first_light.utils.steps import Step


@dataclass(frozen=True)
class FailedNode:
    """A model, test or source that failed."""

    node: str
    """dbt's id."""
    status: str
    """dbt's status."""
    failures: int | None
    """Number of failing rows; null if it is no test."""
    message: str
    """What dbt says, without values."""


@dataclass(frozen=True)
class RootCause:
    """What to look at first."""

    node: str
    """dbt's id of what failed."""
    subject: str
    """dbt's id of what is wrong, such as the model that a failed test reads."""
    owner: str
    """Who owns it; empty if nobody does."""
    group: str
    """dbt's group; empty if it has none."""
    models: tuple[str, ...]
    """Models downstream."""
    exposures: tuple[str, ...]
    """Exposures downstream."""


@dataclass(frozen=True)
class ReleaseFinding:
    """What a monitor saw."""

    id: str
    """Check, node and column; `dataops accept` takes it."""
    message: str
    """What was seen and what was expected."""


@dataclass(frozen=True)
class NewData:
    """What came to one table of raw since the current release."""

    table: str
    """The table."""
    files: tuple[str, ...]
    """New or changed files, by their path below raw."""
    rows: int | None
    """Number of their rows; null if nobody counted."""


@dataclass(frozen=True)
class Release:
    """The result of `dataops release`."""

    run: str
    """Id of the run; empty if it gave way to a newer one."""
    outcome: str
    """`published`, `rejected`, `failed`, `stopped` or `superseded`."""
    problem: str
    """Why it was not published; empty if it was."""
    where: str = ""
    """Of a superseded run: what superseded it."""
    kind: str = ""
    """`release` from raw, or `rehearsal` on the sample."""
    current: str = ""
    """Id of the release that readers get now."""
    base: str = ""
    """Id of the release that was current before."""
    commit: str = ""
    """Full hash of the commit that was built."""
    seconds: float = 0.0
    """Duration."""
    nodes: Nodes = field(default_factory=Nodes)
    """How much was built."""
    recorded: bool = False
    """Whether the record of the run was written."""
    steps: tuple[Step, ...] = ()
    """What was done, in order."""
    failed: tuple[FailedNode, ...] = ()
    """What the audit rejected, most upstream first."""
    root_cause: RootCause | None = None
    """What to look at first; null if nothing failed."""
    findings: tuple[ReleaseFinding, ...] = ()
    """Findings that warn."""
    warned_tests: tuple[str, ...] = ()
    """dbt's ids of tests that warned."""
    new_data: tuple[NewData, ...] = ()
    """What came to raw since the current release."""
    metrics: tuple[MetricFact, ...] = ()
    """The metrics of the release."""
    moved_metrics: dict[str, str] = field(default_factory=dict)
    """By metric, how it differs from the release before."""
    new_files_of_failure: tuple[str, ...] = ()
    """New files that the failure may come from."""
    next: tuple[str, ...] = ()
    """What comes next after a release that was not published."""
    warnings: tuple[str, ...] = ()
    """What the team should know, one sentence each."""


@dataclass(frozen=True)
class Rollback:
    """The result of `dataops rollback`."""

    current: str
    """Id of the release that readers get now."""
    before: str
    """Id of the release that was current before; empty if there was none."""
    changed: bool
    """Whether current changed; false if that release was current already."""
    published_at: str
    """When the release that is current now was published; ISO 8601, UTC."""
    moved_metrics: dict[str, str]
    """By metric, how it differs from the release that was current before."""
    warnings: tuple[str, ...]
    """What the team should know, one sentence each."""


@dataclass(frozen=True)
class ListedRelease:
    """One run in the list of `dataops releases`."""

    run: str
    """Id of the run."""
    command: str
    """`release` or `rollback`."""
    outcome: str
    """Verdict."""
    kind: str
    """`release` or `rehearsal`."""
    trigger: str
    """`push`, `schedule` or `manual`."""
    commit: str
    """Full hash."""
    started_at: str
    """ISO 8601, UTC."""
    ended_at: str
    """ISO 8601, UTC."""
    problem: str
    """Why it was not published; empty if it was."""
    kept: bool
    """Whether it can be made current again."""
    current: bool
    """Whether readers get it."""


def release(released: Released) -> Release:
    """How a release went."""
    record = released.record
    return Release(
        run=record.run,
        outcome=record.outcome,
        problem=record.problem,
        kind=record.kind,
        current=record.current,
        base=record.base,
        commit=record.git.commit,
        seconds=record.seconds,
        nodes=Nodes(*build_counts(record)),
        recorded=released.recorded,
        steps=released.steps,
        failed=tuple(
            FailedNode(result.unique_id, result.status, result.failures, reason(result))
            for result in released.failed
        ),
        root_cause=_cause(released.cause) if released.cause else None,
        findings=tuple(ReleaseFinding(each.id, each.message) for each in record.warned),
        warned_tests=tuple(test.unique_id for test in tests_that_warned(record)),
        new_data=tuple(NewData(each.table, each.files, each.rows) for each in released.brought),
        metrics=record.metrics,
        moved_metrics={change.name: change.sentence for change in released.moves},
        new_files_of_failure=tuple(released.suspects.files),
        next=next_steps(released) if record.outcome != PUBLISHED else (),
        warnings=released.warnings,
    )


def superseded(error: Superseded) -> Release:
    """A run that gave way to a newer one."""
    return Release(run="", outcome="superseded", problem=error.message, where=error.where)


def rollback(result: RolledBack) -> Rollback:
    """Which release is current now."""
    return Rollback(
        result.release.run,
        result.record.base if result.record else result.release.run,
        result.record is not None,
        result.release.ended_at,
        {change.name: change.sentence for change in result.moves},
        result.warnings,
    )


def releases(listed: Sequence[Listed]) -> tuple[ListedRelease, ...]:
    """The runs, newest first."""
    return tuple(
        ListedRelease(
            each.record.run,
            each.record.command,
            each.record.outcome,
            each.record.kind,
            each.record.trigger,
            each.record.git.commit,
            each.record.started_at,
            each.record.ended_at,
            each.record.problem,
            each.kept,
            each.current,
        )
        for each in listed
    )


def _cause(cause: Cause) -> RootCause:
    return RootCause(
        cause.result.unique_id,
        cause.subject,
        cause.owner,
        cause.group,
        tuple(cause.models),
        tuple(cause.exposures),
    )
