"""The columns of the relations that monitors query, on every warehouse."""

from __future__ import annotations

from collections.abc import Sequence

from first_light.dbt.engine import QueryRunner
from first_light.warehouse.base import Relation
from first_light.warehouse.dialect import dialect_of

Columns = dict[Relation, tuple[tuple[str, str], ...]]


def columns_of(queries: QueryRunner, relations: Sequence[Relation]) -> Columns:
    """Names and types of the relations' columns, in order; what is not there is left out.

    Raises:
        DataopsError: they can't be read.
    """
    columns_: Columns = {}
    query = dialect_of(queries.name).columns(sorted({relation.schema for relation in relations}))
    for schema, name, column, kind in queries.run(query).rows if relations else ():
        relation = Relation(schema, name)
        columns_[relation] = (*columns_.get(relation, ()), (column, kind))
    return {relation: columns_[relation] for relation in relations if relation in columns_}
