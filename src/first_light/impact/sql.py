"""The SQL that compares two tables: one join however many columns, one pass a table for figures.

Every function returns text for DuckDB; a relation is the quoted name of a table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from first_light.impact.tables import Field, families
from first_light.utils.sql_names import quoted

# Floating point sums depend on the order in which threads add; nine digits are what they promise.
_DIGITS = 1e-9
# Counting distinct values exactly costs more than all the rest, so only small tables get it.
EXACT_ROWS = 200_000


def describe(relation: str) -> str:
    """Name and type of each column, in order."""
    return f"select column_name, column_type from (describe select * from {relation})"


def key_check(relation: str, key: Sequence[str]) -> str:
    """One row: rows, rows with a whole key, different keys."""
    columns = ", ".join(map(quoted, key))
    is_complete = " and ".join(f"{quoted(name)} is not null" for name in key)
    counted = columns if len(key) == 1 else f"({columns})"
    return (
        f"select count(*), count(*) filter (where {is_complete}), count(distinct {counted}) "
        f"from {relation}"
    )


def repeated_keys(relation: str, key: Sequence[str]) -> str:
    """One row: how many keys stand in more than one row."""
    columns = ", ".join(map(quoted, key))
    return f"select count(*) from (select 1 from {relation} group by {columns} having count(*) > 1)"


def compare_by_key(
    base: str,
    head: str,
    key: Sequence[tuple[Field, Field]],
    columns: Sequence[tuple[Field, Field]],
    examples: int,
) -> str:
    """One row: removed, added and changed rows, keys of some removed and added ones, then for each
    column the rows in which it differs and the keys of some of these.

    Args:
        base, head: the relations.
        key: unique on both sides, never null; as each side types it.
        columns: the other columns that both sides have, as each side types them.
        examples: how many keys to give at most.
    """
    sides = [_comparable(b, h) for b, h in key]
    on = " and ".join(f"{b} = {h}" for b, h in sides)
    keys = ", ".join(f"coalesce({b}, {h}) as k{i}" for i, (b, h) in enumerate(sides))
    flags = ", ".join(f"{_differs(b, h)} as d{i}" for i, (b, h) in enumerate(columns))
    packed = _packed([f"k{i}" for i in range(len(key))])
    any_flag = " or ".join(f"d{i}" for i in range(len(columns))) or "false"
    selected = [
        "count(*) filter (where gone)",
        "count(*) filter (where fresh)",
        f"count(*) filter (where not gone and not fresh and ({any_flag}))",
        f"min({packed}, {examples}) filter (where gone)",
        f"min({packed}, {examples}) filter (where fresh)",
    ]
    for i in range(len(columns)):
        selected.append(f"count(*) filter (where not gone and not fresh and d{i})")
        selected.append(f"min({packed}, {examples}) filter (where not gone and not fresh and d{i})")
    return (
        f"select {', '.join(selected)} from (select {keys}, h.in_head is null as gone, "
        f"b.in_base is null as fresh{', ' if flags else ''}{flags} "
        f"from (select *, true as in_base from {base}) as b "
        f"full join (select *, true as in_head from {head}) as h on {on})"
    )


def rows_by_key(relation: str, key: Sequence[str], columns: Sequence[str], count: int) -> str:
    """`many` rows by their keys, given as parameters; all as text, the key columns first."""
    names = ", ".join(f"cast({quoted(name)} as varchar)" for name in (*key, *columns))
    on = " and ".join(f"{quoted(name)} = ?" for name in key)
    condition = " or ".join([f"({on})"] * count)
    order = ", ".join(map(quoted, key))
    return f"select {names} from {relation} where {condition} order by {order}"


def compare_whole_rows(base: str, head: str, columns: Sequence[tuple[Field, Field]]) -> str:
    """One row: whole rows that only base has, and those that only head has, counted as often as
    they occur."""
    left, right = _row_values(columns)
    return (
        "select coalesce(sum(-n) filter (where n < 0), 0), coalesce(sum(n) filter (where n > 0), 0)"
        f" from (select sum(n) as n from (select hash({left}) as row_hash, -1 as n from {base}"
        f" union all select hash({right}), 1 from {head}) group by row_hash)"
    )


def some_whole_rows(
    base: str, head: str, columns: Sequence[tuple[Field, Field]], sign: int, limit: int
) -> str:
    """A few rows, as text, that only one side has: head's for sign 1, base's for sign -1."""
    names = [quoted(h.name if sign > 0 else b.name) for b, h in columns]
    left, right = _row_values(columns)
    own_values, other_values = (right, left) if sign > 0 else (left, right)
    own_table, other_table = (head, base) if sign > 0 else (base, head)
    shown = ", ".join(f"cast({name} as varchar)" for name in names)
    return (
        f"select {shown} from {own_table} where hash({own_values}) not in "
        f"(select hash({other_values}) from {other_table}) "
        f"order by {', '.join(names)} limit {limit}"
    )


def fingerprints(relation: str, fields: Sequence[Field], as_text: Iterable[bool]) -> str:
    """One row: for each column a number that does not depend on the order of rows."""
    values = (_value(quoted(field.name), field.type, text) for field, text in zip(fields, as_text))
    return f"select {', '.join(f'sum(hash({value}))' for value in values)} from {relation}"


def figures(
    relation: str, fields: Sequence[Field], distinct_of: Collection[str], *, exact: bool
) -> str:
    """One row: for each column nulls, distinct values, minimum, maximum and, of numbers, the sum.

    Distinct values are counted only for the columns in `distinct_of`: that costs most.
    """
    selected = []
    for field in fields:
        name = quoted(field.name)
        distinct = f"count(distinct {name})" if exact else f"approx_count_distinct({name})"
        if field.name not in distinct_of:
            distinct = "null"
        total = f"sum({name})" if families(field.type) == "number" else "null"
        selected.append(
            f"count(*) - count({name}), {distinct}, cast(min({name}) as varchar), "
            f"cast(max({name}) as varchar), cast({total} as varchar)"
        )
    return f"select {', '.join(selected)} from {relation}"


def _packed(names: Sequence[str]) -> str:
    """The key as one value that `min` can order; a lone column stays as it is, which is faster."""
    return names[0] if len(names) == 1 else f"row({', '.join(names)})"


def _differs(base: Field, head: Field) -> str:
    b, h = _comparable(base, head)
    if families(base.type) == families(head.type) and (_floating(base) or _floating(head)):
        far = f"abs({b} - {h}) > {_DIGITS} * greatest(abs({b}), abs({h}))"
        return f"({b} is distinct from {h} and coalesce({far}, true))"
    return f"({b} is distinct from {h})"


def _comparable(base: Field, head: Field) -> tuple[str, str]:
    """One column on both sides of the join, as text where the types have nothing in common."""
    b, h = f"b.{quoted(base.name)}", f"h.{quoted(head.name)}"
    if families(base.type) == families(head.type):
        return b, h
    return f"cast({b} as varchar)", f"cast({h} as varchar)"


def _row_values(columns: Sequence[tuple[Field, Field]]) -> tuple[str, str]:
    left, right = [], []
    for b, h in columns:
        # The same value hashes the same only in the same type.
        text = b.type != h.type
        left.append(_value(quoted(b.name), b.type, text))
        right.append(_value(quoted(h.name), h.type, text))
    return ", ".join(left) or "1", ", ".join(right) or "1"


def _value(name: str, type_: str, text: bool) -> str:
    if _floating(Field("", type_)):
        name = f"printf('%.9g', {name})"
    return f"cast({name} as varchar)" if text else name


def _floating(field: Field) -> bool:
    return field.type.upper() in ("FLOAT", "DOUBLE", "REAL")
