"""A unit test that stops other SQL of a model: the fewest rows of the sample that show it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.unit_tests import Rows
from first_light.mutation.operators import Mutant
from first_light.mutation.scratch import Scratch
from first_light.warehouse.scratch import EngineError

_MOST_TRIALS = 300
_MOST_ROWS = 12
"""Rows that a reviewer still reads."""

Row = tuple[str, int]
"""An input by unique id, and the number of its row there."""


@dataclass(frozen=True)
class Heading:
    """What a drafted unit test is called, and what is said of it."""

    name: str
    description: str


def heading_of(node: Node, mutant: Mutant) -> Heading:
    """The heading of a draft that stops a mutant."""
    return Heading(
        f"{node.name}_{mutant.operator}_line_{mutant.line}",
        f"TODO: say what must hold here. It fails with: {change(mutant)}",
    )


def draft_unit_test(
    scratch: Scratch, manifest: Manifest, node: Node, other: str, heading: Heading
) -> str:
    """YAML of one entry of `unit_tests`; empty where few rows do not show the difference.

    Args:
        scratch: the product on its sample, unchanged.
        manifest: of the product.
        node: the model.
        other: SQL in its place, which alters what it holds on the sample.
        heading: of the draft.
    """
    inputs = [
        manifest.nodes[up]
        for up in node.depends_on
        if up in manifest.nodes and scratch.table(up) in scratch.query(node)
    ]
    if not inputs:
        return ""
    try:
        return _Draft(scratch, node, other, heading, inputs).text()
    except EngineError:  # rows that the model cannot read alone
        return ""


class _Draft:
    def __init__(
        self, scratch: Scratch, node: Node, other: str, heading: Heading, inputs: Sequence[Node]
    ) -> None:
        self._scratch, self._node, self._other, self._heading = scratch, node, other, heading
        self._inputs = {up.unique_id: up for up in inputs}
        self._types = {up: scratch.columns(scratch.table(up)) for up in self._inputs}
        self._sql = scratch.query(node)
        self._trials = 0

    def text(self) -> str:
        rows = [
            (up, number)
            for up in self._inputs
            for (number,) in self._scratch.connection.execute(
                f"select row_number() over () from {self._scratch.table(up)}"
            ).fetchall()
        ]
        kept = smallest(rows, self._shows)
        if len(kept) > _MOST_ROWS or not self._shows(kept):
            return ""
        given = self._given(kept)
        if any(isinstance(v, (list, dict)) for g in given.values() for r in g for v in r.values()):
            return ""
        given = self._without_idle_columns(given)
        expected = self._expected(given)
        if expected is None:
            return ""
        return _yaml(self._node, self._heading, self._inputs, given, expected)

    def _shows(self, kept: Sequence[Row]) -> bool:
        """Whether the other SQL gives another result on these rows alone."""
        self._trials += 1
        if self._trials > _MOST_TRIALS:
            return False
        pairs = []
        for sql in (self._sql, self._other):
            for up in self._inputs:
                sql = sql.replace(self._scratch.table(up), f"({self._rows(up, kept)})")
            pairs.append(f"({sql})")
        try:
            return self._scratch.differs(*pairs)
        except EngineError:
            return False

    def _rows(self, up: str, kept: Sequence[Row]) -> str:
        """A query for the kept rows of an input."""
        numbers = ", ".join(str(number) for name, number in kept if name == up) or "0"
        return (
            "select * exclude (row_) from (select *, row_number() over () as row_ "
            f"from {self._scratch.table(up)}) where row_ in ({numbers})"
        )

    def _given(self, kept: Sequence[Row]) -> dict[str, list[dict[str, Any]]]:
        given: dict[str, list[dict[str, Any]]] = {}
        for up in self._inputs:
            cursor = self._scratch.connection.execute(f"{self._rows(up, kept)} order by row_")
            names = [column[0] for column in cursor.description or ()]
            given[up] = [dict(zip(names, row)) for row in cursor.fetchall()]
        return given

    def _without_idle_columns(
        self, given: dict[str, list[dict[str, Any]]]
    ) -> dict[str, list[dict[str, Any]]]:
        """Columns that the difference does not need are left out: dbt gives nulls for them."""
        for up in list(given):
            for name in self._types[up]:
                fewer = {
                    **given,
                    up: [{k: v for k, v in row.items() if k != name} for row in given[up]],
                }
                if all(not row for row in fewer[up]) and given[up]:
                    continue
                if self._differs_on(fewer):
                    given = fewer
        return given

    def _queries(self, given: Mapping[str, list[dict[str, Any]]]) -> tuple[str, str]:
        rows = {up: Rows(tuple(records)) for up, records in given.items()}
        return (
            self._scratch.on_rows(self._sql, rows),
            self._scratch.on_rows(self._other, rows),
        )

    def _differs_on(self, given: Mapping[str, list[dict[str, Any]]]) -> bool:
        right, wrong = self._queries(given)
        try:
            return self._scratch.differs(f"({right})", f"({wrong})")
        except EngineError:
            return False

    def _expected(self, given: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]] | None:
        """What the model holds on the given rows, in the columns with values or a difference."""
        right, wrong = self._queries(given)
        names = list(self._scratch.columns(f"({right})"))
        rows = self._scratch.connection.execute(right).fetchall()
        others = self._scratch.connection.execute(wrong).fetchall()
        if any(isinstance(value, (list, dict)) for row in rows for value in row):
            return None
        shown = [
            index
            for index in range(len(names))
            if any(row[index] is not None for row in (*rows, *others))
        ]
        return [{names[index]: row[index] for index in shown} for row in rows]


def smallest(rows: Sequence[Row], shows: Callable[[Sequence[Row]], bool]) -> list[Row]:
    """A subset of which no part can be left out, by halving: ddmin.

    Zeller and Hildebrandt, *Simplifying and isolating failure-inducing input* (IEEE Transactions on
    Software Engineering 28, 2002).

    Args:
        rows: on which something shows.
        shows: whether it shows on some of them.
    """
    kept, parts = list(rows), 2
    while len(kept) > 1:
        size = max(1, -(-len(kept) // parts))
        chunks = [kept[at : at + size] for at in range(0, len(kept), size)]
        smaller = next((chunk for chunk in chunks if shows(chunk)), None)
        if smaller is not None:
            kept, parts = smaller, 2
            continue
        for index in range(len(chunks)):
            rest = [row for i, chunk in enumerate(chunks) if i != index for row in chunk]
            if len(chunks) > 2 and shows(rest):
                kept, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                return kept
            parts = min(len(kept), parts * 2)
    return kept


# ── YAML ─────────────────────────────────────────────────────────────────────────────────────────


def _yaml(
    node: Node,
    heading: Heading,
    inputs: Mapping[str, Node],
    given: Mapping[str, list[dict[str, Any]]],
    expected: list[dict[str, Any]],
) -> str:
    name = re.sub(r"\W+", "_", heading.name).lower()
    lines = [
        f"  - name: {name}",
        f"    description: {_scalar(heading.description)}",
        f"    model: {node.name}",
    ]
    if node.materialized == "incremental":  # dbt asks which of its two queries is meant
        lines += ["    overrides:", "      macros: {is_incremental: false}"]
    lines.append("    given:")
    for up, records in given.items():
        lines += [f"      - input: {_call(inputs[up])}", *_records("        ", records)]
    lines += ["    expect:", *_records("      ", expected)]
    return "\n".join(lines) + "\n"


def change(mutant: Mutant) -> str:
    """A mutant in words and SQL."""
    after = f"`{mutant.after}`" if mutant.after else "nothing"
    return f"{mutant.operator}: `{mutant.before}` becomes {after}"


def _call(node: Node) -> str:
    if node.kind == "source":
        return f"source('{node.unique_id.split('.')[-2]}', '{node.name}')"
    return f"ref('{node.name}', v={node.version})" if node.version else f"ref('{node.name}')"


def _records(indent: str, records: Sequence[Mapping[str, Any]]) -> list[str]:
    if not records:
        return [f"{indent}rows: []"]
    rows = [{name: _plain(value) for name, value in row.items()} for row in records]
    return [f"{indent}rows:"] + [f"{indent}  - {_flow(row)}" for row in rows]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def _flow(row: Mapping[str, Any]) -> str:
    text = yaml.safe_dump(
        dict(row), default_flow_style=True, width=10**9, sort_keys=False, allow_unicode=True
    )
    return str(text).strip()


def _scalar(text: str) -> str:
    return _flow({"text": text}).removeprefix("{text: ").removesuffix("}")
