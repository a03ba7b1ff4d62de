"""The tables of raw in the scratch database, and the references between them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from first_light.dbt.source_plan import PlannedTable, Reference
from first_light.sampling.server_expressions import over_files
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import literal, quoted
from first_light.warehouse.scratch import Connection, EngineError

CLOSED = 50  # distinct values up to which a column counts as a closed set
_FILES = 50  # of a table whose file names are data
_NESTED = ("STRUCT", "MAP", "UNION", "JSON")


@dataclass(frozen=True)
class Column:
    """A column of a loaded table: name, DuckDB type, whether its values are a closed set, nulls."""

    name: str
    type: str
    closed: bool = False
    nulls: bool = True

    @property
    def nested(self) -> bool:
        """Whether its values are lists or structs."""
        return self.type.endswith("]") or self.type.startswith(_NESTED)


@dataclass(frozen=True)
class LoadedTable:
    """A table of raw in the scratch database.

    Attributes:
        plan: its definition in the product's YAML.
        sql: its name in the scratch database; columns are named c0, c1, …
        columns: as DuckDB reads them from the files.
        rows: the number of rows.
        newest: the newest loaded_at, UTC without zone; None without one.
    """

    plan: PlannedTable
    sql: str
    columns: tuple[Column, ...]
    rows: int
    newest: dt.datetime | None

    def at(self, column: str) -> int:
        """The position of a column, ignoring case; -1 if it does not exist."""
        names = [column_.name.lower() for column_ in self.columns]
        return names.index(column.lower()) if column.lower() in names else -1


@dataclass(frozen=True)
class Link:
    """A reference between two loaded tables, with the SQL expressions to compare."""

    child: LoadedTable
    child_key: str
    parent: LoadedTable
    parent_key: str


def as_text(name: str) -> str:
    """A key as text: 17 in a JSON file equals '17' in a CSV file."""
    return f"trim(cast({name} as varchar))"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _unreadable(table: PlannedTable, error: Exception) -> DataopsError:
    fix = "correct the call, or add the files of this table: uv run dataops add PATH"
    if "Permission denied" in (reason := _first_line(error)):
        fix = "give this user the right to read the file, then repeat the command"
    return DataopsError(
        f"The files of {table.name} cannot be read: {reason}",
        f"{table.where}, {table.name}, `external_location`",
        fix,
    )


def load_table(
    connection: Connection, number: int, table: PlannedTable, raw: Path, wide: int
) -> LoadedTable:
    """Load a table of raw, and describe its columns.

    Raises:
        DataopsError: its files cannot be read, or a marked column is not in it.
    """
    relation = table.relation(raw)
    try:
        described = connection.execute(f"describe select * from {relation}").fetchall()
    except EngineError as error:
        raise _unreadable(table, error) from error
    names_files = bool(re.search(r"\bfilename\s*=", table.read))
    if names_files:
        described = [row for row in described if row[0] != "filename"]  # not in the file
    in_files = _newest_files(connection, relation) if names_files else ""
    names = [str(row[0]) for row in described]
    _check_columns(table, names)
    sql = f"t{number}"
    columns = "".join(f"{quoted(name)} as c{place}, " for place, name in enumerate(names))
    # One text per row; nulls differ from empty texts. md5 is the same in all DuckDB versions.
    parts = ", ".join(f"coalesce(cast({quoted(name)} as varchar), chr(30))" for name in names)
    row_text = f"concat_ws(chr(31), {parts})"

    def load(loaded_at: str) -> None:
        connection.execute(
            f"create or replace table {sql}_raw as select {columns}"
            f"md5_number_lower({row_text}) as hash, strlen({row_text}) as width, "
            f"{'parse_filename(filename)' if names_files else 'null'} as file, "
            f"cast(({loaded_at}) as timestamp) as loaded_at from {relation} "
            f"where ({table.records}){in_files}"
        )

    try:
        load(over_files(table.loaded_at or "null"))
    except EngineError as error:
        if table.loaded_at is None:
            raise _unreadable(table, error) from error
        try:
            load("null")
        except EngineError as second_error:
            raise _unreadable(table, second_error) from second_error
        raise DataopsError(
            f"The loaded_at_field of {table.name} does not give a time for every row: "
            f"{_first_line(error)}",
            f"{table.where}, {table.name}, `loaded_at_field`",
            "correct the expression, or remove it",
        ) from error
    # Wide rows sort last; equal rows sort in the order of raw.
    connection.execute(
        f"create or replace view {sql} as select *, rowid as id, "
        f"((width > {wide})::uhugeint << 104) + (hash::uhugeint << 40) + rowid::uhugeint "
        f"as rank from {sql}_raw"
    )
    newest = connection.execute(f"select count(*), max(loaded_at) from {sql}").fetchone()
    assert newest is not None
    described_columns = [Column(str(row[0]), str(row[1])) for row in described]
    return LoadedTable(
        table, sql, _with_facts(connection, sql, described_columns), int(newest[0]), newest[1]
    )


def _newest_files(connection: Connection, relation: str) -> str:
    """A further SQL condition: rows of the newest files; each becomes one of the sample."""
    query = f"select distinct filename from {relation} order by length(filename) desc, 1 desc"
    names = [str(row[0]) for row in connection.execute(query).fetchall()]
    if len(names) <= _FILES:
        return ""
    return f" and filename in ({', '.join(literal(name) for name in names[:_FILES])})"


def _check_columns(table: PlannedTable, names: Iterable[str]) -> None:
    existing = {name.lower() for name in names}
    for column in table.personal:
        if column.lower() not in existing:
            raise DataopsError(
                f"{table.name} has no column {column}, which is marked as personal or referred to.",
                f"{table.where}, {table.name}",
                "correct the name; if the column was renamed, its new name is not masked yet",
            )


def _with_facts(connection: Connection, sql: str, columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns, with facts from all their values."""
    expressions = [
        f"approx_count_distinct(c{place}), bool_or(c{place} is null)"
        for place in range(len(columns))
    ]
    row = connection.execute(f"select {', '.join(expressions)} from {sql}").fetchone() or ()
    result = []
    for place, (column, estimate, nulls) in enumerate(zip(columns, row[::2], row[1::2])):
        # The estimate has an error of a few per cent: near the limit, values are counted.
        closed = estimate <= 1.3 * CLOSED and not column.nested
        if closed:
            exact = connection.execute(f"select count(distinct c{place}) from {sql}").fetchone()
            closed = exact is not None and exact[0] <= CLOSED
        result.append(Column(column.name, column.type, closed, bool(nulls)))
    return tuple(result)


def link_of(tables: Mapping[str, LoadedTable], table: LoadedTable, reference: Reference) -> Link:
    """A reference of a table as a link between loaded tables.

    Raises:
        DataopsError: one of its columns does not exist.
    """
    parent = tables[reference.table]
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
                "correct the reference, or remove it",
            )
    return Link(table, as_text(f"c{child_place}"), parent, as_text(f"c{parent_place}"))


def children_per_parent(connection: Connection, link: Link) -> float:
    """How many rows refer to one parent, on average."""
    row = connection.execute(
        f"select count({link.child_key}), approx_count_distinct({link.child_key}) "
        f"from {link.child.sql}"
    ).fetchone()
    assert row is not None
    return float(row[0] / row[1]) if row[1] else 1.0
