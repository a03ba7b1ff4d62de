"""One record: what is written down of one attempt to make a release, or of a rollback; also of what
no run can see: a release that did not come, an error that a person found, what channels were told,
what a drill caught.

docs/reference/records.md describes every field. A field may be added within a version; to rename or
remove one, or to change what it means, is a new version, with a step in UPGRADES: records are never
rewritten, so each version reads what every earlier one wrote.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

SCHEMA = 1

# Outcomes. RUNNING is only ever seen beside a candidate, never in the history.
RUNNING = "running"
PUBLISHED = "published"  # readers see it
REJECTED = "rejected"  # the audit said no
FAILED = "failed"  # it could not run
STOPPED = "stopped"  # the process was told to stop
CRASHED = "crashed"  # the process ended without a word; the next one wrote this down
ROLLED_BACK = "rolled back"  # an earlier or later release was made current again

# What is recorded besides runs.
LATE = "late"  # `status --fail-if-late`: a release that was due has not come
REPORTED = "reported"  # a person found an error that was published
CLOSED = "closed"  # a person says that it is over
NOTIFIED = "notified"  # a message was sent, or was tried to be
DRILLED = "drilled"  # faults were replayed in a scratch

RUNS = frozenset({"release", "rollback"})  # the commands whose records are runs
REAL, REHEARSAL = "release", "rehearsal"


@dataclass(frozen=True)
class CommitFact:
    """A commit that the last published release did not contain. Times are ISO 8601, UTC."""

    commit: str
    authored_at: str
    committed_at: str


@dataclass(frozen=True)
class GitFacts:
    """What was built.

    Attributes:
        commit: full hash; empty where there is no git.
        branch: empty on a detached head.
        authored_at: ISO 8601, UTC; empty when unknown.
        committed_at: ISO 8601, UTC; empty when unknown.
        dirty: built with uncommitted changes.
        base_commit: the commit of the last published release; empty before the first.
        commits: what came since then, newest first, at most 1,000; every commit before the first.
        commits_total: how many that are; None when it can't be told (a shallow clone).
    """

    commit: str = ""
    branch: str = ""
    authored_at: str = ""
    committed_at: str = ""
    dirty: bool = False
    base_commit: str = ""
    commits: tuple[CommitFact, ...] = ()
    commits_total: int | None = None


@dataclass(frozen=True)
class RawTable:
    """One source table's files in raw: how many, how large together."""

    name: str
    files: int
    bytes: int


@dataclass(frozen=True)
class RawFacts:
    """The state of raw that was built.

    Attributes:
        fingerprint: a hash of the names, sizes and contents of all files; equal means equal.
        files: how many.
        bytes: how large together.
        tables: the same for each source table.
        changed_during_build: files that came, or changed, while the release was built.
        modified: files whose content differs from the current release's; raw is never to be edited.
        removed: files that the current release read and that are gone.
    """

    fingerprint: str = ""
    files: int = 0
    bytes: int = 0
    tables: tuple[RawTable, ...] = ()
    changed_during_build: int = 0
    modified: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeRun:
    """What dbt said of one node.

    Attributes:
        unique_id: dbt's id.
        resource_type: model, snapshot, seed, test, unit_test, …
        name: its name.
        original_file_path: its file, relative to the product.
        group: the dbt group that owns it, or for a test what it tests; empty when none does.
        subject: for a test the node it is about; else the node itself.
        depends_on: its direct parents.
        status: dbt's word: success, pass, warn, error, fail, skipped.
        seconds: time it took.
        rows: rows of the table it built; None for a view, a test, and what was not built.
        failures: failing rows of a test; None where there is no such count.
        message: dbt's message with the values masked; empty when all is well.
        checksum: changes when its file changes; empty where dbt says none.
    """

    unique_id: str
    resource_type: str
    name: str
    original_file_path: str
    group: str
    subject: str
    depends_on: tuple[str, ...]
    status: str
    seconds: float
    rows: int | None = None
    failures: int | None = None
    message: str = ""
    checksum: str = ""


@dataclass(frozen=True)
class FreshnessRun:
    """How old one source was.

    Attributes:
        unique_id: dbt's id of the source table.
        name: the source table.
        status: pass, warn, error, or runtime error when it could not be told.
        max_loaded_at: its newest time, ISO 8601, UTC; empty when it could not be told.
        age_seconds: seconds from then to the run's clock; None when it could not be told.
        message: dbt's message with the values masked; empty when all is well.
    """

    unique_id: str
    name: str
    status: str
    max_loaded_at: str = ""
    age_seconds: float | None = None
    message: str = ""


@dataclass(frozen=True)
class ColumnProfile:
    """One column as a run built it. Of personal columns only counts are ever kept.

    Attributes:
        name: the column.
        type: its type, in the warehouse's words.
        nulls: rows without a value.
        distinct: different values, on large relations about; None where they can't be told.
        min, max, mean: of numbers, and of times as seconds since 1970; None for other columns.
        min_length, max_length, mean_length: of texts; None for other columns.
        distinct_days: of times; None for other columns.
        counts: rows by value, of columns with few values that are not personal; else empty.
    """

    name: str
    type: str
    nulls: int
    distinct: int | None = None
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    mean_length: float | None = None
    distinct_days: int | None = None
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def top(self) -> float | None:
        """Share of the most frequent value among those that are there; None when nobody counted."""
        return max(self.counts.values()) / sum(self.counts.values()) if self.counts else None


@dataclass(frozen=True)
class RelationProfile:
    """One relation as a run built it, or what came to one source since the release before.

    Attributes:
        unique_id: its dbt id.
        name: its name, of a source with the source's before it.
        rows: how many.
        columns: what they hold.
        newest: the latest time in it, seconds since 1970; None where nothing says a time.
        files: of a source, the files that came; None for other relations.
        repeated_files: files among them whose content had come before.
        fingerprint: of a source, equal when the same rows came again, but for the time of loading.
        orphans: rows whose reference leads nowhere, by "column -> node".
        problem: why it could not be looked at; empty when it was.
    """

    unique_id: str
    name: str
    rows: int
    columns: tuple[ColumnProfile, ...] = ()
    newest: float | None = None
    files: int | None = None
    repeated_files: int = 0
    fingerprint: str = ""
    orphans: dict[str, int] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class FindingRun:
    """One thing that a monitor saw wrong.

    Attributes:
        check: what was compared: volume, nulls, mean, … (docs/reference/monitors.md lists them).
        subject: the node's dbt id.
        name: the node's name.
        column: empty when it is about the whole relation.
        level: error, which rejects the release, or warn.
        message: one sentence with the numbers that matter.
        value: what was seen; None where it is not a number.
        expected_low, expected_high: what history lets expect; None where nothing can be expected.
    """

    check: str
    subject: str
    name: str
    column: str
    level: str
    message: str
    value: float | None = None
    expected_low: float | None = None
    expected_high: float | None = None

    @property
    def id(self) -> str:
        """What `dataops accept` calls it: check, node and column."""
        return ".".join(part for part in (self.check, self.subject, self.column) if part)


@dataclass(frozen=True)
class IncidentFact:
    """What is said of an incident that no run saw.

    Attributes:
        incident: the incident that is over now; empty when this opens one.
        subject: dbt id of the node it is about; empty when it is the product as a whole.
        release: the release in which it was seen; empty when none was published.
        text: what a person said, quoted values masked.
        started_at: when it began, ISO 8601, UTC; empty for when it was recorded.
    """

    incident: str = ""
    subject: str = ""
    release: str = ""
    text: str = ""
    started_at: str = ""


@dataclass(frozen=True)
class NotificationFact:
    """What one channel was told.

    Attributes:
        channel: its kind and a hash, never its address.
        keys: what reached it: opened:<incident>, closed:<incident>, rolled back:<run>.
        problem: why something did not; empty when all did.
    """

    channel: str
    keys: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class DrillFact:
    """How a drill with every fault went.

    Attributes:
        clean_days: clean deliveries that were replayed before the faults; 0 where no drill was.
        false_alarms: how often the audit rejected some of them; the same on days in a row is one.
        warned_days: how many of them were published with a warning.
        replayed: faults that the product's data could have.
        detected: how many of them were noticed before publishing.
        missed: the others, each as "fault in source".
    """

    clean_days: int = 0
    false_alarms: int = 0
    warned_days: int = 0
    replayed: int = 0
    detected: int = 0
    missed: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """At least 95 % detected, and clean days rejected not more than once."""
        return self.detected >= 0.95 * self.replayed > 0 and self.false_alarms <= 1


@dataclass(frozen=True)
class Record:
    """One run, or what was noticed or told between runs.

    Attributes:
        schema_version: version of this layout.
        run: the run's id, and its release's: number, beginning, short commit.
        number: counts up, one a run; the order of runs whatever the clock did.
        product: the dbt project's name.
        command: release or rollback; incident, status, notify or drill for what is no run.
        trigger: push, schedule or manual.
        kind: release, built from raw; or rehearsal, built from the sample.
        outcome: published, rejected, failed, stopped, crashed or "rolled back"; late, reported,
            closed, notified or drilled for what is no run.
        problem: why it was not published, values masked; empty when it was.
        started_at: ISO 8601, UTC, by the product's clock.
        ended_at: the same; empty when nobody saw the end.
        seconds: from beginning to end, by a clock that nobody can set.
        base: the release that was current when it began; empty before the first.
        current: the release that was current when it ended; empty before the first.
        warehouse: duckdb, postgres, …
        full_refresh: rebuilt from raw alone, without current's state.
        git, raw: what was built, and from what.
        tools: versions by name.
        counts: dbt's own counts of `dbt build`, nodes by status.
        nodes, freshness: what dbt said.
        profile: what the built relations hold, in numbers; empty when nothing was audited so far.
        findings: what the monitors saw wrong.
        phases: seconds by phase.
        notes: what the reader of the record should know besides, one sentence each.
        incident: what is said of an incident that no run saw.
        notifications: what the channels were told.
        drill: how a drill went.
    """

    run: str
    number: int
    product: str
    command: str
    trigger: str
    outcome: str
    started_at: str
    kind: str = REAL
    schema_version: int = SCHEMA
    problem: str = ""
    ended_at: str = ""
    seconds: float = 0.0
    base: str = ""
    current: str = ""
    warehouse: str = ""
    full_refresh: bool = False
    git: GitFacts = GitFacts()
    raw: RawFacts = RawFacts()
    tools: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    nodes: tuple[NodeRun, ...] = ()
    freshness: tuple[FreshnessRun, ...] = ()
    profile: tuple[RelationProfile, ...] = ()
    findings: tuple[FindingRun, ...] = ()
    phases: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    incident: IncidentFact = IncidentFact()
    notifications: tuple[NotificationFact, ...] = ()
    drill: DrillFact = DrillFact()

    @property
    def warned(self) -> tuple[FindingRun, ...]:
        """The findings that did not reject the release."""
        return tuple(one for one in self.findings if one.level == "warn")

    def to_json(self) -> bytes:
        """The record as one line of JSON."""
        text = json.dumps(vars(self), default=vars, ensure_ascii=False, separators=(",", ":"))
        return text.encode() + b"\n"
