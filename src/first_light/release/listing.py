"""`dataops releases`: what was released and rejected, newest first."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from first_light.history.log import History, record_in
from first_light.history.record import PUBLISHED, RUNS, Record
from first_light.history.unrecorded import interrupted
from first_light.project.product import Product
from first_light.store.locate import open_store
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import open_warehouse


@dataclass(frozen=True)
class Listed:
    """One run.

    Attributes:
        record: what was written down of it.
        kept: whether its release is still there to be made current.
        current: whether readers see it; where they can't be asked, whether the store says so.
    """

    record: Record
    kept: bool
    current: bool


def releases(product: Product, limit: int = 20) -> list[Listed]:
    """The last runs and the releases that are kept, newest first; current is always one of them.

    Args:
        product: the product.
        limit: how many at most.

    Raises:
        DataopsError: the store can't be read.
    """
    store = open_store(product)
    store.check()
    history = History(store.history)
    kept = set(store.retained())
    current = None
    with contextlib.suppress(DataopsError):  # `status` says it; the list helps to choose one
        current = store.current()
        current = open_warehouse(product, store).published_release(current or "")
    records: dict[str, Record] = {}
    for record in history.newest():
        if len(records) >= limit:
            break
        if record.command in RUNS:
            records[record.run] = record
    for run in kept - set(records):
        if record_of_kept := record_in(store.releases / run):
            records[run] = record_of_kept
    if (unrecorded := interrupted(store, history)) and unrecorded.run == current:
        records[unrecorded.run] = unrecorded  # readers see it, though nothing was recorded of it
        kept.add(unrecorded.run)
    ordered = sorted(records.values(), key=lambda record: record.number, reverse=True)
    if current_record := [record for record in ordered[limit:] if record.run == current]:
        ordered[limit - 1 : limit] = current_record
    return [
        Listed(
            record,
            kept=record.run in kept and record.outcome == PUBLISHED,
            current=record.run == current,
        )
        for record in ordered[:limit]
    ]
