"""The packages that build a product: dbt, its adapters and their engines."""

from __future__ import annotations

# What every product has.
EMBEDDED = ("dbt-core", "dbt-duckdb", "duckdb")
PACKAGES = ("dbt-core", "dbt-duckdb", "dbt-postgres", "duckdb")
