"""The SQL dialects of profile queries.

Queries are written in DuckDB's dialect. For other warehouses sqlglot translates them, so that a
warehouse needs no code here; a subclass may override single expressions, as PostgreSQL's does.
"""

from __future__ import annotations

from collections.abc import Collection

from first_light.utils.sql_names import quoted

_COLUMNS = "-- columns of: "
_LEAST_AND_GREATEST = "-1.7976931348623157e308 and 1.7976931348623157e308"


class Dialect:
    """A warehouse that is known only by its name; sqlglot translates its queries.

    Args:
        name: its name in dbt.

    Attributes:
        version: an expression for the version of the server.
    """

    version = "version()"

    def __init__(self, name: str) -> None:
        self.name = name

    def relation(self, relation: str) -> str:
        """A relation's name in DuckDB's dialect, from dbt's spelling for the warehouse."""
        from sqlglot import exp

        return exp.to_table(relation, dialect=self._sqlglot_name()).sql(dialect="duckdb")

    def named(self, schema: str, name: str) -> str:
        """A relation's name in the warehouse's SQL, from dbt's spelling of both parts."""
        from sqlglot import exp

        return exp.table_(name, db=schema, quoted=True).sql(dialect=self._sqlglot_name())

    def translated(self, query: str) -> str:
        """A query, translated to the warehouse's dialect."""
        import sqlglot

        return sqlglot.transpile(query, read="duckdb", write=self._sqlglot_name())[0]

    def _sqlglot_name(self) -> str:
        """Its name in sqlglot; empty, for standard SQL, if sqlglot does not know it."""
        import sqlglot  # slow to import (0.3 s)

        return self.name if sqlglot.Dialect.get(self.name) else ""

    def columns(self, schemas: Collection[str], sources: Collection[str] = ()) -> str:
        """A query in the warehouse's SQL for the columns of all relations in these schemas.

        Rows of schema, relation, column and type, in order; standard SQL.

        Args:
            schemas: their names.
            sources: whole names of relations of raw, as dbt spells them: a warehouse may have
                them in another database, of which the connection's own catalog knows nothing.
        """
        return (
            "select table_schema, table_name, column_name, data_type "
            f"from information_schema.columns where table_schema in ({texts(schemas)}) "
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

    def view(self, relation: str, sql: str) -> str:
        """The statement with which dbt makes a view; empty if dbt has to make it itself.

        Args:
            relation: its whole name, quoted.
            sql: its query.
        """
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


class ListingDialect(Dialect):
    """A warehouse without an information schema over several schemas."""

    def columns(self, schemas: Collection[str], sources: Collection[str] = ()) -> str:
        """A statement that the driver answers, from the listings of these schemas."""
        return _COLUMNS + " ".join(sorted(schemas))


class NativeDialect(Dialect):
    """A warehouse that reads DuckDB's dialect unchanged, and has infinite times."""

    def relation(self, relation: str) -> str:
        return relation

    def named(self, schema: str, name: str) -> str:
        return f"{quoted(schema)}.{quoted(name)}"

    def translated(self, query: str) -> str:
        return query

    def is_time(self, column: str) -> str:
        return f"isfinite({column})"

    def view(self, relation: str, sql: str) -> str:
        return f"create view {relation} as (\n{sql}\n)"

    def seconds(self, time: str) -> str:
        return f"extract(epoch from cast({time} as timestamp))"


def dialect_of(warehouse: str) -> Dialect:
    """The dialect of a warehouse, by its name in dbt; one that is not installed has a plain one."""
    from first_light.warehouse.kinds import find

    kind = find(warehouse)
    return kind.dialect() if kind else Dialect(warehouse)


def listed_schemas(statement: str) -> list[str] | None:
    """The schemas of a statement of `ListingDialect.columns`; None if it is another statement."""
    return statement.removeprefix(_COLUMNS).split() if statement.startswith(_COLUMNS) else None


def texts(values: Collection[str]) -> str:
    """Values as a list of SQL texts."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
