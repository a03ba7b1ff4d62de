"""Coverage of the sample: every value of closed sets, nulls, extremes, oldest and newest times."""

from __future__ import annotations

from collections.abc import Sequence

from first_light.sampling.scratch_tables import Column, LoadedTable
from first_light.sampling.selection import Selection, first_id, in_chosen

_NULL_WORDS = (
    "", "NA", "na", "N/A", "n/a", "NULL", "null", "Null", "None", "none", "NaN", "nan", "-",
)  # fmt: skip

_ORDERED = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
    "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "DATE", "TIME",
)  # fmt: skip


def add_coverage(selection: Selection, table: LoadedTable) -> None:
    """Add a row for each value, null, extreme and end in time that is not covered yet."""
    if selection.chosen(table) == table.rows:
        return
    conditions: list[str] = []
    for place, column in enumerate(table.columns):
        if not column.closed:
            conditions += _conditions(table, f"c{place}", column)
    _cover_values(selection, table, [f"c{n}" for n, c in enumerate(table.columns) if c.closed])
    ordered = [
        f"c{place}"
        for place, column in enumerate(table.columns)
        if column.type.startswith(_ORDERED) and not column.nested
    ]
    _ends(selection, table, [*ordered, *(["loaded_at"] if table.plan.loaded_at else [])])
    _cover_conditions(selection, table, conditions)


def _cover_values(selection: Selection, table: LoadedTable, names: Sequence[str]) -> None:
    """Add a row for each value of closed sets that no chosen row has.

    The chosen rows are copied once: they are few, and the table may be long.
    """
    if not names:
        return
    listed = ", ".join(names)
    selection.run(
        f"create or replace temp table covered as "
        f"select {listed} from {table.sql} where {in_chosen(table)}"
    )
    for name in names:
        firsts = selection.first_rows(table, name)
        rows = selection.connection.execute(
            f"select id from {firsts} as f where not exists "
            f"(select 1 from covered as c where c.{name} is not distinct from f.{name})"
        ).fetchall()
        if rows:
            ids = ", ".join(str(int(row[0])) for row in rows)
            selection.add(table, f"select unnest([{ids}])")
            selection.run(
                f"insert into covered select {listed} from {table.sql} where id in ({ids})"
            )


def _cover_conditions(selection: Selection, table: LoadedTable, conditions: Sequence[str]) -> None:
    """Add a row for each condition that a row of the table meets but no chosen row."""
    if not conditions:
        return
    flags = ", ".join(f"coalesce(bool_or({condition}), false)" for condition in conditions)
    row = selection.connection.execute(
        f"select {flags} from {table.sql} where {in_chosen(table)}"
    ).fetchone()
    assert row is not None
    unmet = [condition for condition, is_met in zip(conditions, row, strict=True) if not is_met]
    if unmet:
        ids = ", ".join(first_id(condition) for condition in unmet)
        selection.add(table, f"select distinct unnest([{ids}]) from {table.sql}")


def _conditions(table: LoadedTable, name: str, column: Column) -> list[str]:
    """The conditions to cover for a column without a closed set of values."""
    conditions = [f"{name} is null", f"{name} is not null"] if column.nulls else []
    if column.type != "VARCHAR":
        return conditions
    null_words = ", ".join(f"'{null_word}'" for null_word in _NULL_WORDS)
    conditions += [f"{name} in ({null_words})", f"{name} not in ({null_words})"]
    if "json" in table.plan.read.split("(")[0]:
        # A text that is not a time prevents the reader from inferring a time type.
        conditions.append(f"{name} not in ({null_words}) and try_cast({name} as timestamp) is null")
    return conditions


def _ends(selection: Selection, table: LoadedTable, names: Sequence[str]) -> None:
    """Add a row with the least and one with the greatest value of each of some columns."""
    if not names:
        return
    ends = ", ".join(f"min({name}) as least_{name}, max({name}) as most_{name}" for name in names)
    ids = ", ".join(
        first_id(f"{name} = {end}_{name}") for name in names for end in ("least", "most")
    )
    selection.add(
        table,
        f"select distinct unnest([{ids}]) from {table.sql}, (select {ends} from {table.sql})",
    )
