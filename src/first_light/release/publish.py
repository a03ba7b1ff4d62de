"""The verdict of a run: publish the candidate or discard it, and record how the run ended."""

from __future__ import annotations

import contextlib
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from first_light.dbt.hidden_code import runs_queries
from first_light.dbt.state import for_development, without_code
from first_light.history import facts
from first_light.history.record import FAILED, PUBLISHED
from first_light.privacy.messages import masked_sentence
from first_light.project.product import now
from first_light.release import built_from, files_read
from first_light.release.build import manifest_of
from first_light.release.context import Context
from first_light.release.draft import Draft, Verdict
from first_light.release.ops_tables import write_ops
from first_light.store.remote import ConcurrentRelease
from first_light.utils import steps
from first_light.utils.errors import DataopsError
from first_light.utils.steps import Step
from first_light.utils.timestamps import utc
from first_light.utils.whole_files import write_whole
from first_light.warehouse.base import Label

# What dbt wrote, and its name in a release.
_KEPT_ARTIFACTS = {
    "manifest.json": "manifest.json",
    "semantic_manifest.json": "semantic_manifest.json",  # `check --on current` compares metrics
}


@dataclass(frozen=True)
class Conclusion:
    """How a run was concluded.

    Attributes:
        draft: the run with its final record.
        recorded: whether the history holds the record.
        was_concurrent: another run published first in the same store: a new attempt may publish.
    """

    draft: Draft
    recorded: bool
    was_concurrent: bool = False


def conclude(context: Context, draft: Draft, started: float) -> Conclusion:
    """Publish if the audit passed, and record the run in any case.

    Args:
        context: the run's context.
        draft: the run with its verdict.
        started: when the run began, by the monotonic clock, in seconds.
    """
    assert draft.verdict is not None
    verdict, was_concurrent = draft.verdict, False
    if verdict.outcome == PUBLISHED:
        context.reporter.doing("publishing")
        try:
            return _publish(context, draft, started)
        except (DataopsError, OSError) as error:
            verdict = Verdict(FAILED, f"It could not be published. {error}")
            was_concurrent = isinstance(error, ConcurrentRelease)
    return _discard(context, draft, verdict, started, was_concurrent)


def _publish(context: Context, draft: Draft, started: float) -> Conclusion:
    """Seal the candidate, put it among the releases, move the pointer, then record.

    Raises:
        DataopsError: it is not published; readers see what they saw before.
        OSError: the same.
    """
    begin = time.monotonic()
    store, warehouse, run = context.store, context.warehouse, draft.record.run
    candidate = store.candidate(run)
    for source, name in _KEPT_ARTIFACTS.items():
        if (context.target / source).exists():
            shutil.copyfile(context.target / source, candidate / name)
    if draft.is_real:
        _without_values(draft, candidate / _KEPT_ARTIFACTS["manifest.json"])
    write_whole(candidate / facts.RAW_LIST, facts.raw_to_json(draft.raw_files), through_links=False)
    draft = _with_end(draft, Verdict(PUBLISHED), run, started)
    record = draft.record
    for sentence in write_ops(context, draft):
        context.reporter.warn(sentence)
    warehouse.seal(
        run,
        Label(
            release_id=run,
            kind=record.kind,
            built_from="sample" if draft.is_rehearsal else "raw",
            commit=record.git.commit,
            dirty=record.git.dirty,
            raw_fingerprint=record.raw.fingerprint,
            published_at=record.ended_at,
        ),
        draft.withheld,
    )
    built_from.write(context, draft)
    files_read.write(context, draft)
    store.write_record(run, record.to_json())
    store.promote(run)
    try:
        warehouse.publish(run)
        store.point(run, (run, record.to_json()))
    except DataopsError:
        if (current := store.current()) != run:
            if current:
                warehouse.publish(current)
            warehouse.drop(run)
            store.drop(run)
            raise
        context.reporter.warn("error: the disk may not hold the new pointer after a power cut")
    step = Step("publish", steps.PASSED, time.monotonic() - begin, f"current is {run}")
    context.reporter.step(step)
    recorded = _add_to_history(context, draft)
    if recorded:
        store.conclude(run)
    return Conclusion(draft.with_step(step), recorded)


def _without_values(draft: Draft, kept: Path) -> None:
    """Prepare the manifest for readers: what dbt read while it compiled a node is left out."""
    content = kept.read_bytes()
    if draft.raw_tables is None:
        content = for_development(content, draft.place.spelled)
    manifest = manifest_of(draft)
    nodes = [n.unique_id for n in manifest.nodes.values() if runs_queries(manifest, n)]
    write_whole(kept, without_code(content, nodes) if nodes else content, through_links=False)


def _discard(
    context: Context, draft: Draft, verdict: Verdict, started: float, was_concurrent: bool
) -> Conclusion:
    """Discard the candidate and record why it is not published."""
    draft = _with_end(draft, verdict, _current(context, draft), started)
    run = draft.record.run
    with contextlib.suppress(OSError):
        context.warehouse.discard(run)  # before the record, which may need the room
    try:
        context.store.write_record(run, draft.record.to_json())
    except DataopsError as error:
        context.reporter.warn(f"error: the end of the run could not be written: {error}")
    recorded = _add_to_history(context, draft)
    if recorded:
        context.store.discard(run)
    return Conclusion(draft, recorded, was_concurrent)


def _with_end(draft: Draft, verdict: Verdict, current: str, started: float) -> Draft:
    return replace(
        draft.with_facts(
            outcome=verdict.outcome,
            problem=masked_sentence(verdict.problem),
            ended_at=utc(now()),
            seconds=round(time.monotonic() - started, 3),
            current=current,
        ),
        verdict=verdict,
    )


def _current(context: Context, draft: Draft) -> str:
    """What readers see: in a store that others use too, it need not be what it was."""
    try:
        return context.store.current() or ""
    except DataopsError:
        return draft.record.base


def _add_to_history(context: Context, draft: Draft) -> bool:
    """Record the run; a failure never changes the verdict, and is always reported."""
    try:
        context.history.add(draft.record)
    except DataopsError as error:
        context.reporter.warn(f"error: {error}")
        return False
    return True
