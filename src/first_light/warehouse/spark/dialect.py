"""The SQL of profile queries on Spark."""

from __future__ import annotations

from collections.abc import Collection

from first_light.warehouse.dialect import Dialect

_COLUMNS = "-- columns of: "


class SparkDialect(Dialect):
    """Spark, which has no information schema."""

    def columns(self, schemas: Collection[str]) -> str:
        """A statement that the driver answers, from the listings of these schemas."""
        return _COLUMNS + " ".join(sorted(schemas))

    def seconds(self, time: str) -> str:
        return f"epoch(cast({time} as timestamp))"


def schemas_in(statement: str) -> list[str] | None:
    """The schemas of a statement of `SparkDialect.columns`; None if it is another statement."""
    return statement.removeprefix(_COLUMNS).split() if statement.startswith(_COLUMNS) else None
