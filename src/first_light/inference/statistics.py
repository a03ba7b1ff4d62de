"""Statistics of a staging model's columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from first_light.inference import sql
from first_light.inference.profile import ScratchDatabase, chunks, number, part_of
from first_light.inference.text_columns import FEW
from first_light.inference.values import Column, Stats
from first_light.utils.sql_names import quoted

CLOSED = 40
"""Up to so many different values are counted one by one."""

COUNTED = 100_000
"""Up to about so many different values, or near as many as rows, they are counted exactly."""


def column_stats(
    scratch: ScratchDatabase, table: str, columns: Sequence[Column], rows: int
) -> dict[str, Stats]:
    """One scan over a staging model's rows, then a closer look at each column."""
    by_column: dict[str, Stats] = {}
    for some in chunks(columns):
        expressions = []
        for column in some:
            name, text = quoted(column.name), column.cast.kind == "text"
            expressions += [
                f"count({name})",
                f"approx_count_distinct({name})",
                f"cast(min({name}) as varchar)",
                f"cast(max({name}) as varchar)",
                f"min(length({name}))" if text else "0",
                f"max(length({name}))" if text else "0",
            ]
        values = scratch.rows(f"select {', '.join(expressions)} from {quoted(table)}")[0]
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
                stats = _counted(scratch, table, column, stats, number(filled))
                stats = _shaped(scratch, table, column, stats, rows)
            by_column[column.name] = stats
    return by_column


def _counted(
    scratch: ScratchDatabase, table: str, column: Column, stats: Stats, filled: int
) -> Stats:
    """With the values of a small set, or the exact number of values where it may matter."""
    name, rows = quoted(column.name), quoted(table)
    if stats.distinct <= CLOSED and stats.longest <= 200:
        values = scratch.rows(
            f"select cast({name} as varchar), count(*) from {rows} "
            f"where {name} is not null group by 1 order by 2 desc, 1 limit {2 * CLOSED}"
        )
        if len(values) < 2 * CLOSED:
            counts = tuple((str(v), number(n)) for v, n in values)
            return replace(stats, distinct=len(counts), exact=True, counts=counts)
    if stats.distinct <= COUNTED or stats.distinct * 100 >= filled * 85:
        distinct = scratch.count(f"select count(distinct {name}) from {rows}")
        return replace(stats, distinct=distinct, exact=True)
    return stats


def _shaped(scratch: ScratchDatabase, table: str, column: Column, stats: Stats, rows: int) -> Stats:
    """With the shapes of codes: of all values, or of those in a part of a long column."""
    if column.cast.kind != "text" or column.personal or stats.longest > 60:
        return stats
    few = stats.exact and stats.distinct <= FEW
    part = quoted(table) if few else part_of(quoted(table), rows, sql.ROW)
    if stats.shortest == stats.longest:
        return replace(stats, shapes=scratch.shapes(part, quoted(column.name), ""))
    return replace(stats, runs=scratch.shapes(part, quoted(column.name), "+"))
