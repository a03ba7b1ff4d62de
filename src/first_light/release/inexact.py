"""What `converts_exactly` found: how many values, in which file, and the type they need."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from first_light.dbt.engine import DbtRun, Engine, NodeResult
from first_light.utils import sql_types
from first_light.utils.errors import DataopsError

TEST = "converts_exactly"
_MOST = 10
_FILES = 3
_FOLDER = re.compile(r"([^/'\"]+)/[^/'\"]*\*")
_WIDEN = "to hold these values: "


@dataclass(frozen=True)
class Seen:
    """The values of a column that its type cannot hold.

    Attributes:
        type: the type.
        values: how many there are.
        numbers: how many of them are plain numbers.
        times: how many of them are dates or times of ISO 8601.
        digits, decimals: of the longest number, before and after its point.
    """

    type: str
    values: int
    numbers: int
    times: int
    digits: int
    decimals: int


def wider_type(seen: Seen) -> str:
    """The smallest type that holds all values of the old type and those that it cannot hold."""
    if sql_types.plain(seen.type) == "date" and seen.times == seen.values:
        return "timestamp"
    if seen.numbers < seen.values:
        return sql_types.TEXT
    return sql_types.wider(seen.type, seen.digits, seen.decimals)


def with_values(run: DbtRun, engine: Engine) -> DbtRun:
    """A run whose failures of the test name the columns, the counts, the files and an example.

    They end with the command that widens the types of these columns.
    """
    return replace(run, nodes=tuple(_with_values(node, engine) for node in run.nodes))


def retype_command(message: str) -> str:
    """The command that such a message ends with; empty when it has none."""
    lines = [line for line in message.splitlines() if line.startswith(_WIDEN)]
    return lines[0].removeprefix(_WIDEN) if lines else ""


def _with_values(node: NodeResult, engine: Engine) -> NodeResult:
    if not (node.failed and node.kind == "test" and TEST in node.name and node.sql):
        return node
    try:
        with engine.connect() as queries:
            result = queries.run(f"select * from ({node.sql}\n) as inexact")
    except DataopsError:  # the count in dbt's own message still says that there are some
        return node
    rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
    rows.sort(key=lambda row: (str(row["column_name"]), str(row["file_name"])))
    lines = [
        f"column {row['column_name']}: {row['n_values']:,} "
        f"{'value' if row['n_values'] == 1 else 'values'} that its type cannot hold"
        + (f" in {row['file_name']}" if row["file_name"] else "")
        + f", such as {row['example']}"
        for row in rows[:_MOST]
    ]
    if len(rows) > _MOST:
        lines.append(f"and {len(rows) - _MOST} more columns and files")
    if command := _retype(node, rows):
        lines.append(f"{_WIDEN}{command}")
    if folder := _FOLDER.search(node.sql):
        names = sorted({str(row["file_name"]) for row in rows if row["file_name"]})
        for name in names[:_FILES]:
            command = shlex.join(["uv", "run", "dataops", "set-aside", f"{folder[1]}/{name}"])
            lines.append(f'if the file is wrong: {command} --because "…"')
    return replace(node, message="\n".join([*lines, node.message]))


def _retype(node: NodeResult, rows: Sequence[Mapping[str, Any]]) -> str:
    """The command for all columns of the test's source table."""
    sources = [name for name in node.depends_on if name.startswith("source.")]
    if len(sources) != 1:
        return ""
    table = sources[0].split(".", 2)[2]
    columns: dict[str, Seen] = {}
    for row in rows:
        new = Seen(
            str(row["type_name"]),
            int(row["n_values"]),
            int(row["n_numbers"]),
            int(row["n_times"]),
            int(row["n_digits"] or 0),
            int(row["n_decimals"] or 0),
        )
        old = columns.get(row["column_name"], replace(new, values=0, numbers=0, times=0))
        columns[row["column_name"]] = Seen(
            new.type,
            old.values + new.values,
            old.numbers + new.numbers,
            old.times + new.times,
            max(old.digits, new.digits),
            max(old.decimals, new.decimals),
        )
    if not columns:
        return ""
    changes = " ".join(f'"{table}.{name}={wider_type(seen)}"' for name, seen in columns.items())
    return f"uv run dataops retype {changes}"
