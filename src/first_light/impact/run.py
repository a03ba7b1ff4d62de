"""From a change to its impact: build what it reaches on both sides, compare, decide."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

from first_light.dbt.engine import DbtRun, Engine
from first_light.impact import classify as judge
from first_light.impact.assessment import Assessment
from first_light.impact.base import NOT_TESTS, Built
from first_light.impact.current import CurrentSide
from first_light.impact.databases import copy_missing
from first_light.impact.findings import Impact
from first_light.impact.metric_lineage import with_metrics
from first_light.impact.metrics import metric_impacts
from first_light.impact.plan import Plan, copy_database
from first_light.impact.sides import open_sides


def compare(plan: Plan, run: DbtRun, dbt: Engine, progress: Callable[[str], None]) -> Impact:
    """What the change does, now that head is built.

    Args:
        plan: as it was made.
        run: head's build.
        dbt: head, to build once more what differs.
        progress: shows what is being done.

    Raises:
        duckdb.Error: a database could not be opened.
        DataopsError: base could not be built.
    """
    if plan.beside is not None:
        progress("wait for base")
        plan = replace(plan, built=plan.beside.wait())
    built = _results(run)
    skipped = [node for node in run.skipped if node.kind in judge.ROWS]
    if skipped:
        # A failed test stops what is below it; what that would say is of interest all the same.
        progress("build what a failed test has left out")
        names = [node.name for node in skipped]
        repeated = dbt.build(*plan.arguments[:1], *plan.deferred, *NOT_TESTS, "--select", *names)
        built |= _results(repeated)
    scratch = plan.here / "compare"
    with open_sides(scratch, plan.sandbox) as sides:
        work = Assessment(plan, built, sides)
        progress("compare with base")
        work.attach()
        work.compare()
        if names := work.to_build_again():
            progress("build what differs a second time")
            second_database = plan.second_database
            second_database.parent.mkdir(exist_ok=True)
            copy_database(plan.database, second_database)
            clock = plan.base.later if isinstance(plan.base, CurrentSide) else {}
            second = dbt.with_environment({**clock, "DATAOPS_DB": str(second_database)})
            rebuilt = second.build(
                *("--no-write-json", "--full-refresh", *plan.deferred, *NOT_TESTS),
                *("--select", *names),
            )
            work.rebuild_and_compare(
                second_database, {n.unique_id for n in rebuilt.nodes if n.status == "success"}
            )
        impact = work.impact()
    if plan.deferred:  # head reads from the release itself what it does not build
        copy_missing(plan.base.database, plan.database)
    metrics = metric_impacts(plan, built, impact.models, work.declared)
    impact = with_metrics(impact, metrics, plan)
    shutil.rmtree(scratch)
    shutil.rmtree(plan.here / "again", ignore_errors=True)
    return impact


def _results(run: DbtRun) -> dict[str, Built]:
    return {
        node.unique_id: Built(node.status == "success", node.sql, node.message)
        for node in run.nodes
    }
