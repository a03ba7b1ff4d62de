"""How a product on BigQuery is set up: as its page of the documentation says."""

from __future__ import annotations

from typing import Final

from first_light.warehouse.setup import Setup

SETUP: Final = Setup(
    name="BigQuery",
    page="bigquery",
    package="dbt-bigquery>=1.12,<1.13",
    target={
        "type": "bigquery",
        "method": "{{ 'service-account' if env_var('BIGQUERY_KEYFILE', '') else 'oauth' }}",
        "keyfile": "{{ env_var('BIGQUERY_KEYFILE', '') }}",
        "project": "{{ env_var('BIGQUERY_PROJECT') }}",
        "dataset": "{{ env_var('DATAOPS_SCHEMA', env_var('BIGQUERY_DATASET', 'my_product')) }}",
        "location": "{{ env_var('BIGQUERY_LOCATION', 'EU') }}",
        "threads": 4,
    },
    source={"schema": "{{ env_var('DATAOPS_RAW_SCHEMA', 'raw') }}"},
    is_answer=True,
    week="week(monday)",
    null_order="nulls_are_small",
)
