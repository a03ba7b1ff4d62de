"""What a channel is still to be told: decided from the history alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from first_light.figures.compute import Ledger
from first_light.history.record import ROLLED_BACK, Record
from first_light.incidents.derive import Incident


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
        back = [f"rolled back:{self.rollback.run}"] if self.rollback else []
        return (
            *(opened_key(one) for one in self.opened),
            *(closed_key(one) for one in self.closed),
            *back,
        )


def opened_key(one: Incident) -> str:
    return f"opened:{one.incident}"


def closed_key(one: Incident) -> str:
    return f"closed:{one.incident}"


def due(told: Collection[str], found: Sequence[Incident], last: Record | None) -> Due:
    """What is new.

    An incident that was over before its opening reached the channel is not told at all.

    Args:
        told: the keys that reached the channel.
        found: every incident there was.
        last: the last run, a rollback too; None when there was none.
    """
    rolled_back = last is not None and last.outcome == ROLLED_BACK
    return Due(
        opened=tuple(one for one in found if one.open and opened_key(one) not in told),
        closed=tuple(
            one
            for one in found
            if not one.open and opened_key(one) in told and closed_key(one) not in told
        ),
        rollback=last if last and rolled_back and f"rolled back:{last.run}" not in told else None,
        open=tuple(one for one in found if one.open),
    )


def told_before(book: Ledger) -> dict[str, frozenset[str]]:
    """What reached each channel so far."""
    rows = book.connection.execute(
        "select t.channel, unnest(t.keys) from "
        "(select unnest(notifications) as t from runs where command = 'notify')"
    ).fetchall()
    found: dict[str, set[str]] = defaultdict(set)
    for channel, key in rows:
        found[channel].add(key)
    return {channel: frozenset(keys) for channel, keys in found.items()}
