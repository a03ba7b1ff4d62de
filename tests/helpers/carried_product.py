"""A small product with every kind of node, to release in this process with the real dbt."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb

from first_light.commands.release import release as make_release
from first_light.history.carried import BuildCounts, build_counts
from first_light.history.log import record_in
from first_light.history.record import Record
from first_light.project.product import Product
from first_light.release.options import Options
from first_light.release.outcome import Released

_MACROS = Path(__file__).resolve().parents[2] / "template" / "dataops" / "macros"
_SOURCE = """\
      - name: {name}
        description: Delivered {name}.
        config:
          meta:
            external_location: "read_csv('{{{{ env_var('DATAOPS_RAW', 'raw') }}}}/{name}/*.csv',
              delim=',', header=true, all_varchar=true, union_by_name=true)"
"""
FILES = {
    ".copier-answers.yml": 'product_name: Shop\ndeadline: "07:00"\n',
    "dbt_project.yml": """\
name: shop
version: "1.0.0"
profile: shop
flags: {send_anonymous_usage_stats: false}
vars: {limit: 1000}
models:
  +persist_docs: {relation: true, columns: true}
  +schema: marts
  +materialized: table
seeds: {+schema: marts}
""",
    "profiles.yml": """\
shop:
  target: prod
  outputs:
    prod:
      type: duckdb
      path: "{{ env_var('DATAOPS_DB', 'target/warehouse.duckdb') }}"
      schema: main
      threads: 1
""",
    "models/raw.yml": "sources:\n  - name: raw\n    tables:\n"
    + "".join(_SOURCE.format(name=name) for name in ("orders", "customers")),
    "macros/cents.sql": "{% macro cents(c) %}cast({{ c }} as decimal(18, 2)){% endmacro %}\n",
    "seeds/channels.csv": "channel,label\nweb,Web\nshop,Shop\n",
    "models/stg_orders.sql": "select cast(order_id as bigint) as order_id, customer_id, channel,\n"
    "cast(day as date) as day, {{ cents('amount') }} as amount\n"
    "from {{ source('raw', 'orders') }}\n",
    "models/stg_customers.sql": "select customer_id, max(city) as city\n"
    "from {{ source('raw', 'customers') }} group by customer_id\n",
    "models/big_orders.sql": "{{ config(materialized='ephemeral') }}\n"
    "select * from {{ ref('stg_orders') }} where amount > 10\n",
    "models/int_orders.sql": "{{ config(materialized='view') }}\n"
    "select order_id, max(customer_id) as customer_id, max(channel) as channel,\n"
    "max(day) as day, max(amount) as amount from {{ ref('stg_orders') }} group by order_id\n",
    "models/orders.sql": "select o.*, c.label from {{ ref('int_orders') }} as o\n"
    "left join {{ ref('channels') }} as c using (channel)\n",
    "models/cities.sql": "select city, count(*) as customers from {{ ref('stg_customers') }}\n"
    "group by city limit {{ var('limit') }}\n",
    "models/totals.sql": "select c.city, sum(b.amount) as amount\n"
    "from {{ ref('big_orders') }} as b\n"
    "left join {{ ref('stg_customers') }} as c using (customer_id) group by c.city\n",
    "models/daily.sql": "{{ config(materialized='incremental', unique_key='day') }}\n"
    "select day, count(*) as orders from {{ ref('int_orders') }}\n"
    "{% if is_incremental() %}where day >= (select max(day) from {{ this }}){% endif %}\n"
    "group by day\n",
    "models/clock.sql": "select current_date as today, count(*) as n "
    "from {{ ref('stg_customers') }}\n",
    "models/after_clock.sql": "select n from {{ ref('clock') }}\n",
    "models/models.yml": """\
models:
  - name: orders
    description: Orders.
    config: {contract: {enforced: true}}
    columns:
      - {name: order_id, data_type: bigint, description: The order., data_tests: [unique]}
      - {name: customer_id, data_type: varchar}
      - {name: channel, data_type: varchar}
      - {name: day, data_type: date}
      - {name: amount, data_type: "decimal(18, 2)"}
      - {name: label, data_type: varchar}
  - name: int_orders
    description: Each order's last state.
    columns:
      - {name: order_id, description: "The order's number.", data_tests: [not_null]}
      - {name: customer_id}
  - name: cities
    columns:
      - name: city
        data_tests:
          - not_null: {config: {severity: warn}}
unit_tests:
  - name: counts_cities
    model: cities
    given:
      - input: ref('stg_customers')
        rows: [{customer_id: a, city: X}, {customer_id: b, city: X}]
    expect:
      rows: [{city: X, customers: 2}]
""",
    "snapshots/customers_history.yml": """\
snapshots:
  - name: customers_history
    relation: ref('stg_customers')
    config: {schema: history, unique_key: customer_id, strategy: check, check_cols: [city]}
""",
    "tests/amounts_are_positive.sql": "select * from {{ ref('orders') }} where amount < 0\n",
}
STATEFUL = ("daily", "customers_history")
CLOCK = ("clock", "after_clock")


class CarriedProduct:
    """The product, with deliveries and releases into stores beside it.

    Args:
        root: an empty folder for it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, text in FILES.items():
            self.write(name, text)
        for name in ("current_timestamp.sql", "generate_schema_name.sql", "incremental.sql"):
            shutil.copy(_MACROS / name, root / "macros" / name)
        self.write("raw/orders/2026-01-01.csv", order_rows(1, "2026-01-01"))
        self.write("raw/customers/2026-01-01.csv", "customer_id,city\nc1,Bern\nc2,\nc3,Lyon\n")

    def write(self, name: str, text: str) -> None:
        """Write a file of the product."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Change the text of a file."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def release(self, *, full_refresh: bool = False) -> Released:
        """A release, in the store that DATAOPS_STORE names."""
        lines: list[str] = []
        options = Options(allow_dirty=True, full_refresh=full_refresh)
        released = make_release(Product(self.root), options, lines.append, lines.append)
        assert released.record.outcome in ("published", "rejected"), released.record.problem
        return released

    def record(self, store: str) -> Record:
        """The record of the current release of a store."""
        record = record_in(self.root / store / "current")
        assert record is not None
        return record


def order_rows(first: int, day: str, amount: int = 20, count: int = 4) -> str:
    """A delivery of orders."""
    rows = [
        f"{number},c{number % 4},{('web', 'shop')[number % 2]},{day},{amount + number % 7}.50"
        for number in range(first, first + count)
    ]
    return "\n".join(["order_id,customer_id,channel,day,amount", *rows]) + "\n"


def carried_names(record: Record) -> set[str]:
    """The names of what a run carried over."""
    return {node.name for node in record.nodes if node.carried_from}


def built_names(record: Record) -> set[str]:
    """The names of what a run built."""
    return {node.name for node in record.nodes if not node.carried_from}


def counts(released: Released) -> BuildCounts:
    """How much of a release was built."""
    return build_counts(released.record)


def differences(first: Path, second: Path, without: tuple[str, ...] = ()) -> list[str]:
    """In what two databases differ: relations, columns, comments, definitions of views, rows."""
    sides = [_relations(path) for path in (first, second)]
    different = [f"only in one side: {name}" for name in sorted(sides[0].keys() ^ sides[1].keys())]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{first}' as a (read_only); attach '{second}' as b (read_only)")
        for name in sorted(sides[0].keys() & sides[1].keys()):
            if name.rpartition(".")[2] in without or name.startswith(("ops.", "dataops.")):
                continue
            if sides[0][name] != sides[1][name]:
                different.append(f"columns: {name}")
                continue
            if sides[0][name][0] == "view":
                continue
            for side, other in (("a", "b"), ("b", "a")):
                query = f"select * from {side}.{name} except all select * from {other}.{name}"
                if rows := connection.execute(query).fetchall():
                    different.append(f"only in {side}: {name} {rows[:3]}")
    return different


def _relations(path: Path) -> Mapping[str, tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name, list((column_name, data_type, is_nullable, "
            "comment) order by column_index) from duckdb_columns() where not internal group by all"
        ).fetchall()
        kinds = connection.execute(
            "select schema_name || '.' || table_name, 'table', comment, '' from duckdb_tables() "
            "union all select schema_name || '.' || view_name, 'view', comment, sql "
            "from duckdb_views() where not internal"
        ).fetchall()
    texts = {name: (kind, *texts) for name, kind, *texts in kinds}
    return {name: (*texts[name], columns) for name, columns in rows}
