"""A `QueryRunner` on a plain connection, where a test has no dbt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from first_light.dbt.engine import QueryResult
from first_light.utils.errors import DataopsError


@dataclass
class ConnectionQueries:
    """`QueryRunner` on a DB-API connection.

    Attributes:
        name: the kind of warehouse.
        connection: to it.
        queries: all that were run.
    """

    name: str
    connection: Any
    queries: list[str] = field(default_factory=list)

    def run(self, query: str) -> QueryResult:
        self.queries.append(query)
        cursor = self.connection.cursor()
        try:
            cursor.execute(query)
            return QueryResult([item[0] for item in cursor.description], list(cursor.fetchall()))
        except Exception as error:  # each driver has its own
            raise DataopsError("It could not be read.", where=str(error)) from error
