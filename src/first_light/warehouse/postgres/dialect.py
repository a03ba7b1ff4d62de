"""The SQL of profile queries on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection

from first_light.warehouse.dialect import NativeDialect, texts


class PostgresDialect(NativeDialect):
    """PostgreSQL; it has no estimates, and counts by value in a separate scan."""

    def columns(self, schemas: Collection[str], sources: Collection[str] = ()) -> str:
        return (
            "select nspname, relname, attname, format_type(atttypid, atttypmod) from pg_attribute "
            "inner join pg_class on pg_attribute.attrelid = pg_class.oid "
            "inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid "
            f"where nspname in ({texts(schemas)}) and relkind in ('r', 'p', 'v', 'm', 'f') "
            "and attnum > 0 and not attisdropped order by nspname, relname, attnum"
        )

    def approximate_distinct(self, column: str) -> str:
        return f"count(distinct {column})"

    def counts(self, column: str, relation: str) -> str:
        return (
            "(select cast(json_object_agg(v, n) as text) from "
            f"(select cast({column} as text) as v, count(*) as n from {relation} "
            f"where {column} is not null group by 1) as counted)"
        )
