"""Which releases stay."""

from __future__ import annotations

import os

from dataops.errors import DataopsError
from dataops.store import FolderStore
from dataops.warehouse import Warehouse


def kept_releases() -> int:
    """How many releases stay: DATAOPS_KEEP, by default 10, at least 1.

    Raises:
        DataopsError: it is no such number.
    """
    told = os.environ.get("DATAOPS_KEEP") or "10"
    if not told.isdigit() or int(told) < 1:
        raise DataopsError(
            "DATAOPS_KEEP is not a number of releases.",
            where=told,
            mend="set it to 10, or unset it",
        )
    return int(told)


def to_prune(kept: list[str], current: str | None, keep: int) -> list[str]:
    """Which releases go: all but the newest `keep`, and never the current one."""
    return [run for run in kept[: max(0, len(kept) - keep)] if run != current]


def prune(store: FolderStore, warehouse: Warehouse, keep: int) -> list[str]:
    """Delete old releases; who reads one keeps reading. Returns which.

    Raises:
        DataopsError: the store can't be written, or its pointer is broken: then nothing is deleted.
    """
    gone = to_prune(store.kept(), store.current(), keep)
    for run in gone:
        warehouse.drop(run)
        store.drop(run)
    return gone
