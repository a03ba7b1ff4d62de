"""The document of `dataops status`, and that of incidents."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from first_light.cli.output.documents.parts import Metric, Nodes
from first_light.cli.output.documents.releases import ReleaseFinding
from first_light.status import current


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
    nodes: Nodes
    """How much of it was built."""
    address: str
    """Where readers open the data; empty if the connection to it is not set here."""
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


def status(value: current.Status) -> Status:
    """What readers get now."""
    return msgspec.convert(value.to_dict(), Status)
