"""How warehouses are asked for a profile.

What is asked is written as DuckDB reads it. Elsewhere sqlglot translates it, so that a warehouse
needs nothing here; what can be said better in its own words may be: a few methods, as PostgreSQL's.
"""

from __future__ import annotations

from collections.abc import Collection

_LEAST_AND_GREATEST = "-1.7976931348623157e308 and 1.7976931348623157e308"


class Dialect:
    """A warehouse of which nothing is known but its name, and by that to sqlglot its words.

    Args:
        name: as dbt calls it.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def place(self, relation: str) -> str:
        """A relation's name, as dbt spells it for the warehouse, in the words of what is asked."""
        from sqlglot import exp

        return exp.to_table(relation, dialect=self._words()).sql(dialect="duckdb")

    def spelled(self, query: str) -> str:
        """What is asked, as the warehouse reads it."""
        import sqlglot

        return sqlglot.transpile(query, read="duckdb", write=self._words())[0]

    def _words(self) -> str:
        """Its name for sqlglot; empty for what sqlglot does not know, which gets the standard's."""
        import sqlglot  # a third of a second to import: not where it is not needed

        return self.name if sqlglot.Dialect.get(self.name) else ""

    def columns(self, schemas: Collection[str]) -> str:
        """SQL, the warehouse's own, for the columns of all relations in these schemas.

        Rows of schema, relation, column and type, in order; empty where dbt's adapter is to tell.
        """
        return ""

    def about_distinct(self, column: str) -> str:
        """How many different values, estimated where the warehouse can."""
        return f"approx_count_distinct({column})"

    def is_number(self, value: str) -> str:
        """Whether a double is one; NaN compares as greater than all, or as nothing."""
        return f"{value} between {_LEAST_AND_GREATEST}"

    def is_time(self, column: str) -> str:
        """Whether a date or a time is one; empty where there is no infinity."""
        return ""

    def seconds(self, time: str) -> str:
        """A time of UTC as seconds since 1970."""
        return f"date_diff('second', cast('1970-01-01' as timestamp), cast({time} as timestamp))"

    def counts(self, column: str, relation: str) -> str:
        """Rows by value, as the text of a JSON object, nulls left out; empty where that can't be.

        Args:
            column: quoted, of a text or a boolean.
            relation: what to read from.
        """
        return ""


class Understood(Dialect):
    """A warehouse that reads what is asked as it stands, and knows infinite times."""

    def place(self, relation: str) -> str:
        return relation

    def spelled(self, query: str) -> str:
        return query

    def is_time(self, column: str) -> str:
        return f"isfinite({column})"

    def seconds(self, time: str) -> str:
        return f"extract(epoch from cast({time} as timestamp))"


class DuckDb(Understood):
    """DuckDB counts by value in the same pass."""

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


class Postgres(Understood):
    """PostgreSQL estimates nothing, and counts by value in a pass of its own."""

    def columns(self, schemas: Collection[str]) -> str:
        return (
            "select nspname, relname, attname, format_type(atttypid, atttypmod) from pg_attribute "
            "inner join pg_class on pg_attribute.attrelid = pg_class.oid "
            "inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid "
            f"where nspname in ({_texts(schemas)}) and relkind in ('r', 'p', 'v', 'm', 'f') "
            "and attnum > 0 and not attisdropped order by nspname, relname, attnum"
        )

    def about_distinct(self, column: str) -> str:
        return f"count(distinct {column})"

    def counts(self, column: str, relation: str) -> str:
        return (
            "(select cast(json_object_agg(v, n) as text) from "
            f"(select cast({column} as text) as v, count(*) as n from {relation} "
            f"where {column} is not null group by 1) as counted)"
        )


_OWN: dict[str, type[Dialect]] = {"duckdb": DuckDb, "postgres": Postgres}


def reads_files(warehouse: str) -> bool:
    """Whether sources are files, so that each delivery is known; elsewhere they are tables."""
    return warehouse == "duckdb"


def dialect_of(warehouse: str) -> Dialect:
    """How a warehouse is asked, by the name that dbt has for it."""
    return _OWN.get(warehouse, Dialect)(warehouse)


def _texts(values: Collection[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
