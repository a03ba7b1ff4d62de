"""Load the sample for a rehearsal."""

from __future__ import annotations

import re

from first_light.dbt.source_plan import has_tables
from first_light.project.product import Product
from first_light.warehouse.bigquery.server import connect, create_table, datasets, errors_as
from first_light.warehouse.sampled_rows import sampled_tables

_TYPES = {
    "BIGINT": "int64",
    "BOOLEAN": "bool",
    "DATE": "date",
    "DOUBLE": "float64",
    "FLOAT": "float64",
    "HUGEINT": "bignumeric",
    "INTEGER": "int64",
    "SMALLINT": "int64",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TINYINT": "int64",
    "UBIGINT": "numeric",
    "UINTEGER": "int64",
    "USMALLINT": "int64",
    "UTINYINT": "int64",
}
# The most digits before and after the point of a numeric; others are bignumerics.
_BEFORE, _AFTER = 29, 9


def load(product: Product, dataset: str) -> None:
    """Load every table of the sample into a dataset; tables of the same names are replaced.

    Raises:
        DataopsError: a file cannot be read with its YAML, or the server rejected it.
    """
    if not has_tables(product.root):
        return
    place = datasets(product)
    with errors_as("The sample could not be loaded into BigQuery."), connect(product) as cursor:
        cursor.create_dataset(dataset)
        for table in sampled_tables(product):
            columns = [(name, type_of(kind)) for name, kind in table.columns]
            create_table(cursor, place.name(dataset, table.name), columns, table.rows)


def type_of(kind: str) -> str:
    """BigQuery's type for one of DuckDB."""
    if decimal := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", kind):
        precision, scale = int(decimal[1]), int(decimal[2])
        is_small = scale <= _AFTER and precision - scale <= _BEFORE
        return f"{'numeric' if is_small else 'bignumeric'}({precision}, {scale})"
    return "timestamp" if kind.startswith("TIMESTAMP_") else _TYPES.get(kind, "string")
