"""JSON in a text value, up to a depth that code which walks it can reach."""

from __future__ import annotations

import json
from typing import Any

_DEEPEST = 100


def parse_json(text: str) -> dict[Any, Any] | list[Any] | None:
    """The object or array in a JSON text; None if it is anything else or nested too deeply."""
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict | list):
        return None
    level: list[Any] = [parsed]
    for _ in range(_DEEPEST):
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return parsed
    return None
