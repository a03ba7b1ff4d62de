"""Times in the format of records: ISO 8601, UTC, to the second."""

from __future__ import annotations

from datetime import date, datetime, timezone


def utc(moment: datetime) -> str:
    """A time in the format of records: 2026-03-31T07:00:00Z."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """Parse the time of a record.

    Raises:
        ValueError: it is not a time.
    """
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


def day_named(text: str) -> date | None:
    """The day that a text such as 2026-03-31 names; None for any other text."""
    if len(text) != len("2026-03-31"):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:  # no day of the calendar
        return None


def midnight(day: date) -> datetime:
    """When a day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
