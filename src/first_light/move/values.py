"""Causes that the values themselves show: every row that differs does so in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from first_light.move.columns import compared_type
from first_light.move.result import Cause, Place
from first_light.move.rows import Rows
from first_light.utils.sql_names import quoted


@dataclass(frozen=True)
class Pattern:
    """A way in which two values differ.

    Attributes:
        name: how it is called.
        meaning: how the values differ.
        change: what to write, so that they do not.
        condition: SQL for it, with the values b and h.
        is_one_to_one: whether each value must also stand for the same one everywhere.
    """

    name: str
    meaning: str
    change: str
    condition: str
    is_one_to_one: bool = False


_HASH = "'[0-9a-f]{32}([0-9a-f]{8}|[0-9a-f]{32})?'"  # MD5, SHA-1, SHA-256
_ONE_TO_ONE = "(count(distinct b) = count(distinct (b, h)) and count(distinct h) = "
_ONE_TO_ONE += "count(distinct (b, h)))"
_QUARTER = "abs(date_diff('second', b, h)) % 900 = 0 and abs(date_diff('second', b, h)) <= 50400"
PATTERNS = {
    "DOUBLE": (
        Pattern(
            "order of summation",
            "no more than a millionth apart",
            "sum decimals, not doubles: sum(cast(a as decimal(38, 6)))",
            "abs(b - h) <= 1e-6 * greatest(abs(b), abs(h))",
        ),
    ),
    "TIMESTAMP": (
        Pattern(
            "precision of times",
            "equal when cut to milliseconds or seconds",
            "cut the time in the model: {{ dbt.date_trunc('second', 'a') }}",
            "date_trunc('second', b) = date_trunc('second', h)",
        ),
        Pattern(
            "time zones",
            "whole quarters of an hour apart",
            "convert times in the model, with business_date() or {{ dbt.convert_timezone(…) }}; "
            "let sessions run in UTC",
            _QUARTER,
        ),
    ),
    "VARCHAR": (
        Pattern(
            "blanks at the end",
            "equal without blanks at the end",
            "remove them in staging: trim(a)",
            "rtrim(b) = rtrim(h)",
        ),
        Pattern(
            "empty texts and nulls",
            "empty on one side, null on the other",
            "make them one in staging: nullif(a, '')",
            "coalesce(b, '') = coalesce(h, '')",
        ),
        Pattern(
            "forms of Unicode",
            "equal in the composed form of Unicode",
            "normalise texts before they are loaded into raw",
            "nfc_normalize(b) = nfc_normalize(h)",
        ),
        Pattern(
            "case of letters",
            "equal in lower case",
            "write texts in one case in staging: lower(a)",
            "lower(b) = lower(h)",
        ),
        Pattern(
            "hashes of texts",
            "hashes, each of one on the other side: they were made of a text that each side "
            "writes differently, such as a time",
            "write times in a form of your own before they are hashed; what dbt's snapshots make "
            "needs no change",
            f"regexp_full_match(b, {_HASH}) and regexp_full_match(h, {_HASH}) "
            "and length(b) = length(h)",
            is_one_to_one=True,
        ),
    ),
}


def causes_in_values(
    rows: Rows, unique_id: str, key: Sequence[str], column: str, place: Place
) -> tuple[Cause, ...]:
    """The pattern that all rows follow in which a column differs; they are matched by a key.

    `rows.compare` must have compared this node last.
    """
    kinds = [
        compared_type(before.type, after.type)
        for before, after in rows.pairs(unique_id)
        if before.name.lower() == column.lower()
    ]
    patterns = PATTERNS.get(kinds[0], ()) if kinds and key else ()
    if not patterns:
        return ()
    on = " and ".join(f"x.{quoted(name)} = y.{quoted(name)}" for name in key)
    counts = ", ".join(
        f"count(*) filter (where {p.condition}) * cast({_ONE_TO_ONE if p.is_one_to_one else 1} "
        "as integer)"
        for p in patterns
    )
    name = quoted(column)
    ((total, *matching),) = rows.connection.execute(
        f"select count(*), {counts} from (select x.{name} as b, y.{name} as h "
        f"from memory.main.compared_0 as x inner join memory.main.compared_1 as y on {on}) "
        "where b is distinct from h"
    ).fetchall()
    return tuple(
        Cause(p.name, f"all {total} values are {p.meaning}", p.change, (place,))
        for p, count in zip(patterns, matching)
        if total and count == total
    )[:1]
