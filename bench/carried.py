"""What a release costs that takes over what has not changed, and one of a long history of files."""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from bench.generate import generate, write_events
from bench.measure import Cost, Figure, in_turn, run

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "tests" / "helpers"))

import harness  # noqa: E402

_MODELS, _SOURCES = 500, 5
_FEW, _MANY = 29, 364  # days before the one that is measured
_DAY = 1_000_000  # bytes of a delivery
_RELEASE = ["uv", "run", "dataops", "release"]


def one_source() -> Figure:
    """A release with one new file in one of five sources, beside one that builds everything."""
    with _generated() as product:
        days = iter(range(2, 1000))

        def deliver() -> None:
            day = next(days)
            write_events(product.root / "raw" / "events_1" / f"{day}.csv", day * 1000 + 1)

        def ours() -> Cost:
            deliver()
            return run([_RELEASE], product.root, product.environment)

        return in_turn(
            f"release of {_MODELS} models, a new file in one of {_SOURCES} sources ÷ full",
            ours,
            lambda: run([[*_RELEASE, "--full-refresh"]], product.root, product.environment),
            pairs=2,
            aim=0.25,
        )


def nothing_new() -> Figure:
    """A release with nothing new, beside one `dbt parse`."""
    with _generated() as product:
        parse = ["uv", "run", "dbt", "--quiet", "parse", "--target", "prod"]
        parse += ["--target-path", "target/bare", "--no-partial-parse"]
        run([_RELEASE], product.root, product.environment)
        return in_turn(
            f"release of {_MODELS} models, nothing new ÷ dbt parse",
            lambda: run([_RELEASE], product.root, product.environment),
            lambda: run([parse], product.root, product.environment),
            aim=3.0,
        )


@contextmanager
def _generated() -> Iterator[harness.Product]:
    with tempfile.TemporaryDirectory() as scratch:
        product = harness.product(Path(scratch) / "generated", {"content": "empty"})
        generate(product.root, _MODELS, _SOURCES)
        shutil.copytree(product.root / "sample", product.root / "raw")
        _carry_over(product)
        product.commit()
        yield product


def _carry_over(product: harness.Product) -> None:
    project = product.root / "pyproject.toml"
    text = project.read_text("utf-8")
    key = "carry-over = true\nfull-build-days = 365\n"
    if "[tool.dataops]" in text:
        text = text.replace("[tool.dataops]\n", f"[tool.dataops]\n{key}")
    else:
        text += f"\n[tool.dataops]\n{key}"
    project.write_text(text, "utf-8")


def daily() -> Figure:
    """The release of day 365 of daily deliveries, beside that of day 30; staging adds new files."""
    with tempfile.TemporaryDirectory() as scratch:
        products = [_daily(Path(scratch) / str(days), days) for days in (_MANY, _FEW)]
        counts = [_MANY, _FEW]

        def release(n: int) -> Cost:
            counts[n] += 1
            _deliver(products[n].root, counts[n])
            return run([_RELEASE], products[n].root, products[n].environment)

        return in_turn(
            f"release of day {_MANY + 1} ÷ of day {_FEW + 1}, {_DAY // 1_000_000} MB a day",
            lambda: release(0),
            lambda: release(1),
            aim=1.5,
        )


def _daily(root: Path, days: int) -> harness.Product:
    """A product after so many days."""
    product = harness.product(root, {"content": "empty"})
    for name, text in _DAILY.items():
        (product.root / name).parent.mkdir(parents=True, exist_ok=True)
        (product.root / name).write_text(text)
    _deliver(product.root, 1, "sample", 20_000)
    for day in range(1, days + 1):
        _deliver(product.root, day)
    _carry_over(product)
    product.commit()
    run([_RELEASE], product.root, product.environment)
    return product


def _deliver(root: Path, day: int, to: str = "raw", size: int = _DAY) -> None:
    """Write the file of a day."""
    source, made, length, number = random.Random(day), [], 0, day * 1_000_000
    text = f"{date(2025, 1, 1) + timedelta(day):%Y-%m-%d}"
    while length < size:
        number += 1
        made.append(f"{number},{source.randrange(500)},{source.randrange(10**6) / 100},{text}\n")
        length += len(made[-1])
    path = root / to / "sales" / f"{text}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("sale_id,shop,amount,sold_on\n" + "".join(made))


_DAILY = {
    "models/staging/raw_sales.yml": """\
sources:
  - name: raw
    tables:
      - name: sales
        description: Sales.
        config:
          meta:
            external_location: "read_csv('{{ env_var('DATAOPS_RAW', 'sample') }}/sales/*.csv', \
delim=',', header=true, all_varchar=true, union_by_name=true, filename=true)"
""",
    "models/staging/stg_sales.sql": """\
{{ config(
    materialized='incremental' if target.name == 'prod' else 'table',
    incremental_strategy='append'
) }}

with source as (

    select * from {{ source('raw', 'sales') }}
    -- releases read each file once, since no file repeats rows of another one
    where
        {{ is_new_file() }}

),

renamed as (

    select
        cast(sale_id as bigint) as sale_id,
        cast(shop as integer) as shop,
        cast(amount as decimal(18, 2)) as amount,
        cast(sold_on as date) as sold_on,
        filename
    from source

)

select * from renamed
""",
    "models/staging/stg_sales.yml": """\
models:
  - name: stg_sales
    description: Sales.
    columns:
      - name: sale_id
        description: The sale.
""",
    "models/marts/days.sql": """\
{{ config(materialized='incremental', incremental_strategy='append') }}

select
    sold_on,
    count(*) as sales,
    sum(amount) as amount
from {{ ref('stg_sales') }}
{% if is_incremental() %}
where sold_on > (select max(sold_on) from {{ this }})
{% endif %}
group by sold_on
""",
    "models/marts/days.yml": """\
models:
  - name: days
    description: Sales by day.
    columns:
      - name: sold_on
        description: The day.
        data_tests: [not_null, unique]
""",
}
"""A product whose staging is as `start` drafts it for files that append."""
