"""Where readers find the pages of the current release."""

from __future__ import annotations

from first_light.store.folder import FolderStore

BOARDS = "boards/index.html"


def boards_address(store: FolderStore, run: str) -> str:
    """The page that lists the boards of the current release, which is `run`; empty without one."""
    if not run or not (store.releases / run / BOARDS).is_file():
        return ""
    return store.address(run, BOARDS)
