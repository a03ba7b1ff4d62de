"""The profile: the one place of the draft where SQL runs.

Each table is read once into a scratch database that spills to disk: memory stays bounded, and a
2 GB file is parsed once. Columns with few different values are judged on those; longer ones are
first looked at on a part of the rows, and what holds there is then checked on all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from first_light.inference import number_types, sql, types
from first_light.inference.freshness import Times
from first_light.inference.full_exports import recognised
from first_light.inference.values import Cast, Leaf, NoRecord
from first_light.project.source_table import SourceTable
from first_light.utils import sql_names
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import (
    CAST_ERRORS,
    Connection,
    EngineError,
    OutOfMemoryError,
    spare_threads,
    temporary,
)

MEMORY = "600MB"
"""DuckDB's share of memory; what doesn't fit is spilled to disk."""

EXAMPLES = 300
"""Frequent values that the decision about personal data gets to see."""


PART = 5_000
"""Rows, spread over the table, on which long columns and combined keys are tried first."""


_SOME_ROWS = 400
_COLUMNS_A_SCAN = 60
T = TypeVar("T")

_DEEPEST = 6
_WIDEST = 60


@dataclass(frozen=True)
class Staged:
    """A source table in the scratch database.

    Attributes:
        raw: its name there, with the columns as in raw.
        rows: number of rows.
        leaves: its columns, and the fields inside nested ones.
        no_records: the kinds of rows that were left out, because they are no records.
    """

    source: SourceTable
    raw: str
    rows: int
    leaves: tuple[Leaf, ...]
    no_records: tuple[NoRecord, ...] = ()


@dataclass(frozen=True)
class Overlap:
    """How the values of one column lie in those of another: rows with a value, rows that match."""

    rows: int
    matched: int
    distinct: int
    distinct_matched: int


@contextmanager
def scratch_database(root: Path) -> Iterator[ScratchDatabase]:
    """A scratch database for files under `root`: in memory, what is too much for it on disk."""
    with temporary("dataops-draft-", MEMORY) as (connection, _):
        files = (file for file in root.rglob("*") if file.is_file())
        spare_threads(connection, sum(file.stat().st_size for file in files))
        yield ScratchDatabase(connection, root)


class ScratchDatabase:
    """The scratch database: asks questions of tables, in SQL, and answers with plain values."""

    def __init__(self, connection: Connection, root: Path) -> None:
        self._connection = connection
        self._root = root

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """All rows of a query."""
        result: list[tuple[object, ...]] = self._connection.execute(query).fetchall()
        return result

    def count(self, query: str) -> int:
        """The number that a query gives."""
        return number(self.rows(query)[0][0])

    def stage(self, source: SourceTable) -> Staged:
        """Reads a source table into the scratch database; of a full export, the newest rows.

        Raises:
            DataopsError: when DuckDB can't read its files.
        """
        name = quoted(f"raw {source.name}")
        try:
            source = recognised(source, self._root, self.rows)
            self._read(name, self.relation(source))
        except EngineError as error:
            raise DataopsError(
                f"The files of {source.name} cannot be read: {str(error).splitlines()[0]}",
                where=", ".join(str(path) for path in source.files[:3]),
                fix="correct the file, then repeat the command",
            ) from error
        columns = [(str(r[0]), str(r[1])) for r in self.rows(f"describe {name}")]
        leaves = [leaf for column, kind in columns for leaf in self._leaves(name, (column,), kind)]
        return Staged(source, name, self.count(f"select count(*) from {name}"), tuple(leaves))

    def relation(self, source: SourceTable, with_file: bool = False) -> str:
        """The call that reads the files of a source table, see `SourceTable.relation`."""
        return source.relation(self._root, with_file)

    def _read(self, name: str, relation: str) -> None:
        """Reads files into a table, with one thread where rows are too wide for several."""
        query = f"create or replace table {name} as select * from {relation}"
        try:
            self.rows(query)
        except OutOfMemoryError:
            self.rows("set threads = 1")
            self.rows(query)

    def _leaves(self, table: str, path: tuple[str, ...], kind: str) -> list[Leaf]:
        """The column itself, or the fields of a nested one, as deep as that is readable."""
        leaf = Leaf(path, kind)
        if not kind.startswith("STRUCT(") or kind.endswith("]") or len(path) >= _DEEPEST:
            return [leaf]
        value = sql.flat(sql.source_column(leaf, rendered=True))
        fields = [
            (str(r[0]), str(r[1]))
            for r in self.rows(f"describe select unnest({value}) from {table} limit 0")
        ]
        if not fields or len(fields) > _WIDEST:
            return [leaf]
        return [
            leaves for name, inner in fields for leaves in self._leaves(table, (*path, name), inner)
        ]

    def examples(self, staged: Staged) -> dict[Leaf, list[str]]:
        """Frequent different values of each column, as text (JSON where nested), in order."""
        part = part_of(staged.raw, staged.rows)
        examples_by_leaf: dict[Leaf, list[str]] = {}
        for leaf in staged.leaves:
            nested = types.typed(leaf).form == "json"
            value = (
                f"cast({f'to_json({raw_value(leaf)})' if nested else raw_value(leaf)} as varchar)"
            )
            # A column that is mostly empty shows too little in a part, and may be personal still.
            for rows in dict.fromkeys((part, staged.raw)):
                values = self.rows(
                    f"select {value}, count(*) from {rows} where {raw_value(leaf)} is not null "
                    f"group by 1 order by 2 desc, 1 limit {EXAMPLES}"
                )
                if len(values) == EXAMPLES:
                    break
            examples_by_leaf[leaf] = [str(row[0]) for row in values]
        return examples_by_leaf

    def sizes(self, staged: Staged, casts: Mapping[Leaf, Cast]) -> dict[Leaf, number_types.Size]:
        """How large the numbers in text columns are, over all rows."""
        sizes_by_leaf: dict[Leaf, number_types.Size] = {}
        for some in chunks(list(casts)):
            expressions = []
            for leaf in some:
                value = sql.flat(sql.cleaned(casts[leaf], sql.source_column(leaf, rendered=True)))
                if casts[leaf].kind == "integer":
                    expressions += [f"max(length(ltrim({value}, '-')))", "0", "0"]
                else:
                    expressions += [
                        f"max(length(ltrim(split_part({value}, '.', 1), '- ')))",
                        f"max(length(rtrim(split_part({value}, '.', 2), '0 ')))",
                        f"max(cast(contains({value}, '.') as integer))",
                    ]
                expressions.append(f"max(abs(try_cast({value} as double)))")
            values = self.rows(f"select {', '.join(expressions)} from {staged.raw}")[0]
            for at, leaf in enumerate(some):
                a, b, c, d = values[4 * at : 4 * at + 4]
                largest = float(d) if isinstance(d, float) else 0.0
                sizes_by_leaf[leaf] = number_types.Size(
                    number(a), number(b), number(c) > 0, largest
                )
        return sizes_by_leaf

    def rejects(self, staged: Staged, expression: str) -> bool:
        """Whether an expression over raw can't be evaluated in some row."""
        try:
            self.rows(f"select count({expression}) from {staged.raw}")
        except CAST_ERRORS:
            return True
        return False

    def holds(self, staged: Staged, condition: str) -> bool:
        """Whether a condition over raw holds in every row where it isn't null."""
        return self.count(f"select count(*) from {staged.raw} where not ({condition})") == 0

    def define(self, table: str, query: str) -> None:
        """Gives a query a name; a view, for a copy of a wide or large table would take its room."""
        self.rows(f"create or replace view {quoted(table)} as {query}")

    def describe(self, table: str) -> list[tuple[str, str]]:
        """Names and types, in lower case, of a table's columns."""
        described = self.rows(f"describe {quoted(table)}")
        return [(str(r[0]), str(r[1]).lower()) for r in described]

    def shapes(self, rows: str, column: str, many: str, limit: int = 40) -> tuple[str, ...]:
        """Different shapes of a column's values; empty when there are more than `limit`."""
        shape = (
            f"regexp_replace(regexp_replace(regexp_replace({column}, '[a-z]{many}', 'a', 'g'), "
            f"'[A-Z]{many}', 'A', 'g'), '[0-9]{many}', '9', 'g')"
        )
        values = f"select distinct {column} from {rows} where {column} is not null"
        found_shapes = self.rows(f"select distinct {shape} from ({values}) limit {limit + 1}")
        return () if len(found_shapes) > limit else tuple(sorted(str(r[0]) for r in found_shapes))

    def different(self, table: str, columns: Sequence[str]) -> int:
        """How many different combinations of some columns a table has."""
        return self.count(f"select count(distinct {_hash(columns)}) from {quoted(table)}")

    def hashes(self, table: str, several: Sequence[Sequence[str]]) -> list[tuple[int, ...]]:
        """Some rows: a hash of each of the first columns, then one of all the second together."""
        single, together = several
        asked = ", ".join([_hash([column]) for column in single] + [_hash(together)])
        rows = self.rows(f"select {asked} from {quoted(table)} limit {PART}")
        return [tuple(number(value) for value in row) for row in rows]

    def overlap(self, child: str, column: str, parent: str, key: str) -> Overlap:
        """How many rows of child.column have a value that occurs in parent.key."""
        c, k = quoted(column), quoted(key)
        values = (
            f"select {c} as v, count(*) as n from {quoted(child)} where {c} is not null group by 1"
        )
        counts = self.rows(
            f"select coalesce(sum(n), 0), coalesce(sum(n) filter (where p.k is not null), 0), "
            f"count(*), count(p.k) from ({values}) as c "
            f"left join (select distinct {k} as k from {quoted(parent)}) as p on c.v = p.k"
        )[0]
        return Overlap(*(number(value) for value in counts))

    def contained(self, values: Sequence[str], table: str, column: str) -> int:
        """How many of some values (as text) occur in a column."""
        listed = ", ".join(sql_names.literal(value) for value in values)
        return self.count(
            f"select count(distinct {quoted(column)}) from {quoted(table)} "
            f"where cast({quoted(column)} as varchar) in ({listed})"
        )

    def failing(self, query: str) -> int:
        """Rows that a test's query gives."""
        return self.count(f"select count(*) from ({query})")

    def numbers(
        self, table: str, columns: Sequence[str], rows: int
    ) -> list[tuple[Decimal | None, ...]]:
        """Some rows, spread over the table, of columns with exact numbers."""
        listed = ", ".join(quoted(column) for column in columns)
        part = part_of(quoted(table), rows, sql.ROW)
        values = self.rows(f"select {listed} from {part} limit {_SOME_ROWS}")
        return [tuple(None if v is None else Decimal(str(v)) for v in row) for row in values]

    def holds_in(self, table: str, condition: str) -> bool:
        """Whether a condition over a model holds in every row where it isn't null."""
        try:
            query = f"select count(*) from {quoted(table)} where not ({condition})"
            return self.count(query) == 0
        except CAST_ERRORS:  # a sum or product beyond its type
            return False

    def times(self, table: str, column: str, rows: int) -> Times:
        """How the days of a time column lie, and whether its rows are in the order of time."""
        value = quoted(column)
        day = f"cast({value} as date)"
        days = f"select distinct {day} as d from {quoted(table)} where {day} is not null"
        gaps = f"select d - lag(d) over (order by d) as gap from ({days})"
        gap, different = self.rows(f"select quantile_disc(gap, 0.95), count(*) from ({gaps})")[0]
        part = part_of(quoted(table), rows, sql.ROW)
        pairs = (
            f"select {value} as t, lag({value}) over (order by {sql.ROW}) as before from {part} "
            f"where {value} is not null"
        )
        in_order = self.rows(
            f"select coalesce(avg(cast(t >= before as integer)), 0) from ({pairs}) "
            "where before is not null"
        )[0][0]
        return Times(
            None if gap is None else float(number(gap)), number(different), float(str(in_order))
        )


def number(value: object) -> int:
    """A count that DuckDB gave; 0 for null."""
    return int(str(value)) if value is not None else 0


def _hash(columns: Sequence[str]) -> str:
    return f"hash({', '.join(quoted(column) for column in columns)})"


def raw_value(leaf: Leaf) -> str:
    return sql.flat(sql.source_column(leaf, rendered=True))


def chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _COLUMNS_A_SCAN):
        yield items[start : start + _COLUMNS_A_SCAN]


def part_of(table: str, rows: int, row: str = "rowid") -> str:
    """Rows spread evenly over the table, the same ones each time; `row` numbers them."""
    step = max(rows // PART, 1)
    return table if step == 1 else f"(select * from {table} where {row} % {step} = 0)"
