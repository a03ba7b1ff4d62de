"""The phase that computes the metrics of the candidate, and says what moves against current."""

from __future__ import annotations

import time

from first_light.metrics.definitions import read_semantics
from first_light.metrics.recorded import as_facts, moves
from first_light.metrics.values import compute
from first_light.release.build import manifest_of
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.release.withhold import withheld_now
from first_light.utils import steps
from first_light.utils.steps import Step

METRICS = "metrics"


def measure(context: Context, draft: Draft) -> Draft:
    """Compute every metric and record it; one that cannot be computed warns.

    Raises:
        DataopsError: the definitions or the columns cannot be read.
    """
    begin = time.monotonic()
    semantics = read_semantics(context.target)
    metrics = semantics.metrics
    if not metrics:
        return draft
    withheld = withheld_now(context, draft)
    with draft.engine.connect() as queries:
        values = compute(semantics, metrics, queries, lambda place: withheld.get(place, ()))
    draft = draft.with_facts(metrics=as_facts(metrics, values, manifest_of(draft)))
    unknown = [name for name, value in values.items() if value.problem]
    moved = moves(draft.base_release, draft.record)
    remark = f"{len(metrics)} metric{'s' * (len(metrics) != 1)}"
    if moved:
        remark += f", {len(moved)} moved against the current release"
    if unknown:
        remark += f", {len(unknown)} unknown"
    verdict = steps.WARNED if unknown else steps.PASSED
    step = Step(METRICS, verdict, time.monotonic() - begin, remark)
    context.reporter.step(step)
    for name in unknown:
        context.reporter.say(f"unknown metric {name}: {values[name].problem}")
    return draft.with_step(step)
