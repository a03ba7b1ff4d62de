"""Arithmetic that holds on all rows: subtotal + tax = total, quantity × price = amount.

Found on some rows in Python, with exact decimals, then proven on all rows in SQL. What holds for
another reason counts for nothing: constant columns, addends that are mostly zero, factors of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from first_light.inference import names, star
from first_light.inference.values import Column, Key, Table, Test

ROWS = 30
"""Rows with all values that an identity needs at least."""

COLUMNS = 14
"""Columns that are tried, at most."""

_CERTAIN, _ALLOWED = 200, 3
"""Rows from which each exception is an error; with fewer, more exceptions than are allowed.

As many rows again bring three exceptions at most, at 95 %, where there was none (rule of three).
"""

_TELLING = 0.2
"""The share of rows in which each part must matter: no addend is 0, no factor 0 or 1."""

Row = Sequence[Decimal | None]


@dataclass(frozen=True)
class Identity:
    """Parts whose sum, or product, is another column.

    Attributes:
        parts: columns that are added, or the two that are multiplied.
        result: the column that they make.
        is_product: whether they are multiplied.
        scale: decimals of the result; a product is rounded to it.
        is_whole: whether all parts are integers, whose product may be beyond their type.
    """

    parts: tuple[str, ...]
    result: str
    is_product: bool
    scale: int
    is_whole: bool = False


def candidates(table: Table, key: Key | None, refers: set[str]) -> list[Column]:
    """Columns with exact numbers that are measured, and differ."""
    return [
        c
        for c in star.measures(table, key, refers)
        if c.cast.kind in {"integer", "decimal"} and c.stats.distinct >= 3
    ][:COLUMNS]


def found(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[Identity]:
    """Identities that hold on some rows, sums of few parts first; one for each result.

    Args:
        columns: see `candidates`.
        rows: their values in some rows.
    """
    made: set[str] = set()
    used: list[set[str]] = []
    for size in (2, 3, 4):
        for parts in combinations(range(len(columns)), size):
            for result in range(len(columns)):
                several = {columns[at].name for at in (*parts, result)}
                if result in parts or columns[result].name in made:
                    continue
                # a + b = c and c + d = e say all that a + b + d = e does
                if any(known <= several for known in used):
                    continue
                is_sum = _holds(rows, parts, result, None)
                scale = _scale(columns[result])
                if is_sum or (size == 2 and _holds(rows, parts, result, scale)):
                    made.add(columns[result].name)
                    used.append(several)
                    names = tuple(columns[at].name for at in parts)
                    is_whole = all(columns[at].cast.kind == "integer" for at in parts)
                    yield Identity(names, columns[result].name, not is_sum, scale, is_whole)


def _holds(rows: Sequence[Row], parts: tuple[int, ...], result: int, scale: int | None) -> bool:
    """Whether parts add up to the result in all rows; with a scale, their rounded product."""
    complete = matters = 0
    half = Decimal(5).scaleb(-(scale or 0) - 1)
    for row in rows:
        values = [value for at in parts if (value := row[at]) is not None]
        total = row[result]
        if len(values) < len(parts) or total is None:
            continue
        complete += 1
        if scale is None:
            if sum(values) != total:
                return False
            matters += all(value != 0 for value in values)
        else:
            if abs(values[0] * values[1] - total) > half:
                return False
            matters += all(value not in (0, 1) for value in values)
    return complete >= ROWS and matters >= _TELLING * complete


def _scale(column: Column) -> int:
    inside = column.cast.type.partition("(")[2].rstrip(")")
    return int(inside.partition(",")[2].strip() or 0) if inside else 0


def expression(identity: Identity, called: Mapping[str, str] | None = None) -> str:
    """The identity in SQL, for DuckDB and PostgreSQL.

    Args:
        identity: the identity.
        called: what columns are called, where that is not how they were profiled.
    """
    names = [(called or {}).get(name, name) for name in (*identity.parts, identity.result)]
    *parts, result = names
    if identity.is_whole:
        parts[0] = f"cast({parts[0]} as decimal(38, 0))"
    if not identity.is_product:
        return f"{' + '.join(parts)} = {result}"
    half = Decimal(5).scaleb(-identity.scale - 1)
    return f"abs({' * '.join(parts)} - {result}) <= {half:f}"


def test(identity: Identity, table: Table, called: Mapping[str, str]) -> Test:
    """The data test of an identity that holds on all rows.

    Args:
        identity: the identity.
        table: the table; of few rows, a few exceptions are only a warning.
        called: what columns are called in the model.
    """
    evidence = f"holds in all of {table.rows:,} rows"
    allowed = 0 if table.rows >= _CERTAIN else _ALLOWED
    arguments: dict[str, str | int | list[str]] = {"expression": expression(identity, called)}
    return Test("expression_is_true", "", "error", evidence, arguments, allowed)


def meaning(identity: Identity, called: Mapping[str, str]) -> str:
    """The description of the result, without a full stop."""
    parts = [names.plain(called.get(name, name)) for name in identity.parts]
    listed = f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"Product of {listed}" if identity.is_product else f"Sum of {listed}"
