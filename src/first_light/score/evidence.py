"""What the twelve questions are answered from: the repository and the history, read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from first_light.dbt.manifest import Manifest, read_manifest
from first_light.figures.compute import Ledger, weeks
from first_light.history.exercises import DrillFact, StrengthFact
from first_light.history.facts import uncommitted
from first_light.history.log import History, record_in
from first_light.history.record import PUBLISHED, REAL, Record
from first_light.incidents.derive import incidents
from first_light.project import settings
from first_light.project.product import Product
from first_light.status.current import manifest_of
from first_light.status.freshness import SourceAge, source_ages
from first_light.store.locate import store_of
from first_light.utils.errors import DataopsError
from first_light.utils.timestamps import moment

_CI = (".github/workflows/check.yml", ".gitlab-ci.yml")
_RECORDS = 400  # the newest are enough: questions look back 90 days at most


@dataclass(frozen=True)
class Newcomer:
    """Somebody's first commit, by when it was made and when it was released; None if it was not."""

    began: datetime
    released: datetime | None


@dataclass(frozen=True)
class Evidence:
    """What is known.

    Attributes:
        at: the product's clock.
        in_git: the product is a git repository with at least one commit.
        changed: files that differ from the commit.
        ci: the pipeline's file that runs the check; empty when there is none.
        sample_files: how many files the sample holds.
        manifest: of the current release, or of the last dbt run here; None when there is none.
        records: runs of the last 90 days, newest first, rollbacks too.
        sources: how old the data of each source is in the current release.
        kept: how many releases could be rolled back to.
        weeks_counted: of the last 13 weeks, how many have production runs.
        newcomers: first commits of those who came after the product's first author, newest last.
        lock_changed: when the lock was last committed; None when it never was.
        lock_there: whether there is one.
        remote: whether the repository has a remote, where changes can be merged.
        detected_by_check, detected_by_person: incidents that opened in the last 90 days.
        notifications: how many pieces of news reached a channel in that time.
        channels: whether an alert channel is set where this is asked.
        drilled_at: when faults were last replayed; None when they never were.
        drill: how that went.
        strength: of the tests, as last measured; without changes when it never was.
    """

    at: datetime
    in_git: bool = False
    changed: tuple[str, ...] = ()
    ci: str = ""
    sample_files: int = 0
    manifest: Manifest | None = None
    records: tuple[Record, ...] = ()
    sources: tuple[SourceAge, ...] = ()
    kept: int = 0
    weeks_counted: int = 0
    newcomers: tuple[Newcomer, ...] = ()
    lock_changed: datetime | None = None
    lock_there: bool = False
    remote: bool = False
    detected_by_check: int = 0
    detected_by_person: int = 0
    notifications: int = 0
    channels: bool = False
    drilled_at: datetime | None = None
    drill: DrillFact = field(default_factory=DrillFact)
    strength: StrengthFact = field(default_factory=StrengthFact)

    @property
    def production(self) -> tuple[Record, ...]:
        """Attempts on raw, newest first."""
        return tuple(r for r in self.records if r.command == "release" and r.kind == REAL)

    @property
    def published(self) -> tuple[Record, ...]:
        return tuple(r for r in self.production if r.outcome == PUBLISHED)


def gather(product: Product, book: Ledger) -> Evidence:
    """Read it all.

    Raises:
        DataopsError: the store can't be read.
    """
    at, store = book.at, store_of(product)
    history = History(store.history)
    since = at - timedelta(days=90)
    records = tuple(
        record
        for _, record in zip(range(_RECORDS), history.newest())
        if moment(record.started_at) >= since
    )
    in_git = product.in_git and bool(
        product.git("rev-parse", "-q", "--verify", "HEAD", check=False)
    )
    drilled_at, drill = last_drill(book)
    spans = book.trend("errors_per_run", weeks(at, 13))
    shipped = dict(book.connection.execute("select commit, published_at from shipped").fetchall())
    opened = [incident for incident in incidents(book) if incident.opened_at >= since]
    by_person = sum(incident.detected_by == "person" for incident in opened)
    newcomers = _newcomers(product, shipped) if in_git else ()
    changed = product.git("log", "-1", "--format=%cI", "--", "uv.lock", check=False)
    current = record_in(store.releases / run) if (run := store.current()) else None
    return Evidence(
        at=at,
        sources=source_ages(book, current, manifest_of(store, run)),
        in_git=in_git,
        changed=tuple(uncommitted(product)) if in_git else (),
        ci=next((name for name in _CI if _runs_check(product.root / name)), ""),
        sample_files=_files(product.sample),
        manifest=manifest_of(store, store.current()) or _local_manifest(product),
        records=records,
        kept=len(store.retained()),
        weeks_counted=sum(span.value is not None for span in spans),
        newcomers=newcomers,
        lock_changed=moment(changed) if in_git and changed else None,
        lock_there=(product.root / "uv.lock").is_file(),
        remote=in_git and bool(product.git("remote", check=False)),
        detected_by_check=len(opened) - by_person,
        detected_by_person=by_person,
        notifications=sum(
            len(channel.keys) for record in records for channel in record.notifications
        ),
        channels=bool(settings.current().notify_urls or settings.current().issues_token),
        drilled_at=drilled_at,
        drill=drill,
        strength=last_strength(book),
    )


def last_strength(book: Ledger) -> StrengthFact:
    """The last measurement of the strength of the tests."""
    row = book.connection.execute(
        "select strength.changed, strength.stopped, strength.tested, strength.survivors "
        "from runs where command = 'mutate' order by number desc limit 1"
    ).fetchone()
    if row is None:
        return StrengthFact()
    changed, stopped, tested, survivors = row
    return StrengthFact(changed, stopped, tested, tuple(survivors))


def last_drill(book: Ledger) -> tuple[datetime | None, DrillFact]:
    """When the last drill was, and how it went; however many runs there were since."""
    row = book.connection.execute(
        "select started_at, drill.clean_days, drill.false_alarms, drill.warned_days, "
        "drill.replayed, drill.detected, drill.missed "
        "from runs where command = 'drill' order by number desc limit 1"
    ).fetchone()
    if row is None:
        return None, DrillFact()
    at, days, rejected, warned, replayed, detected, missed = row
    drill = DrillFact(days, rejected, warned, replayed, detected, tuple(missed))
    return at.replace(tzinfo=timezone.utc), drill


def _newcomers(product: Product, shipped: dict[str, datetime]) -> tuple[Newcomer, ...]:
    lines = product.git(
        "log", "--reverse", "--format=%ae %H %cI", *product.pathspec, check=False
    ).splitlines()
    first_commits: dict[str, tuple[str, datetime]] = {}
    for line in lines:
        author, commit, at = line.rsplit(" ", 2)
        first_commits.setdefault(author, (commit, moment(at)))
    return tuple(
        Newcomer(began, shipped[commit].replace(tzinfo=began.tzinfo) if commit in shipped else None)
        for commit, began in list(first_commits.values())[1:]
    )


def _runs_check(path: Path) -> bool:
    return path.is_file() and "dataops check" in path.read_text(encoding="utf-8")


def _files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.glob("*/*")) if folder.is_dir() else 0


def _local_manifest(product: Product) -> Manifest | None:
    for place in ("check", "release", "."):
        try:
            return read_manifest(product.target / place / "manifest.json")
        except DataopsError:
            continue  # nothing was built there
    return None
