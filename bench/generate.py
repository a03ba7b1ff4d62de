"""Products of any size, for figures: layers of models over one small raw table, each with tests."""

from __future__ import annotations

from pathlib import Path

_LAYERS = ("staging", "intermediate", "marts")
_SOURCE = """\
sources:
  - name: raw
    tables:
"""
_TABLE = """\
      - name: TABLE
        description: Events.
        config:
          meta:
            external_location: "read_csv('{{ env_var('DATAOPS_RAW', 'sample') }}/TABLE/*.csv', \
header=true)"
        columns:
          - name: id
            description: The event.
"""


def generate(root: Path, models: int, sources: int = 1) -> list[str]:
    """Add models to an empty product: a tenth staging, half intermediate, the rest marts.

    Everything above staging reads two models, the first staging model among them or above: that
    one feeds nine of ten models, the last mart none. With more than one source as many models
    depend on each, and none on two.

    Returns:
        The models' files, relative to the product, in the order they are built.
    """
    tables = ["events", *(f"events_{n}" for n in range(1, sources))]
    for table in tables:
        write_events(root / "sample" / table / "events.csv", 1)
    for layer in _LAYERS:
        (root / "models" / layer).mkdir(parents=True, exist_ok=True)
    text = _SOURCE + "".join(_TABLE.replace("TABLE", table) for table in tables)
    (root / "models" / "staging" / "raw_events.yml").write_text(text)
    staging, middle = models // 10, models * 6 // 10
    names: list[str] = []
    files: list[str] = []
    for n in range(models):
        layer = _LAYERS[0 if n < staging else 1 if n < middle else 2]
        name = {"staging": "stg_", "intermediate": "int_", "marts": ""}[layer] + f"model_{n}"
        if n < staging:
            sql = _STAGING.replace("NUMBER", str(n)).replace("TABLE", tables[n % sources])
        else:
            below = n - staging
            first = n % sources if n < middle else below - (below - n) % sources
            sql = _reads(names[first], names[n // 2 - (n // 2 - n) % sources], n)
        path = root / "models" / layer / name
        path.with_suffix(".sql").write_text(sql)
        path.with_suffix(".yml").write_text(_YAML.format(name=name, number=n))
        names.append(name)
        files.append(f"models/{layer}/{name}.sql")
    return files


def write_events(path: Path, first: int) -> None:
    """Write a file of a thousand events, with ids from `first` on."""
    rows = "\n".join(f"{i},{i % 7},{i * 3 % 101}" for i in range(first, first + 1000))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"id,kind,amount\n{rows}\n")


_YAML = """\
models:
  - name: {name}
    description: Model {number}.
    columns:
      - name: id
        description: The event.
        data_tests:
          - not_null
          - unique
"""
_STAGING = """\
with source as (

    select * from {{ source('raw', 'TABLE') }}

)

select
    id,
    kind,
    amount + NUMBER as amount
from source
"""


def _reads(first: str, other: str, number: int) -> str:
    return f"""\
with first_side as (

    select * from {{{{ ref('{first}') }}}}

),

other_side as (

    select * from {{{{ ref('{other}') }}}}

)

select
    first_side.id,
    first_side.kind,
    (first_side.amount + other_side.amount) % 1000 + {number} as amount
from first_side
inner join other_side on first_side.id = other_side.id
"""
