"""A row for every value, blank, extreme and end in time that raw has."""

from __future__ import annotations

from collections.abc import Sequence

from first_light.sampling.scratch_tables import Column, Loaded
from first_light.sampling.selection import Selection, first_id, in_chosen

_NULL_WORDS = (
    "", "NA", "na", "N/A", "n/a", "NULL", "null", "Null", "None", "none", "NaN", "nan", "-",
)  # fmt: skip

_ORDERED = (
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
    "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "DATE", "TIME",
)  # fmt: skip


def add_coverage(selection: Selection, table: Loaded) -> None:
    """Add a row for each value, blank, extreme and end in time that is not there yet."""
    if selection.chosen(table) == table.rows:
        return
    conditions: list[str] = []
    for place, column in enumerate(table.columns):
        if column.closed:
            selection.add(
                table,
                f"select {first_id()} from {table.sql} group by c{place} "
                f"having not bool_or({in_chosen(table)})",
            )
        else:
            conditions += _conditions(table, f"c{place}", column)
        if column.type.startswith(_ORDERED) and not column.nested:
            _ends(selection, table, f"c{place}")
    if table.plan.loaded_at:
        _ends(selection, table, "loaded_at")
    _cover_conditions(selection, table, conditions)


def _cover_conditions(selection: Selection, table: Loaded, conditions: Sequence[str]) -> None:
    """Add a row for each condition that no chosen row meets, if any row of the table does."""
    if not conditions:
        return
    met = ", ".join(f"coalesce(bool_or({each}), false)" for each in conditions)
    row = selection.connection.execute(
        f"select {met} from {table.sql} where {in_chosen(table)}"
    ).fetchone()
    assert row is not None
    unmet = [each for each, is_met in zip(conditions, row, strict=True) if not is_met]
    if unmet:
        found = ", ".join(first_id(each) for each in unmet)
        selection.add(table, f"select distinct unnest([{found}]) from {table.sql}")


def _conditions(table: Loaded, name: str, column: Column) -> list[str]:
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


def _ends(selection: Selection, table: Loaded, name: str) -> None:
    for end in ("", " desc"):
        selection.add(
            table,
            f"select id from {table.sql} where {name} is not null "
            f"order by {name}{end}, rank limit 1",
        )
