"""A candidate: how it is built, and every look at it before its verdict."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace

from first_light.dbt.engine import Dbt, DbtRun, forget_last_run
from first_light.dbt.manifest import read_manifest
from first_light.history import facts
from first_light.history.record import (
    FAILED,
    PUBLISHED,
    REAL,
    REHEARSAL,
    REJECTED,
    FreshnessRun,
    RawFacts,
)
from first_light.monitors import collect
from first_light.monitors import run as monitors
from first_light.privacy.messages import masked
from first_light.project.product import now
from first_light.release.nodes import dbt_counts, disk_is_full, node_run, stateful, told, trouble
from first_light.release.run import Run
from first_light.utils.steps import NO_FRESHNESS, Step
from first_light.warehouse.base import Relation

_PARSE, _BUILD, _FRESHNESS, _DOCS = "dbt parse", "dbt build", "source freshness", "catalog"


@dataclass(frozen=True)
class Audit:
    """The audit of one run's candidate; what it finds goes into the run's record.

    Attributes:
        run: the run.
    """

    run: Run

    def attempt(self) -> tuple[str, str]:
        """Build and audit; returns the outcome, and the problem if there is one."""
        run = self.run
        base, before = run.record.base, run.base_release
        self.read_raw()
        if run.options.check_disk:
            run.warehouse.make_room(run.record.raw, before.raw if before else RawFacts())
        forget_last_run(run.target)
        dbt = self.dbt()

        parsed = run.step(_PARSE, lambda: dbt.parse(warnings_are_errors=False))
        if not parsed.ok:
            return REJECTED, f"dbt could not read the project.\n{parsed.problem}"
        run.manifest = read_manifest(run.target / "manifest.json", packages=True)
        state_from = base if self.goes_on() and not run.options.full_refresh else ""
        where = run.warehouse.begin(run.record.run, state_from, stateful(run.manifest))
        run.environment.update(where)
        if run.record.kind == REHEARSAL:
            run.warehouse.take_sample()

        refresh = ["--full-refresh"] if run.options.full_refresh else []
        built = run.step(_BUILD, lambda: dbt.build(*refresh))
        self.keep_nodes(built)
        if (problem := trouble(built)) or built.failed:
            if problem and not built.failed:
                return REJECTED, problem
            if disk_is_full(built.failed):
                return FAILED, "The disk is full."
        fresh = run.step(_FRESHNESS, lambda: dbt.freshness(), NO_FRESHNESS)
        self.keep_freshness(fresh)
        run.failed = [*fresh.failed, *built.failed]
        if not built.ok or not fresh.ok:
            problem = fresh.problem if not fresh.ok and not fresh.failed else ""
            return REJECTED, problem or told(run.failed)
        if problem := self.watch(built, dbt):
            return REJECTED, problem
        documented = run.step(_DOCS, lambda: dbt.docs("--no-compile"))
        if not documented.ok:
            return FAILED, f"The catalog could not be made.\n{documented.problem}"
        self.look_whether_raw_moved()
        run.signals.look()
        return PUBLISHED, ""

    def watch(self, built: DbtRun, dbt: Dbt) -> str:
        """Compare the candidate with the product's own past; returns what rejects it, if anything.

        A rehearsal is only profiled: the sample has no past.
        """
        run = self.run
        assert run.manifest is not None
        run.signals.look()
        run.doing("monitors")
        begin = time.monotonic()
        sql = {result.unique_id: result.sql for result in built.nodes}
        with run.phase("monitors"):
            memory = monitors.recall(run.history, run.record.raw.fingerprint, now())
            with dbt.adapter() as adapter:
                profile = collect.profile_all(
                    adapter,
                    run.manifest,
                    run.record.nodes,
                    sql,
                    self.raw_for_monitors(memory.before.release.run if memory.before else ""),
                    memory,
                )
            run.record = replace(run.record, profile=profile)
            watched = monitors.Watched((), {}, len(profile))
            if run.record.kind == REAL:
                watched = monitors.judge_all(
                    profile,
                    memory,
                    run.manifest,
                    run.record.nodes,
                    now(),
                    monitors.read_accepted(run.product.root),
                )
            run.record = replace(run.record, findings=watched.findings)
        seconds = time.monotonic() - begin
        step = Step("monitors", watched.verdict, seconds, watched.summary())
        run.done.append(step)
        run.say(f"{step.verdict:<8}{step.name} {seconds:.1f} s")
        for finding in watched.findings:
            run.say(f"{finding.level:<8}{finding.message}")
        return watched.problem

    def raw_for_monitors(self, before: str) -> collect.Raw | None:
        """Files that came to raw since the release `before`; a rehearsal's sample has none."""
        run = self.run
        if run.record.kind != REAL or run.tables is not None:
            return None
        known = facts.raw_from_json(run.store.releases / before / facts.RAW_LIST) if before else ()
        return collect.Raw(
            run.place.absolute,
            run.environment["DATAOPS_RAW"],
            run.raw_files,
            known or None,
        )

    def goes_on(self) -> bool:
        """Whether current's state is this one's: what a rehearsal collected was the sample's."""
        before = self.run.base_release
        return before is not None and before.kind == self.run.record.kind

    def read_raw(self) -> None:
        run = self.run
        run.doing("reading raw")
        with run.phase("raw"):
            # A table was counted when it was seen that there is raw: that is as good as now.
            tables = run.tables if run.record.kind == REAL else None
            run.raw_files = self.raw_now() if tables is None else tables
        kept: tuple[facts.RawFile, ...] = ()
        if self.goes_on() and run.record.kind == REAL and run.tables is None:
            kept = facts.raw_from_json(run.store.releases / run.record.base / facts.RAW_LIST)
        raw = facts.raw_facts(run.raw_files, kept)
        run.record = replace(run.record, raw=raw)
        for names, what in ((raw.edited, "edited"), (raw.removed, "removed")):
            if names:
                run.note(
                    f"Raw is only ever added to, but {len(names)} files were {what} since the "
                    f"current release: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
                )

    def raw_now(self) -> tuple[facts.RawFile, ...]:
        """What raw, or in a rehearsal the sample, is made of now."""
        run = self.run
        rehearsal = run.record.kind == REHEARSAL
        if not rehearsal and (tables := run.warehouse.raw()) is not None:
            return tables
        return run.place.files(run.store.cache / f"{'sample' if rehearsal else 'raw'}.json")

    def look_whether_raw_moved(self) -> None:
        run = self.run
        with run.phase("raw"):
            after = self.raw_now()
        if arrived := len(set(after) - set(run.raw_files)):
            run.record = replace(run.record, raw=replace(run.record.raw, arrived=arrived))
            what = "files came to raw" if run.tables is None else "tables of raw grew"
            run.note(
                f"{arrived} {what} while the release was built: it may hold some of it. "
                "The next release holds all."
            )

    def dbt(self) -> Dbt:
        run = self.run
        rehearsal = run.record.kind == REHEARSAL
        run.environment["DATAOPS_RAW"] = run.place.spelled
        run.environment.update(run.warehouse.environment(rehearsal))
        if rehearsal and not os.environ.get("DATAOPS_NOW") and run.product.as_of:
            run.environment["DATAOPS_NOW"] = run.product.as_of
        progress = run.doing
        return Dbt(
            run.product.root,
            "prod",
            run.target,
            run.environment,
            progress=lambda line: progress(f"dbt: {line}"),
            log=True,
        )

    def keep_nodes(self, built: DbtRun) -> None:
        run = self.run
        assert run.manifest is not None
        relations = {
            node.unique_id: Relation(node.schema, node.alias)
            for node in run.manifest.nodes.values()
            if node.kind in ("model", "snapshot", "seed") and node.alias
        }
        ready = {
            result.unique_id: relations[result.unique_id]
            for result in built.nodes
            if result.status == "success" and result.unique_id in relations
        }
        with run.phase("rows"):
            counted = run.warehouse.rows(run.record.run, list(ready.values()))
        rows = {one: counted.get(relation) for one, relation in ready.items()}
        nodes = tuple(
            node_run(result, run.manifest, rows.get(result.unique_id)) for result in built.nodes
        )
        counts = dbt_counts(run.target / "run_results.json") if built.nodes else {}
        run.record = replace(run.record, nodes=nodes, counts=counts)

    def keep_freshness(self, fresh: DbtRun) -> None:
        run = self.run
        run.record = replace(
            run.record,
            freshness=tuple(
                FreshnessRun(
                    result.unique_id,
                    result.name,
                    result.status,
                    result.loaded_at,
                    result.age,
                    masked(result.message),
                )
                for result in fresh.nodes
            ),
        )
