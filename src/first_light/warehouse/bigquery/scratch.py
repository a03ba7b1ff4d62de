"""Scratch datasets in the project of a product."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from first_light.project.product import Product
from first_light.utils.errors import DataopsError
from first_light.utils.variables import set_variables
from first_light.warehouse.bigquery.driver import BigQueryCursor
from first_light.warehouse.bigquery.names import Datasets
from first_light.warehouse.bigquery.server import connect, datasets, errors_as
from first_light.warehouse.scratch_place import dropped_at_end

VARIABLE = "BIGQUERY_DATASET"


@contextlib.contextmanager
def scratch_datasets(product: Product) -> Iterator[Mapping[str, str]]:
    """A prefix of its own, whose datasets are deleted at the end.

    Those that a killed command left are deleted first.

    Raises:
        DataopsError: they are not those of a verification, or could not be deleted.
    """
    own = datasets(product)
    scratch = Datasets(f"{own.prefix}_verify", own.project)
    variables = {VARIABLE: scratch.prefix}
    with set_variables(variables):
        if datasets(product) != scratch:
            raise DataopsError(
                "The connection of dbt does not follow the variable of the dataset.",
                where="profiles.yml, target prod, dataset",
                fix=f"write there: {{{{ env_var('{VARIABLE}') }}}}",
            )
    mark = f"First Light: {product.slug}"
    with connect(product) as cursor:
        fix = "let this account create datasets and run jobs: uv run dataops docs bigquery"
        with errors_as("The scratch datasets could not be created.", fix):
            _drop_all(cursor, scratch, mark)

        def create() -> None:
            with errors_as("The scratch datasets could not be created.", fix):
                cursor.create_dataset(scratch.build, mark)

        def drop() -> None:
            with errors_as(f"The datasets {scratch.prefix}_… could not be deleted."):
                _drop_all(cursor, scratch, mark)

        with dropped_at_end(create, drop):
            yield variables


def _drop_all(cursor: BigQueryCursor, place: Datasets, mark: str) -> None:
    """Delete the datasets of a verification; that with the mark is the last.

    Raises:
        DataopsError: there is one of these names that no verification made.
    """
    present = cursor.datasets(f"{place.prefix}_")
    if present and cursor.described(place.build) != mark:
        raise DataopsError(
            f"There is a dataset {present[0]} that this command did not create.",
            fix="rename or delete it, then repeat the command",
        )
    for dataset in sorted(present, key=lambda name: name == place.build):
        cursor.drop_dataset(dataset)
