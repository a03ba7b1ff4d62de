"""Rows of a server's driver, written into a table of a database file exactly."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from first_light.utils.sql_names import literal, quoted
from first_light.warehouse.base import Relation
from first_light.warehouse.scratch import Connection

_NULL = "\\N"


def write_rows(
    database: Connection,
    relation: Relation,
    columns: Sequence[tuple[str, str]],
    rows: Iterable[Sequence[Any]],
    file: Path,
) -> None:
    """Create a table with the rows.

    Args:
        database: the database file.
        relation: the table; its schema is created if it is missing.
        columns: their names, and their types in the file.
        rows: as the driver gives them; they are read one at a time.
        file: a CSV file, which is written and deleted.
    """
    target = f"{quoted(relation.schema)}.{quoted(relation.name)}"
    definitions = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns)
    database.execute(f"create schema if not exists {quoted(relation.schema)}")
    database.execute(f"create table {target} ({definitions})")
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        for row in rows:
            writer.writerow([_text(value) for value in row])
    database.execute(
        f"copy {target} from {literal(str(file))} (format csv, header false, delim ',', "
        f"quote '\"', escape '\"', nullstr '{_NULL}', allow_quoted_nulls true)"
    )
    file.unlink()


def _text(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    return value.hex() if isinstance(value, (bytes, bytearray)) else str(value)
