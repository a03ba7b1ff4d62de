"""How a product on DuckDB is set up: as its page of the documentation says."""

from __future__ import annotations

from typing import Final

from first_light.warehouse.setup import Setup

SETUP: Final = Setup(
    name="DuckDB",
    page="",
    package="dbt-duckdb>=1.11,<1.12",
    target={
        "type": "duckdb",
        "path": "{{ env_var('DATAOPS_DB', 'target/warehouse.duckdb') }}",
        "schema": "main",
        "threads": 4,
        "settings": {"TimeZone": "UTC"},
    },
    try_models="uv run dataops check",
    is_answer=True,
)
