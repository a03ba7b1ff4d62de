"""How a product on Spark is set up: as its page of the documentation says."""

from __future__ import annotations

from typing import Final

from first_light.warehouse.setup import Setup

SETUP: Final = Setup(
    name="Spark",
    page="spark",
    package="dbt-spark[PyHive]>=1.11,<1.12",
    target={
        "type": "spark",
        "method": "thrift",
        "host": "{{ env_var('SPARK_HOST') }}",
        "port": "{{ env_var('SPARK_PORT', '10000') | as_number }}",
        "user": "{{ env_var('SPARK_USER', 'my_product_writer') }}",
        "schema": "{{ env_var('DATAOPS_SCHEMA', env_var('SPARK_SCHEMA', 'my_product')) }}",
        "threads": 4,
    },
    source={"schema": "{{ env_var('DATAOPS_RAW_SCHEMA', 'raw') }}"},
    nodes={
        "+persist_docs": {"relation": True, "columns": False},
        "+file_format": "iceberg",
    },
    is_answer=True,
    null_order="nulls_are_small",
)
