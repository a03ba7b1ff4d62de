"""One query a relation says what it holds, in numbers; no text of a row leaves the warehouse."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from dataops.history_record import ColumnProfile, RelationProfile
from dataops.warehouse import Relation

_NUMBER = re.compile(r"^(u?(tiny|small|big|huge)?int|integer|decimal|numeric|real|double|float)")
_FLOAT = re.compile(r"^(real|double|float)")
_TIME = re.compile(r"^(date$|timestamp|datetime)")
_TEXT = re.compile(r"^(varchar|text|char|string|bpchar)")
_NESTED = re.compile(r"(\[|^struct|^map|^union|^list|^array|^json|^blob|^bytea|^variant)")
# Up to so many rows different values are counted one by one; beyond, estimated.
_EXACT = 100_000


@dataclass(frozen=True)
class Asked:
    """What a query asks of one column: its name and type, and the order of the answers."""

    name: str
    type: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """A query of one row, and how to read it."""

    unique_id: str
    name: str
    sql: str
    columns: tuple[Asked, ...]


def query(
    unique_id: str,
    relation: Relation,
    columns: Sequence[tuple[str, str]],
    personal: frozenset[str],
    rows: int | None,
) -> Query:
    """The one query that profiles a relation.

    Args:
        unique_id: the node that built it.
        relation: where it is.
        columns: names and types, in the warehouse's words.
        personal: columns of which only counts may be kept, in lower case.
        rows: about how many it holds; None when nobody knows.
    """
    exact = rows is not None and rows <= _EXACT
    parts, asked = ["count(*)"], []
    for name, kind in columns:
        wanted = _wanted(name, kind.lower(), exact, name.lower() in personal)
        parts += [sql for _, sql in wanted]
        asked.append(Asked(name, kind, tuple(answer for answer, _ in wanted)))
    place = f"{_quoted(relation.schema)}.{_quoted(relation.name)}"
    return Query(unique_id, relation.name, f"select {', '.join(parts)} from {place}", tuple(asked))


def read(asked: Query, row: Sequence[object]) -> RelationProfile:
    """The warehouse's answer as a record keeps it."""
    answers = iter(row[1:])
    columns = []
    for column in asked.columns:
        said = {name: _number(next(answers)) for name in column.answers}
        columns.append(
            ColumnProfile(
                name=column.name,
                type=column.type,
                nulls=int(said["nulls"] or 0),
                distinct=_whole(said.get("distinct")),
                low=said.get("low"),
                high=said.get("high"),
                mean=said.get("mean"),
                shortest=_whole(said.get("shortest")),
                longest=_whole(said.get("longest")),
            )
        )
    return RelationProfile(
        asked.unique_id, asked.name, _whole(_number(row[0])) or 0, tuple(columns)
    )


def _wanted(name: str, kind: str, exact: bool, personal: bool) -> list[tuple[str, str]]:
    column = _quoted(name)
    found = [("nulls", f"count(*) - count({column})")]
    if _NESTED.search(kind):
        return found
    counted = f"count(distinct {column})" if exact else f"approx_count_distinct({column})"
    found.append(("distinct", counted))
    if personal:
        return found
    if _NUMBER.match(kind):
        number = f"cast({column} as double precision)"
        only = f" filter (where isfinite({column}))" if _FLOAT.match(kind) else ""
        found += [
            ("low", f"min({number}){only}"),
            ("high", f"max({number}){only}"),
            ("mean", f"avg({number}){only}"),
        ]
    elif _TIME.match(kind):
        only = f" filter (where isfinite({column}))"
        for answer, function in (("low", "min"), ("high", "max")):
            found.append(
                (answer, f"extract(epoch from cast({function}({column}){only} as timestamp))")
            )
    elif _TEXT.match(kind):
        found += [("shortest", f"min(length({column}))"), ("longest", f"max(length({column}))")]
    return found


def _number(value: object) -> float | None:
    """A number that JSON can hold, rounded to what matters."""
    if value is None:
        return None
    found = float(value)  # type: ignore[arg-type]
    return float(f"{found:.12g}") if math.isfinite(found) else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
