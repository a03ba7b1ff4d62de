"""`dataops status`: what is current, how old, how the last run went, what did not come."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

from first_light.dbt.manifest import Manifest, read_manifest
from first_light.figures.compute import Figure, Ledger, ledger
from first_light.history.carried import build_counts
from first_light.history.decoding import read_record
from first_light.history.log import History
from first_light.history.record import (
    PUBLISHED,
    REAL,
    ROLLED_BACK,
    RUNNING,
    RUNS,
    FindingRun,
    Record,
)
from first_light.history.unrecorded import interrupted
from first_light.history.warned import tests_that_warned
from first_light.incidents.derive import Incident, incidents
from first_light.metrics.changes import MetricChange
from first_light.metrics.recorded import moves, recorded_release
from first_light.project.product import Product, now
from first_light.project.versions import package_version, template_version
from first_light.status.freshness import SourceAge, source_ages
from first_light.store.folder import RECORD
from first_light.store.locate import FolderStore, open_store, store_of
from first_light.store.pages import boards_address
from first_light.utils.errors import DataopsError
from first_light.utils.regular_files import read_regular
from first_light.utils.timestamps import moment, utc
from first_light.warehouse.base import Warehouse, open_warehouse

_GOOD = frozenset({PUBLISHED, ROLLED_BACK, RUNNING})
_DAY = timedelta(days=1)
_CLOCK_ERROR = timedelta(hours=1)  # a record further ahead is from a clock that was wrong


@dataclass(frozen=True)
class Readers:
    """What readers see, as the warehouse itself says.

    Attributes:
        release: empty where they see none; None where it can't be asked.
        problem: where that is not what the store says, or can't be asked; else empty.
    """

    release: str | None = ""
    problem: str = ""


@dataclass(frozen=True)
class Status:
    """How the product stands.

    Attributes:
        at: the product's clock.
        current: the release that readers see; None when there is none.
        age: since it was published; None when there is none.
        last: the last run, one that runs now included; None when there was none.
        published: when a release was last published; None when none was.
        late: deadlines that passed without a release published since the one before; newest last.
        missing: those of them before which nothing had run at all.
        damaged: runs whose records can't be read.
        open: incidents that no run has ended yet, the newest first.
        store: where releases and history are, for people.
        address: where readers open the current release's database; empty where none is current, and
            where the connection to it is not set here.
        boards: the page that lists its boards; empty where it has none.
        figures: of the last 90 days.
        readers: what they see.
        sources: how old the data of each source is, the stale ones first.
        moves: the metrics of current that differ from those of the release before it.
        open_to: who can read current, where it was built from raw and lies open to more than its
            place says; else empty.
        template: the version of the template that the product has; empty if it is unknown.
        package: the version of the installed package.
    """

    at: datetime
    current: Record | None
    age: timedelta | None
    last: Record | None
    late: tuple[datetime, ...]
    missing: tuple[datetime, ...]
    damaged: tuple[str, ...]
    open: tuple[Incident, ...] = ()
    store: str = ""
    address: str = ""
    boards: str = ""
    figures: tuple[Figure, ...] = ()
    readers: Readers = Readers()
    sources: tuple[SourceAge, ...] = ()
    moves: tuple[MetricChange, ...] = ()
    open_to: str = ""
    template: str = ""
    package: str = ""
    published: datetime | None = None

    @property
    def stale(self) -> tuple[SourceAge, ...]:
        """The sources that have stopped, or whose data is older than their rule allows."""
        return tuple(source for source in self.sources if source.problem)

    @property
    def warned(self) -> tuple[FindingRun, ...]:
        """What the monitors warned of in the current release."""
        return self.current.warned if self.current else ()

    @property
    def ok(self) -> bool:
        ran = self.last is not None and self.last.outcome in _GOOD
        quiet = not (self.late or self.stale or self.damaged or self.open or self.readers.problem)
        return self.current is not None and ran and quiet

    def to_dict(self) -> dict[str, object]:
        """For machines."""
        current, last = self.current, self.last
        return {
            "ok": self.ok,
            "generated_at": utc(self.at),
            "template": self.template,
            "package": self.package,
            "store": self.store,
            "current": current
            and {
                "release": current.run,
                "kind": current.kind,
                "commit": current.git.commit,
                "published_at": current.ended_at,
                "age_seconds": int(self.age.total_seconds()) if self.age is not None else None,
                "raw_fingerprint": current.raw.fingerprint,
                "set_aside": list(current.raw.set_aside),
                "nodes": build_counts(current)._asdict(),
                "address": self.address,
                "boards": self.boards,
                "open_to": self.open_to,
            },
            "readers": {"release": self.readers.release, "problem": self.readers.problem},
            "last_run": last
            and {
                "run": last.run,
                "command": last.command,
                "outcome": last.outcome,
                "problem": last.problem,
                "started_at": last.started_at,
                "ended_at": last.ended_at,
            },
            "late": [utc(deadline) for deadline in self.late],
            "missing_runs": [utc(deadline) for deadline in self.missing],
            "sources": [source.to_dict() for source in self.sources],
            "stale": [source.name for source in self.stale],
            "metrics": [
                {"name": fact.name, "value": fact.value, "problem": fact.problem}
                for fact in (current.metrics if current else ())
            ],
            "moved_metrics": {change.name: change.sentence for change in self.moves},
            "damaged_records": list(self.damaged),
            "findings": [{"id": item.id, "message": item.message} for item in self.warned],
            "warned_tests": [test.unique_id for test in tests_that_warned(self.current)],
            "open_incidents": [item.to_dict() for item in self.open],
            "figures": {
                figure.name: {
                    "value": figure.value,
                    "unit": figure.unit,
                    "part": figure.part,
                    "whole": figure.whole,
                    "absent": figure.absent,
                    "enough": figure.is_enough,
                }
                for figure in self.figures
            },
        }


@contextmanager
def open_ledger(product: Product) -> Iterator[Ledger]:
    """The history with what derives from it, as of now: read once for the whole status.

    Raises:
        DataopsError: the store can't be read.
    """
    with ledger_of(product, open_store(product)) as book:
        yield book


@contextmanager
def ledger_of(product: Product, store: FolderStore) -> Iterator[Ledger]:
    """The same of a store that was opened already: opening looks at one that is elsewhere.

    Raises:
        DataopsError: it belongs to another product.
    """
    store.check()
    with ledger(History(store.history), product.deadline, now()) as book:
        yield book


def status(product: Product, book: Ledger | None = None) -> Status:
    """How the product stands. Reads only, also while a release is running.

    Args:
        product: the product.
        book: its ledger, where one is open already.

    Raises:
        DataopsError: the store can't be read, or its pointer is broken.
    """
    if book is None:
        with open_ledger(product) as opened:
            return status(product, opened)
    store = store_of(product)  # opening the ledger has refreshed the store
    history = History(store.history)
    at = book.at
    run = store.current()
    current = _release(store, run) if run else None
    age = max(timedelta(0), at - moment(current.ended_at)) if current else None
    last = interrupted(store, history)
    published: datetime | None = None
    runs: list[datetime] = []
    for record in history.newest():
        if record.command not in RUNS:
            continue
        if last is None or record.number > last.number:
            last = record
        if record.command == "release":
            runs.append(moment(record.started_at))
            if record.outcome == PUBLISHED and moment(record.ended_at) <= at + _CLOCK_ERROR:
                published = moment(record.ended_at)
                break
    if published is None and current is not None:
        published = moment(current.ended_at)
        if published > at + _CLOCK_ERROR:  # nobody knows when it was: a deadline has passed since
            published = at - 2 * _DAY
    late: tuple[datetime, ...] = ()
    if published is not None:
        late = late_deadlines(product.deadline, published, at)
    missing = tuple(d for d in late if not any(d - _DAY < began <= d for began in runs))
    manifest = manifest_of(store, run)
    open_incidents = tuple(incident for incident in incidents(book, manifest) if incident.open)
    warehouse = open_warehouse(product, store)
    return Status(
        at=at,
        current=current,
        age=age,
        last=last,
        late=late,
        missing=missing,
        damaged=tuple(history.damaged),
        open=open_incidents,
        store=store.place,
        address=_address(warehouse, run) if run else "",
        boards=boards_address(store, run or ""),
        figures=book.figures(),
        readers=_readers(warehouse, run or "", last, len(store.retained()) > 1),
        sources=source_ages(book, current, manifest),
        moves=moves(recorded_release(store, current.base) if current else None, current),
        open_to=store.audience if current and current.kind == REAL and warehouse.in_store else "",
        template=template_version(product),
        package=package_version(),
        published=published,
    )


def _address(warehouse: Warehouse, run: str) -> str:
    try:
        return warehouse.address(run)
    except DataopsError:  # variables of its connection are missing, as what readers see says
        return ""


def _readers(warehouse: Warehouse, current: str, last: Record | None, has_others: bool) -> Readers:
    try:
        published_run = warehouse.published_release(current)
    except DataopsError as error:
        fix = f": {error.fix}" if error.fix else ""
        unknown = f"the published release is unknown. {error.message} ({error.where}){fix}"
        return Readers(None, unknown)
    if current and published_run == current and warehouse.in_store:
        try:
            warehouse.check(current)
        except DataopsError as error:
            fix = "rollback" if has_others else "release --full-refresh"
            return Readers(
                "", f"cannot open it ({error.where} is missing or damaged): uv run dataops {fix}"
            )
    if published_run == current or (last is not None and last.outcome == RUNNING):
        return Readers(published_run)  # a run that is at work moves the one, then the other
    if not published_run:
        return Readers(published_run, "see no data in the database: uv run dataops release")
    command = f"rollback {int(current.partition('-')[0])}" if current else "release"
    return Readers(
        published_run,
        f"see {published_run}: a run was interrupted before the store was updated, or another "
        f"machine is publishing it now; the next run fixes it, or now: uv run dataops {command}",
    )


def manifest_of(store: FolderStore, run: str | None) -> Manifest | None:
    """The manifest that a release kept; None when there is none to be read."""
    if not run:
        return None
    path = store.releases / run / "manifest.json"
    try:
        status_ = path.stat()
        return _kept_manifest(path, status_.st_ino, status_.st_mtime_ns)
    except (DataopsError, OSError):
        return None  # owners and impact are then what the records say


@lru_cache(maxsize=1)
def _kept_manifest(path: Path, inode: int, modified: int) -> Manifest:
    """The manifest of a release, which the status and the score read several times.

    Args:
        path: the file.
        inode, modified: which of the files that were there.
    """
    return read_manifest(path, packages=True)


def late_deadlines(deadline: str, published: datetime, at: datetime) -> tuple[datetime, ...]:
    """The deadlines up to `at` by which no release had been published since the one before.

    Args:
        deadline: time of day in UTC, HH:MM; without one nothing is ever late.
        published: when the last release was.
        at: now.

    Raises:
        DataopsError: the deadline is no time of day.
    """
    if not deadline:
        return ()
    try:
        hour, minute = (int(part) for part in deadline.split(":"))
        due_at = published.astimezone(timezone.utc).replace(
            hour=hour, minute=minute, second=0, microsecond=0
        )
    except ValueError:
        raise DataopsError(
            "The deadline is not a time of day.",
            where=f".copier-answers.yml: deadline {deadline}",
            fix="set it like 07:00, in UTC: copier update --data deadline=07:00",
        ) from None
    if due_at < published:
        due_at += _DAY
    # The first deadline after it was published has been met; every later one has not.
    passed = int((at - due_at) / _DAY) if at >= due_at else 0
    return tuple(due_at + n * _DAY for n in range(1, passed + 1))


def _release(store: FolderStore, run: str) -> Record:
    try:
        return read_record(read_regular(store.releases / run / RECORD))
    except (OSError, ValueError) as error:
        raise DataopsError(
            "The record of the current release is missing or damaged.",
            where=f"{run}/{RECORD}: {error}",
            fix="uv run dataops release",
        ) from error
