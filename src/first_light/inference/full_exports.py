"""Full exports: every delivery of a table brings all its rows again. Which row is the newest?

A table is taken for one only where its files leave little doubt: a column (or two) identifies the
rows of each file, most keys come again in the next file, most of the repeated rows are unchanged,
and the names of the files say which is newer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

from first_light.inference.names import is_own_key
from first_light.inference.values import Key, Table
from first_light.project.source_table import ROOT, FullExport, SourceTable
from first_light.utils.sql_names import literal, quoted

OPEN = (
    "every file is a full export, so the newest row of each key counts; a row that newer files "
    "lack is kept: decide whether it was deleted at its origin"
)
"""The open question of a full export."""

CAME_ONCE = (
    "it came once where other tables came again and again, so it is taken for a table that comes "
    "whole when it changes: the newest row of each key counts; a row that newer files lack is "
    "kept: decide whether it was deleted at its origin"
)
"""The open question of a table that came once, see `came_once`."""

Rows = Callable[[str], list[tuple[object, ...]]]
"""Runs a query."""

_FILES = 3
"""The newest files that are compared."""

_SHARED = 0.5
"""The least share of keys that come again, and of repeated rows that are unchanged."""

_LEAST = 5
"""The least number of rows of a file."""

_PAIRED = 4
"""Columns among which two that identify a row together are sought."""

_DESCRIBING = {"text", "boolean"}

_NAMED = re.compile(r"(?i)(^|[_ ])(id|key|code|no|nr|number|uuid|guid)$|id$")
_YEAR_FIRST = re.compile(
    r"(?:19|20)\d\d[-_. ]?(?:0[1-9]|1[0-2])(?:[-_. ]?(?:0[1-9]|[12]\d|3[01]))?"
)
_DAY_FIRST = re.compile(r"(?:0[1-9]|[12]\d|3[01])([-_. ])(?:0[1-9]|1[0-2])\1(?:19|20)\d\d")
_EXTENSION = re.compile(r"\.(?:csv|json|parquet)(?:\.gz)?$")
_SERIAL = re.compile(r"[-_ ]*\(?\d{1,20}\)?$")
_DAY_FIRST_SQL = r"regexp_replace(filename, '^.*(\d\d)[-_. ](\d\d)[-_. ](\d\d\d\d).*$', '\3\2\1')"


def newest_first(names: Sequence[str]) -> tuple[str, ...]:
    """SQL expressions over `filename`, each descending, that put the newest of some files first.

    A date in every name decides; otherwise the number that the names end with, as deliveries of one
    name are numbered when they come to raw. Empty where the names say neither.
    """
    stems = [_EXTENSION.sub("", name) for name in names]
    shapes = {re.sub(r"\d", "9", stem) for stem in stems}
    for pattern, order in ((_YEAR_FIRST, "filename"), (_DAY_FIRST, _DAY_FIRST_SQL)):
        if all(pattern.search(stem) for stem in stems):
            same = len(shapes) == 1 and len({pattern.sub("", stem, count=1) for stem in stems}) == 1
            return (order,) if same else ()
    if any(_YEAR_FIRST.search(stem) or _DAY_FIRST.search(stem) for stem in stems):
        return ()
    plain = {_SERIAL.sub("", stem) for stem in stems}
    return ("length(filename)", "filename") if len(plain) == 1 else ()


def in_order(files: Sequence[Path], order: Sequence[str]) -> list[Path]:
    """Files, the oldest first, as `newest_first` orders them."""
    if len(order) > 1:
        return sorted(files, key=lambda file: (len(file.name), file.name))
    if order and order[0] != "filename":
        days = re.compile(r"(\d\d)[-_. ](\d\d)[-_. ](\d\d\d\d)")
        return sorted(files, key=lambda file: _day(days, file.name))
    return sorted(files)


def recognised(table: SourceTable, root: Path, rows: Rows) -> SourceTable:
    """The table as a full export, where its files are such; otherwise as it is.

    Args:
        table: a source table.
        root: the root of raw.
        rows: runs a query.
    """
    order = newest_first([file.name for file in table.files])
    if len(table.files) < 2 or not order or f"'{ROOT}/{table.name}/" not in table.read:
        return table
    files = in_order(table.files, order)[-_FILES:]
    listed = ", ".join(literal(str(file)) for file in files)
    read = re.sub(r"'\{raw\}/[^']*'", lambda _: f"[{listed}]", table.read, count=1)
    rows(f"create or replace temp table full_exports as select *, filename from {read}")
    try:
        key = _key(rows, [file.as_posix() for file in files])
    finally:
        rows("drop table full_exports")
    if not key:
        return table
    return replace(table, read=_with_file(table.read), export=FullExport(key, order))


def came_once(table: Table, key: Key | None, tables: Sequence[Table]) -> Table:
    """The table as a full export, where it came once beside tables that come again and again.

    Products or stores come whole when one of them changes, and the rows of the second file would
    repeat the keys of the first. Rows that are only appended keep all their keys this way too.
    Targets of stores are another matter: the next file is about another month. A table needs a key
    of its own, therefore, and mostly columns that describe.

    Args:
        table: a table without a time of its own.
        key: its key.
        tables: all tables that were drafted or are known.
    """
    source = table.source
    order = newest_first([file.name for file in source.files])
    repeated = any(
        len(other.source.files) >= _FILES and other.source.source == source.source
        for other in tables
    )
    if len(source.files) != 1 or not order or source.export or not repeated:
        return table
    if key is None or key.severity != "error" or len(key.columns) != 1 or table.rows < _LEAST:
        return table
    described = [column.cast.kind in _DESCRIBING for column in table.columns]
    if not is_own_key(key.columns[0], table.name) or 2 * sum(described) < len(described):
        return table
    path = table.column(key.columns[0]).leaf.path
    if len(path) != 1 or f"'{ROOT}/{source.name}/" not in source.read:
        return table
    export = FullExport(path, order)
    return replace(table, source=replace(source, read=_with_file(source.read), export=export))


def _with_file(read: str) -> str:
    """A call that reads files, with the name of the file as a column."""
    return read if "filename" in read else f"{read[:-1]}, filename=true)"


def _key(rows: Rows, files: Sequence[str]) -> tuple[str, ...]:
    """The columns that identify the rows of each file, of files that repeat them; or none."""
    described = rows("describe full_exports")
    plain = ("VARCHAR", "BIGINT", "INTEGER", "UUID", "HUGEINT", "SMALLINT")
    every = [str(row[0]) for row in described if row[0] != "filename"]
    columns = [str(row[0]) for row in described if row[1] in plain and row[0] != "filename"]
    columns.sort(key=lambda name: (not _NAMED.search(name), every.index(name)))
    for key in _candidates(columns):
        together = ", ".join(quoted(name) for name in key)
        value = f"({together})" if len(key) > 1 else together
        nulls = " or ".join(f"{quoted(name)} is null" for name in key)
        (unique,) = rows(
            f"select bool_and(n >= {_LEAST} and n = d and nulls = 0), count(*) from (select "
            f"filename, count(*) as n, count(distinct {value}) as d, count(*) filter ({nulls}) "
            "as nulls from full_exports group by filename)"
        )
        if unique[0] and unique[1] == len(files):
            others = _others(rows, every, key)
            if all(_repeats(rows, pair, key, others) for pair in pairwise(files)):
                return key
    return ()


def _candidates(columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    yield from ((name,) for name in columns)
    yield from combinations(columns[:_PAIRED], 2)


def _others(rows: Rows, columns: Sequence[str], key: Sequence[str]) -> list[str]:
    """The columns besides the key that say more than which file a row came in."""
    names = [name for name in columns if name not in key]
    if not names:
        return []
    counts = ", ".join(f"max({quoted(f'd{n}')})" for n in range(len(names)))
    inner = ", ".join(
        f"count(distinct {quoted(name)}) as {quoted(f'd{n}')}" for n, name in enumerate(names)
    )
    query = f"select {counts} from (select {inner} from full_exports group by filename)"
    return [name for name, most in zip(names, rows(query)[0]) if int(str(most)) > 1]


def _repeats(rows: Rows, pair: tuple[str, str], key: Sequence[str], others: Sequence[str]) -> bool:
    """Whether the later file repeats most keys of the earlier one, mostly with the same row."""
    if not others:
        return False
    on = " and ".join(f"a.{quoted(name)} = b.{quoted(name)}" for name in key)
    same = " and ".join(f"a.{quoted(n)} is not distinct from b.{quoted(n)}" for n in others)
    first, second = (
        f"(select * from full_exports where filename = {literal(file)})" for file in pair
    )
    ((count, shared, equal),) = rows(
        f"select (select count(*) from {first}), count(*), count(*) filter ({same}) "
        f"from {first} as a join {second} as b on {on}"
    )
    total, found = int(str(count)), int(str(shared))
    return found >= _SHARED * total and int(str(equal)) >= _SHARED * found


def _day(pattern: re.Pattern[str], name: str) -> tuple[str, ...]:
    found = pattern.search(name)
    return found.groups()[::-1] if found else ()
