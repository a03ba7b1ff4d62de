"""Choosing the rows of the sample, in DuckDB, with bounded memory.

Every table is loaded once into a scratch database. Parents are chosen first, then their children,
so that families stay together; then whatever is missing is added: the parents of chosen rows, all
versions of a row, all children where a parent has few (an order has all its lines, so that sums
still hold), a row for every value of a small closed set, for null and not null, for the oldest and
the newest.
The order is by a hash of the row's content, so the same input gives the same rows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from first_light.sampling.plan import PlannedTable, Reference
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import Connection, EngineError

CLOSED = 50  # distinct values up to which a column is taken for a closed set
_TINY_SHARE = 5  # tables up to a fifth of the bound are taken whole
_PARENT_SHARE = 10  # parents are at least a tenth of the bound, however many children each has
_LARGE_FAMILY = 10  # children per parent above which families are cut
_LONGEST_CHAIN = 50  # steps from parent to parent
_CLOSURE = 10  # times the bound, which the parents of chosen rows may take
_VERSIONS = 50  # rows of one parent key at most, where it is not unique
_SMALL_FAMILY = 4  # children per parent up to which families are kept whole
_GROWTH = 2  # times the bound, up to which families bring more rows
_ADJACENT = 100_000  # rows, the first of a table, that show which parent they are delivered by
_WHOLE_FAMILY = 100  # children of one parent at most that a whole family brings
_NULL_WORDS = (
    "", "NA", "na", "N/A", "n/a", "NULL", "null", "Null", "None", "none", "NaN", "nan", "-",
)  # fmt: skip
_NESTED = ("STRUCT", "MAP", "UNION")
_ORDERED = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
    "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "DATE", "TIME",
)  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column of a loaded table: name, DuckDB type, a closed set of values?, any nulls?"""

    name: str
    type: str
    closed: bool = False
    nulls: bool = True

    @property
    def nested(self) -> bool:
        """Whether its values are lists or structs."""
        return self.type.endswith("]") or self.type.startswith(_NESTED)


@dataclass(frozen=True)
class Loaded:
    """A table of raw in the scratch database.

    Attributes:
        plan: what the product's YAML says of it.
        sql: its name in the scratch database; columns are called c0, c1, …
        columns: as DuckDB reads them from the files.
        rows: how many.
        newest: the newest loaded_at, UTC without zone; None without one.
    """

    plan: PlannedTable
    sql: str
    columns: tuple[Column, ...]
    rows: int
    newest: dt.datetime | None

    def at(self, column: str) -> int:
        """The place of a column; -1 when there is none of that name, case aside."""
        names = [known.name.lower() for known in self.columns]
        return names.index(column.lower()) if column.lower() in names else -1


@dataclass(frozen=True)
class _Link:
    """A reference between two loaded tables, as SQL texts to compare."""

    child: Loaded
    child_key: str
    parent: Loaded
    parent_key: str


class Chooser:
    """The rows of raw, and which of them are chosen.

    Args:
        connection: a scratch database with room for raw on its disk.
        tables: the plan.
        raw: the root folder of raw.
        wide: bytes from which a row is chosen only when there is no other.

    Raises:
        DataopsError: a table cannot be read, or a marked column is not in it.
    """

    def __init__(
        self,
        connection: Connection,
        tables: Sequence[PlannedTable],
        raw: Path,
        wide: int,
    ) -> None:
        self._connection = connection
        self.tables = tuple(
            self._load(number, table, raw, wide) for number, table in enumerate(tables)
        )
        self.unfollowed: tuple[str, ...] = ()  # tables with rows whose parents were not reached
        self._by_name = {table.plan.name: table for table in self.tables}
        self._links = [
            self._link(table, reference)
            for table in self.tables
            for reference in table.plan.references
        ]
        self._fanout = {id(link): self._children_per_parent(link) for link in self._links}
        self._whole = {id(link) for table in self.tables for link in self._owners(table)}

    def choose(self, limits: Mapping[str, int], *, cover: bool = True) -> None:
        """Choose anew, at most about `limits[table]` rows a table.

        What joins and coverage need comes on top. `cover=False` leaves the coverage out.
        """
        ordered = self._parents_first()
        wanted = self._wanted(ordered, limits)
        for table in self.tables:
            self._run(f"create or replace table {table.sql}_chosen (id bigint primary key)")
        for table in ordered:
            name = table.plan.name
            self._choose_first(table, wanted[name], tiny=self._is_tiny(table, limits[name]))
        self.unfollowed = ()
        self._close(limits)
        if cover:
            for table in self.tables:
                self._cover(table)
            self._close(limits)

    def is_key(self, table: Loaded, column: int) -> bool:
        """Whether the column takes part in a reference."""
        key = f"c{column}"
        return any(
            (link.child is table and link.child_key == _text(key))
            or (link.parent is table and link.parent_key == _text(key))
            for link in self._links
        )

    def chosen(self, table: Loaded) -> int:
        """How many rows of the table are chosen."""
        return self._number(f"select count(*) from {table.sql}_chosen")

    def width(self, table: Loaded) -> int:
        """How many bytes the chosen rows have, about."""
        return self._number(
            f"select coalesce(sum(width), 0) from {table.sql} where {_in_chosen(table)}"
        )

    def extract(self, table: Loaded) -> str:
        """A new table with the chosen rows under their own column names, in raw's order."""
        names = ", ".join(
            f"c{place} as {quoted(column.name)}" for place, column in enumerate(table.columns)
        )
        self._run(
            f"create or replace table {table.sql}_sample as "
            f"select {names} from {table.sql} where {_in_chosen(table)} order by {table.sql}.id"
        )
        return f"{table.sql}_sample"

    def _load(self, number: int, table: PlannedTable, raw: Path, wide: int) -> Loaded:
        relation = table.relation(raw)
        try:
            described = self._connection.execute(f"describe select * from {relation}").fetchall()
        except EngineError as error:
            raise _unreadable(table, error) from error
        if re.search(r"\bfilename\s*=", table.read):
            described = [row for row in described if row[0] != "filename"]  # not in the file
        names = [str(row[0]) for row in described]
        self._check_columns(table, names)
        sql = f"t{number}"
        columns = "".join(f"{quoted(name)} as c{place}, " for place, name in enumerate(names))
        # One text a row, nulls told from blanks; versions of DuckDB agree on md5, not on hash().
        parts = ", ".join(f"coalesce(cast({quoted(name)} as varchar), chr(30))" for name in names)
        whole = f"concat_ws(chr(31), {parts})"

        def load(loaded_at: str) -> None:
            self._run(
                f"create or replace table {sql}_raw as select {columns}"
                f"md5_number_lower({whole}) as hash, strlen({whole}) as width, "
                f"cast(({loaded_at}) as timestamp) as loaded_at from {relation}"
            )

        try:
            load(table.loaded_at or "null")
        except EngineError as error:
            if table.loaded_at is None:
                raise _unreadable(table, error) from error
            try:
                load("null")
            except EngineError as other:
                raise _unreadable(table, other) from other
            raise DataopsError(
                f"The loaded_at_field of {table.name} does not give a time for every row: "
                f"{_first_line(error)}",
                f"{table.where}, {table.name}, `loaded_at_field`",
                "Correct the expression, or take it out.",
            ) from error
        # Wide rows sort last; equal rows in raw's order.
        self._run(
            f"create or replace view {sql} as select *, rowid as id, "
            f"((width > {wide})::uhugeint << 104) + (hash::uhugeint << 40) + rowid::uhugeint "
            f"as rank from {sql}_raw"
        )
        newest = self._connection.execute(f"select count(*), max(loaded_at) from {sql}").fetchone()
        assert newest is not None
        shapes = [Column(str(row[0]), str(row[1])) for row in described]
        return Loaded(table, sql, self._known(sql, shapes), int(newest[0]), newest[1])

    def _check_columns(self, table: PlannedTable, names: Iterable[str]) -> None:
        known = {name.lower() for name in names}
        for column in table.personal:
            if column.lower() not in known:
                raise DataopsError(
                    f"{table.name} has no column {column}, which is marked as personal "
                    "or referred to.",
                    f"{table.where}, {table.name}",
                    "Correct the name: if the column was renamed, its new name is not masked yet.",
                )

    def _known(self, sql: str, columns: Sequence[Column]) -> tuple[Column, ...]:
        """The columns with what a look at all their values tells."""
        asked = [
            f"approx_count_distinct(c{place}), bool_or(c{place} is null)"
            for place in range(len(columns))
        ]
        row = self._connection.execute(f"select {', '.join(asked)} from {sql}").fetchone() or ()
        found = []
        for place, (column, about, nulls) in enumerate(zip(columns, row[::2], row[1::2])):
            # The approximation is off by a few per cent: near the bound it is counted.
            closed = about <= 1.3 * CLOSED and not column.nested
            if closed:
                closed = self._number(f"select count(distinct c{place}) from {sql}") <= CLOSED
            found.append(Column(column.name, column.type, closed, bool(nulls)))
        return tuple(found)

    def _link(self, table: Loaded, reference: Reference) -> _Link:
        parent = self._by_name[reference.table]
        child_place, parent_place = table.at(reference.column), parent.at(reference.key)
        for place, name, column in (
            (child_place, table.plan.name, reference.column),
            (parent_place, reference.table, reference.key),
        ):
            if place < 0:
                raise DataopsError(
                    f"{table.plan.name}.{reference.column} refers to {reference.table}."
                    f"{reference.key}, but {name} has no column {column}.",
                    f"{reference.where}, {table.plan.name}.{reference.column}, `references`",
                    "Correct the reference, or take it out.",
                )
        return _Link(table, _text(f"c{child_place}"), parent, _text(f"c{parent_place}"))

    def _children_per_parent(self, link: _Link) -> float:
        row = self._connection.execute(
            f"select count({link.child_key}), approx_count_distinct({link.child_key}) "
            f"from {link.child.sql}"
        ).fetchone()
        assert row is not None
        return float(row[0] / row[1]) if row[1] else 1.0

    def _owners(self, table: Loaded) -> list[_Link]:
        """The reference, none or one, by which rows of a table belong together.

        Of several with small families it is the one whose children lie together in the files:
        the lines of an order do, the lines of a product do not.
        """
        small = [
            link
            for link in self._links
            if link.child is table
            and link.parent is not table
            and self._fanout[id(link)] <= _SMALL_FAMILY
        ]
        if len(small) < 2:
            return small

        def adjacent(link: _Link) -> int:
            key = link.child_key
            return self._number(
                f"select count(*) from (select {key} = lag({key}) over (order by id) as same "
                f"from {table.sql} where id < {_ADJACENT}) where same"
            )

        return [max(small, key=lambda link: (adjacent(link), link.parent.rows))]

    def _parents_first(self) -> list[Loaded]:
        """The tables with those they refer to before them; in a cycle, as the names sort."""
        ordered: list[Loaded] = []
        open_: set[str] = set()

        def visit(table: Loaded) -> None:
            if table in ordered or table.plan.name in open_:
                return
            open_.add(table.plan.name)
            for link in self._links:
                if link.child is table:
                    visit(link.parent)
            ordered.append(table)

        for table in self.tables:
            visit(table)
        return ordered

    def _wanted(self, ordered: Sequence[Loaded], limits: Mapping[str, int]) -> dict[str, int]:
        """How many rows to begin with: as many parents as the children have room for."""
        wanted: dict[str, int] = {}
        for table in reversed(ordered):
            limit = limits[table.plan.name]
            count = float(limit)
            for link in self._links:
                child = link.child.plan.name
                if link.parent is table and link.child is not table and child in wanted:
                    count = min(count, wanted[child] / max(self._fanout[id(link)], 1.0))
            count = max(count, limit / _PARENT_SHARE, 1.0)
            wanted[table.plan.name] = table.rows if self._is_tiny(table, limit) else int(count)
        return wanted

    def _is_tiny(self, table: Loaded, limit: int) -> bool:
        return table.rows <= limit / _TINY_SHARE

    def _choose_first(self, table: Loaded, wanted: int, tiny: bool) -> None:
        families = [
            link
            for link in self._links
            if link.child is table
            and link.parent is not table
            and 0 < self.chosen(link.parent) < link.parent.rows
        ]
        # Not tiny, and each row would bring its family: the parents decide then.
        brings = not tiny and any(self._is_small(link) for link in families)
        if wanted >= table.rows and not brings:
            self._add(table, f"select id from {table.sql}")
            return
        if families:
            family = max(families, key=lambda link: (self._is_small(link), link.parent.rows))
            self._choose_children(family, wanted)
            # A table whose parents have hardly any children still deserves to be seen; where each
            # row brings its whole family, a few are enough.
            share = 20 if self._is_small(family) else 2
            lacking = wanted // share - self.chosen(table)
        else:
            has_children = " + ".join(
                f"({link.parent_key} in (select {link.child_key} from {link.child.sql}))::int"
                for link in self._links
                if link.parent is table and link.child is not table
            )
            if has_children:
                self._add(
                    table,
                    f"select id from {table.sql} "
                    f"order by ({has_children}) desc nulls last, rank limit {wanted * 3 // 4}",
                )
            self._choose_from_roots(table, wanted)
            lacking = wanted - self.chosen(table)
        if lacking > 0:
            self._add(
                table,
                f"select id from {table.sql} where not {_in_chosen(table)} "
                f"order by rank limit {lacking}",
            )

    def _choose_from_roots(self, table: Loaded, wanted: int) -> None:
        """Of a hierarchy within one table, take the upper part: nobody's parent is missing then."""
        for link in self._links:
            if link.child is not table or link.parent is not table:
                continue
            key, parent = link.child_key, link.parent_key
            for level in range(_LONGEST_CHAIN):
                room = wanted - self.chosen(table) if level else wanted // 2
                above = f"{key} in (select {parent} from {table.sql} where {_in_chosen(table)})"
                root = f"{key} is null or {key} not in (select {parent} from {table.sql} "
                root += f"where {parent} is not null)"
                if room <= 0 or not self._add(
                    table,
                    f"select id from {table.sql} where ({above if level else root}) "
                    f"and not {_in_chosen(table)} order by rank limit {room}",
                ):
                    break
            return

    def _choose_children(self, link: _Link, wanted: int) -> None:
        """Children of the chosen parents: whole families, or some of each where they are large."""
        large = self._fanout[id(link)] > _LARGE_FAMILY
        order = (
            f"row_number() over (partition by {link.child_key} order by rank), rank"
            if large
            else f"rank >> 104, md5_number_lower({link.child_key}), rank"
        )
        self._add(
            link.child,
            f"select id from {link.child.sql} where {link.child_key} in "
            f"(select {link.parent_key} from {link.parent.sql} where {_in_chosen(link.parent)}) "
            f"order by {order} limit {wanted}",
        )

    def _close(self, limits: Mapping[str, int]) -> None:
        """Add the families of chosen rows, theirs, and so on, until nobody is missing.

        A chain may be as long as its table (each event names the one before): such a chain is
        followed for a while, then rows whose parents are not in reach are taken out again.
        """
        for _ in range(_LONGEST_CHAIN):
            if not sum(self._add_family(link, limits) for link in self._links):
                return
            if any(self.chosen(t) > _CLOSURE * limits[t.plan.name] for t in self.tables):
                break
        # Every turn shortens each chain by one, and no chain is longer than what was added.
        for _ in range(2 * _LONGEST_CHAIN):
            if not sum(self._drop_orphans(link) for link in self._links):
                break
        for table in self.tables:
            if self.chosen(table) == 0:  # a ring, in which every row needs another
                limit = limits[table.plan.name]
                self._add(table, f"select id from {table.sql} order by rank limit {limit}")
        self.unfollowed = tuple(link.child.plan.name for link in self._links if self._orphans(link))

    def _is_small(self, link: _Link) -> bool:
        """Whether parents have so few children that they are kept together.

        Only one parent of a row brings its other children: through two (orders and products),
        each row would bring the next until all are chosen.
        """
        return id(link) in self._whole

    def _add_family(self, link: _Link, limits: Mapping[str, int]) -> bool:
        """Add parents of chosen children in all versions, and children where families are small."""
        key, parent, child = link.parent_key, link.parent.sql, link.child.sql
        added = self._add(
            link.parent,
            f"select id from {parent} where {key} in "
            f"(select {link.child_key} from {child} where {_in_chosen(link.child)}) "
            f"or {key} in (select {key} from {parent} where {_in_chosen(link.parent)}) "
            f"qualify row_number() over (partition by {key} order by rank) <= {_VERSIONS}",
        )
        limit = limits[link.child.plan.name]
        if not self._is_small(link) or self.chosen(link.child) > _GROWTH * limit:
            return added
        key = link.child_key
        grown = self._add(
            link.child,
            f"select id from {child} where {key} in "
            f"(select {link.parent_key} from {parent} where {_in_chosen(link.parent)}) "
            f"qualify row_number() over (partition by {key} order by rank) <= {_WHOLE_FAMILY}",
        )
        return added or grown

    def _drop_orphans(self, link: _Link) -> bool:
        """Take out chosen children whose parent is in raw but not chosen; whether any was."""
        dropped = self._number(
            f"delete from {link.child.sql}_chosen where id in (select id from {link.child.sql} "
            f"where {_in_chosen(link.child)} and {link.child_key} in ({self._unreached(link)}))"
        )
        return dropped > 0

    def _orphans(self, link: _Link) -> bool:
        return self._number(f"select count(*) from ({self._unreached(link)})") > 0

    def _missing(self, link: _Link) -> str:
        """A query for the keys that chosen children refer to and no chosen parent has."""
        return (
            f"select {link.child_key} from {link.child.sql} where {_in_chosen(link.child)} "
            f"except select {link.parent_key} from {link.parent.sql} "
            f"where {_in_chosen(link.parent)}"
        )

    def _unreached(self, link: _Link) -> str:
        """Those of the missing keys that raw has."""
        return f"({self._missing(link)}) intersect select {link.parent_key} from {link.parent.sql}"

    def _cover(self, table: Loaded) -> None:
        """Add a row for each value, blank, extreme and end in time that is not there yet."""
        if self.chosen(table) == table.rows:
            return
        conditions: list[str] = []
        for place, column in enumerate(table.columns):
            if column.closed:
                self._add(
                    table,
                    f"select {_first_id()} from {table.sql} group by c{place} "
                    f"having not bool_or({_in_chosen(table)})",
                )
            else:
                conditions += self._conditions(table, f"c{place}", column)
            if column.type.startswith(_ORDERED) and not column.nested:
                self._ends(table, f"c{place}")
        if table.plan.loaded_at:
            self._ends(table, "loaded_at")
        self._cover_conditions(table, conditions)

    def _cover_conditions(self, table: Loaded, conditions: Sequence[str]) -> None:
        """Add a row for each condition that no chosen row meets, if any row of the table does."""
        if not conditions:
            return
        met = ", ".join(f"coalesce(bool_or({each}), false)" for each in conditions)
        row = self._connection.execute(
            f"select {met} from {table.sql} where {_in_chosen(table)}"
        ).fetchone()
        assert row is not None
        unmet = [each for each, is_met in zip(conditions, row, strict=True) if not is_met]
        if unmet:
            found = ", ".join(_first_id(each) for each in unmet)
            self._add(table, f"select distinct unnest([{found}]) from {table.sql}")

    def _conditions(self, table: Loaded, name: str, column: Column) -> list[str]:
        """What rows of an open column must occur, if any does in raw."""
        found = [f"{name} is null", f"{name} is not null"] if column.nulls else []
        if column.type != "VARCHAR":
            return found
        words = ", ".join(f"'{word}'" for word in _NULL_WORDS)
        found += [f"{name} in ({words})", f"{name} not in ({words})"]
        if "json" in table.plan.read.split("(")[0]:
            # A text that is no time keeps the reader from taking the column for times.
            found.append(f"{name} not in ({words}) and try_cast({name} as timestamp) is null")
        return found

    def _ends(self, table: Loaded, name: str) -> None:
        for end in ("", " desc"):
            self._add(
                table,
                f"select id from {table.sql} where {name} is not null "
                f"order by {name}{end}, rank limit 1",
            )

    def _add(self, table: Loaded, ids: str) -> bool:
        """Choose the rows that a query gives; whether any of them is new."""
        added = self._number(
            f"insert or ignore into {table.sql}_chosen "
            f"select id from ({ids}) as found(id) where id is not null"
        )
        return added > 0

    def _run(self, statement: str) -> None:
        self._connection.execute(statement)

    def _number(self, query: str) -> int:
        row = self._connection.execute(query).fetchone()
        assert row is not None
        return int(row[0])


def _in_chosen(table: Loaded) -> str:
    return f"{table.sql}.id in (select id from {table.sql}_chosen)"


def _first_id(condition: str = "true") -> str:
    """The row, of those that meet a condition, which comes first in the order."""
    return f"(min(rank) filter (where {condition}) & {(1 << 40) - 1})::bigint"


def _text(name: str) -> str:
    """Keys are compared as text: 17 in a JSON file and '17' in a CSV file are the same."""
    return f"trim(cast({name} as varchar))"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _unreadable(table: PlannedTable, error: Exception) -> DataopsError:
    return DataopsError(
        f"The files of {table.name} cannot be read: {_first_line(error)}",
        f"{table.where}, {table.name}, `external_location`",
        "Correct the call, or put the files of this table into raw.",
    )
