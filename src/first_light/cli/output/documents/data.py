"""The documents of the commands that set up a product and bring data in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from first_light.cli.output.documents.releases import Release, release
from first_light.commands import add as add_command
from first_light.commands import retype as retype_command
from first_light.commands import set_aside as set_aside_command
from first_light.commands import start as start_command
from first_light.dbt.source_plan import MarkedColumn
from first_light.inference import Reference as DraftedReference
from first_light.project.set_aside import SetAside
from first_light.sampling.cut import SampleReport
from first_light.utils.steps import Problem, Step, problems


@dataclass(frozen=True)
class Personal:
    """A column that holds, or may hold, personal data."""

    table: str
    """The source table."""
    column: str
    """The column, as the files name it."""
    kind: str
    """Kind of personal data."""
    file: str = ""
    """The YAML file that marks it; empty where it is not written yet."""


@dataclass(frozen=True)
class Reference:
    """A foreign key that was drafted as a test."""

    table: str
    """The table that refers."""
    column: str
    """Its column."""
    to_table: str
    """The table that it refers to."""
    to_column: str
    """The key there."""
    evidence: str
    """What in the data says so."""


@dataclass(frozen=True)
class Question:
    """Something that a draft left to the team."""

    table: str
    """The table."""
    column: str
    """The column; empty for a whole table."""
    reason: str
    """Why it is open."""


@dataclass(frozen=True)
class DraftedTable:
    """A table whose models were drafted."""

    name: str
    """The table."""
    rows: int
    """Number of rows."""
    columns: int
    """Number of columns."""
    newest: str = ""
    """The last day on which a row was made or changed; empty if no column says so."""
    key: tuple[str, ...] = ()
    """Columns that identify a row; empty if none do."""
    tests: dict[str, int] | None = None
    """Number of drafted tests by name."""
    personal: tuple[Personal, ...] = ()
    """Columns that hold personal data."""
    references: tuple[Reference, ...] = ()
    """Foreign keys of this table."""
    open: tuple[Question, ...] = ()
    """What was left to the team."""


@dataclass(frozen=True)
class Delivered:
    """What came to one table of raw."""

    table: str
    """The table."""
    files: tuple[str, ...]
    """Names of the new files."""
    is_known: bool
    """Whether the product had the table before; then its models stay as they are."""
    notes: tuple[str, ...] = ()
    """What was noticed while reading, one sentence each."""


@dataclass(frozen=True)
class Masked:
    """A column that was masked in the sample."""

    table: str
    """The source table."""
    column: str
    """The column."""
    kind: str
    """Kind of personal data."""
    values: int
    """Number of masked values."""


@dataclass(frozen=True)
class Sample:
    """The result of `dataops sample`."""

    bytes: int
    """Size of its files; 0 with `--load`."""
    rows: dict[str, int]
    """Number of rows by table."""
    masked: tuple[Masked, ...] = ()
    """Columns with masked values."""
    notes: tuple[str, ...] = ()
    """What the team should know, one sentence each."""
    schema: str = ""
    """With `--load`: the schema that it was loaded into; otherwise empty."""


@dataclass(frozen=True)
class Add:
    """The result of `dataops add`."""

    delivered: tuple[Delivered, ...]
    """What came, by table."""
    drafted: tuple[DraftedTable, ...]
    """New tables with drafted models."""
    suggested: tuple[Reference, ...]
    """References from older tables to new ones; the team adds their test."""
    new_files: tuple[str, ...]
    """Drafted files, relative to the product."""
    drafts_beside: tuple[str, ...]
    """Files that the team edited; the draft is beside each, with `.draft` at its end."""
    sample: Sample | None
    """The sample of new tables; null without new tables."""
    next: tuple[str, ...]
    """What comes next."""


@dataclass(frozen=True)
class Start:
    """The result of `dataops start` and `dataops new`."""

    ok: bool
    """Whether the checks passed, nothing is open and the first release was published."""
    steps: tuple[Step, ...]
    """The checks, in order."""
    problems: tuple[Problem, ...]
    """Everything that failed."""
    added: Add | None
    """What became of your own files; null without any."""
    open_questions: tuple[Personal, ...]
    """Columns that may hold personal data. If there are any, nothing was committed."""
    commit: str
    """Short hash of the commit that it made; empty if it made none."""
    release: Release | None
    """The first release; null if there is one already, or none could be made."""
    next: tuple[str, ...]
    """What comes next."""


@dataclass(frozen=True)
class NotRead:
    """A file in raw that is not read any more."""

    file: str
    """Its path below raw."""
    because: str
    """The reason."""
    replaced_by: str = ""
    """The file that is read instead; empty if there is none."""


@dataclass(frozen=True)
class Aside:
    """The result of `dataops set-aside`."""

    not_read: tuple[NotRead, ...]
    """Files that are not read any more."""
    edited: tuple[str, ...]
    """Files of the repository that changed."""
    notes: tuple[str, ...]
    """What is left to do, one sentence each."""
    next: tuple[str, ...]
    """What comes next."""


@dataclass(frozen=True)
class Retype:
    """The result of `dataops retype`."""

    files: tuple[str, ...]
    """Files that changed; empty if the columns have these types already."""
    contracts: tuple[str, ...]
    """Columns of contracts with another type, as `model.column`."""
    next: tuple[str, ...]
    """What comes next."""


def add(added: add_command.Added) -> Add:
    """What `add` did."""
    after: tuple[str, ...] = ("uv run dataops release",)
    if added.written.new or added.written.beside:
        after = ("git add --intent-to-add models && git diff models", "uv run dataops check")
    return Add(
        tuple(
            Delivered(
                table.name,
                tuple(path.name for path in table.added),
                table.name in added.known,
                table.notes,
            )
            for table in added.tables
        ),
        tuple(
            DraftedTable(
                drafted.name,
                drafted.rows,
                drafted.columns,
                drafted.newest,
                drafted.key,
                dict(drafted.tests),
                tuple(
                    Personal(drafted.name, column, kind)
                    for column, kind in drafted.personal.items()
                ),
                tuple(
                    _reference(reference)
                    for reference in drafted.references
                    if reference.child == drafted.name
                ),
                tuple(
                    Question(doubt.table, doubt.column, doubt.why) for doubt in drafted.undecided
                ),
            )
            for drafted in added.drafts.tables
        ),
        tuple(map(_reference, added.drafts.suggestions)),
        added.written.new,
        added.written.beside,
        sample(added.sample) if added.sample is not None else None,
        after,
    )


def start(started: start_command.Started, after: Sequence[str]) -> Start:
    """What `start` did, and what comes next."""
    return Start(
        started.ok,
        started.steps,
        problems(started.steps),
        add(started.added) if started.added is not None else None,
        personal(started.questions),
        started.commit,
        release(started.released) if started.released is not None else None,
        tuple(" ".join(line.split(maxsplit=1)) for line in after),
    )


def personal(marks: Sequence[MarkedColumn]) -> tuple[Personal, ...]:
    """Marked columns."""
    return tuple(Personal(mark.table, mark.name, mark.kind, mark.where) for mark in marks)


def sample(report: SampleReport) -> Sample:
    """What the sample holds."""
    return Sample(
        report.bytes,
        {table.name: table.rows for table in report.tables},
        tuple(Masked(each.table, each.column, each.kind, each.count) for each in report.masked),
        report.notes,
    )


def aside(done: set_aside_command.Done) -> Aside:
    """Which files are not read any more."""
    return Aside(
        tuple(map(_not_read, done.entries)),
        done.edited,
        done.notes,
        ("git diff", "uv run dataops release"),
    )


def retype(retyped: retype_command.Retyped) -> Retype:
    """Which columns have another type."""
    after = ("git diff", "uv run dataops check") if retyped.files else ()
    return Retype(retyped.files, retyped.columns, after)


def _not_read(entry: SetAside) -> NotRead:
    return NotRead(entry.file, entry.because, entry.replaced_by)


def _reference(reference: DraftedReference) -> Reference:
    return Reference(
        reference.child, reference.column, reference.parent, reference.key, reference.evidence
    )
