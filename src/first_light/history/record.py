"""The run record: its one definition, with what every field means.

A record holds one attempt to make a release, or one rollback. It also holds what no run sees: a
release that did not come, an error that a person reported, notifications, drills.

The SQL types of the history, the JSON Schema and docs/reference/records.md derive from these
classes. A field may be added within a schema version. Renaming or removing one, or changing its
meaning, is a new version with a step in UPGRADES: records are never rewritten, so each version
reads what every earlier one wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from first_light.history.exercises import DrillFact, StrengthFact
from first_light.history.measured import MetricFact

SCHEMA = 1

# Outcomes. RUNNING is only ever seen beside a candidate, never in the history.
RUNNING = "running"
PUBLISHED = "published"  # readers see it
REJECTED = "rejected"  # the audit said no
FAILED = "failed"  # it could not run
STOPPED = "stopped"  # the process received a signal
CRASHED = "crashed"  # the process ended without a word; the next one wrote this down
ROLLED_BACK = "rolled back"  # an earlier or later release was made current again

# What is recorded besides runs.
LATE = "late"  # `status --fail-if-late`: a release that was due has not come
REPORTED = "reported"  # a person found an error that was published
CLOSED = "closed"  # a person says that it is over
NOTIFIED = "notified"  # a message was sent, or was tried to be
DRILLED = "drilled"  # faults were replayed in a scratch
MEASURED = "measured"  # changes of the product's own SQL were tried

RUNS = frozenset({"release", "rollback"})  # the commands whose records are runs
REAL, REHEARSAL = "release", "rehearsal"


@dataclass(frozen=True)
class CommitFact:
    """A commit that the last published release did not contain: no names, no message."""

    commit: str
    """Full hash."""
    authored_at: str
    """Author date, ISO 8601, UTC."""
    committed_at: str
    """Committer date, ISO 8601, UTC."""


@dataclass(frozen=True)
class GitFacts:
    """The commit that was built. An image holds no repository: there a list of commits that was
    added when it was built says the same (`DATAOPS_COMMITS_FILE`)."""

    commit: str = ""
    """Full hash; empty without git."""
    branch: str = ""
    """Branch; empty on a detached HEAD."""
    authored_at: str = ""
    """Author date, ISO 8601, UTC; empty if unknown."""
    committed_at: str = ""
    """Committer date, ISO 8601, UTC; empty if unknown."""
    dirty: bool = False
    """Built with uncommitted changes."""
    base_commit: str = ""
    """Commit of the last published release; empty before the first."""
    commits: tuple[CommitFact, ...] = ()
    """Commits since `base_commit`, newest first, at most 1,000; before the first release all."""
    commits_total: int | None = None
    """Number of commits since `base_commit`; null if unknown (a shallow clone)."""


@dataclass(frozen=True)
class RawTable:
    """The files in raw of one source table."""

    name: str
    """Source table."""
    files: int
    """Number of files."""
    bytes: int
    """Total size."""


@dataclass(frozen=True)
class RawFacts:
    """The state of raw that was built."""

    fingerprint: str = ""
    """Hash of the names, sizes and contents of all files: equal for equal states."""
    files: int = 0
    """Number of files."""
    bytes: int = 0
    """Total size."""
    tables: tuple[RawTable, ...] = ()
    """The same for each source table."""
    changed_during_build: int = 0
    """Files that were added or changed while the release was built."""
    modified: tuple[str, ...] = ()
    """Files whose content differs from the current release's; raw is append-only."""
    removed: tuple[str, ...] = ()
    """Files of the current release that no longer exist."""
    set_aside: tuple[str, ...] = ()
    """Files that exist and were not read, each with its reason, as the repository lists them."""


@dataclass(frozen=True)
class NodeRun:
    """dbt's result for one node."""

    unique_id: str
    """dbt's id."""
    resource_type: str
    """`model`, `snapshot`, `seed`, `test`, `unit_test`, …"""
    name: str
    """Name of the node."""
    original_file_path: str
    """File, relative to the product."""
    group: str
    """dbt group that owns the node, or the node a test is about; empty if none."""
    subject: str
    """For a test the node it is about; otherwise the node itself."""
    depends_on: tuple[str, ...]
    """Direct parents."""
    status: str
    """dbt's status: `success`, `pass`, `warn`, `error`, `fail`, `skipped`."""
    seconds: float
    """Execution time."""
    rows: int | None = None
    """Rows of the table it built; null for views, tests and what was not built."""
    failures: int | None = None
    """Failing rows of a test; null if there is no such count."""
    message: str = ""
    """dbt's message, values masked; empty on success."""
    checksum: str = ""
    """Changes when the file changes; empty if dbt has none."""
    carried_from: str = ""
    """Release that built it, if this run took it over unchanged; else empty."""


@dataclass(frozen=True)
class FreshnessRun:
    """The age of one source."""

    unique_id: str
    """dbt's id of the source table."""
    name: str
    """Source table."""
    status: str
    """`pass`, `warn`, `error`; `runtime error` if the age is unknown."""
    max_loaded_at: str = ""
    """Newest time in the source, ISO 8601, UTC; empty if unknown."""
    age_seconds: float | None = None
    """Seconds from then to the run's clock; null if unknown."""
    message: str = ""
    """dbt's message, values masked; empty on success."""


@dataclass(frozen=True)
class ColumnProfile:
    """One column as a run built it. Personal columns (`pii` in their meta, followed under the names
    that models derive from them) have only `nulls` and `distinct`, and in deliveries the `formats`
    and `lengths` that at least ten rows have."""

    name: str
    """Column."""
    type: str
    """Type, as the warehouse spells it."""
    nulls: int
    """Rows without a value."""
    distinct: int | None = None
    """Distinct values, estimated for large relations; null if unknown."""
    min: float | None = None
    """Minimum of numbers, and of times in seconds since 1970; null for other columns."""
    max: float | None = None
    """Maximum, likewise."""
    mean: float | None = None
    """Mean, likewise."""
    min_length: int | None = None
    """Length of the shortest text; null for other columns."""
    max_length: int | None = None
    """Length of the longest text; null for other columns."""
    mean_length: float | None = None
    """Mean length of texts; null for other columns."""
    distinct_days: int | None = None
    """Distinct days of times; null for other columns."""
    mean_time: float | None = None
    """Mean of times, in seconds since 1970; null for other columns and in older records."""
    hours: dict[str, int] = field(default_factory=dict)
    """Rows by hour of the day (`0` to `23`) of times; else empty."""
    formats: dict[str, int] = field(default_factory=dict)
    """Rows by format of texts in a delivery, of a part of its rows: `a` stands for letters, `9` for
    a number, `0` for digits that begin with zero, `…` for rare formats; else empty."""
    lengths: dict[str, int] = field(default_factory=dict)
    """Rows by number of characters of texts in a delivery, of the same part of its rows, `…` for
    rare lengths; else empty, and in older records."""
    counts: dict[str, int] = field(default_factory=dict)
    """Rows by value, of columns with at most 30 values, each in 10 rows on average; else empty."""

    @property
    def top(self) -> float | None:
        """Share of the most frequent value among those that are there; None when nobody counted."""
        return max(self.counts.values()) / sum(self.counts.values()) if self.counts else None


@dataclass(frozen=True)
class RelationProfile:
    """One relation as a run built it, or one delivery to a source since the last release."""

    unique_id: str
    """dbt's id."""
    name: str
    """Name; of a source table with the source's before it."""
    rows: int
    """Number of rows."""
    columns: tuple[ColumnProfile, ...] = ()
    """Profiles of the columns."""
    newest: float | None = None
    """Latest time in the relation, in seconds since 1970; null without a time column."""
    files: int | None = None
    """Files added to a source; null for other relations."""
    repeated_files: int = 0
    """Those of them whose content was already there."""
    delivery: str = ""
    """The date in the names of a delivery's files; empty without one, and in older records."""
    file: str = ""
    """Its last file, below raw."""
    fingerprint: str = ""
    """Of a source: equal if the same rows were delivered again, apart from the load time."""
    different_rows: int | None = None
    """Of a delivery: rows that differ from each other, apart from the load time; else null."""
    orphans: dict[str, int] = field(default_factory=dict)
    """Rows with an orphaned foreign key, by `column -> node`."""
    problem: str = ""
    """Why the relation could not be profiled; empty if it was."""
    carried_from: str = ""
    """Release that profiled it, if it holds what it held then; else empty."""


@dataclass(frozen=True)
class WithheldRun:
    """A relation of which readers do not get every column: the others are personal."""

    unique_id: str
    """dbt's id; empty for a relation that no model built."""
    schema: str
    """Schema, as dbt spells it."""
    name: str
    """Name of the relation."""
    columns: tuple[str, ...]
    """The columns that are not published; `*`: others, which the repository does not name."""


@dataclass(frozen=True)
class FindingRun:
    """One anomaly that a monitor found."""

    check: str
    """Monitor ([list](monitors.md)), such as `volume`; `board`; or `scan`: it was not profiled."""
    subject: str
    """dbt's id of the node."""
    name: str
    """Name of the node."""
    column: str
    """Column, query of a board, or metric; empty if the finding is about the whole relation."""
    level: str
    """`error`, which rejects the release, or `warn`."""
    message: str
    """One sentence with the relevant numbers."""
    value: float | None = None
    """Observed value; null if it is not a number."""
    expected_low: float | None = None
    """Lower bound of the expected range; null if there is none."""
    expected_high: float | None = None
    """Upper bound of the expected range; null if there is none."""
    delivery: str = ""
    """Date in the names of the files of a source that it is about; empty without one."""

    @property
    def id(self) -> str:
        """What `dataops accept` calls it: check, node and column."""
        return ".".join(part for part in (self.check, self.subject, self.column) if part)


@dataclass(frozen=True)
class IncidentFact:
    """An incident that no run detected. The id of one that a record opens is
    `<outcome>@<number>`."""

    incident: str = ""
    """Incident that this record closes; empty if it opens one."""
    subject: str = ""
    """dbt's id of the node it is about; empty for the whole product."""
    release: str = ""
    """Release in which the error was seen; empty if none was published."""
    text: str = ""
    """Description, quoted values masked."""
    started_at: str = ""
    """When it began, ISO 8601, UTC; empty for when it was recorded."""


@dataclass(frozen=True)
class NotificationFact:
    """What one channel was notified of. What is missing in `keys` is tried again by the next run,
    as long as it is still true."""

    channel: str
    """Kind of the channel and a hash, never its address."""
    keys: tuple[str, ...] = ()
    """Delivered: `opened:<incident>`, `closed:<incident>`, `rolled back:<run>`."""
    problem: str = ""
    """Why something was not delivered; empty if everything was."""


@dataclass(frozen=True)
class Record:
    """One run, or one event between runs."""

    run: str
    """Id of the run and of its release: number, start, short commit."""
    number: int
    """Sequence number; the order of runs whatever the clock did."""
    product: str
    """Name of the dbt project."""
    command: str
    """Of runs `release` or `rollback`; otherwise `incident`, `status`, `notify`, `drill`
    or `mutate`."""
    trigger: str
    """`push`, `schedule` or `manual`; empty if it is no run."""
    outcome: str
    """See [outcomes](#outcomes)."""
    started_at: str
    """ISO 8601, UTC, by the product's clock (`DATAOPS_NOW`)."""
    kind: str = REAL
    """`release`, built from raw; `rehearsal`, built from the sample; empty if it is no run."""
    schema_version: int = SCHEMA
    """Version of this schema."""
    problem: str = ""
    """Why it was not published, values masked; empty if it was."""
    ended_at: str = ""
    """Likewise: when a published release was published; empty if the end is unknown."""
    seconds: float = 0.0
    """Duration, by a monotonic clock."""
    base: str = ""
    """Release that was current at the start; empty before the first."""
    current: str = ""
    """Release that was current at the end; empty before the first."""
    warehouse: str = ""
    """`duckdb`, `postgres`, …"""
    full_refresh: bool = False
    """Rebuilt from raw alone, without the state of the current release."""
    git: GitFacts = GitFacts()
    """The commit that was built."""
    raw: RawFacts = RawFacts()
    """The state of raw that was built."""
    tools: dict[str, str] = field(default_factory=dict)
    """Versions by name."""
    counts: dict[str, int] = field(default_factory=dict)
    """dbt's own counts of `dbt build`: nodes by status."""
    nodes: tuple[NodeRun, ...] = ()
    """dbt's result for each node."""
    freshness: tuple[FreshnessRun, ...] = ()
    """The age of each source."""
    profile: tuple[RelationProfile, ...] = ()
    """Profiles of the built relations and of new data in sources; empty before the audit."""
    findings: tuple[FindingRun, ...] = ()
    """Anomalies that the monitors found."""
    metrics: tuple[MetricFact, ...] = ()
    """The metrics of the release; empty if it has none, and in older records."""
    withheld: tuple[WithheldRun, ...] = ()
    """Columns that readers do not get, because they are personal; empty if they get all."""
    phases: dict[str, float] = field(default_factory=dict)
    """Seconds by phase."""
    scanned: dict[str, int] = field(default_factory=dict)
    """Bytes that the warehouse charges for: `build` and `monitors`; empty where it charges none."""
    notes: tuple[str, ...] = ()
    """Remarks, one sentence each: the clock went back, files in raw were modified, …"""
    incident: IncidentFact = IncidentFact()
    """An incident that no run detected."""
    notifications: tuple[NotificationFact, ...] = ()
    """What each alert channel was notified of."""
    drill: DrillFact = field(default_factory=DrillFact)
    """The result of a drill."""
    strength: StrengthFact = field(default_factory=StrengthFact)
    """The strength of the tests, as `dataops mutate` measured it."""

    @property
    def warned(self) -> tuple[FindingRun, ...]:
        """The findings that did not reject the release."""
        return tuple(finding for finding in self.findings if finding.level == "warn")

    def to_json(self) -> bytes:
        """The record as one line of JSON."""
        return msgspec.json.encode(self) + b"\n"
