"""The values that the parts of the draft hand to each other; nothing here decides or acts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from first_light.project.layers import staging_model
from first_light.project.source_table import SourceTable, system_of

Kind = Literal[
    "text", "integer", "decimal", "double", "boolean", "date", "timestamp", "time", "other"
]
Severity = Literal["error", "warn"]


@dataclass(frozen=True)
class Leaf:
    """One column of raw, or one field inside a nested column.

    Attributes:
        path: the column's name as DuckDB reads it, then the names of the fields inside it.
        type: DuckDB's type in raw, in capitals; `VARCHAR` for every column of a CSV file.
    """

    path: tuple[str, ...]
    type: str


@dataclass(frozen=True)
class Cast:
    """How a raw value becomes a value of the model.

    Attributes:
        kind: what family the type belongs to.
        type: the SQL type, for instance `decimal(18, 2)`.
        form: how text is read: "" by a plain cast, "utc" for timestamps that carry an offset,
            "json" for nested values kept as JSON text, else a strptime format.
        null_words: words that mean "no value", as they stand in the data.
        trim: whether white space around the text is taken off first.
        drop: characters taken out of the text before it is cast (thousands separators, signs).
        comma: whether the decimal sign is a comma.
        negatives: how numbers below zero are written, see `text_formats.NEGATIVES`; mostly empty.
        note: what a reviewer must know about the reading; empty when there is nothing to say.
        shape: a regular expression that the raw text must match, where text of another shape would
            be cast to another number in silence (1116.83 read as 1.116,83 is); empty elsewhere.
        as_text: whether a raw number is cleaned as text: statistics of Parquet files leave NaN out,
            and a comparison of numbers with NaN is decided by them.
        is_lossy: whether the cast is known to cut values, which was reported.
    """

    kind: Kind
    type: str
    form: str = ""
    null_words: tuple[str, ...] = ()
    trim: bool = False
    drop: tuple[str, ...] = ()
    comma: bool = False
    negatives: tuple[str, ...] = ()
    note: str = ""
    shape: str = ""
    as_text: bool = False
    is_lossy: bool = False


@dataclass(frozen=True)
class NoRecord:
    """A kind of rows that are no records, which staging leaves out.

    Attributes:
        label: the column that says that a row is a total; None where none does.
        words: words that it contains, or
        labels: all that it says, in small letters.
        empty: columns that records fill and such rows do not.
        header: the first columns, of rows that repeat the header; then `labels` are their cells
            there, where they are spelled in another way.
        why: how many there are and where, for a reviewer.
    """

    label: Leaf | None = None
    words: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    empty: tuple[Leaf, ...] = ()
    header: tuple[Leaf, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Stats:
    """What one scan over all rows says about a column of the model.

    Attributes:
        nulls: rows without a value.
        distinct: different values; exact when `exact`, else within a few percent.
        low, high: smallest and largest value as text; None without values.
        shortest, longest: length of the text in characters; 0 without values.
        counts: every value with its number of rows, most frequent first; only for small sets.
        shapes: the shapes of text that is all of one length (digits as 9, capitals as A, small
            letters as a); empty when there are many.
        runs: the shapes of other text, with each run of a class written once; empty likewise.
    """

    nulls: int
    distinct: int
    exact: bool = False
    low: str | None = None
    high: str | None = None
    shortest: int = 0
    longest: int = 0
    counts: tuple[tuple[str, int], ...] = ()
    shapes: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


NOTHING = Stats(nulls=0, distinct=0)
"""Of a column that wasn't looked at yet."""


@dataclass(frozen=True)
class Column:
    """One column of a staging model, with where it comes from and what its values are like."""

    name: str
    leaf: Leaf
    cast: Cast
    pii: str | None
    stats: Stats

    @property
    def personal(self) -> bool:
        return self.pii is not None


@dataclass(frozen=True)
class Table:
    """One source table as profiled.

    Attributes:
        source: where its rows are.
        rows: number of rows.
        columns: columns of the staging model, in file order.
        known: whether the product has it already; then only its references are of interest.
        offered: names of the columns that other tables may refer to; None for all.
        no_records: the kinds of rows that its rows do not include.
    """

    source: SourceTable
    rows: int
    columns: tuple[Column, ...]
    known: bool = False
    offered: frozenset[str] | None = None
    no_records: tuple[NoRecord, ...] = ()

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def model(self) -> str:
        return staging_model(self.source.name)

    @property
    def folder(self) -> str:
        """The folder of its staging model below that of all: of its system, with a slash."""
        return f"{self.system}/" if self.system else ""

    @property
    def system(self) -> str:
        """The system that it came from; empty where none was named."""
        return system_of(self.source.name)

    def column(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)


@dataclass(frozen=True)
class Key:
    """The columns that identify a row of a table.

    Attributes:
        columns: their names in the model; one or more.
        severity: error when it is certain, warn when it is likely.
        evidence: what in the data says so.
    """

    columns: tuple[str, ...]
    severity: Severity
    evidence: str


@dataclass(frozen=True)
class Reference:
    """A foreign key: every value of child.column occurs in parent.key.

    Attributes:
        unique: whether it occurs there only once, so that a join doubles nothing; not so where the
            parent holds several versions of a row.
    """

    child: str
    column: str
    parent: str
    key: str
    severity: Severity
    evidence: str
    unique: bool = True


@dataclass(frozen=True)
class Test:
    """One generic data test of a staging model.

    Attributes:
        name: of the generic test.
        column: the model's column; empty for a test of the whole model.
        arguments: in the order in which they are written.
        severity: error or warn.
        evidence: what in the data says so; free of values for personal columns.
        allowed: rows that may fail before it counts, 0 as a rule; with the severity error, they
            are a warning.
    """

    __test__ = False

    name: str
    column: str
    severity: Severity
    evidence: str
    arguments: dict[str, str | int | list[str]] = field(default_factory=dict)
    allowed: int = 0


@dataclass(frozen=True)
class Freshness:
    """When a source table is late: SQL over raw for the newest time, and the days it may rest."""

    loaded_at: str
    days: int
    evidence: str


@dataclass(frozen=True)
class Doubt:
    """Something that was left undecided, and why; `column` is empty for a whole table."""

    table: str
    column: str
    why: str
