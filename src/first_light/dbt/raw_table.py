"""Which table of raw a source reads."""

from __future__ import annotations

from collections.abc import Collection

from first_light.dbt.manifest import Node
from first_light.project.source_table import table_name


def raw_table(source: Node, tables: Collection[str]) -> str:
    """The folder or table of raw that a source reads, of those that there are; else its name."""
    own = full_name(source.unique_id)
    place = str(source.meta.get("external_location") or "")
    read = (name for name in sorted(tables) if f"/{name}/" in place)
    return own if own in tables else next(read, own)


def full_name(unique_id: str) -> str:
    """The name of a source's table in raw: of `source.shop.crm.customers`, `crm__customers`."""
    *_, source, table = unique_id.split(".", 3)
    return table_name(source, table)
