"""The store: where releases, the pointer to current, and the history live."""

from __future__ import annotations

import os

from dataops.errors import DataopsError
from dataops.product import Product
from dataops.store.folder import FolderStore

__all__ = ["FolderStore", "open_store"]


def open_store(product: Product) -> FolderStore:
    """The store of this product: the folder that DATAOPS_STORE names, by default store/.

    Raises:
        DataopsError: DATAOPS_STORE names something that is no folder.
    """
    place = os.environ.get("DATAOPS_STORE") or "store"
    if "://" in place:
        raise DataopsError(
            "This kind of store is not known.",
            where=f"DATAOPS_STORE={place}",
            mend="set DATAOPS_STORE to a folder",
        )
    return FolderStore(product.root / place, product.slug)
