"""The phases that build a candidate: read raw, read the project, build it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import msgspec

from first_light.dbt.engine import DbtRun, forget_last_run
from first_light.dbt.manifest import Manifest, read_manifest
from first_light.dbt.source_plan import raise_if_read
from first_light.history import facts
from first_light.history.raw_location import raw_place
from first_light.history.record import FAILED, REJECTED, RawFacts
from first_light.project import set_aside
from first_light.release.carry_over import CarriedOver, left_out
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.release.inexact import with_values
from first_light.release.made_views import with_views
from first_light.release.nodes import dbt_counts, disk_is_full, node_run, summary, trouble
from first_light.utils import steps
from first_light.utils.errors import DataopsError
from first_light.utils.steps import Step
from first_light.warehouse.base import Relation
from first_light.warehouse.misplaced import misplaced

PARSE, BUILD = "dbt parse", "dbt build"


def read_raw(context: Context, draft: Draft) -> Draft:
    """List what raw is made of, and compare it with the current release's raw.

    Raises:
        DataopsError: raw cannot be read, or the list of files that are set aside is not valid.
    """
    entries = set_aside.read(context.product.root)
    raise_if_read(context.product.root, entries)
    # A table was counted when the kind of the release was decided: that is as good as now.
    tables = draft.raw_tables if draft.is_real else None
    files = raw_now(context, draft) if tables is None else tables
    before: tuple[facts.RawFile, ...] = ()
    if draft.continues_base and draft.is_real and draft.raw_tables is None:
        before = facts.raw_from_json(context.store.releases / draft.record.base / facts.RAW_LIST)
    raw = facts.raw_facts(files, before, entries if draft.is_real else ())
    draft = replace(draft.with_facts(raw=raw), raw_files=files)
    for names, change in ((raw.modified, "edited"), (raw.removed, "removed")):
        if names:
            sentence = (
                f"Raw is only ever added to, but {len(names)} files were {change} since the "
                f"current release: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
            )
            context.reporter.warn(sentence)
            draft = draft.with_note(sentence)
    return draft


def check_space(context: Context, draft: Draft) -> Draft:
    """Stop where the candidate will not fit."""
    if context.options.check_disk:
        base = draft.base_release
        context.warehouse.check_space(draft.record.raw, base.raw if base else RawFacts())
    return draft


def parse(context: Context, draft: Draft) -> Draft:
    """Let dbt read the project."""
    forget_last_run(context.target)
    draft, run = dbt_step(
        context, draft, PARSE, lambda: draft.engine.parse(warnings_are_errors=False)
    )
    if not run.ok:
        return draft.ended(REJECTED, f"dbt could not parse the project.\n{run.problem}")
    manifest = read_manifest(context.target / "manifest.json", packages=True)
    if problem := misplaced(manifest, draft.engine.environment):
        return draft.ended(REJECTED, problem)
    return replace(draft, manifest=manifest)


def build(context: Context, draft: Draft) -> Draft:
    """`dbt build`."""
    engine, manifest = draft.engine, manifest_of(draft)
    draft = replace(draft, carried=with_views(draft, manifest))
    carried = draft.carried
    arguments = ["--full-refresh"] if context.options.full_refresh else []
    arguments += carried.selection(manifest)
    is_all_carried = bool(carried.results) and not carried.rest(manifest)

    def action() -> DbtRun:
        return carried.added_to(DbtRun(True) if is_all_carried else engine.build(*arguments))

    draft, run = dbt_step(context, draft, BUILD, action, carried=carried.origins)
    if names := left_out(carried, manifest, run):
        raise DataopsError(
            f"dbt did not build {', '.join(names[:3])}{' …' if len(names) > 3 else ''}.",
            where=f"{len(names)} of the nodes that are not carried over",
            fix="uv run dataops release --full-refresh",
        )
    if carried.results:
        _add_compiled(context.target / "manifest.json", carried)
    return replace(draft, built=with_values(run, draft.engine))


def _add_compiled(path: Path, carried: CarriedOver) -> None:
    """Add to dbt's manifest the compiled SQL of what is carried over: dbt has not compiled it."""
    content = msgspec.json.decode(path.read_bytes())
    for result in carried.results:
        entry = content["nodes"].get(result.unique_id)
        if entry is not None and result.sql and not entry.get("compiled_code"):
            entry |= {"compiled": True, "compiled_code": result.sql, "extra_ctes_injected": True}
    path.write_bytes(msgspec.json.encode(content))


def record_nodes(context: Context, draft: Draft) -> Draft:
    """Count the rows of what was built, and record every node."""
    built, manifest = built_of(draft), manifest_of(draft)
    relations = {
        node.unique_id: Relation(node.schema, node.alias)
        for node in manifest.nodes.values()
        if node.kind in ("model", "snapshot", "seed") and node.alias
    }
    ready = {
        result.unique_id: relations[result.unique_id]
        for result in built.nodes
        if result.status == "success" and result.unique_id in relations
    }
    counted = context.warehouse.rows(draft.record.run, list(ready.values()))
    rows = {unique_id: counted.get(relation) for unique_id, relation in ready.items()}
    origins = draft.carried.origins
    has_built = any(result.unique_id not in origins for result in built.nodes)
    draft = draft.with_facts(
        nodes=tuple(
            node_run(
                result,
                manifest,
                rows.get(result.unique_id),
                origins.get(result.unique_id, ""),
            )
            for result in built.nodes
        ),
        counts=dbt_counts(context.target / "run_results.json") if has_built else {},
    )
    if (problem := trouble(built)) and not built.failed:
        return draft.ended(REJECTED, problem)
    if disk_is_full(built.failed):
        return draft.ended(FAILED, "The disk is full.")
    return draft


# ── Shared with the audit ────────────────────────────────────────────────────────────────────────


def dbt_step(
    context: Context,
    draft: Draft,
    name: str,
    action: Callable[[], DbtRun],
    if_empty: str = "",
    carried: Collection[str] = (),
) -> tuple[Draft, DbtRun]:
    """Run one dbt command as a step.

    Args:
        context: the run's context.
        draft: the release so far.
        name: of the step.
        action: runs it.
        if_empty: the remark where it concerned no node.
        carried: ids of results that were carried over.
    """
    begin = time.monotonic()
    run = action()
    seconds = time.monotonic() - begin
    verdict, remark = steps.PASSED if run.ok else steps.FAILED, summary(run, carried)
    if run.ok and run.warned:
        verdict = steps.WARNED
    if if_empty and run.ok and not run.nodes:
        verdict, remark = steps.SKIPPED, if_empty
    step = Step(name, verdict, seconds, remark)
    context.reporter.step(step)
    return draft.with_step(step), run


def raw_now(context: Context, draft: Draft) -> tuple[facts.RawFile, ...]:
    """What raw, or in a rehearsal the sample, is made of now."""
    if draft.is_real:
        return read_files(context)
    return draft.place.files(context.store.cache / "sample.json")


def read_files(context: Context) -> tuple[facts.RawFile, ...]:
    """What a release from raw would read now: its tables, or its files but those set aside.

    Raises:
        DataopsError: raw cannot be read, or a file that is set aside is not there.
    """
    if (tables := context.warehouse.raw()) is not None:
        return tables
    files = raw_place(context.product).files(context.store.cache / "raw.json")
    entries = set_aside.read(context.product.root)
    set_aside.raise_if_missing(entries, (file.name for file in files))
    left_out = {entry.file for entry in entries}
    return tuple(file for file in files if file.name not in left_out)


def manifest_of(draft: Draft) -> Manifest:
    """The manifest of a draft that was parsed."""
    assert draft.manifest is not None
    return draft.manifest


def built_of(draft: Draft) -> DbtRun:
    """What dbt did, of a draft that was built."""
    assert draft.built is not None
    return draft.built
