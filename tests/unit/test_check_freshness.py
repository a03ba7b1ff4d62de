"""The check's step about freshness: a query that fails is a fault, an old sample is none."""

from __future__ import annotations

from dataclasses import replace

from first_light.commands import check
from first_light.dbt.engine import DbtRun, NodeResult
from first_light.utils.steps import FAILED, PASSED, SKIPPED

FRESH = NodeResult("source.p.raw.a", "source", "a", "models/raw_a.yml", "pass", 0.1, age=60.0)


def test_an_old_sample_is_said_and_a_query_that_fails_is_red() -> None:
    late = replace(FRESH, name="b", status="warn", age=9e6)
    later = replace(FRESH, name="c", status="error", age=9e9)
    step = check._freshness_step(DbtRun(False, (FRESH, late, later)), 1.0, "2026-01-01")
    assert step.verdict == PASSED
    assert step.summary.startswith("3 sources at 2026-01-01; older than their rule in the sample")
    assert step.summary.endswith(": c, b")

    broken = replace(FRESH, name="d", status="runtime error", age=None, message="no such column")
    step = check._freshness_step(DbtRun(False, (FRESH, late, broken)), 1.0, None)
    assert step.verdict == FAILED
    assert step.details == ("source d runtime error (models/raw_a.yml)\nno such column",)

    step = check._freshness_step(DbtRun(False, problem="dbt ended"), 1.0, None)
    assert (step.verdict, step.details) == (FAILED, ("dbt ended",))
    assert check._freshness_step(DbtRun(True), 1.0, None).verdict == SKIPPED
