"""Snowflake without an account: the statements."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from first_light.warehouse.dialect import dialect_of


def test_columns_of_raw_are_read_from_its_own_database() -> None:
    sources = ["shop_build.raw.orders", "shop_build.raw.customers", '"Other".raw.visits']
    query = dialect_of("snowflake").columns(["marts", "raw"], sources)
    tables = sqlglot.parse_one(query, dialect="snowflake").find_all(exp.Table)
    assert sorted(table.catalog for table in tables) == ["", "Other", "SHOP_BUILD"]
    assert "('MARTS', 'RAW')" in query
    alone = dialect_of("snowflake").columns(["marts"])
    assert [t.catalog for t in sqlglot.parse_one(alone).find_all(exp.Table)] == [""]


def test_a_name_is_stored_in_capitals() -> None:
    assert dialect_of("snowflake").named("marts", "orders") == '"MARTS"."ORDERS"'
