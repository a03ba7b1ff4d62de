"""A connection that answers as dbt's adapter does, where a test has no dbt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from first_light.dbt.adapter import Answer
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted


@dataclass
class Asked:
    """What monitors ask.

    Attributes:
        name: the kind of warehouse.
        connection: to it, by DB-API.
        queries: what was asked.
    """

    name: str
    connection: Any
    queries: list[str] = field(default_factory=list)

    def ask(self, query: str) -> Answer:
        self.queries.append(query)
        cursor = self.connection.cursor()
        try:
            cursor.execute(query)
            return Answer([one[0] for one in cursor.description], list(cursor.fetchall()))
        except Exception as error:  # each driver has its own
            raise DataopsError("It could not be read.", where=str(error)) from error

    def columns(self, schema: str, name: str) -> tuple[tuple[str, str], ...]:
        found = self.ask(f"describe {quoted(schema)}.{quoted(name)}").rows
        return tuple((row[0], row[1]) for row in found)
