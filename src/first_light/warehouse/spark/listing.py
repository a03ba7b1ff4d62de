"""What a schema holds, from one `show table extended`: its metadata, without a scan."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Protocol

from first_light.warehouse.base import Relation
from first_light.warehouse.spark.names import sql_name

_TYPES = {
    "long": "bigint",
    "timestamp": "timestamp_ntz",
    "timestamptz": "timestamp",
    "uuid": "string",
    "list": "array",
}
"""Types of Iceberg that Spark calls otherwise."""
_TREE = {"byte": "tinyint", "integer": "int", "long": "bigint", "short": "smallint"}
"""The same of the tree of columns in a listing."""
_COLUMN = re.compile(r"^ \|-- (.*): ([^:]+) \(nullable = (?:true|false)\)$", re.MULTILINE)


class Asked(Protocol):
    """A cursor."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""


@dataclass(frozen=True)
class Entry:
    """A table or view.

    Attributes:
        is_view: whether it is a view.
        is_iceberg: whether it is an Iceberg table.
        snapshot: of an Iceberg table, what changes with its rows.
        rows: of an Iceberg table, the number of rows; None if it is not known.
        bytes: of an Iceberg table, its size.
        columns: names and types, in order.
    """

    is_view: bool
    is_iceberg: bool
    snapshot: str
    rows: int | None
    bytes: int
    columns: tuple[tuple[str, str], ...]


def listed(cursor: Asked, schema: str) -> dict[Relation, Entry]:
    """The relations of a schema; none if it is missing.

    Raises:
        SparkError: it could not be listed.
    """
    if not exists(cursor, schema):
        return {}
    query = f"show table extended in {sql_name(schema)} like '*'"
    result = {}
    for row in cursor.rows(query):
        relation = Relation(schema, str(row[1]))
        result[relation] = _entry(cursor, relation, str(row[3]))
    return result


def exists(cursor: Asked, schema: str) -> bool:
    """Whether there is a schema."""
    return schema in schemas_like(cursor, schema)


def schemas_like(cursor: Asked, pattern: str) -> list[str]:
    """The schemas whose names match a pattern with `*`."""
    return sorted(str(row[0]) for row in cursor.rows(f"show schemas like '{pattern}'"))


def comment_of(cursor: Asked, schema: str) -> str:
    """The comment of a schema; empty if it is missing."""
    if not exists(cursor, schema):
        return ""
    rows = cursor.rows(f"describe schema {sql_name(schema)}")
    return next((str(row[1] or "") for row in rows if row[0] == "Comment"), "")


def _entry(cursor: Asked, relation: Relation, text: str) -> Entry:
    # A comment comes before the properties, and may have lines of any form.
    properties = text[text.rfind("\nTable Properties: [") + 1 :].partition("\nLocation: ")[0]
    is_view = "\nType: VIEW\n" in text
    is_iceberg = not is_view and "table_type=ICEBERG" in properties
    summary = _json_after(properties, "current-snapshot-summary=") or {}
    snapshot = re.search(r"current-snapshot-id=(\d+)", properties)
    if is_iceberg and snapshot and "total-records" in summary:
        rows: int | None = int(summary["total-records"])
    else:
        rows = 0 if is_iceberg and "snapshot-count=0" in properties else None
    # The listing has the names of Iceberg's columns in small letters; the property is exact, but
    # missing if it would be too long.
    fields = (_json_after(properties, "current-schema=") or {}).get("fields")
    columns = tuple((str(f["name"]), _type(f["type"])) for f in fields or ())
    if not columns and is_iceberg:
        rows_of = cursor.rows(f"describe {sql_name(relation.schema, relation.name)}")
        columns = tuple((str(row[0]), str(row[1])) for row in _before_details(rows_of))
    elif not columns:
        tree = text[text.rfind("\nSchema: root\n") :]
        columns = tuple((name, _TREE.get(kind, kind)) for name, kind in _COLUMN.findall(tree))
    return Entry(
        is_view,
        is_iceberg,
        snapshot[1] if snapshot else "",
        rows,
        int(summary.get("total-files-size", 0)),
        columns,
    )


def _before_details(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows of `describe` for columns; those of partitions follow an empty name or a `#`."""
    end = next((n for n, row in enumerate(rows) if not row[0] or str(row[0])[0] == "#"), len(rows))
    return rows[:end]


def _json_after(text: str, key: str) -> dict[str, Any] | None:
    """The object after a key in a list of properties."""
    at = text.find(f"{key}{{")
    if at < 0:
        return None
    value: dict[str, Any] = json.JSONDecoder().raw_decode(text, at + len(key))[0]
    return value


def _type(kind: Any) -> str:
    """A type of Iceberg as Spark spells it; of nested ones the outer type alone."""
    name = str(kind["type"] if isinstance(kind, dict) else kind)
    if name.startswith("decimal"):
        return name.replace(" ", "")
    return "binary" if name.startswith("fixed") else _TYPES.get(name, name)
