"""How a product on BigQuery is set up: as its page of the documentation says."""

from __future__ import annotations

from typing import Final

from first_light.warehouse.setup import Setup

SETUP: Final = Setup(
    page="bigquery",
    package="dbt-bigquery>=1.12,<1.13",
    target={
        "type": "bigquery",
        "method": "service-account",
        "keyfile": "{{ env_var('BIGQUERY_KEYFILE') }}",
        "project": "{{ env_var('BIGQUERY_PROJECT', 'my_project') }}",
        "dataset": "{{ env_var('DATAOPS_SCHEMA', env_var('BIGQUERY_DATASET', 'my_product')) }}",
        "location": "EU",
        "threads": 4,
    },
    source={"schema": "{{ env_var('DATAOPS_RAW_SCHEMA', 'raw') }}"},
    null_order="nulls_are_small",
)
