"""Incidents: derived from the history, never stored and never edited.

An incident opens with the first failing run of a check on a node, and closes with the first run in
which that check passes. figures/base.sql derives them; here they become values for people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from first_light.dbt.by_hand import build_command, freshness_command, rows_command
from first_light.dbt.manifest import Manifest
from first_light.dbt.root_cause import owner_of
from first_light.figures.compute import Ledger, duration
from first_light.utils.timestamps import utc


@dataclass(frozen=True)
class Incident:
    """One check's life on one node.

    Attributes:
        incident: its id: the check and the number of the run that opened it.
        check: what failed: a node, freshness.<source>, monitor.<what>.<node>, run, late, reported.
        kind: model, test, freshness, monitor, run, late, reported, …
        name: what failed, for people.
        subject: the node that it is about, by dbt id; "run" for the run itself.
        owner: whose it is; empty when nobody's.
        message: what was said last, values masked.
        opened_run: the first failing run.
        opened_at: when that ended.
        last_run: the last failing run.
        runs: how many runs failed.
        root_cause: the most upstream failing node of the run that opened it, by dbt id.
        seconds: from opening to closing, or to now.
        closed_run: the first passing run; empty while it is open.
        closed_at: when that ended; None while it is open.
        good_run: the last release published before it; empty when there was none.
        new_commit: whether code came between good and bad.
        new_raw: whether data came between good and bad.
        commit: what the first failing run was built from; empty when nobody knows.
        commits: how many commits it had that no published release had.
        deliveries: source tables whose files were not as in the last good release.
        detected_by: check, or person when somebody had to report it.
        impact: names of the models and exposures downstream of the subject.
        echoes: other checks that failed by the same cause; only of the first one of a cause.
    """

    incident: str
    check: str
    kind: str
    name: str
    subject: str
    owner: str
    message: str
    opened_run: str
    opened_at: datetime
    last_run: str
    runs: int
    root_cause: str
    seconds: float
    closed_run: str
    closed_at: datetime | None
    good_run: str
    new_commit: bool
    new_raw: bool
    commit: str = ""
    commits: int = 0
    deliveries: tuple[str, ...] = ()
    detected_by: str = "check"
    impact: tuple[str, ...] = ()
    echoes: tuple[Incident, ...] = ()

    @property
    def open(self) -> bool:
        return self.closed_at is None

    @property
    def between(self) -> str:
        """What came between the last good release and the first failing run, for people."""
        if self.kind == "late":
            return "no release was published" if self.subject == "run" else self.message
        if self.kind == "reported":
            return f"seen in {self.good_run}" if self.good_run else "release not specified"
        if not self.good_run:
            return "there was no release before it"
        commits_ = []
        if self.new_commit:
            more = f"{self.commits} commits up to " if self.commits > 1 else ""
            commits_.append(f"code ({more}{self.commit[:7] or 'unknown'})")
        if self.new_raw:
            tables = ", ".join(self.deliveries[:4]) + (" …" if len(self.deliveries) > 4 else "")
            commits_.append(f"data ({tables})" if tables else "data")
        return f"new {' and '.join(commits_)} since {self.good_run}" if commits_ else "no new data"

    @property
    def label(self) -> str:
        """What failed, for people: its kind, its name, and what it is about."""
        subject = self.subject.rpartition(".")[2]
        about = f" of {subject}" if subject not in ("run", self.name) else ""
        kind = "" if self.kind in ("run", "monitor", "late") else f"{self.kind} "
        if self.kind == "reported":
            kind = "reported: "
        return f"{kind}{self.name}{about if self.kind != 'monitor' else ''}"

    @property
    def next(self) -> str:
        """What to type next."""
        name = self.subject.rpartition(".")[2]
        if self.kind == "late" and self.subject != "run":
            return f"ask for the delivery of {name}; once it is in raw: uv run dataops release"
        if self.kind == "late":
            return "uv run dataops release"
        if self.kind == "reported":
            return f'fix it, then: uv run dataops incident close {self.incident} --because "…"'
        if self.kind == "run":
            return "uv run dataops status"
        if self.kind == "freshness":
            return freshness_command()
        if self.kind == "monitor":
            return f'check {name}; if expected: uv run dataops accept {self.check} --because "…"'
        return rows_command(self.name) if self.kind == "test" else build_command(name)

    def to_dict(self) -> dict[str, object]:
        """For machines."""
        return {
            "incident": self.incident,
            "check": self.check,
            "kind": self.kind,
            "name": self.name,
            "title": self.label,
            "subject": self.subject,
            "owner": self.owner,
            "root_cause": self.root_cause,
            "detected_by": self.detected_by,
            "opened_run": self.opened_run,
            "opened_at": utc(self.opened_at),
            "closed_run": self.closed_run,
            "closed_at": utc(self.closed_at) if self.closed_at else None,
            "seconds": int(self.seconds),
            "runs": self.runs,
            "open": self.open,
            "preceding_change": self.between,
            "downstream": list(self.impact),
            "with_it": [echo.check for echo in self.echoes],
            "next_step": self.next if self.open else "",
        }

    def summary(self) -> str:
        """One line: the check, its owner and the duration."""
        runs = f"{self.runs} run{'s' * (self.runs != 1)}"
        return f"{self.label}, {self.owner or 'nobody'}, {duration(self.seconds)}, {runs}"


def by_fault(incidents_: Sequence[Incident]) -> tuple[Incident, ...]:
    """One incident a fault: the one about the cause, with those that it caused as its echoes.

    What is closed is never an echo of what is open, and what closed at another time has a fault of
    its own.

    Args:
        incidents_: as `incidents` derives them, the newest first; faults keep this order.
    """
    groups: dict[tuple[str, str], list[Incident]] = defaultdict(list)
    for incident in incidents_:
        groups[incident.root_cause, incident.closed_run].append(incident)
    faults = []
    for (cause, _), group in groups.items():
        first, *echoes = sorted(
            group, key=lambda each: (each.subject != cause, -each.seconds, each.check)
        )
        faults.append(replace(first, echoes=tuple(echoes)))
    return tuple(faults)


def oldest_first(open_incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """The faults among open incidents, the one that has been open longest first."""
    return tuple(
        sorted(
            by_fault(open_incidents),
            key=lambda fault: -max(each.seconds for each in (fault, *fault.echoes)),
        )
    )


def incidents(book: Ledger, manifest: Manifest | None = None) -> tuple[Incident, ...]:
    """Every incident there was, the newest first.

    Args:
        book: the history.
        manifest: the product as it is now: names owners and who is downstream. Without it both
            are left as the records say.
    """
    rows = book.connection.execute(
        "select incident, check_id, kind, name, subject, coalesce(owner, ''), "
        "coalesce(message, ''), opened_run, opened_at, last_run, runs, root_cause, seconds, "
        "coalesce(closed_run, ''), closed_at, coalesce(good_run, ''), new_commit, new_raw, "
        "detected_by, coalesce(opened_commit, ''), coalesce(commits, 0), coalesce(raw_tables, []) "
        "from incidents order by opened_number desc, check_id"
    ).fetchall()
    derived = [
        Incident(
            incident=row[0],
            check=row[1],
            kind=row[2],
            name=row[3],
            subject=row[4],
            owner=row[5],
            message=row[6],
            opened_run=row[7],
            opened_at=_utc(row[8]),
            last_run=row[9],
            runs=int(row[10]),
            root_cause=row[11],
            seconds=float(row[12]),
            closed_run=row[13],
            closed_at=_utc(row[14]) if row[14] else None,
            good_run=row[15],
            new_commit=bool(row[16]),
            new_raw=bool(row[17]),
            detected_by=row[18],
            commit=row[19],
            commits=int(row[20]),
            deliveries=tuple(row[21]),
        )
        for row in rows
    ]
    if manifest is None:
        return tuple(derived)
    return tuple(
        replace(
            candidate,
            owner=owner_of(candidate.subject, manifest)[1] or candidate.owner,
            impact=downstream(candidate.subject, manifest),
        )
        for candidate in derived
    )


def downstream(subject: str, manifest: Manifest) -> tuple[str, ...]:
    """Names of the models, snapshots and exposures downstream of a node, exposures first."""
    below = manifest.graph.descendants(subject)
    nodes = [manifest.nodes[name] for name in below if name in manifest.nodes]
    kinds: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        kinds[node.kind].append(node.name)
    return tuple(
        name for kind in ("exposure", "model", "snapshot") for name in sorted(kinds.get(kind, ()))
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone.utc)
