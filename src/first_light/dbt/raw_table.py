"""Which table of raw a source reads."""

from __future__ import annotations

from collections.abc import Collection

from first_light.dbt.manifest import Node


def raw_table(source: Node, tables: Collection[str]) -> str:
    """The folder or table of raw that a source reads, of those that there are; else its name."""
    place = str(source.meta.get("external_location") or "")
    read = (name for name in sorted(tables) if f"/{name}/" in place)
    return source.name if source.name in tables else next(read, source.name)
