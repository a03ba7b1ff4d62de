"""The columns of relations, on every warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from first_light.dbt.engine import QueryRunner
from first_light.dbt.manifest import Node
from first_light.dbt.personal_columns import BUILT
from first_light.warehouse.base import Relation
from first_light.warehouse.dialect import dialect_of
from first_light.warehouse.withheld_columns import Place

Columns = dict[Relation, tuple[tuple[str, str], ...]]


def columns_of(
    queries: QueryRunner, relations: Sequence[Relation], sources: Iterable[Node] = ()
) -> Columns:
    """Names and types of the relations' columns, in order; what is not there is left out.

    Args:
        queries: asks the warehouse.
        relations: what to look for.
        sources: those among them that are sources, which may be in another database.

    Raises:
        DataopsError: they can't be read.
    """
    columns_: Columns = {}
    schemas = sorted({relation.schema for relation in relations})
    raw = sorted({node.relation for node in sources if node.relation})
    query = dialect_of(queries.name).columns(schemas, raw)
    for schema, name, column, kind in queries.run(query).rows if relations else ():
        relation = Relation(schema, name)
        columns_[relation] = (*columns_.get(relation, ()), (column, kind))
    return {relation: columns_[relation] for relation in relations if relation in columns_}


def built_columns(queries: QueryRunner, nodes: Iterable[Node]) -> dict[Place, list[str]]:
    """The names of the columns of each relation that was built, in order.

    Args:
        queries: asks the warehouse that holds the build.
        nodes: those that may have been built; others among them are left out.

    Raises:
        DataopsError: they can't be read.
    """
    relations = [
        Relation(node.schema, node.alias) for node in nodes if node.kind in BUILT and node.alias
    ]
    columns = columns_of(queries, relations)
    return {(place.schema, place.name): [name for name, _ in columns[place]] for place in columns}
