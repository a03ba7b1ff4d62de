"""What identifies the lock of a store, for a server whose lock is a row that outlives its owner."""

from __future__ import annotations

from uuid import uuid4

from first_light.store.locate import FolderStore

_FILE = "lock-owner"  # in the cache of a store: the same for all processes that share its lock


def lock_owner(store: FolderStore) -> str:
    """A text that is the same in all processes that wait for the lock of a store."""
    path = store.cache / _FILE
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(uuid4()), encoding="utf-8")
    return path.read_text(encoding="utf-8")
