"""`dataops release`: build one commit on all of raw, audit it, publish or reject it, record it.

A release is a row of phases. Each takes the draft of the release, a value, and returns the next.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from first_light.dbt.root_cause import Cause, find_cause
from first_light.history import facts
from first_light.history.log import History
from first_light.history.record import FAILED, PUBLISHED, REAL, STOPPED, FindingRun
from first_light.metrics.recorded import moves
from first_light.privacy.messages import masked_error, masked_exception
from first_light.project import settings
from first_light.project.calendar import calendar_of
from first_light.project.personal_files import STEP as SEARCH
from first_light.project.product import Product
from first_light.release import audit, boards, build, built_from, catalog, external, metrics
from first_light.release.after import AfterRun, no_action
from first_light.release.begin import begin
from first_light.release.brought import (
    Brought,
    Suspects,
    brought,
    suspects_of_failure,
    suspects_of_findings,
)
from first_light.release.candidate import open_candidate
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.release.options import Options
from first_light.release.outcome import Released, faults_above, is_missing_delivery
from first_light.release.personal_files import search_files
from first_light.release.publish import Conclusion, conclude
from first_light.release.recovery import recover
from first_light.release.reporter import Reporter
from first_light.release.retention import prune
from first_light.release.signals import Signals
from first_light.release.superseded import defer_to_newer
from first_light.release.withhold import STEP, withhold
from first_light.store.locate import store_of
from first_light.store.pages import boards_address
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import open_warehouse

__all__ = ["Options", "Released", "release"]

_ATTEMPTS = 3  # to publish, where others publish in the same store

Phase = Callable[[Context, Draft], Draft]
# In order: what is being done, under which name the record keeps its seconds, and the phase.
# The row ends early where a phase gives the draft its verdict.
_PHASES: tuple[tuple[str, str, Phase], ...] = (
    ("reading raw", "raw", build.read_raw),
    ("checking the space", "space", build.check_space),
    (build.PARSE, build.PARSE, build.parse),
    ("comparing with current", "carry over", built_from.choose),
    ("opening the candidate", "candidate", open_candidate),
    (SEARCH, SEARCH, search_files),
    (external.STEP, external.STEP, external.check_external),
    (build.BUILD, build.BUILD, build.build),
    ("counting rows", "rows", build.record_nodes),
    (audit.FRESHNESS, audit.FRESHNESS, audit.check_freshness),
    (metrics.METRICS, metrics.METRICS, metrics.measure),
    (audit.MONITORS, audit.MONITORS, audit.compare_with_history),
    (STEP, STEP, withhold),
    (boards.BOARDS, boards.BOARDS, boards.render),
    (catalog.CATALOG, catalog.CATALOG, catalog.write_catalog),
    ("reading raw", "raw", audit.compare_raw),
)


def release(
    product: Product,
    options: Options,
    say: Callable[[str], None],
    doing: Callable[[str], None],
    after: AfterRun = no_action,
) -> Released:
    """Make a release: build a candidate, audit it, then publish it or reject it; record the run.

    Args:
        product: what to build.
        options: how.
        say: prints a line that stays.
        doing: shows what is being done right now.
        after: what else to do once the run is recorded, while the store is locked.

    Raises:
        DataopsError: it could not begin: uncommitted changes, another release at work, a store that
            can't be written, no raw where there was some, an unknown country of holidays. Nothing
            has changed.
        Superseded: a push or a schedule comes late: a newer commit is current already.
    """
    if not options.allow_dirty and product.in_git and (changed := facts.uncommitted(product)):
        raise DataopsError(
            "There are uncommitted changes; a release is built from a commit.",
            where=", ".join(changed[:5]) + (" …" if len(changed) > 5 else ""),
            fix="commit them (git add -A && git commit), "
            "or include them: uv run dataops release --allow-dirty",
        )
    calendar = calendar_of(product)
    store = store_of(product)
    for attempts_left in reversed(range(_ATTEMPTS)):
        with Signals() as signals, store.lock():
            context = Context(
                product,
                options,
                store,
                History(store.history),
                open_warehouse(product, store),
                signals,
                Reporter(say, doing),
                calendar,
            )
            defer_to_newer(context)
            released, was_concurrent = _attempt(context, after)
        if not (was_concurrent and attempts_left):
            break
        say("Another run published first: starting again from its release.")
    return released


def _attempt(context: Context, after: AfterRun) -> tuple[Released, bool]:
    """One run from start to end; also whether another run published first."""
    started = time.monotonic()
    context.warehouse.lock()
    try:
        for sentence in recover(context.store, context.history, context.warehouse):
            context.reporter.warn(sentence)
        draft = _audited(context, begin(context), started)
        conclusion = conclude(context, draft, started)
    finally:
        context.warehouse.unlock()
    for sentence in tuple(after(context.product, context.store, context.history)):
        context.reporter.warn(sentence)
    _tidy_up(context)
    _share(context)
    return _released(context, conclusion), conclusion.was_concurrent


def _audited(context: Context, first: Draft, started: float) -> Draft:
    """Run the phases; the draft that comes back has a verdict, whatever happened."""
    draft = first
    try:
        try:
            for draft in _drafts(context, first):
                context.signals.set_timeout_action(partial(_give_up, context, draft, started))
        except DataopsError as error:
            draft = draft.ended(FAILED, masked_error(error))
        except Exception as error:  # recorded and reported like any other failure
            draft = draft.ended(FAILED, masked_exception(error))
        context.signals.disable()
    except KeyboardInterrupt:
        context.signals.disable()
        draft = draft.ended(STOPPED, _stop_reason(context))
    return draft


def _drafts(context: Context, draft: Draft) -> Iterator[Draft]:
    """The draft as it is, then after each phase, until it has a verdict."""
    yield draft
    boards.prepare(context.product)
    for doing, name, phase in _PHASES:
        context.signals.raise_if_stopped()
        context.reporter.doing(doing)
        begin = time.monotonic()
        draft = phase(context, draft).with_seconds(name, time.monotonic() - begin)
        yield draft
        if draft.verdict:
            break
    context.signals.raise_if_stopped()


def _stop_reason(context: Context) -> str:
    return f"The process received {context.signals.received or 'SIGINT'}."


def _give_up(context: Context, draft: Draft, started: float) -> None:
    """Record the run as stopped and end the process, though a query still runs in it."""
    try:
        conclude(context, draft.ended(STOPPED, _stop_reason(context)), started)
        _share(context)
    finally:
        os._exit(2)


def _share(context: Context) -> None:
    try:
        context.store.push()
    except (DataopsError, OSError) as error:
        context.reporter.warn(f"error: The run is not shared yet; the next run shares it. {error}")


def _tidy_up(context: Context) -> None:
    try:
        prune(context.store, context.warehouse, settings.current().keep_releases)
        context.history.pack()
    except (DataopsError, OSError) as error:
        context.reporter.warn(f"error: old releases or records could not be tidied up: {error}")


def _released(context: Context, conclusion: Conclusion) -> Released:
    draft, current = conclusion.draft, conclusion.draft.record.current
    cause = find_cause(draft.failed, draft.manifest) if draft.manifest else None
    deliveries, manifest = _brought(context, draft), draft.manifest
    faults = faults_above(draft.record.findings, cause, manifest) if cause and manifest else ()
    return Released(
        record=draft.record,
        steps=draft.steps,
        failed=draft.failed,
        cause=cause,
        recorded=conclusion.recorded,
        warnings=context.reporter.warnings,
        log=context.target / "logs" / "dbt.log",
        address=context.warehouse.address(current) if current else "",
        boards=boards_address(context.store, current),
        open_to=_open_to(context, draft),
        brought=deliveries,
        suspects=_suspects(draft, cause, faults, deliveries),
        faults=faults,
        moves=moves(draft.base_release, draft.record),
    )


def _errors(draft: Draft) -> list[FindingRun]:
    return [finding for finding in draft.record.findings if finding.level == "error"]


def _suspects(
    draft: Draft,
    cause: Cause | None,
    faults: tuple[FindingRun, ...],
    deliveries: tuple[Brought, ...],
) -> Suspects:
    if draft.manifest is None or draft.raw_tables is not None:  # a table cannot be set aside
        return Suspects()
    if cause is None:
        return suspects_of_findings(_errors(draft), draft.manifest, deliveries)
    of_failure = suspects_of_failure(cause.subject, draft.manifest, deliveries)
    errors = [fault for fault in faults if not is_missing_delivery(fault)]
    if not errors:
        return of_failure
    first = suspects_of_findings(errors, draft.manifest, deliveries)
    return replace(first, files=tuple(dict.fromkeys((*first.files, *of_failure.files))))


def _brought(context: Context, draft: Draft) -> tuple[Brought, ...]:
    if not draft.is_real:
        return ()
    before: tuple[facts.RawFile, ...] = ()
    if draft.continues_base:
        before = facts.raw_from_json(context.store.releases / draft.record.base / facts.RAW_LIST)
    return brought(draft.raw_files, before, draft.record.profile)


def _open_to(context: Context, draft: Draft) -> str:
    """Who can read the first release from raw: shown before there is a second."""
    if (draft.record.outcome, draft.record.kind) != (PUBLISHED, REAL):
        return ""
    others = (context.published(run) for run in context.store.retained() if run != draft.record.run)
    is_first = not any(other and other.kind == REAL for other in others)
    return context.store.audience if is_first and context.warehouse.in_store else ""
