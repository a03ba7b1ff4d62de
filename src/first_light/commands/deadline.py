"""`dataops status --fail-if-late`: a release that did not come opens an incident of its own."""

from __future__ import annotations

from dataclasses import dataclass

from first_light.history.events import add_event
from first_light.history.log import History
from first_light.history.record import LATE, IncidentFact
from first_light.notify.send import notify
from first_light.project.product import Product
from first_light.status.current import Status, ledger_of, status
from first_light.store.locate import FolderStore, open_store
from first_light.utils.errors import DataopsError
from first_light.utils.timestamps import utc


@dataclass(frozen=True)
class Watched:
    """What was seen.

    Attributes:
        status: how the product stands, with the incident that was opened.
        opened: id of the incident that was opened; empty when none had to be.
        warnings: what somebody should know, one sentence each.
    """

    status: Status
    opened: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 when a release was due and has not come, there never was one, or it cannot be read."""
        status = self.status
        is_unreadable = status.readers.problem and not status.readers.release
        return 1 if status.late or status.current is None or is_unreadable else 0


def watch(product: Product) -> Watched:
    """Look whether a release that was due has come; record it, once, when it has not.

    Raises:
        DataopsError: the store can't be read.
    """
    store = open_store(product)
    newest = _newest(store)
    status_ = _local_status(product, store)
    if not status_.late:
        return Watched(status_)
    if store.is_locked():
        return Watched(status_, warnings=("A release or rollback is running right now.",))
    opened = ""
    try:
        with store.lock():
            if _newest(store) != newest:  # a run has ended since
                status_ = _local_status(product, store)
            history = History(store.history)
            if is_unexplained(status_):
                started_at = utc((status_.missing or status_.late)[0])
                run = status_.current.run if status_.current else ""
                fact = IncidentFact(
                    release=run,
                    text=f"No release was published by {started_at}.",
                    started_at=started_at,
                )
                record = add_event(product, store, history, "status", LATE, incident=fact)
                opened = f"{LATE}@{record.number}"
            warnings = notify(product, store, history)  # also what did not get through before
            store.push()
    except DataopsError as error:  # what is late is late, recorded or not
        return Watched(status_, opened, (f"error: it could not be recorded: {error}",))
    if _newest(store) != newest:
        status_ = _local_status(product, store)
    return Watched(status_, opened, warnings)


def _local_status(product: Product, store: FolderStore) -> Status:
    with ledger_of(product, store) as book:
        return status(product, book)


def _newest(store: FolderStore) -> tuple[str | None, int]:
    """What is another as soon as a run has ended, or something was recorded."""
    return store.current(), History(store.history).highest()


def is_unexplained(status: Status) -> bool:
    """Whether something is late that no open incident accounts for.

    A run that was rejected has opened its own; where nothing ran at all, nothing has.
    """
    if not status.late or any(incident.kind == LATE for incident in status.open):
        return False
    rejected = any(incident.detected_by == "check" for incident in status.open)
    return status.late[-1] in status.missing or not rejected
