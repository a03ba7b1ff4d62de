"""What the monitors ask: dbt's own adapter in a release, the same way for every warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from first_light.dbt.adapter import Answer
from first_light.warehouse.base import Relation
from first_light.warehouse.dialect import dialect_of

Columns = dict[Relation, tuple[tuple[str, str], ...]]


class Asked(Protocol):
    """`dbt_adapter.Adapter`, or a drill's scratch in its place."""

    @property
    def name(self) -> str: ...

    def ask(self, query: str) -> Answer: ...

    def columns(self, schema: str, name: str) -> tuple[tuple[str, str], ...]: ...


def columns_of(asked: Asked, relations: Sequence[Relation]) -> Columns:
    """Names and types of the relations' columns, in order; what is not there is left out.

    Raises:
        DataopsError: they can't be read.
    """
    found: Columns = {}
    query = dialect_of(asked.name).columns(sorted({one.schema for one in relations}))
    if not query:
        found = {one: asked.columns(one.schema, one.name) for one in relations}
    elif relations:
        for schema, name, column, kind in asked.ask(query).rows:
            relation = Relation(schema, name)
            found[relation] = (*found.get(relation, ()), (column, kind))
    return {one: found[one] for one in relations if found.get(one)}
