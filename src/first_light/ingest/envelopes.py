"""JSON documents that wrap their records: GeoJSON, and objects such as `{"count": 2, "data": […]}`.

Raw holds the records, one object a line; what the envelope says beside them is left out and noted.
Tables that are written by column, as rows of bare values or by key become records as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LARGEST = 100 << 20
"""Characters of a document that is looked into; it is held in memory."""

_DOUBLE_DIGITS = 17
_LEAST_KEYED = 3
_FIELD = re.compile(
    r'"(?:[^"\\]|\\.)*"(?!\s*:)|("(?:[^"\\]|\\.)*"\s*:\s*)(?:(-?[0-9]+[.][0-9]+(?:[eE][-+]?[0-9]+)?))?'
)
"""A text, or the name of a field with the fraction that it holds, if it holds one."""

_NAME_KEYS = frozenset({"columns", "cols", "fields", "header", "headers", "names", "column_names"})
_RECORD_KEYS = frozenset(
    {"data", "records", "results", "result", "response", "rows", "value", "values", "features"}
    | {"entries", "documents", "docs", "hits", "payload", "content", "objects", "elements"}
)
_OUTER_KEYS = _RECORD_KEYS | {"d"}
"""Keys of objects that hold the records further inside; `d` is OData's."""

_EDGE_KEYS = frozenset({"node", "cursor", "__typename"})
"""What GraphQL writes around each record."""

_META = re.compile(
    r"(?i)(@?odata.*|.*(count|total|page|pages|next|previous|prev|limit|offset|size|cursor|links?|"
    r"meta|metadata|status|success|code|message|errors?|version|generated|timestamp|more|took|"
    r"type|name|crs|bbox|title|description|url|license|schema|info|request|query|date))"
)


@dataclass(frozen=True)
class Records:
    """The records of a document.

    Attributes:
        lines: the records, each as JSON on one line.
        note: what was unwrapped and what was left out.
        name: the key that held them, where the document holds several tables; empty else.
    """

    lines: tuple[str, ...]
    note: str
    name: str = ""


def unwrap(text: str, stem: str) -> tuple[Records, ...]:
    """The records inside a document, of each of its tables; empty where nothing wraps them.

    Args:
        text: the whole document.
        stem: the file's name without extension: `{"orders": […]}` in orders.json is an envelope.
    """
    try:
        document, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return ()
    if isinstance(document, dict) and document.get("type") == "Feature":
        return _feature_lines(text)
    if text[end:].strip():
        return ()
    if isinstance(document, list):
        return _with_header(document[:1], document[1:], "the first row")
    if not isinstance(document, dict):
        return ()
    if document.get("type") == "FeatureCollection" and isinstance(document.get("features"), list):
        return (_features(document["features"]),)
    if document.get("type") == "Topology":
        return _topology(document, stem)
    path, records, rest = _wrapped(document, stem)
    if records is not None:
        return (_taken_out(path, records, rest),)
    return _several(document) or _split(document) or _by_column(document) or _by_key(document)


def _topology(document: Mapping[str, object], stem: str) -> tuple[Records, ...]:
    """The objects of TopoJSON, a table each, with their properties and without shared arcs."""
    objects = document.get("objects")
    tables: dict[str, list[dict[str, object]]] = {}
    for name, layer in objects.items() if isinstance(objects, dict) else ():
        shapes = layer.get("geometries", [layer]) if isinstance(layer, dict) else []
        records = [_described(shape) for shape in shapes if isinstance(shape, dict)]
        if any(len(record) > 1 for record in records):
            tables[name] = records
    note = "records are the objects of TopoJSON, without their shapes"
    return tuple(
        Records(tuple(map(_line, rows)), note, f"{stem}_{name}" if len(tables) > 1 else "")
        for name, rows in tables.items()
    )


def _described(shape: Mapping[str, object]) -> dict[str, object]:
    """What an object of TopoJSON is: its id, its properties and the type of its shape."""
    properties = shape.get("properties")
    own = {name: shape[name] for name in ("id", "type") if name in shape}
    return {**own, **(properties if isinstance(properties, dict) else {})}


def _taken_out(
    path: str, records: Sequence[Mapping[str, object]], rest: Sequence[str], name: str = ""
) -> Records:
    nodes = [node for record in records if isinstance(node := record.get("node"), dict)]
    if records and len(nodes) == len(records) and all(r.keys() <= _EDGE_KEYS for r in records):
        path, records = f"{path}.node", nodes
    note = f"records taken out of {path}{_beside(rest)}"
    return Records(tuple(map(_line, records)), note, name)


def _beside(rest: Sequence[str]) -> str:
    if not rest:
        return ""
    return f", left out beside them: {', '.join(rest[:5])}" + (" …" if rest[5:] else "")


def _several(document: Mapping[str, object]) -> tuple[Records, ...]:
    """The tables of a document that holds several lists of objects, and no record of its own."""
    tables = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and all(isinstance(item, dict) for item in value)
    }
    rest = [key for key in document if key not in tables]
    if len(tables) < 2 or not any(tables.values()) or not all(map(_META.fullmatch, rest)):
        return ()
    return tuple(_taken_out(key, records, rest, key) for key, records in tables.items())


def _split(document: Mapping[str, object]) -> tuple[Records, ...]:
    """Rows of bare values, with the names of their columns under a key of their own."""
    names = next((key for key in document if key.lower() in _NAME_KEYS), "")
    lists = [k for k, v in document.items() if isinstance(v, list) and v and _rows_of_values(v)]
    if not names or len(lists) != 1:
        return ()
    header = document[names]
    titles = (
        [item.get("name") if isinstance(item, dict) else item for item in header]
        if isinstance(header, list)
        else []
    )
    rows = document[lists[0]]
    rest = [key for key in document if key not in {names, lists[0]}]
    return _with_header([titles], rows, names, rest) if isinstance(rows, list) else ()


def _with_header(
    header: Sequence[object], rows: Sequence[object], where: str, rest: Sequence[str] = ()
) -> tuple[Records, ...]:
    """Rows of bare values as records; empty unless the header names each value of each row."""
    names = header[0] if header else None
    if not isinstance(names, list) or not rows or len(set(map(str, names))) != len(names):
        return ()
    if not all(isinstance(name, str) and name.strip() for name in names):
        return ()
    if not all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return ()
    records = (dict(zip(names, row)) for row in rows if isinstance(row, list))
    note = f"rows of values, named by {where}{_beside(rest)}"
    return (Records(tuple(map(_line, records)), note),)


def _rows_of_values(rows: Sequence[object]) -> bool:
    return all(isinstance(row, list) for row in rows)


def _by_column(document: Mapping[str, object]) -> tuple[Records, ...]:
    """A table that is written by column: lists of one length, or values by the number of a row."""
    columns = list(document.values())
    if len(columns) < 2:
        return ()
    note = "a table written by column, made one record a row"
    if all(isinstance(column, list) for column in columns):
        lists = [column for column in columns if isinstance(column, list)]
        scalar = not any(isinstance(value, (list, dict)) for column in lists for value in column)
        if not scalar or len(lists[0]) < 2 or len({len(column) for column in lists}) != 1:
            return ()
        rows = (dict(zip(document, row)) for row in zip(*lists))
        return (Records(tuple(map(_line, rows)), note),)
    numbered = [column for column in columns if isinstance(column, dict)]
    if len(numbered) != len(columns) or not numbered[0]:
        return ()
    if any(column.keys() != numbered[0].keys() for column in numbered):
        return ()
    if not all(key.isdigit() for key in numbered[0]):
        return ()
    rows = ({name: column[key] for name, column in zip(document, numbered)} for key in numbered[0])
    return (Records(tuple(map(_line, rows)), note),)


def _by_key(document: Mapping[str, object]) -> tuple[Records, ...]:
    """Records by their keys: at least three objects of much the same fields."""
    records = [value for value in document.values() if isinstance(value, dict) and value]
    if len(records) != len(document) or len(records) < _LEAST_KEYED:
        return ()
    fields = {name for record in records for name in record}
    if any(2 * len(record) < len(fields) for record in records):
        return ()
    name = next(name for name in ("key", "record_key", "_key") if name not in fields)
    lines = (_line({name: key, **record}) for key, record in zip(document, records))
    return (Records(tuple(lines), f"records by key, which is the column {name}"),)


def _feature_lines(text: str) -> tuple[Records, ...]:
    """The features of GeoJSON that follow one another; empty where something else is among them."""
    decoder, features, at = json.JSONDecoder(), [], 0
    while at < len(text):
        try:
            feature, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return ()
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            return ()
        features.append(feature)
        while at < len(text) and text[at] in " \r\n\t,\x1e":
            at += 1
    return (_features(features),)


def with_exact_numbers(text: str) -> tuple[str, int]:
    """JSON with fractions that a double does not hold as texts, and how many these are.

    DuckDB reads a number with a fraction through a double, which changes its last digits.
    """
    count = 0

    def exact(match: re.Match[str]) -> str:
        nonlocal count
        number = match[2]
        if number is None or len(re.sub(r"[eE].*|[^0-9]", "", number).strip("0")) <= _DOUBLE_DIGITS:
            return match[0]
        count += 1
        return f'{match[1]}"{number}"'

    return _FIELD.sub(exact, text), count


def _wrapped(
    document: Mapping[str, object], stem: str, is_inside: bool = False
) -> tuple[str, Sequence[Mapping[str, object]] | None, list[str]]:
    """The key that holds the records, the records, and the other keys."""
    lists = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and all(isinstance(item, dict) for item in value)
    }
    lists = {key: records for key, records in lists.items() if records} or lists
    for key, records in lists.items():
        rest = [name for name in document if name != key]
        known = key.lower() in _RECORD_KEYS or key.lower() in stem.lower()
        if len(lists) == 1 and (not rest or known or all(map(_META.fullmatch, rest))):
            return key, records, rest
    for key, inner in document.items():
        rest = [name for name in document if name != key]
        is_outer = key.lower() in _OUTER_KEYS or (is_inside and not rest)
        if isinstance(inner, dict) and is_outer and not lists:
            path, records_inside, others = _wrapped(inner, stem, is_inside=True)
            return f"{key}.{path}", records_inside, [*rest, *others]
    return "", None, []


def _features(features: Sequence[object]) -> Records:
    """One record a feature: its properties, its geometry, and its id where it has one."""
    lines = []
    for feature in features:
        if not isinstance(feature, dict):
            continue
        properties = feature.get("properties")
        record = dict(properties) if isinstance(properties, dict) else {}
        for key in ("id", "geometry"):
            if key in feature:
                record[f"feature_{key}" if key in record else key] = feature[key]
        lines.append(_line(record))
    return Records(tuple(lines), "records are the features of GeoJSON, with their geometry")


def _line(record: object) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))
