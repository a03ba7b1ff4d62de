"""The profile: the one place of the draft where SQL runs.

Each table is read once into a scratch database that spills to disk: memory stays bounded, and a
2 GB file is parsed once. Columns with few different values are judged on those; longer ones are
first looked at on a part of the rows, and what holds there is then checked on all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from first_light.inference import number_types, sql, text_formats, types
from first_light.inference.values import Cast, Column, Leaf, Stats
from first_light.project.source_table import SourceTable
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import (
    CAST_ERRORS,
    Connection,
    EngineError,
    OutOfMemoryError,
    temporary,
)

MEMORY = "600MB"
"""DuckDB's share of memory; what doesn't fit is spilled to disk."""

EXAMPLES = 300
"""Frequent values that the decision about personal data gets to see."""

FEW = 2_000
"""Up to so many different values a column is judged on them instead of on its rows."""

PART = 5_000
"""Rows, spread over the table, on which long columns and combined keys are tried first."""

CLOSED = 40
"""Up to so many different values are counted one by one."""

COUNTED = 100_000
"""Up to about so many different values, or near as many as rows, they are counted exactly."""

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
    """

    source: SourceTable
    raw: str
    rows: int
    leaves: tuple[Leaf, ...]


@dataclass(frozen=True)
class Overlap:
    """How the values of one column lie in those of another: rows with a value, rows that match."""

    rows: int
    matched: int
    distinct: int
    distinct_matched: int


@dataclass(frozen=True)
class _Glance:
    """How a text column looks before its values are read.

    Attributes:
        families: names of `types.LOOKS` that half of the values have at least.
    """

    values: int = 0
    null_words: tuple[str, ...] = ()
    padded: bool = False
    sign: str = ""
    families: frozenset[str] = frozenset()


@contextmanager
def bench(root: Path) -> Iterator[Bench]:
    """A scratch database for files under `root`: in memory, what is too much for it on disk."""
    with temporary("dataops-draft-", MEMORY) as (connection, _):
        yield Bench(connection, root)


class Bench:
    """The scratch database: asks questions of tables, in SQL, and answers with plain values."""

    def __init__(self, connection: Connection, root: Path) -> None:
        self._connection = connection
        self._root = root

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """All rows of a query."""
        found: list[tuple[object, ...]] = self._connection.execute(query).fetchall()
        return found

    def count(self, query: str) -> int:
        """The number that a query gives."""
        return number(self.rows(query)[0][0])

    def stage(self, source: SourceTable) -> Staged:
        """Reads a source table into the scratch database.

        Raises:
            DataopsError: when DuckDB can't read its files.
        """
        name = quoted(f"raw {source.name}")
        try:
            self._read(name, source.relation(self._root))
        except EngineError as error:
            raise DataopsError(
                f"The files of {source.name} can't be read: {str(error).splitlines()[0]}",
                where=", ".join(str(path) for path in source.files[:3]),
                fix="put the file right, then repeat the command",
            ) from error
        columns = [(str(r[0]), str(r[1])) for r in self.rows(f"describe {name}")]
        leaves = [leaf for column, kind in columns for leaf in self._leaves(name, (column,), kind)]
        return Staged(source, name, self.count(f"select count(*) from {name}"), tuple(leaves))

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
            found for name, inner in fields for found in self._leaves(table, (*path, name), inner)
        ]

    def sights(self, staged: Staged) -> dict[Leaf, types.Sight]:
        """What every text column of raw looks like, for all the readings there are."""
        texts = [leaf for leaf in staged.leaves if leaf.type == "VARCHAR"]
        distinct = self._approximate(staged, texts)
        part = self._part(staged.raw, staged.rows)
        found: dict[Leaf, types.Sight] = {}
        for some in _chunks(texts):
            whole = [distinct[leaf] <= FEW or part == staged.raw for leaf in some]
            self._see([(_raw(leaf), staged.raw if w else part) for leaf, w in zip(some, whole)])
            glances = self._glances()
            misfits = self._misfits(glances)
            for at, (leaf, complete) in enumerate(zip(some, whole)):
                glance = glances.get(at, _Glance())
                misses = dict.fromkeys(text_formats.READINGS, glance.values) | misfits.get(at, {})
                found[leaf] = types.Sight(
                    values=glance.values,
                    examples=self._example(at, glance, misses),
                    null_words=glance.null_words,
                    misfits=misses,
                    complete=complete,
                    padded=glance.padded,
                    sign=glance.sign,
                )
        return found

    def _see(self, columns: Sequence[tuple[str, str]]) -> None:
        """Gathers the different values of some columns (expression, rows) in one narrow table.

        `c` numbers the column, `v` is the value, `x` the same without padding, `none` says whether
        it is a word for "no value".
        """
        words = ", ".join(sql.text(word) for word in text_formats.NULL_WORDS)
        parts = " union all ".join(
            f"select {at} as c, {value} as v from {rows} where {value} is not null group by {value}"
            for at, (value, rows) in enumerate(columns)
        )
        self.rows(
            f"create or replace temp table seen as "
            f"select c, v, trim(v) as x, trim(v) in ({words}) as none from ({parts})"
        )

    def _glances(self) -> dict[int, _Glance]:
        """How the values of each seen column look before they are read."""
        looks = ", ".join(
            f"count(*) filter (where not none and {look('x')})"
            for look in text_formats.FAMILY_PATTERNS.values()
        )
        carried = ", ".join(
            f"count(*) filter (where not none and "
            f"length(x) - length(replace(x, {sql.text(sign)}, '')) = 1)"
            for sign in text_formats.SIGNS
        )
        found = {}
        for column, words, padded, count, *counts in self.rows(
            f"select c, list(distinct x) filter (where none), "
            f"coalesce(bool_or(v <> x) filter (where not none), false), "
            f"count(*) filter (where not none), {looks}, {carried} from seen group by c"
        ):
            values = number(count)
            alike = dict(zip(text_formats.FAMILY_PATTERNS, map(number, counts)))
            signs = dict(
                zip(text_formats.SIGNS, map(number, counts[len(text_formats.FAMILY_PATTERNS) :]))
            )
            found[number(column)] = _Glance(
                values=values,
                null_words=_texts(words),
                padded=bool(padded),
                sign=next((s for s, n in signs.items() if n and n == values), ""),
                families=frozenset(f for f, n in alike.items() if 2 * n >= values > 0),
            )
        return found

    def _misfits(self, glances: Mapping[int, _Glance]) -> dict[int, dict[str, int]]:
        """For each seen column and reading worth a try, the values that it doesn't fit."""
        found: dict[int, dict[str, int]] = {at: {} for at in glances}
        for family in text_formats.FAMILY_PATTERNS:
            columns = [at for at, glance in glances.items() if family in glance.families]
            readings = [r for r in text_formats.READINGS.values() if r.family == family]
            if not columns:
                continue
            asked = ", ".join(
                f"count(*) filter (where not coalesce({reading.holds('x')}, false))"
                for reading in readings
            )
            signed = "".join(
                f" when {at} then trim(replace(x, {sql.text(glances[at].sign)}, ''))"
                for at in columns
                if glances[at].sign
            )
            value = f"case c{signed} else x end" if signed else "x"
            for column, *misses in self.rows(
                f"select c, {asked} from (select c, {value} as x from seen where not none "
                f"and c in ({', '.join(map(str, columns))})) group by c"
            ):
                counted = zip(readings, misses)
                found[number(column)] |= {r.name: number(n) for r, n in counted}
        return found

    def _example(self, at: int, glance: _Glance, misfits: Mapping[str, int]) -> tuple[str, ...]:
        """A value that keeps a column from being read as what all its others are."""
        near = types.nearest(misfits, glance.values)
        if not near or glance.sign:
            return ()
        holds = text_formats.READINGS[near].holds("x")
        found = self.rows(
            f"select min(x) from seen where c = {at} and not none and not coalesce({holds}, false)"
        )
        return tuple(str(row[0]) for row in found if row[0] is not None)

    def _approximate(self, staged: Staged, leaves: Sequence[Leaf]) -> dict[Leaf, int]:
        found: dict[Leaf, int] = {}
        for some in _chunks(leaves):
            asked = ", ".join(f"approx_count_distinct({_raw(leaf)})" for leaf in some)
            values = self.rows(f"select {asked} from {staged.raw}")[0]
            found.update({leaf: number(v) for leaf, v in zip(some, values, strict=True)})
        return found

    def _part(self, table: str, rows: int, row: str = "rowid") -> str:
        """Rows spread evenly over the table, the same ones each time; `row` numbers them."""
        step = max(rows // PART, 1)
        return table if step == 1 else f"(select * from {table} where {row} % {step} = 0)"

    def misread(
        self, staged: Staged, leaf: Leaf, decided: types.Decided, limit: int = 50
    ) -> list[str]:
        """Raw values that the decided reading does not fit, words for "no value" aside."""
        holds = text_formats.READINGS[decided.reading].holds
        value = f"trim({_raw(leaf)})" if decided.cast.trim else _raw(leaf)
        words = ", ".join(sql.text(word) for word in decided.cast.null_words)
        said = f"{value} not in ({words})" if words else "true"
        sign = next((s for s in text_formats.SIGNS if s in decided.cast.drop), "")
        plain = f"trim(replace({value}, {sql.text(sign)}, ''))" if sign else value
        return [
            str(r[0])
            for r in self.rows(
                f"select distinct {_raw(leaf)} from {staged.raw} "
                f"where {_raw(leaf)} is not null and {said} "
                f"and not coalesce({holds(plain)}, false) order by 1 limit {limit}"
            )
        ]

    def null_words(self, staged: Staged, leaf: Leaf) -> tuple[tuple[str, ...], bool]:
        """Words for "no value" in all rows of a text column, and whether some value is padded."""
        words = ", ".join(sql.text(word) for word in text_formats.NULL_WORDS)
        found = self.rows(
            f"select list(distinct trim({_raw(leaf)})) "
            f"filter (where trim({_raw(leaf)}) in ({words})), "
            f"coalesce(bool_or({_raw(leaf)} <> trim({_raw(leaf)})), false) from {staged.raw}"
        )[0]
        return _texts(found[0]), bool(found[1])

    def raw_shapes(self, staged: Staged, leaf: Leaf, words: Sequence[str]) -> tuple[str, ...]:
        """Shapes of a raw text column's values, given words aside; empty when there are many."""
        listed = ", ".join(sql.text(word) for word in words)
        part = self._part(staged.raw, staged.rows)
        values = f"(select trim({_raw(leaf)}) as v from {part} where {_raw(leaf)} is not null)"
        return self._shapes(f"(select v from {values} where v not in ({listed}))", "v", "")

    def examples(self, staged: Staged) -> dict[Leaf, list[str]]:
        """Frequent different values of each column, as text (JSON where nested), in order."""
        part = self._part(staged.raw, staged.rows)
        found: dict[Leaf, list[str]] = {}
        for leaf in staged.leaves:
            nested = types.typed(leaf).form == "json"
            value = f"cast({f'to_json({_raw(leaf)})' if nested else _raw(leaf)} as varchar)"
            # A column that is mostly empty shows too little in a part, and may be personal still.
            for rows in dict.fromkeys((part, staged.raw)):
                values = self.rows(
                    f"select {value}, count(*) from {rows} where {_raw(leaf)} is not null "
                    f"group by 1 order by 2 desc, 1 limit {EXAMPLES}"
                )
                if len(values) == EXAMPLES:
                    break
            found[leaf] = [str(row[0]) for row in values]
        return found

    def sizes(self, staged: Staged, casts: Mapping[Leaf, Cast]) -> dict[Leaf, number_types.Size]:
        """How large the numbers in text columns are, over all rows."""
        found: dict[Leaf, number_types.Size] = {}
        for some in _chunks(list(casts)):
            asked = []
            for leaf in some:
                value = sql.flat(sql.cleaned(casts[leaf], sql.source_column(leaf, rendered=True)))
                if casts[leaf].kind == "integer":
                    asked += [f"max(length(ltrim({value}, '-')))", "0", "0"]
                else:
                    asked += [
                        f"max(length(ltrim(split_part({value}, '.', 1), '-')))",
                        f"max(length(split_part({value}, '.', 2)))",
                        f"min(length(split_part({value}, '.', 2)))",
                    ]
                asked.append(f"max(abs(try_cast({value} as double)))")
            values = self.rows(f"select {', '.join(asked)} from {staged.raw}")[0]
            for at, leaf in enumerate(some):
                a, b, c, d = values[4 * at : 4 * at + 4]
                largest = float(d) if isinstance(d, float) else 0.0
                found[leaf] = number_types.Size(number(a), number(b), number(c), largest)
        return found

    def refuses(self, staged: Staged, expression: str) -> bool:
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
        found = self.rows(f"describe {quoted(table)}")
        return [(str(r[0]), str(r[1]).lower()) for r in found]

    def stats(self, table: str, columns: Sequence[Column], rows: int) -> dict[str, Stats]:
        """One scan over a staging model's rows, then a closer look at each column."""
        found: dict[str, Stats] = {}
        for some in _chunks(columns):
            asked = []
            for column in some:
                name, text = quoted(column.name), column.cast.kind == "text"
                asked += [
                    f"count({name})",
                    f"approx_count_distinct({name})",
                    f"cast(min({name}) as varchar)",
                    f"cast(max({name}) as varchar)",
                    f"min(length({name}))" if text else "0",
                    f"max(length({name}))" if text else "0",
                ]
            values = self.rows(f"select {', '.join(asked)} from {quoted(table)}")[0]
            for at, column in enumerate(some):
                filled, distinct, low, high, short, long = values[6 * at : 6 * at + 6]
                stats = Stats(
                    nulls=rows - number(filled),
                    distinct=min(number(distinct), number(filled)),
                    low=None if low is None else str(low),
                    high=None if high is None else str(high),
                    shortest=number(short),
                    longest=number(long),
                )
                if stats.distinct:
                    stats = self._counted(table, column, stats, number(filled))
                    stats = self._shaped(table, column, stats, rows)
                found[column.name] = stats
        return found

    def _counted(self, table: str, column: Column, stats: Stats, filled: int) -> Stats:
        """With the values of a small set, or the exact number of values where it may matter."""
        name, rows = quoted(column.name), quoted(table)
        if stats.distinct <= CLOSED and stats.longest <= 200:
            values = self.rows(
                f"select cast({name} as varchar), count(*) from {rows} "
                f"where {name} is not null group by 1 order by 2 desc, 1 limit {2 * CLOSED}"
            )
            if len(values) < 2 * CLOSED:
                counts = tuple((str(v), number(n)) for v, n in values)
                return replace(stats, distinct=len(counts), exact=True, counts=counts)
        if stats.distinct <= COUNTED or stats.distinct * 100 >= filled * 85:
            distinct = self.count(f"select count(distinct {name}) from {rows}")
            return replace(stats, distinct=distinct, exact=True)
        return stats

    def _shaped(self, table: str, column: Column, stats: Stats, rows: int) -> Stats:
        """With the shapes of codes: of all values, or of those in a part of a long column."""
        if column.cast.kind != "text" or column.personal or stats.longest > 60:
            return stats
        few = stats.exact and stats.distinct <= FEW
        part = quoted(table) if few else self._part(quoted(table), rows, sql.ROW)
        if stats.shortest == stats.longest:
            return replace(stats, shapes=self._shapes(part, quoted(column.name), ""))
        return replace(stats, runs=self._shapes(part, quoted(column.name), "+"))

    def _shapes(self, rows: str, column: str, many: str, limit: int = 40) -> tuple[str, ...]:
        """Different shapes of a column's values; empty when there are more than `limit`."""
        shape = (
            f"regexp_replace(regexp_replace(regexp_replace({column}, '[a-z]{many}', 'a', 'g'), "
            f"'[A-Z]{many}', 'A', 'g'), '[0-9]{many}', '9', 'g')"
        )
        values = f"select distinct {column} from {rows} where {column} is not null"
        found = self.rows(f"select distinct {shape} from ({values}) limit {limit + 1}")
        return () if len(found) > limit else tuple(sorted(str(r[0]) for r in found))

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
        found = self.rows(
            f"select coalesce(sum(n), 0), coalesce(sum(n) filter (where p.k is not null), 0), "
            f"count(*), count(p.k) from ({values}) as c "
            f"left join (select distinct {k} as k from {quoted(parent)}) as p on c.v = p.k"
        )[0]
        return Overlap(*(number(value) for value in found))

    def contained(self, values: Sequence[str], table: str, column: str) -> int:
        """How many of some values (as text) occur in a column."""
        listed = ", ".join(sql.text(value) for value in values)
        return self.count(
            f"select count(distinct {quoted(column)}) from {quoted(table)} "
            f"where cast({quoted(column)} as varchar) in ({listed})"
        )

    def failing(self, query: str) -> int:
        """Rows that a test's query gives."""
        return self.count(f"select count(*) from ({query})")

    def days(self, table: str, column: str, rank: float) -> float | None:
        """The gap between successive days that occur in a time column, in days, at a quantile."""
        day = f"cast({quoted(column)} as date)"
        days = f"select distinct {day} as d from {quoted(table)} where {day} is not null"
        gaps = f"select d - lag(d) over (order by d) as gap from ({days})"
        found = self.rows(f"select quantile_disc(gap, {rank}) from ({gaps})")[0][0]
        return None if found is None else float(number(found))


def number(value: object) -> int:
    """A count that DuckDB gave; 0 for null."""
    return int(str(value)) if value is not None else 0


def _hash(columns: Sequence[str]) -> str:
    return f"hash({', '.join(quoted(column) for column in columns)})"


def _texts(value: object) -> tuple[str, ...]:
    """A list of texts that DuckDB gave, sorted; empty for null."""
    return tuple(sorted(str(item) for item in value)) if isinstance(value, list) else ()


def _raw(leaf: Leaf) -> str:
    return sql.flat(sql.source_column(leaf, rendered=True))


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _COLUMNS_A_SCAN):
        yield items[start : start + _COLUMNS_A_SCAN]
