"""Queries of a product on copies of its relations, in a file that a check compares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from first_light.utils.errors import DataopsError
from first_light.warehouse.scratch import DIALECT

if TYPE_CHECKING:
    from first_light.dbt.engine import QueryResult, QueryRunner


class CopiedQueries:
    """Runs SQL of a warehouse on copies, which have the same schemas and names.

    Args:
        queries: the file with the copies.
        warehouse: its name in dbt; sqlglot translates its SQL.
    """

    def __init__(self, queries: QueryRunner, warehouse: str) -> None:
        self.name = warehouse
        self._queries = queries

    def run(self, query: str) -> QueryResult:
        """The result of a query.

        Raises:
            DataopsError: it cannot be translated, or it failed.
        """
        import sqlglot
        from sqlglot import exp

        try:
            tree = sqlglot.parse_one(query, dialect=self.name)
        except sqlglot.errors.SqlglotError as error:
            reason = str(error).splitlines()[0]
            raise DataopsError("The query cannot be read.", where=reason) from error
        for table in tree.find_all(exp.Table):
            table.set("catalog", None)
        return self._queries.run(tree.sql(dialect=DIALECT))


def on_copies(queries: QueryRunner, warehouse: str) -> QueryRunner:
    """What runs the SQL of a warehouse on copies of its relations."""
    return queries if warehouse == DIALECT else CopiedQueries(queries, warehouse)
