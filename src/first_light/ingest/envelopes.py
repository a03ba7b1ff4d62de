"""JSON documents that wrap their records: GeoJSON, and objects such as `{"count": 2, "data": […]}`.

Raw holds the records, one object a line; what the envelope says beside them is left out and noted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LARGEST = 100 << 20
"""Characters of a document that is looked into; it is held in memory."""

_RECORD_KEYS = frozenset(
    {"data", "records", "results", "result", "response", "rows", "value", "values", "features"}
    | {"entries", "documents", "docs", "hits", "payload", "content", "objects", "elements"}
)
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
    """

    lines: tuple[str, ...]
    note: str


def unwrap(text: str, stem: str) -> Records | None:
    """The records inside a document; None when it is not one object that wraps a list of them.

    Args:
        text: the whole document.
        stem: the file's name without extension: `{"orders": […]}` in orders.json is an envelope.
    """
    try:
        document, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or text[end:].strip():
        return None
    if document.get("type") == "FeatureCollection" and isinstance(document.get("features"), list):
        return _features(document["features"])
    path, records, rest = _wrapped(document, stem)
    if records is None:
        return None
    note = f"records taken out of {path}"
    if rest:
        note += f", left out beside them: {', '.join(rest[:5])}" + (" …" if rest[5:] else "")
    return Records(tuple(map(_line, records)), note)


def _wrapped(
    document: Mapping[str, object], stem: str
) -> tuple[str, Sequence[Mapping[str, object]] | None, list[str]]:
    """The key that holds the records, the records, and the other keys."""
    lists = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and all(isinstance(item, dict) for item in value)
    }
    for key, records in lists.items():
        rest = [name for name in document if name != key]
        known = key.lower() in _RECORD_KEYS or key.lower() in stem.lower()
        if len(lists) == 1 and (not rest or known or all(map(_META.fullmatch, rest))):
            return key, records, rest
    for key, inner in document.items():
        rest = [name for name in document if name != key]
        if isinstance(inner, dict) and key.lower() in _RECORD_KEYS and not lists:
            path, records_inside, others = _wrapped(inner, stem)
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
