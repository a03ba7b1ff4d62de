"""One table of texts written in every format, and what landing and drafting make of each."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import jinja2
import openpyxl  # type: ignore[import-untyped]

from first_light.inference import draft_tables
from first_light.ingest import land
from first_light.privacy.detect import classify

Texts = Mapping[str, Sequence[str | None]]
"""The columns of a table by name; None where there is no value."""


@dataclass(frozen=True)
class Outcome:
    """What a table becomes: names and types of the drafted model's columns, and its rows."""

    types: tuple[tuple[str, str], ...]
    rows: tuple[tuple[object, ...], ...]


def drafted(inbox: Path, raw: Path) -> Outcome:
    """Lands the one table in `inbox`, drafts its model and builds that on all of raw."""
    (table,) = land(inbox, raw)
    drafts = draft_tables([table], (), raw, "team", classify)
    model = next(path for path in drafts.files if path.endswith(f"stg_{table.name}.sql"))
    query = jinja2.Template(drafts.files[model], undefined=jinja2.StrictUndefined).render(
        source=lambda *_: table.relation(raw), target={"name": "prod"}, env_var=lambda *_: str(raw)
    )
    with duckdb.connect() as db:
        db.execute("set TimeZone = 'UTC'")
        result = db.execute(query)
        types = tuple((str(column[0]), str(column[1])) for column in result.description or ())
        return Outcome(types, tuple(sorted(result.fetchall(), key=repr)))


def _records(columns: Texts) -> list[dict[str, str | None]]:
    return [dict(zip(columns, row)) for row in zip(*columns.values())]


def _delimited(delimiter: str) -> Callable[[Path, Texts], None]:
    def write(path: Path, columns: Texts) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(
                ["" if v is None else v for v in row] for row in zip(*columns.values())
            )

    return write


def _json(path: Path, columns: Texts) -> None:
    path.write_text(json.dumps(_records(columns), ensure_ascii=False), encoding="utf-8")


def _ndjson(path: Path, columns: Texts) -> None:
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in _records(columns)]
    path.write_text("".join(lines), encoding="utf-8")


def _excel(path: Path, columns: Texts) -> None:
    """Every cell is a text, as in a sheet whose columns have the format "text"."""
    book = openpyxl.Workbook()
    sheet = book.active
    for at, row in enumerate([list(columns), *map(list, zip(*columns.values()))], start=1):
        for place, value in enumerate(row, start=1):
            if value is not None:
                cell = sheet.cell(at, place)
                cell.value, cell.data_type = value, "s"
    book.save(path)


def _parquet(path: Path, columns: Texts) -> None:
    with duckdb.connect() as db:
        listed = ", ".join(f'"{name}" varchar' for name in columns)
        db.execute(f"create table t ({listed})")
        marks = ", ".join("?" for _ in columns)
        db.executemany(f"insert into t values ({marks})", [list(r) for r in zip(*columns.values())])
        db.execute(f"copy t to '{path}' (format parquet)")


Values = Mapping[str, Sequence[object]]
"""The columns of a table by name, each of numbers, booleans, dates or times; None for no value."""


def texts(columns: Values) -> Texts:
    """The values as a file without types has them."""
    return {
        name: [
            None if v is None else str(v).lower() if isinstance(v, bool) else str(v) for v in values
        ]
        for name, values in columns.items()
    }


def _json_values(path: Path, columns: Values) -> None:
    """Numbers and booleans as such, digit by digit; JSON has no dates."""
    fields = [
        [
            json.dumps(None if v is None else v if isinstance(v, (bool, int)) else str(v))
            if not isinstance(v, Decimal)
            else str(v)
            for v in values
        ]
        for values in columns.values()
    ]
    names = [json.dumps(name, ensure_ascii=False) for name in columns]
    lines = [
        "{" + ", ".join(f"{name}: {value}" for name, value in zip(names, row)) + "}"
        for row in zip(*fields)
    ]
    path.write_text("[" + ",\n".join(lines) + "]", encoding="utf-8")


def _excel_values(path: Path, columns: Values) -> None:
    book = openpyxl.Workbook()
    for row in [list(columns), *map(list, zip(*columns.values()))]:
        book.active.append(row)
    book.save(path)


VALUE_WRITERS: Mapping[str, Callable[[Path, Values], None]] = {
    "json": _json_values,
    "xlsx": _excel_values,
}
"""Writers that keep the types of values."""


WRITERS: Mapping[str, Callable[[Path, Texts], None]] = {
    "csv": _delimited(","),
    "tsv": _delimited("\t"),
    "json": _json,
    "ndjson": _ndjson,
    "xlsx": _excel,
    "parquet": _parquet,
}
"""Writers of one table by the ending of the file."""
