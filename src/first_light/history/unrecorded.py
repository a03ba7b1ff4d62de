"""Runs that the history does not hold yet: one that is running, or that ended without a record."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from first_light.history.log import History, record_in
from first_light.history.record import CRASHED, PUBLISHED, ROLLED_BACK, RUNNING, Record
from first_light.store.locate import FolderStore
from first_light.utils.errors import DataopsError


def interrupted(store: FolderStore, history: History) -> Record | None:
    """The newest run that is not in the history yet; one that runs now says `running`."""
    current = ""
    with contextlib.suppress(DataopsError):
        current = store.current() or ""
    records: list[Record] = []
    for run in store.publishing():
        if record := record_in(store.releases / run):
            records.append(record if run == current else _cut_short(store, record, current))
    for run in store.unfinished():
        if record := record_in(store.candidates / run):
            records.append(_cut_short(store, record, current))
    records = [record for record in records if not history.holds(record.run)]
    return max(records, key=lambda record: record.number, default=None)


def _cut_short(store: FolderStore, record: Record, current: str) -> Record:
    """It runs yet, or nobody saw its end."""
    if record.outcome in (RUNNING, PUBLISHED) and store.is_locked() is not False:
        return replace(record, outcome=RUNNING)
    return ended(record, current)


def ended(record: Record, current: str) -> Record:
    """How a run ended that nobody saw the end of; a candidate was never published."""
    if record.outcome not in (RUNNING, PUBLISHED):
        return record
    if record.command == "rollback" and record.current == current:
        return replace(record, outcome=ROLLED_BACK)
    return crashed(record, current)


def crashed(record: Record, current: str) -> Record:
    """The record of a run whose process ended without one."""
    problem = "The process ended without a word (killed, or the machine went down)."
    return replace(record, outcome=CRASHED, problem=problem, current=current, ended_at="")
