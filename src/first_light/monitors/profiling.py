"""One query a relation says what it holds, in numbers, and in counts of the few values of columns
that have few; nothing of a personal column leaves the warehouse but counts."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from first_light.history.record import ColumnProfile, RelationProfile
from first_light.privacy.detect import classify
from first_light.utils.sql_names import quoted
from first_light.warehouse.dialect import Dialect

_NUMBER = re.compile(
    r"^(u?(tiny|small|big|huge|byte)?int|integer|(big)?(decimal|numeric)|number|real|double|float)"
)
_FLOAT = re.compile(r"^(real|double|float)")
_TIME = re.compile(r"^(date$|timestamp|datetime)")
_ZONED = re.compile(r"with time zone|timestamp_?(tz|ltz)")
_TEXT = re.compile(r"^(n?varchar|text|n?char|string|bpchar)")
_NESTED = re.compile(
    r"(\[|^(struct|map|union|list|array|json|blob|bytea|variant|object|record|super|geo))"
)
# Up to so many rows different values are counted one by one; beyond, estimated.
_EXACT = 100_000
# A column is a category with so few values, each on average in so many rows.
_CATEGORY_VALUES, _REPEATED = 30, 10
_CATEGORY_LENGTH = 60  # characters; what is longer is prose, no category
# Formats are counted in about so many rows; the commonest are kept, if they have such a share.
_FORMAT_ROWS, _FORMATS, _FORMAT_SHARE, RARE = 5_000, 8, 0.02, "…"
SHARED = 10  # of a personal column, a format or length is kept that so many rows have


@dataclass(frozen=True)
class ColumnQuery:
    """What a query asks of one column: its name and type, the order of the answers, and whether
    only counts of it may be kept."""

    name: str
    type: str
    answers: tuple[str, ...]
    is_personal: bool = False


@dataclass(frozen=True)
class Query:
    """A query of one row, and how to read it.

    Attributes:
        unique_id: the relation's dbt id.
        name: as findings name it.
        sql: the query.
        columns: what it asks of each column.
        orphans: the references whose holes it counts.
        more: how many answers are at the end of the row besides.
        of_people: whether the relation has personal columns: then extremes are rounded.
    """

    unique_id: str
    name: str
    sql: str
    columns: tuple[ColumnQuery, ...]
    orphans: tuple[str, ...] = ()
    more: int = 0
    of_people: bool = False


@dataclass(frozen=True)
class ProfileTarget:
    """One relation that is to be profiled.

    Attributes:
        unique_id: its dbt id.
        name: as findings name it.
        place: what to read from, in SQL.
        columns: names and types, in the warehouse's words.
        personal: columns of which only counts may be kept, in lower case.
        rows: about how many it holds; None when nobody knows.
        few: columns that have few values, as far as one knows.
        references: SQL that is true for a hole, by column and the node that it leads to.
        numbers: columns of text that may hold numbers, as those of a file do; DuckDB only.
        times: the same for times.
        formats: columns of text whose formats are counted; DuckDB only.
        more: SQL that is answered besides, at the end of the row.
    """

    unique_id: str
    name: str
    place: str
    columns: Sequence[tuple[str, str]]
    personal: frozenset[str] = frozenset()
    rows: int | None = None
    few: frozenset[str] = frozenset()
    references: Mapping[tuple[str, str], str] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    more: Sequence[str] = ()


def query(profiled: ProfileTarget, dialect: Dialect) -> Query:
    """The one query that profiles a relation."""
    exact = profiled.rows is not None and profiled.rows <= _EXACT
    selected, queries = ["count(*)"], []
    selected += [f"count(case when {hole} then 1 end)" for hole in profiled.references.values()]
    for name, kind in profiled.columns:
        expressions = _column_expressions(profiled, name, kind.lower(), exact, dialect)
        selected += [sql for _, sql in expressions]
        answers = tuple(answer for answer, _ in expressions)
        queries.append(ColumnQuery(name, kind, answers, name.lower() in profiled.personal))
    return Query(
        profiled.unique_id,
        profiled.name,
        dialect.translated(
            f"select {', '.join([*selected, *profiled.more])} from {profiled.place}"
        ),
        tuple(queries),
        tuple(f"{column} -> {target}" for column, target in profiled.references),
        len(profiled.more),
        any(column.is_personal for column in queries),
    )


def few_values(rows: int, columns: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Columns with so few values, so often repeated, that they are categories.

    Args:
        rows: of the relation.
        columns: their profiles, as a record writes them.
    """
    most = min(_CATEGORY_VALUES, rows / _REPEATED)
    return frozenset(
        column["name"] for column in columns if 0 < (column.get("distinct") or 0) <= most
    )


def read(query_: Query, row: Sequence[object]) -> RelationProfile:
    """The warehouse's answer as a record keeps it."""
    answers = iter(row[1:])
    orphans = {name: _whole(number(next(answers))) or 0 for name in query_.orphans}
    columns = []
    for column in query_.columns:
        raw = {name: next(answers) for name in column.answers}
        numbers = {name: number(value) for name, value in raw.items() if name not in _BY_VALUE}
        if query_.of_people and numbers.get("mean") is not None:  # times stay: freshness needs them
            numbers |= {name: _rounded(numbers.get(name)) for name in ("min", "max")}
        columns.append(
            ColumnProfile(
                name=column.name,
                type=column.type,
                nulls=int(numbers["nulls"] or 0),
                distinct=_whole(numbers.get("distinct")),
                min=numbers.get("min"),
                max=numbers.get("max"),
                mean=numbers.get("mean"),
                min_length=_whole(numbers.get("min_length")),
                max_length=_whole(numbers.get("max_length")),
                mean_length=numbers.get("mean_length"),
                distinct_days=_whole(numbers.get("distinct_days")),
                counts=_counts(column.name, query_.name, raw.get("counts")),
                mean_time=numbers.get("mean_time"),
                hours=_decoded(raw.get("hours")),
                formats=_commonest(raw.get("formats"), numbers, column.is_personal),
                lengths=_commonest(raw.get("lengths"), numbers, column.is_personal),
            )
        )
    return RelationProfile(
        query_.unique_id,
        query_.name,
        _whole(number(row[0])) or 0,
        tuple(columns),
        newest=max(
            (
                column.max
                for column in columns
                if column.distinct_days is not None and column.max is not None
            ),
            default=None,
        ),
        orphans=orphans,
    )


def _column_expressions(
    target: ProfileTarget, name: str, kind: str, exact: bool, dialect: Dialect
) -> list[tuple[str, str]]:
    column = quoted(name)
    expressions = [("nulls", f"count(*) - count({column})")]
    if _NESTED.search(kind):
        return expressions
    distinct = f"count(distinct {column})" if exact else dialect.approximate_distinct(column)
    expressions.append(("distinct", distinct))
    if name.lower() in target.personal:
        if name in target.formats and _TEXT.match(kind):
            expressions += _formats(target, column, dialect)
        return expressions
    if _NUMBER.match(kind):
        expressions += _numbers(
            f"cast({column} as double precision)", _FLOAT.match(kind) and dialect
        )
    elif _TIME.match(kind):
        expressions += _times(column, kind, dialect, target.place)
    elif _TEXT.match(kind):
        expressions += [
            ("min_length", f"min(length({column}))"),
            ("max_length", f"max(length({column}))"),
            ("mean_length", f"avg(length({column}))"),
        ]
        if name in target.numbers:
            expressions += _numbers(f"try_cast({column} as double)", None)
        elif name in target.times:
            expressions += _text_times(column, dialect, target.place)
        if name in target.formats:
            expressions += _formats(target, column, dialect)
    if name in target.few and (_TEXT.match(kind) or kind.startswith("bool")):
        expressions.append(("counts", dialect.counts(column, target.place) or "null"))
    return expressions


def _numbers(value: str, dialect: Dialect | None) -> list[tuple[str, str]]:
    """Extremes and mean; of floats, which may be none, with the dialect that can exclude NaN."""
    if dialect is not None:
        value = f"case when {dialect.is_number(value)} then {value} end"
    return [("min", f"min({value})"), ("max", f"max({value})"), ("mean", f"avg({value})")]


def _times(column: str, kind: str, dialect: Dialect, place: str) -> list[tuple[str, str]]:
    """Extremes and mean in seconds since 1970, how many days, and the rows by hour of the day,
    whatever the connection's time zone is."""
    utc = f"({column} at time zone 'UTC')" if _ZONED.search(kind) else column
    if is_finite := dialect.is_time(column):
        utc = f"case when {is_finite} then {utc} end"
    expressions = [
        ("min", dialect.seconds(f"min({utc})")),
        ("max", dialect.seconds(f"max({utc})")),
        ("distinct_days", f"count(distinct cast({utc} as date))"),
        ("mean_time", f"avg({dialect.seconds(utc)})"),
    ]
    if kind != "date":
        hours = dialect.counts(f"extract(hour from {utc})", place)
        expressions.append(("hours", hours or "null"))
    return expressions


def _text_times(column: str, dialect: Dialect, place: str) -> list[tuple[str, str]]:
    """The same of times that are written as text; nothing where one value is none."""
    parsed = f"try_cast({column} as timestamp)"
    all_parsed = f"count({parsed}) = count({column})"
    finite = f"case when isfinite({parsed}) then {parsed} end"
    answers = [
        ("min", f"extract(epoch from min({finite}))"),
        ("max", f"extract(epoch from max({finite}))"),
        ("distinct_days", f"count(distinct cast({finite} as date))"),
        ("mean_time", f"avg(extract(epoch from {finite}))"),
        ("hours", dialect.counts(f"extract(hour from {finite})", place)),
    ]
    return [(answer, f"case when {all_parsed} then {sql} end") for answer, sql in answers]


def _formats(target: ProfileTarget, column: str, dialect: Dialect) -> list[tuple[str, str]]:
    """Rows by format and by length, in DuckDB's SQL, of a part of them that is always the same."""
    format_ = column
    for pattern, replacement in _FORMAT_STEPS:
        format_ = f"regexp_replace({format_}, '{pattern}', '{replacement}', 'g')"
    is_number = f"regexp_full_match({column}, '{_PLAIN_NUMBER}')"
    answers = {
        "formats": f"case when {is_number} then '9' else {format_} end",
        "lengths": f"length({column})",
    }
    if (part := (target.rows or 0) // _FORMAT_ROWS) > 1:
        row = ", ".join(quoted(name) for name, _ in target.columns)
        is_counted = f"hash({row}) % {part} = 0"
        answers = {name: f"case when {is_counted} then {sql} end" for name, sql in answers.items()}
    return [(name, dialect.counts(sql, target.place)) for name, sql in answers.items()]


_BY_VALUE = ("counts", "hours", "formats", "lengths")
_PLAIN_NUMBER = "-?(0|[1-9][0-9]*)([.,][0-9]+)?"
_FORMAT_STEPS = (
    (r"[\p{L}\p{M}]+", "a"),
    ("0[0-9]*", "0"),
    ("[1-9][0-9]*", "9"),
    ("(a[ ,.-]+)+a", "a a"),
)


def _decoded(text: object) -> dict[str, int]:
    counts: dict[str, int] = json.loads(str(text)) if text else {}
    return counts


def _commonest(
    text: object, numbers: Mapping[str, float | None], is_personal: bool
) -> dict[str, int]:
    """The commonest formats or lengths, the others together; none of a time, which has its date's;
    of personal values none that only few have."""
    if numbers.get("mean_time") is not None:
        return {}
    counts = _decoded(text)
    least = max(_FORMAT_SHARE * sum(counts.values()), SHARED if is_personal else 0)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    common = {
        name: count
        for name, count in ordered[:_FORMATS]
        if count >= least and len(name) <= _CATEGORY_LENGTH
    }
    if rest := sum(counts.values()) - sum(common.values()):
        common[RARE] = rest
    return common


def _counts(column: str, table: str, text: object) -> dict[str, int]:
    """Rows by value; nothing of what turns out to have many values, long ones, or personal ones."""
    counts = _decoded(text)
    if len(counts) > 2 * _CATEGORY_VALUES or any(len(value) > _CATEGORY_LENGTH for value in counts):
        return {}
    if not any(letter.isalpha() for value in counts for letter in value):
        return {}  # numbers and times that are written as text
    if classify(column, list(counts), table):
        return {}
    return dict(sorted(counts.items()))


def number(value: object) -> float | None:
    """A number that JSON can hold, rounded to what matters."""
    if value is None:
        return None
    number_ = float(value)  # type: ignore[arg-type]
    return float(f"{number_:.12g}") if math.isfinite(number_) else None


def _rounded(value: float | None) -> float | None:
    """Three digits of an extreme, which is the value of one row."""
    return None if value is None else float(f"{value:.3g}")


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
