"""Compare two tables in DuckDB; what differs comes back as values."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from first_light.impact import sql
from first_light.impact.tables import ColumnDiff, Example, Field, RowExample, Stats, TableDiff
from first_light.warehouse.scratch import Connection

EXAMPLES = 3
_LONGEST = 80


def compare_tables(
    connection: Connection,
    base: str,
    head: str,
    keys: Sequence[Sequence[str]] = (),
    hidden: Collection[str] = (),
    ignored: Collection[str] = (),
) -> TableDiff:
    """What differs between a table before and after.

    Args:
        connection: sees both relations.
        base, head: the relations, quoted.
        keys: what should tell rows apart, best first; the first that does on both sides is taken.
        hidden: columns whose values never leave the warehouse.
        ignored: columns whose values are not compared.

    Raises:
        EngineError: a relation cannot be read.
    """
    old, new = _fields(connection, base), _fields(connection, head)
    hidden_names = {name.lower() for name in hidden}
    ignored_names = {name.lower() for name in ignored}
    by_name = {field.name.lower(): field for field in old}
    common = [(by_name[f.name.lower()], f) for f in new if f.name.lower() in by_name]
    compared = [(b, h) for b, h in common if h.name.lower() not in ignored_names]
    key, note, rows = _pick_key(connection, base, head, keys, {h.name.lower() for _, h in compared})
    rows_before, rows_after = rows
    if key:
        counted = _by_key(connection, base, head, key, compared, hidden_names)
    else:
        counted = _whole_rows(connection, base, head, compared, hidden_names)
    removed, added, changed, differs, removed_rows, added_rows = counted

    rows_moved = bool(removed or added)
    shown = [
        (b, h)
        for b, h in compared
        if h.name in differs or b.type != h.type or (rows_moved and key and h.name not in key)
    ]
    counted_of = {name for b, h in shown if h.name in differs for name in (b.name, h.name)}
    was = _figures(connection, base, [b for b, _ in shown], rows_before, hidden_names, counted_of)
    now = _figures(connection, head, [h for _, h in shown], rows_after, hidden_names, counted_of)
    # An extreme is the value of one row: where rows are people's, it is one person's.
    of_people = any(field.name.lower() in hidden_names for field in (*old, *new))
    shown_stats = _without_extremes if of_people else _as_they_are
    columns: list[ColumnDiff] = []
    for i, (b, h) in enumerate(shown):
        difference_count, examples = differs.get(h.name, (0 if key else None, ()))
        moved = was[i] != now[i] and rows_moved
        if h.name in differs or b.type != h.type or moved:
            is_hidden = h.name.lower() in hidden_names
            columns.append(
                ColumnDiff(
                    h.name, b.type, h.type, difference_count, h.name in differs or moved, is_hidden,
                    shown_stats(was[i]), shown_stats(now[i]), () if is_hidden else examples,
                )
            )  # fmt: skip
    new_names = {field.name.lower() for field in new}
    removed_fields = [field for field in old if field.name.lower() not in new_names]
    fresh = [field for field in new if field.name.lower() not in by_name]
    for side, fields, count in ((base, removed_fields, rows_before), (head, fresh, rows_after)):
        names = {field.name for field in fields}
        figures = _figures(connection, side, fields, count, hidden_names, names)
        for field, stats in zip(fields, map(shown_stats, figures)):
            is_hidden = field.name.lower() in hidden_names
            columns.append(
                ColumnDiff(field.name, field.type, "", None, True, is_hidden, stats, None)
                if fields is removed_fields
                else ColumnDiff(field.name, "", field.type, None, True, is_hidden, None, stats)
            )
    order = [b.name.lower() for b in old if b.name.lower() in new_names]
    return TableDiff(
        key, note, rows_before, rows_after, added, removed, changed,
        order != [h.name.lower() for _, h in common], tuple(columns),
        added_rows, removed_rows,
    )  # fmt: skip


_Counted = tuple[
    int,
    int,
    int,
    dict[str, tuple["int | None", tuple[Example, ...]]],
    tuple[RowExample, ...],
    tuple[RowExample, ...],
]


def _by_key(
    connection: Connection,
    base: str,
    head: str,
    key: tuple[str, ...],
    compared: list[tuple[Field, Field]],
    hidden: set[str],
) -> _Counted:
    names = {name.lower() for name in key}
    other_columns = [(b, h) for b, h in compared if h.name.lower() not in names]
    by_name = {h.name.lower(): (b, h) for b, h in compared}
    typed = [by_name[name.lower()] for name in key]
    row = _first_row(connection, sql.compare_by_key(base, head, typed, other_columns, EXAMPLES))
    removed, added, changed, gone_keys, fresh_keys, *columns = row
    differences = {
        h.name: (columns[2 * i], columns[2 * i + 1]) for i, (_, h) in enumerate(other_columns)
    }
    differing = {name: keys_ for name, (count, keys_) in differences.items() if count}
    example_keys = list({_tuple(k): None for keys_ in differing.values() for k in keys_ or ()})
    show = [
        h.name for _, h in other_columns if h.name in differing and h.name.lower() not in hidden
    ]
    before = _values(connection, base, key, show, example_keys, hidden)
    after = _values(connection, head, key, show, example_keys, hidden)
    differs: dict[str, tuple[int | None, tuple[Example, ...]]] = {}
    for name, keys_ in differing.items():
        examples = tuple(
            Example(
                _value_text(key, k, hidden),
                before[_tuple(k)].get(name),
                after[_tuple(k)].get(name),
            )
            for k in (keys_ or ())
            if name in show and _tuple(k) in before and _tuple(k) in after
        )
        differs[name] = (differences[name][0], examples)
    visible = [h.name for _, h in other_columns if h.name.lower() not in hidden]
    return (
        removed,
        added,
        changed,
        differs,
        _row_examples(connection, base, key, visible, gone_keys, hidden),
        _row_examples(connection, head, key, visible, fresh_keys, hidden),
    )


def _whole_rows(
    connection: Connection,
    base: str,
    head: str,
    compared: list[tuple[Field, Field]],
    hidden: set[str],
) -> _Counted:
    removed, added = map(int, _first_row(connection, sql.compare_whole_rows(base, head, compared)))
    if not (removed or added):
        return 0, 0, 0, {}, (), ()
    text = [b.type != h.type for b, h in compared]
    old = _first_row(connection, sql.fingerprints(base, [b for b, _ in compared], text))
    new = _first_row(connection, sql.fingerprints(head, [h for _, h in compared], text))
    differs: dict[str, tuple[int | None, tuple[Example, ...]]] = {
        h.name: (None, ()) for (_, h), x, y in zip(compared, old, new) if x != y
    }
    shown = [h.name for _, h in compared]
    examples = []
    for sign in (-1, 1):
        rows = connection.execute(
            sql.some_whole_rows(base, head, compared, sign, EXAMPLES)
        ).fetchall()
        examples.append(
            tuple(
                RowExample(
                    tuple(
                        (name, _short(value))
                        for name, value in zip(shown, row)
                        if name.lower() not in hidden
                    )
                )
                for row in rows
            )
        )
    return removed, added, 0, differs, examples[0], examples[1]


def _pick_key(
    connection: Connection,
    base: str,
    head: str,
    keys: Sequence[Sequence[str]],
    common: set[str],
) -> tuple[tuple[str, ...], str, tuple[int, int]]:
    """The first key that tells rows apart on both sides, why an earlier one does not, the rows."""
    note = ""
    for key in keys:
        if not key or not all(name.lower() in common for name in key):
            continue
        sides: list[int] = []
        for relation, side in ((base, "before"), (head, "after")):
            rows, complete, distinct = _first_row(connection, sql.key_check(relation, key))
            if complete != rows:
                note = note or f"{', '.join(key)} is empty in {rows - complete} rows {side}"
            elif distinct != rows:
                repeated = _first_row(connection, sql.repeated_keys(relation, key))[0]
                note = note or (
                    f"{', '.join(key)} does not tell rows apart {side}: "
                    f"{repeated} values stand in {rows - distinct + repeated} rows"
                )
            else:
                sides.append(rows)
        if len(sides) == 2:
            return tuple(key), note, (sides[0], sides[1])
    counts = [_first_row(connection, f"select count(*) from {side}")[0] for side in (base, head)]
    return (), note, (counts[0], counts[1])


def _fields(connection: Connection, relation: str) -> list[Field]:
    return [Field(*row) for row in connection.execute(sql.describe(relation)).fetchall()]


def _figures(
    connection: Connection,
    relation: str,
    fields: Sequence[Field],
    rows: int,
    hidden: set[str],
    distinct_of: set[str],
) -> list[Stats]:
    if not fields:
        return []
    exact = rows <= sql.EXACT_ROWS
    row = _first_row(connection, sql.figures(relation, fields, distinct_of, exact=exact))
    statistics_ = []
    for i, field in enumerate(fields):
        nulls, distinct, minimum, maximum, total = row[5 * i : 5 * i + 5]
        if field.name.lower() in hidden:
            minimum = maximum = total = None
        low, high, total = (_short(value) or "" for value in (minimum, maximum, total))
        statistics_.append(Stats(nulls, distinct, low, high, total, rounded=not exact))
    return statistics_


def _without_extremes(stats: Stats) -> Stats:
    return replace(stats, minimum="", maximum="")


def _as_they_are(stats: Stats) -> Stats:
    return stats


def _values(
    connection: Connection,
    relation: str,
    key: tuple[str, ...],
    columns: Sequence[str],
    keys: Sequence[tuple[Any, ...]],
    hidden: set[str],
) -> dict[tuple[Any, ...], dict[str, str | None]]:
    """The values of some rows, as text, by the rows' keys."""
    if not keys or not columns:
        return {}
    keys_by_text: dict[tuple[str, ...], tuple[Any, ...]] = {}
    for k in keys:
        text = connection.execute(
            f"select {', '.join(['cast(? as varchar)'] * len(k))}", list(k)
        ).fetchone()
        keys_by_text[tuple(text or ())] = k
    query = sql.rows_by_key(relation, key, columns, len(keys))
    rows = connection.execute(query, [part for k in keys for part in k]).fetchall()
    values_ = {}
    for row in rows:
        if (at := keys_by_text.get(tuple(row[: len(key)]))) is not None:
            values_[at] = dict(zip(columns, map(_short, row[len(key) :])))
    return values_


def _row_examples(
    connection: Connection,
    relation: str,
    key: tuple[str, ...],
    columns: Sequence[str],
    keys: Sequence[Any] | None,
    hidden: set[str],
) -> tuple[RowExample, ...]:
    if not keys:
        return ()
    keys_ = [_tuple(k) for k in keys]
    query = sql.rows_by_key(relation, key, columns, len(keys_))
    rows = connection.execute(query, [part for k in keys_ for part in k]).fetchall()
    names = (*key, *columns)
    return tuple(
        RowExample(
            tuple((n, _short(v)) for n, v in zip(names, row) if n.lower() not in hidden)
        )
        for row in rows
    )  # fmt: skip


def _value_text(key: tuple[str, ...], value: Any, hidden: set[str]) -> str:
    """A row's key for people; nothing of it when it is personal."""
    parts = [
        f"{name} hidden" if name.lower() in hidden else f"{name} {_short(str(part))}"
        for name, part in zip(key, _tuple(value))
    ]
    return ", ".join(parts)


def _tuple(key: Any) -> tuple[Any, ...]:
    """A key as DuckDB gives it: a lone value, or a row of several."""
    if isinstance(key, dict):
        return tuple(key.values())
    return key if isinstance(key, tuple) else (key,)


def _short(value: str | None) -> str | None:
    if value is None or len(value) <= _LONGEST:
        return value
    return value[: _LONGEST - 1] + "…"


def _first_row(connection: Connection, query: str) -> tuple[Any, ...]:
    rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
    return rows[0]
