"""What follows a recorded run, as the caller of a release or a rollback decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from first_light.history.log import History
from first_light.project.product import Product
from first_light.store.locate import FolderStore

# Returns what went wrong, one sentence each; it never changes the verdict of the run.
AfterRun = Callable[[Product, FolderStore, History], Iterable[str]]


def no_action(product: Product, store: FolderStore, history: History) -> Iterable[str]:
    """Do nothing more."""
    return ()
