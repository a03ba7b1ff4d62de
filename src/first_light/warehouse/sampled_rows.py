"""The sample for a rehearsal: DuckDB reads the files with the calls from the sources' YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from first_light.dbt.source_plan import read_plan
from first_light.project.product import Product
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import EngineError, connect
from first_light.warehouse.server_errors import unreadable_sample


@dataclass(frozen=True)
class SampledTable:
    """A table of the sample.

    Attributes:
        name: its name.
        columns: names and types, as the embedded engine spells them.
        rows: texts, which the server casts to the types of the columns.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[str | None, ...]]


def sampled_tables(product: Product) -> Iterator[SampledTable]:
    """Every table of the sample.

    Raises:
        DataopsError: a file cannot be read with its YAML.
    """
    with connect() as files:
        files.execute("set TimeZone = 'UTC'")
        for table in read_plan(product.root):
            try:
                relation = files.sql(f"from {table.relation(product.sample)}")
                columns = tuple(zip(relation.columns, map(str, relation.types)))
                values = [f"cast({quoted(name)} as varchar)" for name in relation.columns]
                rows = relation.project(", ".join(values)).fetchall()
            except EngineError as error:
                raise unreadable_sample(table, error) from error
            yield SampledTable(table.name, columns, rows)
