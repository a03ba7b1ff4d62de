"""One public model, so that an empty product has something to build, publish and break."""

from __future__ import annotations

from pathlib import Path

MODEL = "models/marts/planets.sql"
SQL = """\
select
    cast(1 as bigint) as planet_id,
    'Mercury' as planet_name
"""
YAML = """\
models:
  - name: planets
    description: One row a planet.
    config:
      access: public
      contract: {enforced: true}
    columns:
      - name: planet_id
        description: Its place, counted from the sun.
        data_type: bigint
        data_tests: [not_null, unique]
      - name: planet_name
        description: Its name.
        data_type: varchar
"""


def add(product: Path, yaml: str = YAML) -> None:
    """Write the model and its properties, whose last column is the name."""
    model = product / MODEL
    model.parent.mkdir(parents=True, exist_ok=True)
    model.write_text(SQL, encoding="utf-8")
    model.with_suffix(".yml").write_text(yaml, encoding="utf-8")
