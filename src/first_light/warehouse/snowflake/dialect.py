"""The SQL of profile queries on Snowflake."""

from __future__ import annotations

from collections.abc import Collection

from first_light.warehouse.dialect import Dialect, texts
from first_light.warehouse.snowflake.names import stored


class SnowflakeDialect(Dialect):
    """Snowflake; names without quotes are in capitals there, and quoted names are exact."""

    version = "current_version()"

    def translated(self, query: str) -> str:
        import sqlglot
        from sqlglot import exp

        tree = sqlglot.parse_one(query, read="duckdb")
        for identifier in tree.find_all(exp.Identifier):
            identifier.set("this", stored(identifier.name))
        return tree.sql(dialect=self.name)

    def columns(self, schemas: Collection[str]) -> str:
        spelled = ", ".join(
            f"iff({name} = upper({name}), lower({name}), {name})"
            for name in ("table_schema", "table_name", "column_name")
        )
        return (
            f"select {spelled}, data_type from information_schema.columns "
            f"where table_schema in ({texts([stored(schema) for schema in schemas])}) "
            "order by table_schema, table_name, ordinal_position"
        )

    def seconds(self, time: str) -> str:
        return f"date_part('epoch', cast({time} as timestamp))"
