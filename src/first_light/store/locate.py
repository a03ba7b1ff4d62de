"""Open the store: releases, the pointer to current, and the history."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from urllib.request import url2pathname

from first_light.project import settings
from first_light.project.git_folder import suffixed
from first_light.project.product import Product
from first_light.store.folder import FolderStore
from first_light.store.special_files import raise_if_special
from first_light.utils.addresses import without_credentials

__all__ = ["FolderStore", "open_store", "store_of"]

_COPIES = ".dataops"
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def store_of(product: Product) -> FolderStore:
    """The store of this product, as DATAOPS_STORE names it, by default the folder store/.

    A path is a folder, `branch` or `branch:NAME` is a branch of the product's git remote,
    a URL is a place in a bucket. In a folder of a larger repository `branch` is the product's own.

    Raises:
        DataopsError: DATAOPS_STORE does not name a valid store, or the folder holds something that
            is no file.
    """
    location = settings.current().store
    state = settings.current().private_state
    private = str(product.root / state) if state else ""
    kind, _, name = location.partition(":")
    if kind == "branch":
        from first_light.store.branch import BRANCH, BranchRemote
        from first_light.store.mirror import MirrorStore

        name = name or suffixed(BRANCH, product.prefix)
        copy = product.root / _COPIES / _NO_NAME.sub("-", name)
        remote = BranchRemote.of(product.root, copy / "git", name)
        return MirrorStore(copy, product.slug, remote, private_state=private)
    if kind == "file":
        location = url2pathname(urlsplit(location).path)
    elif "://" in location:
        from first_light.store.bucket import BucketRemote
        from first_light.store.mirror import MirrorStore

        copy = product.root / _COPIES / _NO_NAME.sub("-", without_credentials(location))
        remote_bucket = BucketRemote(location)
        return MirrorStore(copy, product.slug, remote_bucket, private_state=private)
    raise_if_special(product.root / location)
    return FolderStore(product.root / location, product.slug, private_state=private)


def open_store(product: Product) -> FolderStore:
    """The product's store, refreshed for reading.

    Raises:
        DataopsError: see `store_of`; or it cannot be reached and no copy exists.
    """
    store = store_of(product)
    store.refresh()
    return store
