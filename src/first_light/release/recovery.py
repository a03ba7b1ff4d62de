"""What a run that ended without a word left behind: the next one writes it down and tidies up."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from first_light.history.log import History, record_in
from first_light.history.record import CRASHED, PUBLISHED, ROLLED_BACK, RUNNING, Record
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Warehouse


def recover(store: FolderStore, history: History, warehouse: Warehouse) -> list[str]:
    """Bring store and history to where they would be had nothing been cut short.

    The lock must be held. With a broken pointer nobody can tell what was published: then only the
    history is fixed, and the rest waits until somebody has chosen a release.

    Returns:
        What was done, one sentence each.

    Raises:
        HistoryError: a record could not be written; it will be tried again.
        DataopsError: others could not be shown it; so will that.
    """
    done = _repair_records(store, history)
    try:
        current = store.current() or ""
    except DataopsError:
        return done
    if current:
        saw = warehouse.seen(current)
        warehouse.publish(current)  # what was cut short may have moved readers, and not the pointer
        if saw and saw != current and warehouse.seen(current) == current:
            done.append(f"Readers saw {saw}, cut short before the store knew: now {current} again.")
    for run in store.publishing():
        record = record_in(store.releases / run)
        if run != current:
            record = record and _crashed(record, current)
        if record and not history.holds(run):
            history.add(record)
            done.append(f"Run {run} was cut short while it published; it is recorded now.")
        if run == current:
            store.settle(run)
        else:
            warehouse.drop(run)
            store.drop(run)
    for run in store.unfinished():
        record = record_in(store.candidates / run)
        if record and not history.holds(run):
            record = _ended(record, current)
            history.add(record)
            done.append(f"Run {run} had ended without a record ({record.outcome}); it has one now.")
        warehouse.discard(run)
        store.discard(run)
    if done or history.highest():
        store.share()  # what nobody else knows yet, before the next run takes its number
    return done


def interrupted(store: FolderStore, history: History) -> Record | None:
    """The newest run that is not in the history yet; one that runs now says `running`."""
    current = ""
    with contextlib.suppress(DataopsError):
        current = store.current() or ""
    found: list[Record] = []
    for run in store.publishing():
        if record := record_in(store.releases / run):
            found.append(record if run == current else _cut_short(store, record, current))
    for run in store.unfinished():
        if record := record_in(store.candidates / run):
            found.append(_cut_short(store, record, current))
    found = [record for record in found if not history.holds(record.run)]
    return max(found, key=lambda record: record.number, default=None)


def _cut_short(store: FolderStore, record: Record, current: str) -> Record:
    """It runs yet, or nobody saw its end."""
    if record.outcome in (RUNNING, PUBLISHED) and store.is_locked() is not False:
        return replace(record, outcome=RUNNING)
    return _ended(record, current)


def _ended(record: Record, current: str) -> Record:
    """How a run ended that nobody saw the end of; a candidate was never published."""
    if record.outcome not in (RUNNING, PUBLISHED):
        return record
    if record.verb == "rollback" and record.current == current:
        return replace(record, outcome=ROLLED_BACK)
    return _crashed(record, current)


def _crashed(record: Record, current: str) -> Record:
    problem = "The process ended without a word (killed, or the machine went down)."
    return replace(record, outcome=CRASHED, problem=problem, current=current, ended_at="")


def _repair_records(store: FolderStore, history: History) -> list[str]:
    done = []
    for run in history.look_for_damage():
        record = record_in(store.releases / run)
        try:
            history.repair(run, record)
        except OSError as error:
            done.append(f"The record of run {run} is damaged and could not be moved: {error}")
            continue
        history.damaged.remove(run)
        how = "restored from the release" if record else "moved to history/damaged"
        done.append(f"The record of run {run} was damaged: {how}.")
    return done
