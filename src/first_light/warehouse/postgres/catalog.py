"""The schemas and relations of releases, from PostgreSQL's catalog."""

from __future__ import annotations

import re
from typing import Any

from first_light.warehouse.base import Relation
from first_light.warehouse.own_tables import OWN_SCHEMA, WITHHELD, prefix_of
from first_light.warehouse.postgres.server import schemas

CANDIDATE = "candidate"
SAMPLE = "sample"  # a rehearsal's raw: it belongs to the release, and is not published
# Views that read relations of some schemas: the view, and the relation that it reads.
READERS = """
    select distinct place.nspname, reader.relname, read_in.nspname, read.relname, reader.relkind
    from pg_depend
    inner join pg_rewrite on pg_depend.objid = pg_rewrite.oid
    inner join pg_class as reader on pg_rewrite.ev_class = reader.oid
    inner join pg_namespace as place on reader.relnamespace = place.oid
    inner join pg_class as read on pg_depend.refobjid = read.oid
    inner join pg_namespace as read_in on read.relnamespace = read_in.oid
    where
        pg_depend.classid = 'pg_rewrite'::regclass
        and pg_depend.refclassid = 'pg_class'::regclass
        and reader.oid <> read.oid
"""


def of_release(schema: str, run: str) -> str:
    """The name of a candidate's schema after it became a release."""
    return prefix_of(run) + schema.removeprefix(CANDIDATE)


def schemas_of(cursor: Any, run: str) -> list[str]:
    """The schemas of a release, if this run made them."""
    cursor.execute(
        "select nspname from pg_namespace where nspname = any(%s) "
        "and obj_description(oid, 'pg_namespace') = %s",
        (schemas(cursor, prefix_of(run)), run),
    )
    return sorted(row[0] for row in cursor.fetchall())


def relations_of(cursor: Any, run: str) -> dict[Relation, Relation]:
    """The relations that a release publishes: the public view, and the relation behind it."""
    prefix = f"{prefix_of(run)}_"
    cursor.execute(
        "select nspname, relname from pg_class inner join pg_namespace "
        "on pg_class.relnamespace = pg_namespace.oid "
        "where nspname = any(%s) and relkind in ('r', 'p', 'v', 'm', 'f')",
        (
            [
                schema_name
                for schema_name in schemas_of(cursor, run)
                if schema_name != prefix + SAMPLE
            ],
        ),
    )
    return {
        Relation(schema.removeprefix(prefix), name): Relation(schema, name)
        for schema, name in cursor.fetchall()
    }


def columns_of(cursor: Any, schema_names: list[str]) -> dict[Relation, tuple[str, ...]]:
    """All relations of these schemas with their columns in order."""
    cursor.execute(
        "select nspname, relname, attname from pg_class "
        "inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid "
        "inner join pg_attribute on pg_attribute.attrelid = pg_class.oid "
        "where nspname = any(%s) and relkind in ('r', 'p', 'v', 'm', 'f') "
        "and attnum > 0 and not attisdropped order by nspname, relname, attnum",
        (schema_names,),
    )
    relations: dict[Relation, tuple[str, ...]] = {}
    for schema, name, column in cursor.fetchall():
        relation = Relation(schema, name)
        relations[relation] = (*relations.get(relation, ()), column)
    return relations


def withheld_of(cursor: Any, run: str) -> dict[Relation, set[str]]:
    """The columns that readers of a release do not get, by public view."""
    from psycopg2 import sql

    place = Relation(f"{prefix_of(run)}_{OWN_SCHEMA}", WITHHELD)
    if not is_table(cursor, place):
        return {}
    cursor.execute(
        sql.SQL('select "schema", name, "column" from {}').format(
            sql.Identifier(place.schema, place.name)
        )
    )
    withheld: dict[Relation, set[str]] = {}
    for schema, name, column in cursor.fetchall():
        withheld.setdefault(Relation(schema, name), set()).add(column)
    return withheld


def published_views(cursor: Any) -> dict[Relation, Relation]:
    """The published views, and the relation that each reads now."""
    cursor.execute(READERS + " and reader.relkind = 'v' and reader.relname = read.relname")
    views = {}
    for schema, name, read_in, read, _ in cursor.fetchall():
        release = re.fullmatch(r"r\d{6,}_(?P<schema>.+)", read_in)
        if release and release["schema"] == schema:
            views[Relation(schema, name)] = Relation(read_in, read)
    return views


def rows_of(cursor: Any, schema: str) -> dict[str, int]:
    """Rows of every table in a schema, by name."""
    from psycopg2 import sql

    cursor.execute(
        "select relname from pg_class where relnamespace = to_regnamespace(quote_ident(%s)) "
        "and relkind in ('r', 'p', 'm', 'v', 'f') order by relname",
        (schema,),
    )
    rows: dict[str, int] = {}
    for (name,) in cursor.fetchall():
        cursor.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(schema, name)))
        rows[name] = int(cursor.fetchone()[0])
    return rows


def is_table(cursor: Any, relation: Relation) -> bool:
    cursor.execute(
        "select 1 from pg_class inner join pg_namespace "
        "on pg_class.relnamespace = pg_namespace.oid "
        "where nspname = %s and relname = %s and relkind in ('r', 'p')",
        (relation.schema, relation.name),
    )
    return cursor.fetchone() is not None


def copy_comment(cursor: Any, source: Relation, target: Relation) -> None:
    """Give a copy of a table its comment; those of columns come with its definition."""
    from psycopg2 import sql

    table = sql.Identifier(source.schema, source.name).as_string(cursor)
    cursor.execute("select obj_description(to_regclass(%s), 'pg_class')", (table,))
    (comment,) = cursor.fetchone()
    copy = sql.Identifier(target.schema, target.name)
    cursor.execute(sql.SQL("comment on table {} is %s").format(copy), (comment,))


def files_of(cursor: Any, run: str) -> str:
    """What changes when the tables of a release are replaced; empty if there are none."""
    cursor.execute(
        "select md5(string_agg(concat_ws(' ', nspname, relname, pg_class.oid, relfilenode, "
        "pg_relation_size(pg_class.oid)), ',' order by nspname, relname)) from pg_class "
        "inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid "
        "where nspname = any(%s) and relkind in ('r', 'p')",
        (schemas_of(cursor, run),),
    )
    return str(cursor.fetchone()[0] or "")


def versions_of(cursor: Any, schema: str) -> dict[str, str]:
    """What changes with the rows of every table in a schema, by name."""
    from psycopg2 import sql

    cursor.execute(
        "select relname from pg_class where relnamespace = to_regnamespace(quote_ident(%s)) "
        "and relkind in ('r', 'p', 'm')",
        (schema,),
    )
    states: dict[str, str] = {}
    for (name,) in cursor.fetchall():
        cursor.execute(
            sql.SQL(
                "select count(*), sum(hashtextextended(concat_ws(' ', tableoid, ctid, xmin), 0)) "
                "from {}"
            ).format(sql.Identifier(schema, name))
        )
        states[name] = " ".join(map(str, cursor.fetchone()))
    return states
