"""Where a source reads its files, as dbt-duckdb expands it."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any


def expand(location: str, formatter: str, names: Mapping[str, Any]) -> str:
    """A source's `external_location` with its names filled in; a bare path is quoted.

    Args:
        location: as written.
        formatter: newstyle, oldstyle or template.
        names: what it may name.

    Raises:
        ValueError: it cannot be expanded.
    """
    try:
        if formatter == "oldstyle":
            expanded = location % names
        elif formatter == "template":
            expanded = string.Template(location).substitute(names)
        else:
            expanded = location.format_map(names)
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(str(error)) from error
    if "(" not in expanded and not expanded.startswith("'"):
        return f"'{expanded}'"
    return expanded
