"""`dataops status --fail-if-late`: a release or a delivery that did not come opens an incident."""

from __future__ import annotations

from collections.abc import Iterator
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
        opened: ids of the incidents that were opened, separated by commas; empty when none had to
            be.
        warnings: what somebody should know, one sentence each.
    """

    status: Status
    opened: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 when a release or its data was due and has not come, or readers cannot read one."""
        status = self.status
        is_unreadable = status.readers.problem and not status.readers.release
        is_late = status.late or status.stale
        return 1 if is_late or status.current is None or is_unreadable else 0


def watch(product: Product) -> Watched:
    """Look whether what was due has come, releases and their data; record it, once, if not.

    Raises:
        DataopsError: the store can't be read.
    """
    store = open_store(product)
    newest = _newest(store)
    status_ = _local_status(product, store)
    if not (status_.late or status_.stale):
        return Watched(status_)
    if store.is_locked():
        return Watched(status_, warnings=("A release or rollback is running right now.",))
    opened = ""
    try:
        with store.lock():
            if _newest(store) != newest:  # a run has ended since
                status_ = _local_status(product, store)
            history = History(store.history)
            facts = [*_late_release(status_), *_late_deliveries(status_)]
            records = [
                add_event(product, store, history, "status", LATE, incident=fact) for fact in facts
            ]
            opened = ", ".join(f"{LATE}@{record.number}" for record in records)
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


def _late_release(status: Status) -> Iterator[IncidentFact]:
    if is_unexplained(status):
        started_at = utc((status.missing or status.late)[0])
        yield IncidentFact(
            release=status.current.run if status.current else "",
            text=f"No release was published by {started_at}.",
            started_at=started_at,
        )


def _late_deliveries(status: Status) -> Iterator[IncidentFact]:
    """The sources that have stopped and that no open incident is about."""
    explained = {incident.subject for incident in status.open}
    for source in status.stale:
        if source.subject not in explained:
            yield IncidentFact(
                subject=source.subject,
                release=status.current.run if status.current else "",
                text=source.problem,
                started_at=utc(min(source.due_at or status.at, status.at)),
            )


def is_unexplained(status: Status) -> bool:
    """Whether a release is late that no open incident accounts for.

    A run that was rejected has opened its own; where nothing ran at all, nothing has.
    """
    late_releases = (i for i in status.open if i.kind == LATE and i.subject == "run")
    if not status.late or any(late_releases):
        return False
    rejected = any(i.detected_by == "check" and i.kind != LATE for i in status.open)
    return status.late[-1] in status.missing or not rejected
