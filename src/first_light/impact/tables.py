"""What two tables of the same name have in common and where they differ, as plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One column of a table: its name and its type as the warehouse spells it."""

    name: str
    type: str


@dataclass(frozen=True)
class Stats:
    """One column in one table.

    Attributes:
        nulls: rows without a value.
        distinct: different values, about two percent off when `rounded`; None when not counted.
        minimum, maximum: as text; empty when there is no value or when values are hidden.
        total: the sum of a numeric column, as text; else empty.
        rounded: whether `distinct` is an estimate, as in large tables.
    """

    nulls: int
    distinct: int | None
    minimum: str = ""
    maximum: str = ""
    total: str = ""
    rounded: bool = False


@dataclass(frozen=True)
class Example:
    """One value before and after, with the key of its row; None is null."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ColumnDiff:
    """What differs in one column.

    Attributes:
        name: the column.
        before, after: its type on each side; empty where the side has no such column.
        changed: matched rows in which its value differs; None when rows were not matched by key.
        differs: whether its values differ in any way, matched or not.
        hidden: whether its values may not be shown: it holds personal data or may hold some.
        was, now: its figures on each side; None where nothing differs or the side has no column.
        examples: a few rows in which it differs; none when hidden.
    """

    name: str
    before: str
    after: str
    changed: int | None = 0
    differs: bool = False
    hidden: bool = False
    was: Stats | None = None
    now: Stats | None = None
    examples: tuple[Example, ...] = ()

    @property
    def added(self) -> bool:
        return not self.before

    @property
    def removed(self) -> bool:
        return not self.after

    @property
    def retyped(self) -> bool:
        return bool(self.before and self.after) and self.before != self.after


@dataclass(frozen=True)
class RowExample:
    """One row that only one side has: its columns and values, hidden ones left out."""

    values: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class TableDiff:
    """What differs between a table before and after.

    Attributes:
        key: the columns by which rows were matched; empty when whole rows were compared.
        note: why whole rows were compared, when the table should have a key.
        rows_before, rows_after: rows on each side.
        added, removed: rows that only one side has.
        changed: rows of both sides with another value; 0 when whole rows were compared.
        reordered: whether the common columns stand in another order.
        columns: every column that was added, removed, retyped or has other values.
        added_rows, removed_rows: a few of them.
    """

    key: tuple[str, ...]
    note: str
    rows_before: int
    rows_after: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    reordered: bool = False
    columns: tuple[ColumnDiff, ...] = ()
    added_rows: tuple[RowExample, ...] = ()
    removed_rows: tuple[RowExample, ...] = ()

    @property
    def matched(self) -> int:
        """Rows that both sides have."""
        return self.rows_before - self.removed

    @property
    def rows_differ(self) -> bool:
        """Whether any row was added, removed or changed."""
        return bool(self.added or self.removed or self.changed)

    @property
    def says_other(self) -> bool:
        """Whether readers see something else where they saw something before.

        A column more, or another order of columns, leaves all that was there as it was.
        """
        return self.rows_differ or any(c.removed or c.retyped for c in self.columns)

    @property
    def same(self) -> bool:
        """Whether nothing differs at all."""
        return not (self.rows_differ or self.columns or self.reordered)


def families(type_: str) -> str:
    """The family of a type: values of one family compare as they are, others as text."""
    name = type_.upper().split("(")[0].strip()
    if type_.endswith("]") or name in ("STRUCT", "MAP", "UNION", "LIST"):
        return type_
    if name.startswith(("DECIMAL", "NUMERIC", "FLOAT", "DOUBLE", "REAL")) or "INT" in name:
        return "INTERVAL" if name == "INTERVAL" else "number"
    if name.startswith("TIMESTAMP") or name == "DATE":
        return "time"
    return name
