"""Times as records write them: ISO 8601, UTC, to the second."""

from __future__ import annotations

from datetime import datetime, timezone


def utc(moment: datetime) -> str:
    """ISO 8601 in UTC to the second, as records write it: 2026-03-31T07:00:00Z."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The time that a record wrote.

    Raises:
        ValueError: it is none.
    """
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)
