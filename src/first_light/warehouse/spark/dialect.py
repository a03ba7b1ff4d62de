"""The SQL of profile queries on Spark."""

from __future__ import annotations

from first_light.warehouse.dialect import ListingDialect


class SparkDialect(ListingDialect):
    """Spark, which has no information schema."""

    def seconds(self, time: str) -> str:
        return f"epoch(cast({time} as timestamp))"
