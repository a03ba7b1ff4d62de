"""What a run that ended without a word left behind: the next one writes it down and tidies up."""

from __future__ import annotations

from first_light.history.log import History, record_in
from first_light.history.unrecorded import crashed, ended
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Warehouse


def recover(store: FolderStore, history: History, warehouse: Warehouse) -> list[str]:
    """Bring store and history to where they would be had nothing been cut short.

    The lock must be held. With a broken pointer it is unknown what was published: then only the
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
        saw = warehouse.published_release(current)
        warehouse.publish(current)  # what was cut short may have moved readers, and not the pointer
        if saw and saw != current and warehouse.published_release(current) == current:
            done.append(f"Readers saw {saw}, cut short before the store knew: now {current} again.")
    for run in store.publishing():
        record = record_in(store.releases / run)
        if run != current:
            record = record and crashed(record, current)
        if record and not history.holds(run):
            history.add(record)
            done.append(f"Run {run} was cut short while it published; it is recorded now.")
        if run == current:
            store.conclude(run)
        else:
            warehouse.drop(run)
            store.drop(run)
    for run in store.unfinished():
        record = record_in(store.candidates / run)
        if record and not history.holds(run):
            record = ended(record, current)
            history.add(record)
            done.append(f"Run {run} had ended without a record ({record.outcome}); it has one now.")
        warehouse.discard(run)
        store.discard(run)
    if done or history.highest():
        store.push()  # what nobody else knows yet, before the next run takes its number
    return done


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
