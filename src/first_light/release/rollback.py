"""`dataops rollback`: an earlier release, or a later one, is current again at once."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, replace

from first_light.history.decoding import read_record
from first_light.history.log import History
from first_light.history.record import PUBLISHED, ROLLED_BACK, RUNNING, Record
from first_light.metrics.changes import MetricChange
from first_light.metrics.recorded import moves, recorded_release
from first_light.project.product import Product, now
from first_light.release.after import AfterRun, no_action
from first_light.release.recovery import recover
from first_light.store.folder import RECORD
from first_light.store.locate import FolderStore, store_of
from first_light.store.pointer import is_plain
from first_light.store.run_ids import run_id, run_number
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import read_regular
from first_light.utils.timestamps import utc
from first_light.warehouse.base import open_warehouse


@dataclass(frozen=True)
class RolledBack:
    """How it went.

    Attributes:
        record: what was written down of the rollback; None when that release was current already.
        release: the record of the release that is current now.
        warnings: what somebody should know, one sentence each.
        moves: the metrics that differ from those of the release that was current before.
    """

    record: Record | None
    release: Record
    warnings: tuple[str, ...]
    moves: tuple[MetricChange, ...] = ()


def rollback(product: Product, release_name: str | None, after: AfterRun = no_action) -> RolledBack:
    """Make another release current, and record that.

    Args:
        product: the product.
        release_name: which one: its id, its number or its commit; None for the one before current.
        after: what else to do once it is recorded, while the store is locked.

    Raises:
        DataopsError: there is no such release, or it could not be made current; nothing changed.
    """
    began = time.monotonic()
    store = store_of(product)
    if not store.exists():
        raise _nothing_to_roll_back(store)
    with store.lock():
        history, warehouse = History(store.history), open_warehouse(product, store)
        published = warehouse.published_release("")
        warnings = recover(store, history, warehouse)
        try:
            base = store.current() or ""
        except DataopsError as error:
            if release_name is None:
                raise
            base = ""
            warnings.append(f"The pointer to the current release was broken: {error.where}")
        # Where readers saw a release that was cut short, the one before it is meant.
        try:
            run = choose(store.retained(), max(base, published, key=run_number), release_name)
        except DataopsError as error:
            raise _never_published(history, release_name or "") or error from None
        store.fetch_release(run)
        if not is_plain(store.releases / run):
            raise DataopsError(
                "The release holds a link or another special file. Nothing was changed.",
                where=str(store.releases / run),
                fix="choose another one: uv run dataops releases",
            )
        warehouse.check(run)
        release = _record_of(store, run)
        before = recorded_release(store, base)
        if run == base:
            return RolledBack(None, release, tuple(warnings))
        record = _begun(product, store, history, base, release)
        store.write_record(record.run, record.to_json())
        seconds = round(time.monotonic() - began, 3)
        record = replace(record, outcome=ROLLED_BACK, ended_at=utc(now()), seconds=seconds)
        try:
            warehouse.publish(run)
            store.point(run, (record.run, record.to_json()))
        except DataopsError:
            with contextlib.suppress(DataopsError):  # a broken pointer: readers keep what they have
                if (current := store.current()) and current != run:
                    warehouse.publish(current)
            store.discard(record.run)
            raise
        try:
            store.write_record(record.run, record.to_json())
            history.add(record)
            store.discard(record.run)
            warnings += after(product, store, history)
            store.push()
        except DataopsError as error:  # never changes what was done, and is never silent
            warnings.append(f"error: the rollback could not be recorded: {error}")
    return RolledBack(record, release, tuple(warnings), moves(before, release))


def choose(kept: list[str], current: str, name: str | None) -> str:
    """Which release is meant.

    Args:
        kept: the releases there are, oldest first.
        current: the one that readers see; empty when nobody knows.
        name: an id, a number or a commit; None for the newest one before current.

    Raises:
        DataopsError: none is, or more than one.
    """
    if name is None:
        before = [run for run in kept if run_number(run) < run_number(current)]
        if not before:
            raise DataopsError(
                "There is no release before the current one.",
                where=current or "no release is current",
                fix="choose one: uv run dataops releases",
            )
        return before[-1]
    name = name.strip()
    matches = [
        run
        for run in kept
        if run == name
        or (name.isdecimal() and len(name) <= 6 and run_number(run) == int(name))
        or (len(name) >= 4 and _is_of(run, name.lower()))
    ]
    exact = [run for run in matches if run == name or run_number(run) == _number(name)]
    matches = exact or matches
    if len(matches) != 1:
        raise DataopsError(
            "No release matches." if not matches else "Several releases match.",
            where=name if not matches else f"{name}: {', '.join(matches)}",
            fix="choose one by its number: uv run dataops releases",
        )
    return matches[0]


def _never_published(history: History, release_name: str) -> DataopsError | None:
    """Why a run can't be made current, where there was one and it is no release."""
    for record in history.newest():
        if release_name.strip() in (record.run, str(record.number)) and record.command == "release":
            if record.outcome == PUBLISHED:
                reason = "This release has been deleted because of its age."
            else:
                reason = f"This run was {record.outcome}; it is not a release."
            return DataopsError(reason, where=record.run, fix="choose one: uv run dataops releases")
    return None


def _is_of(run: str, commit: str) -> bool:
    built = run.rpartition("-")[2][:7]
    return commit.startswith(built) or built.startswith(commit)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 6 else -1


def _begun(
    product: Product,
    store: FolderStore,
    history: History,
    base: str,
    release: Record,
) -> Record:
    number, began = store.next_number(history.highest()), utc(now())
    commit = (release.git.commit[:7] or "nogit").lower()
    return Record(
        run=run_id(number, began, commit + store.tag),
        number=number,
        product=product.slug,
        command="rollback",
        trigger="manual",
        outcome=RUNNING,
        started_at=began,
        kind=release.kind,
        base=base,
        current=release.run,
        warehouse=release.warehouse,
        git=replace(release.git, commits=(), commits_total=None),
        raw=release.raw,
    )


def _record_of(store: FolderStore, run: str) -> Record:
    try:
        return read_record(read_regular(store.releases / run / RECORD))
    except (OSError, ValueError) as error:
        raise DataopsError(
            "The record of this release is missing or damaged.",
            where=f"{run}/{RECORD}",
            fix="choose another one: uv run dataops releases",
        ) from error


def _nothing_to_roll_back(store: FolderStore) -> DataopsError:
    return DataopsError(
        "There is no release yet.", where=str(store.root), fix="uv run dataops release"
    )
