"""The phases that audit a candidate: freshness, monitors, and whether raw has changed."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from first_light.dbt.driver import DriverQueries
from first_light.dbt.packages import unasked_nodes
from first_light.history import facts
from first_light.history.record import PUBLISHED, REJECTED, FreshnessRun, RelationProfile
from first_light.monitors import collect
from first_light.monitors import run as monitors
from first_light.monitors.accepted import Accepted
from first_light.monitors.carried import same_as_profiled, still_warned
from first_light.privacy.messages import masked, masked_error
from first_light.project.product import now
from first_light.release.build import built_of, dbt_step, manifest_of, raw_now
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.release.nodes import failure_summary
from first_light.release.scan_limit import ScanLimit
from first_light.utils.errors import DataopsError
from first_light.utils.steps import NO_FRESHNESS, Step

FRESHNESS, MONITORS = "source freshness", "monitors"


def check_freshness(context: Context, draft: Draft) -> Draft:
    """`dbt source freshness`; with the build's results it decides whether dbt's checks passed.

    Where they did not, what came to the sources is judged all the same.
    """
    draft, fresh = dbt_step(
        context, draft, FRESHNESS, lambda: draft.engine.freshness(), NO_FRESHNESS
    )
    built = built_of(draft)
    freshness = tuple(
        FreshnessRun(
            result.unique_id,
            result.name,
            result.status,
            result.loaded_at,
            result.age,
            masked(result.message),
        )
        for result in fresh.nodes
    )
    failed = (*fresh.failed, *built.failed)
    draft = replace(draft.with_facts(freshness=freshness), failed=failed)
    if built.ok and fresh.ok:
        return draft
    problem = fresh.problem if not fresh.ok and not fresh.failed else ""
    draft, faults = _judge_deliveries(context, draft)
    return draft.ended(
        REJECTED, "\n".join(filter(None, (faults, problem or failure_summary(failed))))
    )


def _judge_deliveries(context: Context, draft: Draft) -> tuple[Draft, str]:
    """Judge what came to sources although dbt's checks failed, since it may be why they did.

    Returns:
        The draft with the findings, and what is wrong with deliveries, in words.
    """
    if not draft.is_real:
        return draft, ""
    begin = time.monotonic()
    same = _same_deliveries(draft)
    sources = {node.unique_id for node in manifest_of(draft).of("source")}
    try:
        accepted = monitors.read_accepted(context.product.root)
        draft, result = _compared(context, draft, sources - _ids(same), same, accepted)
    except DataopsError as error:  # the verdict on the build stands without it
        context.reporter.warn(f"What came to the sources was not judged: {masked_error(error)}")
        return draft, ""
    return _reported(context, draft, result, begin), result.problem


def compare_with_history(context: Context, draft: Draft) -> Draft:
    """Run the monitors: the candidate's profile against history.

    A rehearsal is only profiled: the sample has no history.
    """
    begin = time.monotonic()
    carried, deliveries = _carried_profiles(draft), _same_deliveries(draft)
    left = manifest_of(draft).nodes.keys() - _ids(carried) - _ids(deliveries)
    accepted = monitors.read_accepted(context.product.root) if draft.is_real else ()
    draft, result = _compared(context, draft, left, deliveries, accepted)
    draft = draft.with_facts(profile=(*draft.record.profile, *carried))
    if draft.is_real and carried and draft.base_release:
        still = still_warned(draft.base_release.findings, _ids(carried), accepted)
        result = replace(result, findings=(*result.findings, *still), carried=len(carried))
    draft = _reported(context, draft, result, begin)
    return draft.ended(REJECTED, result.problem) if result.problem else draft


def _compared(
    context: Context,
    draft: Draft,
    only: Collection[str],
    known: tuple[RelationProfile, ...],
    accepted: Sequence[Accepted],
) -> tuple[Draft, monitors.MonitorResult]:
    """The draft with what the candidate holds, and what the monitors say of it.

    Args:
        context: the run's context.
        draft: the release so far.
        only: ids of what is profiled.
        known: profiles that are judged too.
        accepted: what the team takes for normal.
    """
    manifest, record = manifest_of(draft), draft.record
    sql = {result.unique_id: result.sql for result in built_of(draft).nodes}
    memory = monitors.recall(context.history, record.raw.fingerprint, now())
    raw = _new_raw(context, draft, memory.published.run if memory.published else "")
    unasked = unasked_nodes(manifest, record.product)
    nodes = tuple(node for node in record.nodes if node.unique_id not in unasked)
    limit, refused = ScanLimit.of(draft), list[str]()
    with draft.engine.connect() as queries:
        if isinstance(queries, DriverQueries):
            queries.limit_scan(limit.most)
        profile = collect.profile_all(
            queries, manifest, nodes, sql, raw, memory, only, refused.append
        )
        if isinstance(queries, DriverQueries) and queries.scanned:
            scanned = {"build": limit.built, "monitors": queries.scanned}
            draft = draft.with_facts(scanned=scanned)
    profile = (*profile, *known)
    draft = draft.with_facts(profile=profile)
    if not draft.is_real:
        return draft, monitors.MonitorResult((), {}, len(profile))
    files = (*(raw.findings(manifest, sql) if raw else ()), *limit.findings(refused, manifest))
    return draft, monitors.judge_all(
        profile, memory, manifest, record.nodes, now(), accepted, files, record.metrics,
        context.calendar,
    )  # fmt: skip


def _reported(
    context: Context, draft: Draft, result: monitors.MonitorResult, begin: float
) -> Draft:
    """The draft with the step and the findings, which are printed."""
    step = Step(MONITORS, result.verdict, time.monotonic() - begin, result.summary())
    context.reporter.step(step)
    for finding in result.findings:
        context.reporter.say(f"{finding.level:<8}{finding.message}")
    return draft.with_facts(findings=result.findings).with_step(step)


def _ids(profiles: Iterable[RelationProfile]) -> frozenset[str]:
    return frozenset(profile.unique_id for profile in profiles)


def _carried_profiles(draft: Draft) -> tuple[RelationProfile, ...]:
    """The profiles of what holds what it held, and refers to nothing that was built again."""
    base, manifest = draft.base_release, manifest_of(draft)
    if base is None:
        return ()
    names = same_as_profiled(manifest, draft.carried.profiled)
    return tuple(
        replace(profile, carried_from=profile.carried_from or base.run)
        for profile in base.profile
        if profile.unique_id in names and not profile.problem
    )


def _same_deliveries(draft: Draft) -> tuple[RelationProfile, ...]:
    """The profiles of what came to sources, where nothing has come since: they are judged again."""
    base = draft.base_release
    if base is None or base.raw.fingerprint != draft.record.raw.fingerprint:
        return ()
    sources = draft.carried.sources
    return tuple(
        profile
        for profile in base.profile
        if profile.unique_id in sources and profile.files is not None and not profile.problem
    )


def compare_raw(context: Context, draft: Draft) -> Draft:
    """Record how much of raw arrived while the candidate was built; then the audit has passed."""
    before = {(file.name, file.hash) for file in draft.raw_files}  # a server's sizes are estimates
    if arrived := len({(file.name, file.hash) for file in raw_now(context, draft)} - before):
        change = "files came to raw" if draft.raw_tables is None else "tables of raw grew"
        sentence = (
            f"{arrived} {change} while the release was built: it may hold some of it. "
            "The next release holds all."
        )
        context.reporter.warn(sentence)
        draft = draft.with_facts(raw=replace(draft.record.raw, changed_during_build=arrived))
        draft = draft.with_note(sentence)
    return draft.ended(PUBLISHED)


def _new_raw(context: Context, draft: Draft, earlier: str) -> collect.Raw | None:
    """Files that came to raw since the release `earlier`; a rehearsal's sample has none."""
    if not draft.is_real or draft.raw_tables is not None:
        return None
    raw_list = context.store.releases / earlier / facts.RAW_LIST
    known = facts.raw_from_json(raw_list) if earlier else ()
    return collect.Raw(draft.place.absolute, draft.place.spelled, draft.raw_files, known or None)
