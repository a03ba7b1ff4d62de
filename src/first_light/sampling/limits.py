"""How many rows of each table fit into the sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from first_light.dbt.source_plan import connected
from first_light.sampling.choose import Chooser

_LISTED = 5  # tables that a note names
_SMALL_SHARE = 4  # a table below a fourth of its share makes no room for others


def narrowed(
    limits: Mapping[str, int],
    sizes: Mapping[str, int],
    chooser: Chooser,
    max_bytes: int,
    attempt: int,
) -> dict[str, int]:
    """Reduce the rows of tables above their share; of large ones and theirs if that is not enough.

    The share is the largest for which all tables fit into nine tenths of the maximum.

    Args:
        limits: the rows of each table that were asked for.
        sizes: the bytes that these took.
        chooser: what chose them.
        max_bytes: the limit for all files together.
        attempt: how often the limits were reduced before.
    """
    remaining, share = 0.9 * max_bytes, 0.0
    for index, size in enumerate(sorted(sizes.values())):
        share = remaining / (len(sizes) - index)
        if size > share:
            break
        remaining -= size
    large = {name for name, size in sizes.items() if size > share / _SMALL_SHARE}
    related = connected([table.plan for table in chooser.tables], large)
    fewer = {}
    for table in chooser.tables:
        name = table.plan.name
        limit = limits[name]
        if sizes[name] > share:
            limit = min(
                int(limit * 0.8), int(chooser.selection.chosen(table) * share / sizes[name])
            )
        if attempt >= 2 and name in related:
            limit = int(limit * 0.6)
        fewer[name] = max(limit, 1)
    return fewer


def reductions(
    limits: Mapping[str, int], rows: int, max_bytes: int, is_covered: bool
) -> Iterator[str]:
    """Sentences on tables of which the sample has fewer rows than it may have.

    Args:
        limits: the rows of each table that fitted.
        rows: approximate rows of the largest tables.
        max_bytes: the limit for all files together.
        is_covered: whether every value of small closed sets is in the sample.
    """
    reduced = [f"{name} {limit}" for name, limit in limits.items() if limit < rows]
    if reduced:
        more = f" and {len(reduced) - _LISTED} more tables" if len(reduced) > _LISTED else ""
        yield (
            f"About so many rows instead of {rows}, so that the sample stays under "
            f"{max_bytes // 1000} kB: {', '.join(reduced[:_LISTED])}{more}."
        )
    if not is_covered:
        yield "The rows are too wide to include every value of small closed sets in the sample."
