"""What differs between two renderings of a board, in numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from first_light.boards.blocks import Block, Chart, Numbers, Table, Value
from first_light.boards.fields import place_fields, used_fields
from first_light.boards.results import Results
from first_light.dbt.engine import QueryResult
from first_light.utils.formats import change, formatted, number
from first_light.utils.number_changes import rounded, sole_cause, transition

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
DRAWN_OTHERWISE = "it is drawn in another way"
# The total of such a column says nothing.
_NO_TOTAL = re.compile(
    r"(^|_)(percent|pct|share|rate|ratio|avg|average|mean|median|price|per)(_|$)"
)


@dataclass(frozen=True)
class BlockChange:
    """A chart, a table or numbers that readers would see otherwise.

    Attributes:
        title: the block's.
        kind: added, removed or changed.
        sentences: how, the numbers first.
        before: the block on the base side; None if there is none.
        after: the block on this branch; None if there is none.
    """

    title: str
    kind: str
    sentences: tuple[str, ...]
    before: Block | None = None
    after: Block | None = None


def changes(before: Results | None, after: Results | None) -> tuple[BlockChange, ...]:
    """The blocks that differ, in the order of this branch; a text is not compared, its values are.

    Args:
        before: the board on the base side; None if it is new.
        after: the board on this branch; None if it is removed.
    """
    old, new = _blocks(before), _blocks(after)
    found = []
    for label, block in new.items():
        was = old.get(label)
        if was is None or before is None or after is None:
            found.append(BlockChange(label, ADDED, (), None, block))
        elif sentences := _sentences(was, before, block, after):
            found.append(BlockChange(label, CHANGED, tuple(sentences), was, block))
    found += [
        BlockChange(label, REMOVED, (), block, None)
        for label, block in old.items()
        if label not in new
    ]
    if before and after and (sentences := _text_sentences(before, after)):
        found.insert(0, BlockChange("Text", CHANGED, tuple(sentences)))
    return tuple(found)


def _blocks(results: Results | None) -> dict[str, Block]:
    """The blocks by title; numbers by their labels."""
    named: dict[str, Block] = {}
    for block in results.board.blocks.values() if results else ():
        title = (
            ", ".join(figure.label for figure in block.figures)
            if isinstance(block, Numbers)
            else block.title
        )
        label, n = title, 2
        while label in named:
            label, n = f"{title} ({n})", n + 1
        named[label] = block
    return named


def _sentences(was: Block, before: Results, block: Block, after: Results) -> list[str]:
    if type(was) is not type(block):
        return ["is of another kind"]
    if isinstance(block, Numbers) or isinstance(was, Numbers):
        assert isinstance(block, Numbers)
        assert isinstance(was, Numbers)
        old = {figure.label: figure for figure in was.figures}
        return [
            f"{figure.label}: {sentence}"
            for figure in block.figures
            if figure.label in old
            and (
                sentence := _value_change(
                    before, old[figure.label].value, after, figure.value, figure.unit
                )
            )
        ]
    rows_before, rows_after = before.rows.get(was.query), after.rows.get(block.query)
    if rows_before is None or rows_after is None:
        if rows_before is rows_after:
            return []
        return [
            f"the query {block.query} fails on {'base' if rows_before is None else 'this branch'}"
        ]
    wanted = None
    if isinstance(block, Chart) and "transform" not in block.spec:
        choice = after.filter_of(block)
        wanted = used_fields(block.spec) | ({choice.column} if choice else set())
    places = place_fields(block.spec) if isinstance(block, Chart) else set()
    sentences = _row_changes(_part(rows_before, wanted), _part(rows_after, wanted), places)
    if isinstance(block, Chart) and isinstance(was, Chart) and was.spec != block.spec:
        sentences.append(DRAWN_OTHERWISE)
    elif isinstance(block, Chart | Table) and isinstance(was, Chart | Table):
        is_same = before.filter_of(was) == after.filter_of(block)
        sentences += [] if is_same else [DRAWN_OTHERWISE]
    return sentences


def _part(result: QueryResult, wanted: set[str] | None) -> QueryResult:
    """The columns that a chart reads."""
    at = [i for i, name in enumerate(result.columns) if wanted is None or name in wanted]
    return QueryResult(
        [result.columns[i] for i in at], [tuple(r[i] for i in at) for r in result.rows]
    )


def _row_changes(before: QueryResult, after: QueryResult, places: Collection[str]) -> list[str]:
    """How the rows differ; `places` are numbers that say where a row is, not how much."""
    sentences = []
    if gone := [name for name in before.columns if name not in after.columns]:
        sentences.append(f"without the column {', '.join(gone)}")
    if added := [name for name in after.columns if name not in before.columns]:
        sentences.append(f"with the column {', '.join(added)}")
    common = [name for name in after.columns if name in before.columns]
    numeric = [name for name in common if _is_numeric(before, name) and _is_numeric(after, name)]
    keys = [name for name in common if name not in numeric or name in places]
    if not keys and len(common) > 1 and _is_unique(before, common[0]):
        keys = common[:1]
    numeric = [name for name in numeric if name not in keys]
    old, new = _keyed(before, keys), _keyed(after, keys)
    lost, gained = len(old.keys() - new.keys()), len(new.keys() - old.keys())
    if lost or gained:
        parts = [
            f"{count:,} {word}" for count, word in ((gained, "added"), (lost, "removed")) if count
        ]
        sentences.append(f"rows: {len(before.rows):,} → {len(after.rows):,} ({', '.join(parts)})")
    for name in numeric:
        if sentence := _column_change(name, keys, old, new):
            sentences.append(sentence)
    return sentences


def _column_change(
    name: str,
    keys: Sequence[str],
    old: Mapping[tuple[Any, ...], dict[str, list[float | None]]],
    new: Mapping[tuple[Any, ...], dict[str, list[float | None]]],
) -> str:
    places = [key for key in {**old, **new} if _of(old, key, name) != _of(new, key, name)]
    if not places:
        return ""
    values_before = [v for key in old for v in _of(old, key, name) if v is not None]
    values_after = [v for key in new for v in _of(new, key, name) if v is not None]
    if _NO_TOTAL.search(name):
        word = " on average"
        was = sum(values_before) / len(values_before) if values_before else 0.0
        now = sum(values_after) / len(values_after) if values_after else 0.0
    else:
        word, was, now = " in total", sum(values_before), sum(values_after)
    count = f"{len(places):,} of {len({**old, **new}):,} rows differ"
    sentence = f"{name}: {transition(was, now)}{word}; {count}"
    cause = "" if _NO_TOTAL.search(name) else _cause(keys, places, old, new)
    return f"{sentence}{cause}"


def _cause(
    keys: Sequence[str],
    places: Sequence[tuple[Any, ...]],
    old: Mapping[tuple[Any, ...], dict[str, list[float | None]]],
    new: Mapping[tuple[Any, ...], dict[str, list[float | None]]],
) -> str:
    """The one value of a column in whose rows all of the change lies; empty if there is none."""
    for i, key in enumerate(keys):
        every = {place[i] for place in {**old, **new}}
        moved = {place[i] for place in places}
        if cause := sole_cause(key, moved, every):
            return f"; {cause}"
    return ""


def _keyed(
    result: QueryResult, keys: Sequence[str]
) -> dict[tuple[Any, ...], dict[str, list[float | None]]]:
    """The numbers of a result by what identifies a row, as far as its other columns do."""
    at = {name: i for i, name in enumerate(result.columns)}
    rows: dict[tuple[Any, ...], dict[str, list[float | None]]] = {}
    for row in result.rows:
        place = tuple(str(row[at[key]]) for key in keys)
        entry = rows.setdefault(place, defaultdict(list))
        for name, i in at.items():
            if name not in keys:
                entry[name].append(rounded(number(row[i])))
    return rows


def _of(
    rows: Mapping[tuple[Any, ...], dict[str, list[float | None]]],
    key: tuple[Any, ...],
    name: str,
) -> list[float | None]:
    return rows[key].get(name, []) if key in rows else []


def _is_numeric(result: QueryResult, name: str) -> bool:
    at = result.columns.index(name)
    values = [row[at] for row in result.rows if row[at] is not None]
    return all(number(value) is not None for value in values)


def _is_unique(result: QueryResult, name: str) -> bool:
    at = result.columns.index(name)
    return len({row[at] for row in result.rows}) == len(result.rows) > 1


def _text_sentences(before: Results, after: Results) -> list[str]:
    old = {(value.query, value.column): value for value, _ in before.board.values}
    sentences = {
        f"{value.query}.{value.column}: {sentence}": None
        for value, _ in after.board.values
        if (was := old.get((value.query, value.column)))
        and (sentence := _value_change(before, was, after, value, ""))
    }
    return list(sentences)


def _value_change(before: Results, was: Value, after: Results, value: Value, unit: str) -> str:
    old, new = before.value(was), after.value(value)
    first, second = number(old), number(new)
    if first is not None and second is not None:
        if rounded(first) == rounded(second):
            return ""
        texts = formatted(old, was.format), formatted(new, value.format)
        if texts[0] == texts[1]:
            texts = formatted(old), formatted(new)
        return f"{texts[0]} → {texts[1]}{' ' if unit else ''}{unit} ({change(first, second)})"
    return "" if old == new else f"{formatted(old)} → {formatted(new)}"
