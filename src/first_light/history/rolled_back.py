"""Whether a person has taken a release back: a schedule does not undo that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from first_light.history.facts import RawFile
from first_light.history.record import PUBLISHED, ROLLED_BACK, Record
from first_light.store.run_ids import run_number
from first_light.utils.errors import DataopsError

_SHOWN = 3


def taken_back(
    records: Iterable[Record], release: Callable[[str], Record | None], current: str
) -> tuple[tuple[Record, Record], ...]:
    """The releases that somebody rolled back from since the last one was published.

    Args:
        records: the history, newest first; read no further than that release.
        release: the record of a release, by its id.
        current: the current release: who has rolled forward to a release, or past it, wants it.

    Returns:
        Each release with the newest rollback from it, the newest first.
    """
    rollbacks: dict[str, Record] = {}
    for record in records:
        if record.outcome == PUBLISHED:
            break
        if record.outcome == ROLLED_BACK and run_number(record.base) > run_number(current):
            rollbacks.setdefault(record.base, record)
    pairs = ((release(run), rollback) for run, rollback in rollbacks.items())
    return tuple((release_, rollback) for release_, rollback in pairs if release_ is not None)


def files_left(
    rolled_back: Iterable[RawFile], current: Iterable[RawFile], now: Iterable[RawFile]
) -> tuple[str, ...]:
    """The files that a release had brought and that raw still holds unchanged.

    Args:
        rolled_back: the files that it was built from.
        current: those that the current release was built from.
        now: those that a release would be built from now.
    """
    brought = set(rolled_back) - set(current)
    return tuple(sorted(file.name for file in brought & set(now)))


def code_rejection(commit: str, rollback: Record) -> DataopsError:
    """The error of a schedule for a commit that was rolled back."""
    return DataopsError(
        "This commit was rolled back, so a schedule does not publish it again.",
        where=f"commit {commit[:7]}, {_when(rollback)}",
        fix="push a fix or a revert; to publish it anyway: uv run dataops release",
    )


def data_rejection(names: Collection[str], rollback: Record) -> DataopsError:
    """The error of a schedule for data that was rolled back, with the commit that is current.

    Args:
        names: the files that the release had brought and that are still read; empty where raw is
            tables, or the files are unknown.
        rollback: what took it back.
    """
    listed = ", ".join(list(names)[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    wrong_file = next(iter(names), "")
    release_ = "uv run dataops release"
    return DataopsError(
        "This data was rolled back, so a schedule does not publish it again.",
        where=(f"{listed}, " if listed else "") + _when(rollback),
        fix=f'uv run dataops set-aside {wrong_file} --because "…", and commit; '
        f"to publish it anyway: {release_}"
        if wrong_file
        else f"correct it in raw, then: {release_}",
    )


def _when(rollback: Record) -> str:
    return f"rolled back at {rollback.ended_at} from {rollback.base} to {rollback.current}"
