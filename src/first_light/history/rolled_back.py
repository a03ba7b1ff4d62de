"""Whether a person has taken a commit back: a schedule does not undo that."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from first_light.history.record import PUBLISHED, ROLLED_BACK, Record
from first_light.utils.errors import DataopsError


def taken_back(
    records: Iterable[Record], release: Callable[[str], Record | None], current: str
) -> dict[str, Record]:
    """The commits that somebody rolled back from since the last release was published.

    Args:
        records: the history, newest first; read no further than that release.
        release: the record of a release, by its id.
        current: the commit of the current release: who has rolled forward to it wants it.

    Returns:
        The rollbacks, by the commit that they took back.
    """
    rollbacks: dict[str, Record] = {}
    for record in records:
        if record.outcome == PUBLISHED:
            break
        if record.outcome == ROLLED_BACK and (rolled_back := release(record.base)):
            rollbacks.setdefault(rolled_back.git.commit, record)
    return {commit: record for commit, record in rollbacks.items() if commit not in ("", current)}


def rejection(commit: str, rollback: Record) -> DataopsError:
    """The error of a schedule for such a commit."""
    return DataopsError(
        "This commit was rolled back, so a schedule does not publish it again.",
        where=f"commit {commit[:7]}, rolled back at {rollback.ended_at} "
        f"from {rollback.base} to {rollback.current}",
        fix="push a fix or a revert; to publish it anyway: uv run dataops release",
    )
