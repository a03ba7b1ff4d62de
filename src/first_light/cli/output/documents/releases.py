"""The documents of the commands about releases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from first_light.cli.output.documents.parts import Metric
from first_light.cli.output.next_steps import next_steps, reason
from first_light.dbt.root_cause import Cause
from first_light.history.measured import MetricFact
from first_light.history.record import PUBLISHED
from first_light.history.warned import tests_that_warned
from first_light.release.listing import Listed
from first_light.release.outcome import Released
from first_light.release.rollback import RolledBack
from first_light.release.superseded import Superseded
from first_light.status import current
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


@dataclass(frozen=True)
class Current:
    """The release that readers get."""

    release: str
    """Its id."""
    kind: str
    """`release` or `rehearsal`."""
    commit: str
    """Full hash."""
    published_at: str
    """ISO 8601, UTC."""
    age_seconds: int | None
    """Seconds since then."""
    raw_fingerprint: str
    """Fingerprint of the raw data that it was built from."""
    set_aside: tuple[str, ...]
    """Files in raw that it did not read, with the reason."""
    address: str
    """Where readers open the data."""
    boards: str
    """The page that lists its boards; empty if it has none."""
    open_to: str
    """Who can read it beyond the team; empty if nobody."""


@dataclass(frozen=True)
class Readers:
    """What readers find where they look."""

    release: str | None
    """Id of the release; empty if there is none, null if readers' place cannot be asked."""
    problem: str
    """Why it cannot be read; empty if it can."""


@dataclass(frozen=True)
class LastRun:
    """The last run."""

    run: str
    """Its id."""
    command: str
    """`release` or `rollback`."""
    outcome: str
    """Verdict."""
    problem: str
    """Why it was not published; empty if it was."""
    started_at: str
    """ISO 8601, UTC."""
    ended_at: str
    """ISO 8601, UTC; empty while it runs."""


@dataclass(frozen=True)
class SourceAge:
    """How fresh a source is."""

    name: str
    """Its name."""
    arrived_at: str | None
    """When its last delivery came; ISO 8601."""
    newest_at: str | None
    """The newest time in its data; ISO 8601."""
    due_at: str | None
    """When the next delivery is due; ISO 8601."""
    problem: str
    """Why it is stale; empty if it is not."""


@dataclass(frozen=True)
class Incident:
    """An incident."""

    incident: str
    """Its id."""
    check: str
    """The check that saw it."""
    kind: str
    """Kind of the check."""
    name: str
    """Name of the check."""
    title: str
    """Short description."""
    subject: str
    """dbt's id of what is wrong."""
    owner: str
    """Who owns it; empty if nobody does."""
    root_cause: str
    """What caused it, as far as it is known."""
    detected_by: str
    """`audit`, a monitor or a person."""
    opened_run: str
    """Id of the run that opened it."""
    opened_at: str
    """ISO 8601, UTC."""
    closed_run: str
    """Id of the run that closed it; empty while it is open."""
    closed_at: str | None
    """ISO 8601, UTC; null while it is open."""
    seconds: int
    """Its duration until now, or until it was closed."""
    runs: int
    """Number of runs that saw it."""
    open: bool
    """Whether it is open."""
    preceding_change: str
    """What changed before it was opened."""
    downstream: tuple[str, ...]
    """Models and exposures downstream."""
    with_it: tuple[str, ...]
    """Other checks that it may have failed."""
    next_step: str
    """The command that shows or corrects it; empty if it is closed."""


@dataclass(frozen=True)
class Figure:
    """A figure of the last 90 days."""

    value: float | None
    """Its value; null if there is none."""
    unit: str
    """Its unit."""
    part: float
    """The numerator: errors, late days, …; of time to restore, the open incidents."""
    whole: float
    """The denominator; weeks for a frequency."""
    absent: str
    """Why it has no value; empty if it has one."""
    enough: bool
    """Whether enough is behind it."""


@dataclass(frozen=True)
class Status:
    """The result of `dataops status`."""

    ok: bool
    """Whether readers get a release, nothing is late and no incident is open."""
    generated_at: str
    """ISO 8601, UTC."""
    template: str
    """The product's version of the template; empty if it is not known."""
    package: str
    """Version of the package."""
    store: str
    """Where releases are kept."""
    current: Current | None
    """The release that readers get; null if there is none."""
    readers: Readers
    """What readers find where they look."""
    last_run: LastRun | None
    """The last run; null if there was none."""
    late: tuple[str, ...]
    """Deadlines that passed without a new release; ISO 8601, UTC."""
    missing_runs: tuple[str, ...]
    """Those that had no run at all."""
    sources: tuple[SourceAge, ...]
    """How fresh each source is, the stale ones first."""
    stale: tuple[str, ...]
    """Names of stale sources."""
    metrics: tuple[Metric, ...]
    """Metrics of the current release."""
    moved_metrics: dict[str, str]
    """By metric, how it differs from the release before."""
    damaged_records: tuple[str, ...]
    """Runs whose record is damaged."""
    findings: tuple[ReleaseFinding, ...]
    """Findings of the current release that warn."""
    warned_tests: tuple[str, ...]
    """dbt's ids of tests that warned in the current release."""
    open_incidents: tuple[Incident, ...]
    """Open incidents."""
    figures: dict[str, Figure]
    """Figures of the last 90 days by name."""


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


def status(value: current.Status) -> Status:
    """What readers get now."""
    return msgspec.convert(value.to_dict(), Status)


def _cause(cause: Cause) -> RootCause:
    return RootCause(
        cause.result.unique_id,
        cause.subject,
        cause.owner,
        cause.group,
        tuple(cause.models),
        tuple(cause.exposures),
    )
