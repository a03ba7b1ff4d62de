"""How old the data is that readers see, and which sources have stopped: one answer for all.

`status`, the deadline, the report and the score ask here. A source is stale when its next delivery
has been due by its own rhythm and has not been seen, or when its data has grown older than its
freshness rule allows, also when no run has said so yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.raw_table import full_name, raw_table
from first_light.figures.compute import Ledger, duration
from first_light.history.record import REAL, Record
from first_light.status.deliveries import due_after
from first_light.utils.timestamps import moment

_MINUTES = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True)
class SourceAge:
    """One source, as the current release holds it.

    Attributes:
        name: its table.
        subject: dbt's id.
        arrived_at: when its last delivery was first seen; None when none was.
        newest_at: the newest time in its data; None when that is unknown.
        due_at: by when its next delivery is expected; None without a rhythm.
        problem: why it is stale, one sentence; empty when it is not.
    """

    name: str
    subject: str
    arrived_at: datetime | None = None
    newest_at: datetime | None = None
    due_at: datetime | None = None
    problem: str = ""

    def to_dict(self) -> dict[str, object]:
        """For machines."""
        times = {"arrived_at": self.arrived_at, "newest_at": self.newest_at, "due_at": self.due_at}
        return {
            "name": self.name,
            **{key: at.isoformat() if at else None for key, at in times.items()},
            "problem": self.problem,
        }


def source_ages(
    book: Ledger, current: Record | None, manifest: Manifest | None
) -> tuple[SourceAge, ...]:
    """The sources of the current release, the stale ones first.

    Args:
        book: the history.
        current: the record of the current release.
        manifest: the current release's; without it nothing is known of the sources' rules.
    """
    if current is None or current.kind != REAL or manifest is None:
        return ()  # the sample has no deliveries
    return ages(arrivals(book), current, manifest.of("source"), book.at)


def arrivals(book: Ledger) -> dict[str, tuple[datetime, ...]]:
    """When each delivery was first seen, by the table of raw, oldest first."""
    rows = book.connection.execute(
        "select name, list(arrived_at order by number) from arrivals group by name"
    ).fetchall()
    return {
        name: tuple(at.replace(tzinfo=timezone.utc) for at in times if at is not None)
        for name, times in rows
    }


def ages(
    deliveries: Mapping[str, Sequence[datetime]],
    current: Record,
    sources: Sequence[Node],
    at: datetime,
) -> tuple[SourceAge, ...]:
    """The same from values.

    Args:
        deliveries: when each delivery was first seen, by the table of raw, oldest first.
        current: the record of the current release.
        sources: the sources of that release.
        at: now.
    """
    rules = {check.unique_id: check for check in current.freshness}
    profiles = {profile.unique_id: profile for profile in current.profile}
    tables = {table.name for table in current.raw.tables}
    result = []
    for node in sources:
        times = deliveries.get(raw_table(node, tables), ())
        rule, profile = rules.get(node.unique_id), profiles.get(node.unique_id)
        newest = moment(rule.max_loaded_at) if rule and rule.max_loaded_at else None
        if newest is None and profile is not None and profile.newest is not None:
            newest = datetime.fromtimestamp(profile.newest, timezone.utc)
        age = SourceAge(
            full_name(node.unique_id),
            node.unique_id,
            arrived_at=times[-1] if times else None,
            newest_at=newest,
            due_at=None if _is_off(node) else due_after(times),
        )
        problem = _problem(age, node, rule.status if rule else "", at)
        result.append(SourceAge(**{**vars(age), "problem": problem}))
    return tuple(sorted(result, key=lambda age: (not age.problem, age.name)))


def data_line(sources: Sequence[SourceAge], at: datetime) -> str:
    """How old the newest data is, one phrase; empty where no source says a time."""
    newest = max((age.newest_at for age in sources if age.newest_at is not None), default=None)
    return f"up to {_text(newest)}, {_elapsed(at - newest)} old" if newest else ""


def _problem(age: SourceAge, node: Node, status: str, at: datetime) -> str:
    if age.arrived_at and age.due_at and at > age.due_at:
        return (
            f"{age.name}: no delivery since {_text(age.arrived_at)}; "
            f"the next usually comes by {_text(age.due_at)}."
        )
    if age.newest_at is None:
        return ""
    old = f"{age.name}: its newest row is {_elapsed(at - age.newest_at)} old"
    limit = node.fresh[1]
    if limit is not None and at - age.newest_at > timedelta(seconds=limit):
        return f"{old}; its freshness rule allows {duration(limit)}."
    return f"{old}; its freshness rule warned at the release." if status == "warn" else ""


def _is_off(node: Node) -> bool:
    """Whether the team does not want to know: `monitors: off`, or `delivery: off` among them."""
    setting = (node.meta.get("dataops") or {}).get("monitors", {})
    level = setting.get("delivery") if isinstance(setting, dict) else setting
    return level is False or level == "off"


def _text(at: datetime) -> str:
    return at.astimezone(timezone.utc).strftime(_MINUTES)


def _elapsed(age: timedelta) -> str:
    return duration(max(0.0, age.total_seconds()))
