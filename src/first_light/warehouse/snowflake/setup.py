"""How a product on Snowflake is set up: as its page of the documentation says."""

from __future__ import annotations

from typing import Final

from first_light.warehouse.setup import Setup

SETUP: Final = Setup(
    name="Snowflake",
    page="snowflake",
    package="dbt-snowflake>=1.12,<1.13",
    target={
        "type": "snowflake",
        "account": "{{ env_var('SNOWFLAKE_ACCOUNT') }}",
        "user": "{{ env_var('SNOWFLAKE_USER') }}",
        "private_key_path": "{{ env_var('SNOWFLAKE_PRIVATE_KEY_PATH', '') }}",
        "private_key": "{{ env_var('SNOWFLAKE_PRIVATE_KEY', '') }}",
        "private_key_passphrase": "{{ env_var('SNOWFLAKE_PRIVATE_KEY_PASSPHRASE', '') }}",
        "password": "{{ env_var('SNOWFLAKE_PASSWORD', '') }}",
        "role": "{{ env_var('SNOWFLAKE_ROLE', 'my_product_writer') }}",
        "warehouse": "{{ env_var('SNOWFLAKE_WAREHOUSE', 'my_product') }}",
        "database": (
            "{{ env_var('DATAOPS_DATABASE', env_var('SNOWFLAKE_DATABASE', 'my_product')) }}"
        ),
        "schema": "by_hand",
        "threads": 4,
    },
    source={
        "database": "{{ env_var('DATAOPS_RAW_DATABASE', target.database) }}",
        "schema": "{{ env_var('DATAOPS_RAW_SCHEMA', 'raw') }}",
    },
    is_answer=True,
    in_capitals=True,
    null_order="nulls_are_large",
)
