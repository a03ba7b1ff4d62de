"""Which releases stay."""

from __future__ import annotations

from first_light.store.locate import FolderStore
from first_light.warehouse.base import Warehouse

# Who has followed the pointer opens what it led to within this many seconds, or asks again.
GRACE = 600.0


def to_prune(
    kept: list[str], current: str | None, keep: int, left: dict[str, float] | None = None
) -> list[str]:
    """Which releases go: all but the newest `keep`, never the current one, none too soon.

    Args:
        kept: what there is, oldest first.
        current: the one that readers see.
        keep: how many stay.
        left: seconds since each stopped being current; None when that need not matter.
    """
    old = [run for run in kept[: max(0, len(kept) - keep)] if run != current]
    return [run for run in old if left is None or left.get(run, 0.0) >= GRACE]


def prune(store: FolderStore, warehouse: Warehouse, keep: int) -> list[str]:
    """Delete old releases; who reads one, or is about to, keeps reading. Returns which.

    Raises:
        DataopsError: the store can't be written, or its pointer is broken: then nothing is deleted.
    """
    kept, current = store.retained(), store.current()
    gone = to_prune(kept, current, keep, {run: store.seconds_superseded(run) for run in kept})
    for run in gone:
        warehouse.drop(run)
        store.drop(run)
    store.update_superseded_times(gone)
    store.private.sweep({*store.retained(), *store.publishing(), *store.unfinished()})
    return gone
