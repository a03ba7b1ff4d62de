"""What warehouses spell differently when they are asked for a profile. The rest is standard SQL."""

from __future__ import annotations


class Dialect:
    """The spelling of PostgreSQL and of whoever keeps to the standard."""

    def about_distinct(self, column: str) -> str:
        """How many different values, estimated where the warehouse can."""
        return f"count(distinct {column})"

    def is_finite_float(self, column: str) -> str:
        """Whether a floating-point number is one."""
        return f"{column} not in ('NaN', 'Infinity', '-Infinity')"

    def counts(self, column: str, relation: str) -> str:
        """Rows by value, as the text of a JSON object; nulls left out.

        Args:
            column: quoted, of a text or a boolean.
            relation: what to read from.
        """
        return (
            "(select cast(json_object_agg(v, n) as text) from "
            f"(select cast({column} as text) as v, count(*) as n from {relation} "
            f"where {column} is not null group by 1) as counted)"
        )


class DuckDb(Dialect):
    """DuckDB estimates, and counts by value in the same pass."""

    def about_distinct(self, column: str) -> str:
        return f"approx_count_distinct({column})"

    def is_finite_float(self, column: str) -> str:
        return f"isfinite({column})"

    def counts(self, column: str, relation: str) -> str:
        return f"cast(to_json(histogram(cast({column} as varchar))) as varchar)"


def dialect_of(warehouse: str) -> Dialect:
    """The spelling of a warehouse, by the name that it has in records."""
    return DuckDb() if warehouse == "duckdb" else Dialect()
