"""`dataops sample`: cut the sample anew from raw, with personal data masked."""

from __future__ import annotations

from collections.abc import Callable

from first_light.project.product import Product
from first_light.sampling.cut import SampleReport, cut
from first_light.utils.errors import DataopsError
from first_light.warehouse.kinds import is_server, server_of


def sample(product: Product, progress: Callable[[str], None]) -> SampleReport:
    """Cut the sample from raw, as the source YAML says: pii is masked, references are kept.

    Raises:
        DataopsError: raw is not there, or the YAML names what does not exist; the sample stays.
    """
    if is_server(product) and not product.raw.is_dir():
        raise DataopsError(
            "There are no files in raw for a sample.",
            where=str(product.raw),
            fix="export the tables to it, one folder each, for instance with psql's \\copy",
        )
    progress("cutting the sample")
    report = cut(product.root, product.raw, product.sample)
    if is_server(product):
        load(product, progress)
    return report


def load(product: Product, progress: Callable[[str], None]) -> tuple[str, dict[str, int]]:
    """Load the sample into the schema that dbt by hand reads it from, on PostgreSQL.

    Returns:
        The schema, and rows by table.

    Raises:
        DataopsError: DuckDB reads the files themselves; or PostgreSQL rejected.
    """
    if not is_server(product):
        raise DataopsError(
            "There is nothing to load: the warehouse reads the files in sample/.",
            fix="uv run dbt build",
        )
    server = server_of(product)
    schema = server.sample_schema()
    progress(f"loading the sample into {schema}")
    return schema, server.load_sample(product, schema)
