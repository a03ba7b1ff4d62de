"""Projects of the shapes that teams bring, connected as docs/guides/adopt.md says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import yaml

import harness

PAGE = harness.TEMPLATE / "docs" / "guides" / "adopt.md"
DBT_UTILS = Path(__file__).parent / "dbt_utils"

Files = dict[str, str]

_PROJECT = """\
name: theirs
version: '1.0'
config-version: 2
profile: theirs
model-paths: ["models"]
seed-paths: ["seeds"]
macro-paths: ["macros"]
snapshot-paths: ["snapshots"]
models:
  theirs:
    staging: {+schema: staging, +materialized: view}
    marts: {+schema: marts, +materialized: table}
"""

# Seeds, a package, metrics with an offset and a running sum, and the style of dbt's own service.
SEEDS: Files = {
    "dbt_project.yml": _PROJECT,
    "packages.yml": "packages:\n  - local: packages/dbt_utils\n",
    ".sqlfluff": "[sqlfluff]\ndialect = duckdb\ntemplater = dbt-cloud\nmax_line_length = 80\n",
    "seeds/raw_orders.csv": "id,customer,ordered_at,cents\n"
    + "".join(
        f"{n},{n % 7},2026-{1 + n // 30:02}-{1 + n % 28:02},{100 + n % 50}\n" for n in range(90)
    ),
    "models/staging/stg_orders.sql": "select id as order_id, customer as customer_id,\n"
    "  cast(ordered_at as date) as ordered_at,\n"
    "  {{ dbt_utils.safe_divide('cents', '100') }} as amount\nFROM {{ ref('raw_orders') }}\n",
    "models/marts/orders.sql": "select * from {{ ref('stg_orders') }}\n",
    "models/marts/days.sql": "select cast(day as date) as day from\n"
    "  generate_series(date '2026-01-01', date '2026-12-31', interval 1 day) as t (day)\n",
    "models/marts/schema.yml": """\
version: 2
models:
  - name: orders
    columns:
      - name: order_id
        tests: [unique, not_null]
      - name: customer_id
        tests:
          - accepted_values: {values: [0, 1, 2, 3, 4, 5, 6]}
  - name: days
    time_spine: {standard_granularity_column: day}
    columns: [{name: day, granularity: day}]
semantic_models:
  - name: orders
    model: ref('orders')
    defaults: {agg_time_dimension: ordered_at}
    entities: [{name: order, type: primary, expr: order_id}]
    dimensions: [{name: ordered_at, type: time, type_params: {time_granularity: day}}]
    measures: [{name: revenue, agg: sum, expr: amount}]
metrics:
  - {name: revenue, label: Revenue, type: simple, type_params: {measure: revenue}}
  - name: growth
    label: Growth
    type: derived
    type_params:
      expr: revenue - before
      metrics:
        - name: revenue
        - {name: revenue, alias: before, offset_window: 1 month}
""",
    "README.md": "# Theirs\n",
    ".gitignore": "target/\n",
}

# The application's own tables in PostgreSQL, a package of the team, and a snapshot of the old form.
TABLES: Files = {
    "dbt_project.yml": _PROJECT,
    "pyproject.toml": '[project]\nname = "acme"\nversion = "0.3.0"\nrequires-python = ">=3.10"\n'
    'dependencies = ["pandas"]\n\n[build-system]\nrequires = ["hatchling"]\n'
    'build-backend = "hatchling.build"\n',
    "src/acme/__init__.py": '"""Theirs."""\n',
    "models/staging/_sources.yml": "version: 2\nsources:\n  - name: app\n    schema: public\n"
    "    tables: [{name: orders}]\n",
    "models/staging/stg_orders.sql": "SELECT id AS order_id, amount, updated_at\n"
    "FROM {{ source('app', 'orders') }}\n",
    "models/marts/fct_orders.sql": "{{ config(materialized='incremental', "
    "unique_key='order_id') }}\n"
    "select * from {{ ref('stg_orders') }}\n{% if is_incremental() %}\n"
    "where updated_at > (select max(updated_at) from {{ this }})\n{% endif %}\n",
    "models/marts/schema.yml": "version: 2\nmodels:\n  - name: fct_orders\n    columns:\n"
    "      - name: order_id\n        tests: [unique]\n",
    "snapshots/orders.sql": "{% snapshot orders_snapshot %}\n{{ config(target_schema='history',"
    " unique_key='id', strategy='timestamp', updated_at='updated_at') }}\n"
    "select * from {{ source('app', 'orders') }}\n{% endsnapshot %}\n",
    ".gitignore": "target/\n",
}

_SNOWFLAKE = """\
dataops:
  target: dev
  outputs:
    dev: &dev
      type: snowflake
      account: "{{ env_var('SNOWFLAKE_ACCOUNT', 'none') }}"
      user: nobody
      password: "{{ env_var('SNOWFLAKE_PASSWORD', 'none') }}"
      database: analytics
      warehouse: transforming
      schema: dev
    ci: *dev
    prod: *dev
"""


def on_snowflake(count: int) -> Files:
    """So many models in SQL of Snowflake, with the kinds of debt that years leave."""
    sources = "".join(f"      - name: events_{n}\n" for n in range(count))
    files = {
        "dbt_project.yml": _PROJECT.replace("+schema: staging", "schema: staging"),
        "profiles.yml": _SNOWFLAKE,
        "models/staging/_sources.yml": "version: 2\nsources:\n  - name: app\n    tables:\n"
        + sources,
        "macros/cents.sql": "{% macro cents(x) %}{{ x }} / 100{% endmacro %}\n",
        "snapshots/events.sql": "{% snapshot events %}\n{{ config(target_schema='history',"
        " unique_key='id', strategy='check', check_cols='all') }}\n"
        "select * from {{ ref('stg_events_0') }}\n{% endsnapshot %}\n",
        ".gitignore": "target/\n",
    }
    for n in range(count):
        files[f"models/staging/stg_events_{n}.sql"] = (
            "{{ config({'tags': ['hourly']}) }}\nSELECT $1:id::NUMBER AS id,"
            f" {{{{ cents('amount') }}}} as amount\nfrom {{{{ source('app', 'events_{n}') }}}}  \n"
            "qualify row_number() over (partition by id order by amount) = 1\n"
        )
        files[f"models/staging/stg_events_{n}.yml"] = (
            f"version: 2\nmodels:\n  - name: stg_events_{n}\n    columns:\n      - name: id\n"
            "        tests:\n          - accepted_values: {values: [1, 2]}\n"
        )
    return files


def adopted(root: Path, files: Files, settings: str, **answers: str) -> harness.Product:
    """A project after steps 1 to 3 of the page; nothing is committed yet.

    Args:
        root: where it is made.
        files: what the team has.
        settings: lines of `[tool.dataops]`.
        **answers: besides the name.
    """
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    if "packages.yml" in files:
        shutil.copytree(DBT_UTILS, root / "packages" / "dbt_utils")
    harness.git(root, "init", "-q", "-b", "main")
    harness.git(root, "add", "-A")
    harness.git(root, "commit", "-q", "-m", "theirs")
    harness.git(root, "switch", "-q", "-c", "adopt")
    given = {"content": "empty", "product_name": "My product", **answers}
    harness.render(root, given, overwrite=True)
    for kept in {"profiles.yml", ".sqlfluff"} & files.keys():
        harness.git(root, "checkout", "HEAD", "--", kept)

    page = PAGE.read_text(encoding="utf-8")
    _connect(root / "dbt_project.yml", page)
    (lines,) = re.findall(r"```toml\n(\[dependency-groups\].*?)```", page, re.DOTALL)
    pyproject = root / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    own = f"\n{lines}" if "pyproject.toml" in files else ""
    pyproject.write_text(f"{text}{own}\n[tool.dataops]\n{settings}\n", encoding="utf-8")
    is_snowflake = "check-build" in settings
    warehouse = answers.get("warehouse", "duckdb")
    environment = harness.TEMPLATE / ".venv"  # has the adapters of all warehouses
    if not is_snowflake:
        environment, lock = harness.shared_environment(warehouse)
        shutil.copy(lock, root / "uv.lock")
    product = harness.Product(root, harness.product_environment(environment))
    for kept in sorted({"profiles.yml", ".sqlfluff"} & files.keys()):
        product.dataops("own", kept, "--because", "ours is older")
    return product


def with_accepted_warnings(product: harness.Product, printed: str) -> None:
    """Add the lines that `dataops baseline` prints, as the page says."""
    table = "[tool.dataops.accepted-dbt-warnings]"
    assert table in printed, printed
    with (product.root / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{table}{printed.partition(table)[2].rstrip()}\n")


def _connect(project: Path, page: str) -> None:
    (row,) = re.findall(r"^\| `dbt_project.yml` \| (.*) \|$", page, re.MULTILINE)
    loaded = yaml.safe_load(project.read_text(encoding="utf-8"))
    for entry in re.findall(r"`([^`]*)`", row):
        loaded |= yaml.safe_load(entry)
    project.write_text(yaml.safe_dump(loaded, sort_keys=False), encoding="utf-8")
