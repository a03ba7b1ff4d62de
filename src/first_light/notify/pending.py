"""The notifications that a channel has not received yet: decided from the history alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from first_light.figures.compute import Ledger
from first_light.history.record import ROLLED_BACK, Record
from first_light.incidents.derive import Incident, by_fault


@dataclass(frozen=True)
class Due:
    """What is new to a channel.

    Attributes:
        opened: incidents that are open and of which it has not heard.
        closed: incidents of which it has heard, and which are over.
        rollback: the rollback that readers see the effect of; None when that is not new.
        open: how many incidents are open, known ones included.
    """

    opened: tuple[Incident, ...] = ()
    closed: tuple[Incident, ...] = ()
    rollback: Record | None = None
    open: tuple[Incident, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Each piece of news by the name that records give it."""
        rollback_keys = [f"rolled back:{self.rollback.run}"] if self.rollback else []
        return (
            *(opened_key(incident) for incident in self.opened),
            *(closed_key(incident) for incident in self.closed),
            *rollback_keys,
        )


def opened_key(incident: Incident) -> str:
    return f"opened:{incident.incident}"


def closed_key(incident: Incident) -> str:
    return f"closed:{incident.incident}"


def due(notified: Collection[str], incidents: Sequence[Incident], last_run: Record | None) -> Due:
    """What is new.

    One incident is sent for a fault: not those that it caused. One that closed before its opening
    reached the channel is not sent at all.

    Args:
        notified: the keys that have reached the channel.
        incidents: every incident there was.
        last_run: the last run, a rollback too; None when there was none.
    """
    faults = by_fault(incidents)
    rolled_back = last_run is not None and last_run.outcome == ROLLED_BACK
    return Due(
        opened=tuple(
            incident
            for incident in faults
            if incident.open and opened_key(incident) not in notified
        ),
        closed=tuple(
            incident
            for incident in incidents
            if not incident.open
            and opened_key(incident) in notified
            and closed_key(incident) not in notified
        ),
        rollback=last_run
        if last_run and rolled_back and f"rolled back:{last_run.run}" not in notified
        else None,
        open=tuple(incident for incident in faults if incident.open),
    )


def notified_before(book: Ledger) -> dict[str, frozenset[str]]:
    """What reached each channel so far."""
    rows = book.connection.execute(
        "select t.channel, unnest(t.keys) from "
        "(select unnest(notifications) as t from runs where command = 'notify')"
    ).fetchall()
    keys_by_channel: dict[str, set[str]] = defaultdict(set)
    for channel, key in rows:
        keys_by_channel[channel].add(key)
    return {channel: frozenset(keys) for channel, keys in keys_by_channel.items()}
