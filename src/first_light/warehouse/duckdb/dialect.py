"""The SQL of profile queries on DuckDB."""

from __future__ import annotations

from collections.abc import Collection

from first_light.warehouse.dialect import NativeDialect, texts


class DuckDbDialect(NativeDialect):
    """DuckDB; it counts by value in the same scan."""

    def columns(self, schemas: Collection[str], sources: Collection[str] = ()) -> str:
        return (
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            f"where database_name = current_database() and schema_name in ({texts(schemas)}) "
            "order by schema_name, table_name, column_index"
        )

    def is_number(self, value: str) -> str:
        return f"isfinite({value})"

    def counts(self, column: str, relation: str) -> str:
        return f"cast(to_json(histogram(cast({column} as varchar))) as varchar)"
