"""Columns that number the rows of their file: no keys, and no references. Pure.

Where every table has a column 1, 2, 3 …, each value of a shorter table occurs in each longer one.
And the next file begins with 1 again: such a number identifies a row of a file, not of a table.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from first_light.inference import names
from first_light.inference.values import Column, Key, Table

NUMBERS_ROWS = "numbers the rows of the file, and the next file may begin at the same number"
"""Why such a column is a likely key at most."""

_ROW_NAMES = re.compile(
    r"^(row|row_?(no|nr|num|number|id|index)|rowid|rownum|rn|record_?(no|nr|num|number)|rec_?(no|nr)|"
    r"line|line_?(no|nr|num|number)|index|idx|ix|index_level_0|unnamed(_\d+)?|column_?[01]|"
    r"lfd_?nr|lfdnr|laufende_(nr|nummer)|zeile|zeilen_?(nr|nummer)|pos|position|seq|seq_?(no|nr|num)|"
    r"sequence|sequence_(no|nr|number)|serial|serial_no|sno|s_no|sr_no|sl_no|sl|counter|n|"
    r"nr_ligne|num_ligne|numero_ligne|ligne|fila|num_fila|riga|num_riga|rij|lp)$"
)
_LEAST_TABLES = 3
"""Tables that number their rows in columns of one name, from which that says nothing of a row."""


def counters(tables: Sequence[Table]) -> Mapping[str, frozenset[str]]:
    """By table, the columns that number the rows of its file.

    They count without gaps from 0 or 1. Their name says what they do, or several tables have such a
    column of the same name, which is the key of none of them by its name.
    """
    counting = {
        table.name: [c.name for c in table.columns if _counts_rows(c, table.rows)]
        for table in tables
    }
    often = Counter(name for several in counting.values() for name in several)
    own = {
        name
        for name in often
        if name.endswith("_id") or any(names.is_own_key(name, table.name) for table in tables)
    }
    return {
        table: frozenset(
            name
            for name in several
            if (_ROW_NAMES.search(name) and not names.is_own_key(name, table))
            or (often[name] >= _LEAST_TABLES and name not in own)
        )
        for table, several in counting.items()
    }


def without(table: Table, counting: Mapping[str, frozenset[str]]) -> Table:
    """A table without the columns that number its rows."""
    kept = tuple(c for c in table.columns if c.name not in counting[table.name])
    return replace(table, columns=kept) if kept else table


def likely_key(table: Table, counting: Mapping[str, frozenset[str]]) -> Key | None:
    """The column that numbers the rows, where nothing else identifies one; never certain."""
    column = next((c for c in table.columns if c.name in counting[table.name]), None)
    if column is None:
        return None
    return Key((column.name,), "warn", f"{table.rows:,} rows, all different, 0 nulls")


def _counts_rows(column: Column, rows: int) -> bool:
    stats = column.stats
    if column.cast.kind != "integer" or rows < 2 or stats.low not in {"0", "1"}:
        return False
    if not stats.exact or stats.nulls or stats.distinct != rows or column.personal:
        return False
    return int(stats.high or 0) - int(stats.low) + 1 == rows
