"""Another type for a column: the cast of staging, the types in YAML, the argument."""

from __future__ import annotations

import pytest

from first_light.commands.retype import Change, parsed
from first_light.inference.declared_types import (
    with_contract_type,
    with_exact_type,
    without_number_tests,
)
from first_light.inference.recast import NoCast, recast
from first_light.utils.errors import DataopsError

STAGING = """\
with renamed as (

    select
        -- key
        cast(order_id as integer) as order_id,

        -- values: "total" (net)
        cast(cast(qty as decimal(38, 1)) as integer) as qty,
        cast(
            replace(nullif(trim("Betrag, netto (EUR)"), 'n, a'), ',', '.') as decimal(18, 2)
        ) as total,
        strptime(seen, '%d.%m.%Y %H:%M') as seen,
        coalesce(cast(n as integer), 0) as n,
        note
    from source

)
"""


@pytest.mark.parametrize(
    ("column", "kind", "old", "new"),
    [
        ("order_id", "bigint", "cast(order_id as integer)", "cast(order_id as bigint)"),
        (
            "qty",
            "decimal(18, 3)",
            "cast(cast(qty as decimal(38, 1)) as integer)",
            "cast(qty as decimal(18, 3))",
        ),
        ("total", "decimal(38, 4)", "as decimal(18, 2)", "as decimal(38, 4)"),
        (
            "seen",
            "varchar",
            "strptime(seen, '%d.%m.%Y %H:%M') as seen",
            "cast(seen as varchar) as seen",
        ),
    ],
)
def test_only_the_cast_of_the_column_changes(column: str, kind: str, old: str, new: str) -> None:
    changed = recast(STAGING, column, kind)
    assert changed == STAGING.replace(old, new)
    assert recast(str(changed), column, kind) == changed


def test_text_is_read_without_what_made_a_number_of_it() -> None:
    changed = recast(STAGING, "total", "varchar")
    assert (
        "        cast(nullif(trim(\"Betrag, netto (EUR)\"), 'n, a') as varchar) as total,\n"
        in str(changed)
    )


@pytest.mark.parametrize(("column", "line"), [("n", 13), ("note", 14), ("absent", 1)])
def test_a_column_without_a_cast_of_its_own_is_left_with_its_line(column: str, line: int) -> None:
    assert recast(STAGING, column, "bigint") == NoCast(line)


SOURCE = """\
sources:
  - name: raw
    tables:
      - name: orders
        data_tests:
          # why
          - converts_exactly:
              name: orders_converts_exactly
              arguments:
                columns:
                  qty: integer  # pieces
                  total: {type: "decimal(18, 2)", value: "replace(total, ',', '.')"}
      - name: returns
        data_tests:
          - converts_exactly:
              arguments: {columns: {qty: integer}}
"""


def test_the_type_of_the_exactness_test_changes_in_its_table_alone() -> None:
    changed = with_exact_type(SOURCE, "raw", "orders", "qty", "decimal(18, 2)")
    assert changed == SOURCE.replace("qty: integer  #", 'qty: "decimal(18, 2)"  #')
    changed = with_exact_type(SOURCE, "raw", "orders", "total", "decimal(38, 4)")
    assert changed == SOURCE.replace('type: "decimal(18, 2)"', 'type: "decimal(38, 4)"')
    assert with_exact_type(SOURCE, "crm", "orders", "qty", "bigint") == SOURCE


def test_the_type_of_a_contract_changes_in_its_model_alone() -> None:
    text = """\
models:
  - name: orders
    columns:
      - name: Qty
        data_type: integer  # pieces
      - {name: n, data_type: integer}
  - name: others
    columns:
      - {name: qty, data_type: integer}
"""
    changed = with_contract_type(text, "orders", "qty", "bigint")
    assert changed == text.replace("integer  #", "bigint  #")


def test_the_argument_names_source_table_column_and_type() -> None:
    change = parsed("raw.orders.qty=DECIMAL(18, 2)")
    assert change == Change("raw", "orders", "qty", "decimal(18,2)")
    assert change.spelled == "decimal(18, 2)"


@pytest.mark.parametrize("argument", ["orders.qty=integer", "raw.orders.qty", "raw.a.b=blob"])
def test_another_argument_is_rejected(argument: str) -> None:
    with pytest.raises(DataopsError):
        parsed(argument)


def test_a_column_of_text_has_no_test_of_numbers() -> None:
    text = """models:
  - name: stg_orders
    columns:
      - name: qty
        description: Number of units.
        data_tests:
          # seen 3 to 180
          - accepted_range:
              arguments:
                min_value: 0
              config: {severity: warn}
      - name: total
        data_tests:
          # 60 rows, 0 nulls
          - not_null
          # seen 1 to 9
          - accepted_range:
              arguments: {min_value: 0}
"""
    changed = without_number_tests(text, "stg_orders", "qty")
    assert changed == text.replace(
        text[text.index("        data_tests") : text.index("      - name: total")], ""
    )
    changed = without_number_tests(text, "stg_orders", "total")
    assert changed == text[: text.index("          # seen 1 to 9")]
