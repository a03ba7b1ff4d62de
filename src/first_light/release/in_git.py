"""Data from raw in git: only after the team has allowed it in the repository."""

from __future__ import annotations

from first_light.dbt.source_plan import read_plan
from first_light.history.record import REAL
from first_light.project import settings
from first_light.project.product import Product
from first_light.release.context import Context
from first_light.utils.errors import DataopsError

_MOST = 5  # columns that the message names


def raise_if_in_git(context: Context) -> None:
    """Refuse the first release from raw into a store in git, until the team allows it.

    A store that holds a release from raw already goes on.

    Raises:
        DataopsError: it is not allowed.
    """
    store = context.store
    if not (store.audience and context.warehouse.in_store) or settings.current().data_in_git:
        return
    releases = (context.published(run) for run in store.retained())
    if any(release and release.kind == REAL for release in releases):
        return
    raise DataopsError(
        f"The store is in git: {store.audience} could read what this release builds from raw."
        + _personal(context.product),
        where=store.place,
        fix="set DATAOPS_STORE to a folder or a bucket (s3://…) that only readers can open; or "
        "allow it with `data-in-git = true` under [tool.dataops] in pyproject.toml",
    )


def _personal(product: Product) -> str:
    """What would become of the columns that are marked as personal."""
    try:
        tables = read_plan(product.root)
    except DataopsError:  # the audit will find it
        return ""
    names = [f"{table.name}.{column}" for table in tables for column in table.personal]
    if not names:
        return ""
    more = " …" if len(names) > _MOST else ""
    return (
        f" {len(names)} columns of raw are marked as personal ({', '.join(names[:_MOST])}{more}): "
        "they would not be stored there, so models with them would be built in full each time."
    )
