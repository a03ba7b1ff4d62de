"""The SQL of profile queries on BigQuery."""

from __future__ import annotations

from first_light.warehouse.dialect import ListingDialect


class BigQueryDialect(ListingDialect):
    """BigQuery, which has an information schema for each dataset, and no version."""

    version = "'BigQuery'"
