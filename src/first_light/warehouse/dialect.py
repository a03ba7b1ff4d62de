"""The SQL dialects of profile queries.

Queries are written in DuckDB's dialect. For other warehouses sqlglot translates them, so that a
warehouse needs no code here; a subclass may override single expressions, as PostgreSQL's does.
"""

from __future__ import annotations

from collections.abc import Collection

_LEAST_AND_GREATEST = "-1.7976931348623157e308 and 1.7976931348623157e308"


class Dialect:
    """A warehouse that is known only by its name; sqlglot translates its queries.

    Args:
        name: its name in dbt.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def relation(self, relation: str) -> str:
        """A relation's name in DuckDB's dialect, from dbt's spelling for the warehouse."""
        from sqlglot import exp

        return exp.to_table(relation, dialect=self._sqlglot_name()).sql(dialect="duckdb")

    def translated(self, query: str) -> str:
        """A query, translated to the warehouse's dialect."""
        import sqlglot

        return sqlglot.transpile(query, read="duckdb", write=self._sqlglot_name())[0]

    def _sqlglot_name(self) -> str:
        """Its name in sqlglot; empty, for standard SQL, if sqlglot does not know it."""
        import sqlglot  # slow to import (0.3 s)

        return self.name if sqlglot.Dialect.get(self.name) else ""

    def columns(self, schemas: Collection[str]) -> str:
        """A query in the warehouse's SQL for the columns of all relations in these schemas.

        Rows of schema, relation, column and type, in order; standard SQL.
        """
        return (
            "select table_schema, table_name, column_name, data_type "
            f"from information_schema.columns where table_schema in ({_texts(schemas)}) "
            "order by table_schema, table_name, ordinal_position"
        )

    def approximate_distinct(self, column: str) -> str:
        """The number of distinct values, estimated if the warehouse can."""
        return f"approx_count_distinct({column})"

    def is_number(self, value: str) -> str:
        """Whether a double is a finite number; NaN compares as the largest value or as null."""
        return f"{value} between {_LEAST_AND_GREATEST}"

    def is_time(self, column: str) -> str:
        """Whether a date or time is finite; empty if the warehouse has no infinite times."""
        return ""

    def seconds(self, time: str) -> str:
        """A UTC time as seconds since 1970."""
        return f"date_diff('second', cast('1970-01-01' as timestamp), cast({time} as timestamp))"

    def counts(self, column: str, relation: str) -> str:
        """Row counts by value, as a JSON object without nulls; empty if not supported.

        Args:
            column: a quoted column of texts or booleans.
            relation: the relation to read.
        """
        return ""


class NativeDialect(Dialect):
    """A warehouse that reads DuckDB's dialect unchanged, and has infinite times."""

    def relation(self, relation: str) -> str:
        return relation

    def translated(self, query: str) -> str:
        return query

    def is_time(self, column: str) -> str:
        return f"isfinite({column})"

    def seconds(self, time: str) -> str:
        return f"extract(epoch from cast({time} as timestamp))"


class DuckDb(NativeDialect):
    """DuckDB; it counts by value in the same scan."""

    def columns(self, schemas: Collection[str]) -> str:
        return (
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            f"where database_name = current_database() and schema_name in ({_texts(schemas)}) "
            "order by schema_name, table_name, column_index"
        )

    def is_number(self, value: str) -> str:
        return f"isfinite({value})"

    def counts(self, column: str, relation: str) -> str:
        return f"cast(to_json(histogram(cast({column} as varchar))) as varchar)"


class Postgres(NativeDialect):
    """PostgreSQL; it has no estimates, and counts by value in a separate scan."""

    def columns(self, schemas: Collection[str]) -> str:
        return (
            "select nspname, relname, attname, format_type(atttypid, atttypmod) from pg_attribute "
            "inner join pg_class on pg_attribute.attrelid = pg_class.oid "
            "inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid "
            f"where nspname in ({_texts(schemas)}) and relkind in ('r', 'p', 'v', 'm', 'f') "
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


_DIALECTS: dict[str, type[Dialect]] = {"duckdb": DuckDb, "postgres": Postgres}


def reads_files(warehouse: str) -> bool:
    """Whether sources are files, so that deliveries are known; otherwise they are tables."""
    return warehouse == "duckdb"


def dialect_of(warehouse: str) -> Dialect:
    """The dialect of a warehouse, by its name in dbt."""
    return _DIALECTS.get(warehouse, Dialect)(warehouse)


def _texts(values: Collection[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
