"""Values as the report writes them: moments, durations, counts, changes, names of nodes."""

from __future__ import annotations

from datetime import datetime, timedelta

from first_light.figures.compute import duration


def time_text(moment: datetime) -> str:
    """A moment to the minute."""
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def when_text(text: str) -> str:
    """A moment of a record, to the minute."""
    return text[:16].replace("T", " ") + " UTC" if text else "at an unknown time"


def day(moment: datetime) -> str:
    """A day and its month."""
    return f"{moment.day} {moment:%b}"


def count(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def elapsed(age: timedelta | None) -> str:
    """How long ago something was."""
    return duration(age.total_seconds()) if age is not None else "an unknown time"


def data_age(seconds: float) -> str:
    """How old data is; a negative age is a clock that is ahead."""
    return (
        f"{duration(seconds)} old" if seconds >= 0 else f"{duration(-seconds)} ahead of the clock"
    )


def node_name(unique_id: str) -> str:
    """A node's kind and name; dbt's ids also hold the project."""
    parts = unique_id.split(".")
    return f"{parts[0]} {'.'.join(parts[2:])}" if len(parts) > 2 else "the run itself"


def first_names(names: tuple[str, ...], most: int = 6) -> str:
    """The first names, and a sign for the rest."""
    return ", ".join(names[:most]) + (" …" if len(names) > most else "")


def change_text(before: int | None, after: int | None) -> str:
    """A number before and after, with the change in percent where there is one."""
    texts = ["none" if number is None else f"{number:,}" for number in (before, after)]
    percent = f" ({(after - before) / before:+.1%})" if before and after is not None else ""
    return f"{texts[0]} → {texts[1]}{percent.replace('%', ' %')}"
