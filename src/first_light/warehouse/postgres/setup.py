"""How a product on PostgreSQL is set up: as its page of the documentation says."""

from __future__ import annotations

from typing import Final

from first_light.project.source_table import SERVER_SCHEMA
from first_light.warehouse.setup import Setup

SETUP: Final = Setup(
    name="PostgreSQL",
    page="postgres",
    package="dbt-postgres>=1.11,<1.12",
    target={
        "type": "postgres",
        "host": "{{ env_var('PGHOST', 'localhost') }}",
        "port": "{{ env_var('PGPORT', '5432') | as_number }}",
        "user": "{{ env_var('PGUSER', env_var('USER', 'postgres')) }}",
        "password": "{{ env_var('PGPASSWORD', '') }}",
        "dbname": "{{ env_var('PGDATABASE', 'my_product') }}",
        "schema": "{{ env_var('DATAOPS_SCHEMA', 'by_hand') }}",
        "application_name": "{{ env_var('DATAOPS_SCHEMA', 'dbt') }}",
        "threads": 4,
    },
    try_models="createdb, uv run dataops sample --load, uv run dataops check",
    source={"schema": SERVER_SCHEMA},
    is_answer=True,
    null_order="nulls_are_large",
)
