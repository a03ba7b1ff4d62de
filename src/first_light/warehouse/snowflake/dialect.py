"""The SQL of profile queries on Snowflake."""

from __future__ import annotations

from collections.abc import Collection

from first_light.warehouse.dialect import Dialect, texts
from first_light.warehouse.snowflake.names import sql_name, stored


def _databases(relations: Collection[str]) -> set[str]:
    """The databases of relations, in SQL."""
    from sqlglot import exp

    tables = [exp.to_table(relation, dialect="snowflake") for relation in relations]
    return {sql_name(table.catalog) for table in tables if table.catalog}


class SnowflakeDialect(Dialect):
    """Snowflake; names without quotes are in capitals there, and quoted names are exact."""

    version = "current_version()"

    def named(self, schema: str, name: str) -> str:
        return sql_name(schema, name)

    def translated(self, query: str) -> str:
        import sqlglot
        from sqlglot import exp

        tree = sqlglot.parse_one(query, read="duckdb")
        for identifier in tree.find_all(exp.Identifier):
            identifier.set("this", stored(identifier.name))
        return tree.sql(dialect=self.name)

    def columns(self, schemas: Collection[str], sources: Collection[str] = ()) -> str:
        """Raw is in a database of its own, which has an information schema of its own."""
        names = ("table_schema", "table_name", "column_name")
        spelled = ", ".join(f"iff({name} = upper({name}), lower({name}), {name})" for name in names)
        listed = texts([stored(schema) for schema in schemas])
        catalogs = ("", *(f"{database}." for database in sorted(_databases(sources))))
        found = " union all ".join(
            f"select {', '.join(names)}, data_type, ordinal_position "
            f"from {catalog}information_schema.columns where table_schema in ({listed})"
            for catalog in catalogs
        )
        order = "order by table_schema, table_name, ordinal_position"
        return f"select {spelled}, data_type from ({found}) as found {order}"

    def seconds(self, time: str) -> str:
        return f"date_part('epoch', cast({time} as timestamp))"
