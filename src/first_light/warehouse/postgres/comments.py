"""The descriptions of models and columns, as comments on the published views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from first_light.warehouse.base import Relation
from first_light.warehouse.postgres.catalog import columns_of


class _Place(NamedTuple):
    """A relation; with a column, that column of it."""

    relation: Relation
    column: str = ""


def copy_comments(cursor: Any, targets: Mapping[Relation, Relation]) -> None:
    """Give each view the comments of what it reads, and take away those that it had before.

    Args:
        cursor: in the transaction that publishes.
        targets: the relation that each view reads.
    """
    from psycopg2 import sql

    before = _comments(cursor, sorted({view.schema for view in targets}))
    described = _comments(cursor, sorted({source.schema for source in targets.values()}))
    columns = columns_of(cursor, sorted({view.schema for view in targets}))
    statements = []
    for view, source in targets.items():
        for column in ("", *columns.get(view, ())):
            comment = described.get(_Place(source, column))
            if comment == before.get(_Place(view, column)):
                continue
            names = filter(None, (view.schema, view.name, column))
            statement = sql.SQL("comment on {} {} is {}").format(
                sql.SQL("column" if column else "view"),
                sql.Identifier(*names),
                sql.Literal(comment),
            )
            statements.append(statement)
    if statements:
        cursor.execute(sql.SQL("; ").join(statements))


def _comments(cursor: Any, schema_names: list[str]) -> dict[_Place, str]:
    """The comments on the relations of some schemas, and on their columns."""
    cursor.execute(
        "select nspname, relname, coalesce(attname, ''), description from pg_description "
        "inner join pg_class on pg_class.oid = objoid and classoid = 'pg_class'::regclass "
        "inner join pg_namespace on pg_namespace.oid = relnamespace "
        "left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0 "
        "where nspname = any(%s)",
        (schema_names,),
    )
    return {
        _Place(Relation(schema, name), column): comment
        for schema, name, column, comment in cursor.fetchall()
    }
