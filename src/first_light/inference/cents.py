"""Amounts that may be cents: whole numbers where money has decimals. An open question, no more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from first_light.inference import names
from first_light.inference.profile import ScratchDatabase
from first_light.inference.values import Doubt, Table
from first_light.utils.sql_names import quoted

_MONEY = re.compile(
    r"(^|_)(price|amount|amt|total|subtotal|cost|fee|tax|paid|payment|fare|refund|revenue|charge|"
    r"preis|betrag|summe|prix|montant|precio|importe|bedrag)(_|$)"
)
_NO_MONEY = re.compile(
    r"(^|_)(count|number|no|points|score|votes|rate|pct|percent|cents?|pence|ct|minor|units?)(_|$)"
)
_LEAST, _MOST = 100, 10_000_000
"""The largest amount of a column is between: a dollar in cents, and more than most things cost."""


def may_be_cents(scratch: ScratchDatabase, table: Table) -> Iterator[Doubt]:
    """One open question about a table all of whose amounts are whole numbers.

    Args:
        scratch: has the typed rows of the table.
        table: the table with its statistics.
    """
    amounts = [
        c
        for c in table.columns
        if c.cast.kind in {"integer", "decimal", "double"}
        and not c.personal
        and c.stats.distinct > 0
        and _MONEY.search(c.name)
        and not _NO_MONEY.search(c.name)
        and not names.identifies(c.name)
    ]
    sizes = [abs(float(c.stats.high or 0)) for c in amounts]
    if not amounts or not any(_LEAST <= size < _MOST for size in sizes):
        return
    are_whole = " and ".join(
        f"coalesce(bool_and({quoted(c.name)} = trunc({quoted(c.name)})), true)" for c in amounts
    )
    ((is_whole,),) = scratch.rows(f"select {are_whole} from {quoted(f'stg {table.name}')}")
    if not is_whole:
        return
    if len(amounts) == 1:
        why = "whole numbers where money is expected, which may be cents: kept as they are"
        yield Doubt(table.name, amounts[0].name, why)
        return
    listed = ", ".join(c.name for c in amounts[:-1]) + f" and {amounts[-1].name}"
    why = f"{listed} are whole numbers, which may be cents: kept as they are"
    yield Doubt(table.name, "", why)
