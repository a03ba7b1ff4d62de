"""A product on DuckDB with models that differ elsewhere, each in one known way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import harness

RAW = """id,amount,price,score,name,arrived,born
1,10,0.5,7,banana,2026-01-01 10:00:00.1234567,2026-01-01
2,11,1.5,,Apple,2026-01-02 11:00:00.1234567,2026-01-05
3,14,2.5,9,apple,2026-01-03 12:00:00.1234567,2026-01-06
4,15,3.5,,Zebra,2026-01-04 13:00:00.1234567,2026-01-09
"""
SOURCE = """sources:
  - name: raw
    tables:
      - name: visits
        description: Visits.
        config:
          meta:
            external_location: "read_csv('{{ env_var('DATAOPS_RAW', 'sample') }}/visits/*.csv', \
header=true, all_varchar=true)"
"""
STAGING = """select
    cast(id as integer) as id,
    cast(amount as integer) as amount,
    cast(price as double precision) as price,
    cast(score as integer) as score,
    name,
    arrived,
    cast(born as date) as born
from {{ source('raw', 'visits') }}
"""
MODELS: Mapping[str, str] = {
    "portable": "select id, cast(amount as decimal(18, 2)) as amount from {{ ref('stg_visits') }}",
    "divided": "select id, cast(amount / 4 as double precision) as quarter\n"
    "from {{ ref('stg_visits') }}",
    "nulls": "select\n    id,\n    row_number() over (order by score desc, id) as place\n"
    "from {{ ref('stg_visits') }}",
    "texts": "select\n    id,\n    row_number() over (order by name, id) as place\n"
    "from {{ ref('stg_visits') }}",
    "halves": "select id, round(price) as price\nfrom {{ ref('stg_visits') }}",
    "times": "select id, cast(arrived as timestamp) as arrived\nfrom {{ ref('stg_visits') }}",
    "averages": "select avg(amount) as amount\nfrom {{ ref('stg_visits') }}",
    "ties": "select\n    id,\n    row_number() over (order by id - id) as place,\n    1 as one\n"
    "from (select * from {{ ref('stg_visits') }} order by id) as visits",
    "cased": "select id, amount as TheAmount from {{ ref('stg_visits') }}",
    "below": "select id, cast(quarter * 100 as integer) as percent\nfrom {{ ref('divided') }}",
    "days": "select id, date_diff('day', born, date '2026-02-01') as days\n"
    "from {{ ref('stg_visits') }}",
    "below_days": "select id from {{ ref('days') }}",
    "cut": "select id, substr(name, -3) as ending from {{ ref('stg_visits') }}",
}
KEYED = [name for name in MODELS if name != "averages"]


def product(root: Path, names: tuple[str, ...] = tuple(MODELS)) -> Path:
    """The product with some of the models."""
    harness.render(root, {"content": "empty"})
    files = {
        "sample/visits/visits.csv": RAW,
        "models/staging/raw_visits.yml": SOURCE,
        "models/staging/stg_visits.sql": STAGING,
        **{f"models/marts/{name}.sql": MODELS[name] + "\n" for name in names},
        "models/marts/marts.yml": "models:\n"
        + "".join(
            f"  - name: {name}\n    columns:\n      - name: id\n        data_tests: [unique]\n"
            for name in names
            if name in KEYED
        ),
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root
