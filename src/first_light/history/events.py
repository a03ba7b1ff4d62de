"""Records of what is no run: events between runs, and notifications. Only ever
added."""

from __future__ import annotations

from first_light.history.exercises import DrillFact, StrengthFact
from first_light.history.log import History
from first_light.history.record import IncidentFact, NotificationFact, Record
from first_light.project.product import Product, now
from first_light.store.locate import FolderStore
from first_light.store.run_ids import run_id
from first_light.utils.timestamps import utc


def add_event(
    product: Product,
    store: FolderStore,
    history: History,
    command: str,
    outcome: str,
    *,
    incident: IncidentFact | None = None,
    notifications: tuple[NotificationFact, ...] = (),
    drill: DrillFact | None = None,
    strength: StrengthFact | None = None,
    notes: tuple[str, ...] = (),
) -> Record:
    """Write one down; the store's lock must be held.

    Args:
        product: whose it is.
        store: where the history lives.
        history: takes the record.
        command: status, incident, notify, drill or mutate.
        outcome: late, reported, closed, notified, drilled or measured.
        incident: the facts of an incident.
        notifications: what was sent to each channel.
        drill: how a drill went.
        strength: how strong the tests are.
        notes: what the reader should know besides.

    Raises:
        HistoryError: it could not be recorded.
        DataopsError: it could not be shared; it is recorded here, and goes with the next one.
    """
    number, at = store.next_number(history.highest()), utc(now())
    tag = store.tag
    if tag:  # the next number may be a run's that is at work elsewhere: it would have to build anew
        number += 1
    current = store.current() or ""
    record = Record(
        run=run_id(number, at, outcome + tag),
        number=number,
        product=product.slug,
        command=command,
        trigger="",
        outcome=outcome,
        started_at=at,
        ended_at=at,
        kind="",
        base=current,
        current=current,
        incident=incident or IncidentFact(),
        notifications=notifications,
        drill=drill or DrillFact(),
        strength=strength or StrengthFact(),
        notes=notes,
    )
    history.add(record)
    store.push()
    return record
