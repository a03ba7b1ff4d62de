"""Where readers find the pages of the current release."""

from __future__ import annotations

from first_light.store.folder import FolderStore

BOARDS = "boards/index.html"


def boards_address(store: FolderStore, run: str) -> str:
    """The page that lists the boards of the current release, which is `run`; empty without one."""
    return page_address(store, run, BOARDS)


def page_address(store: FolderStore, run: str, name: str) -> str:
    """A page of the current release, which is `run`; empty where it has none of this name."""
    if not run or not (store.releases / run / name).is_file():
        return ""
    return store.address(run, name)
