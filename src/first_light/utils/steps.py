"""Steps of a command and their verdicts, drawn for the terminal, a job summary and machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from first_light.utils.templates import render

PASSED, WARNED, FAILED, SKIPPED = "passed", "warned", "failed", "skipped"
_COLOURS = {PASSED: "green", WARNED: "yellow", FAILED: "red", SKIPPED: "dim"}
NO_FRESHNESS = "no source has a loaded_at_field"
_SIGNS = {PASSED: "✅", WARNED: "⚠️", FAILED: "❌", SKIPPED: "➖"}

# GitHub drops a job summary over 1 MiB.
_DETAILS_SHOWN = 40
_DETAIL_LENGTH = 8_000


@dataclass(frozen=True)
class Problem:
    """Something that is wrong."""

    message: str
    """What is wrong."""
    where: str = ""
    """File, `file:line`, node or setting; empty if it is of no place."""
    fix: str = ""
    """What corrects or repeats it, mostly a command; empty if there is none."""


@dataclass(frozen=True)
class Step:
    """One step of a command."""

    name: str
    """A few words."""
    verdict: str
    """`passed`, `warned`, `failed` or `skipped`."""
    seconds: float = 0.0
    """Wall time; 0 if it did not run."""
    summary: str = ""
    """A short remark, such as "24 models, 96 tests"."""
    details: tuple[str, ...] = ()
    """Failures and warnings, with the rows or lines concerned."""
    repeat: str = ""
    """The command that repeats this step; empty if there is none."""
    page: str = ""
    """The page with details, relative to the product; empty if there is none."""
    problems: tuple[Problem, ...] = ()
    """The failures one by one, for programs; empty if the step has no list of them."""


def verdict(steps: Sequence[Step]) -> str:
    """The overall verdict: the worst of the steps."""
    verdicts = {step.verdict for step in steps}
    return FAILED if FAILED in verdicts else WARNED if WARNED in verdicts else PASSED


def problems(steps: Sequence[Step]) -> tuple[Problem, ...]:
    """What failed, in the order of the steps; of a step that has no list, its details."""
    failed: list[Problem] = []
    for step in steps:
        if step.verdict == FAILED:
            details = step.details or (step.summary or step.name,)
            failed += step.problems or [
                Problem(detail, step.page or step.name, step.repeat) for detail in details
            ]
    return tuple(failed)


def line(step: Step) -> str:
    """One step as a line of a terminal or a log: verdict, step, seconds, remark."""
    seconds = f"{step.seconds:.1f} s" if step.seconds else ""
    return f"{step.verdict:<8}{step.name:<31} {seconds:>7}  {step.summary or step.page}".rstrip()


def markdown(title: str, steps: Sequence[Step]) -> str:
    """The steps as Markdown, for a job summary."""
    return _render("steps", title, steps)


def brief(title: str, steps: Sequence[Step]) -> str:
    """The verdict and each step that failed or warned in one line, as Markdown."""
    return _render("brief", title, steps)


def _render(name: str, title: str, steps: Sequence[Step]) -> str:
    return render(
        f"utils/markdown/{name}.md.j2",
        title=title,
        verdict=verdict(steps),
        steps=[
            replace(step, details=tuple(_clipped(detail) for detail in step.details))
            for step in steps
        ],
        signs=_SIGNS,
        reported=(FAILED, WARNED),
        details_shown=_DETAILS_SHOWN,
    )


def _clipped(detail: str) -> str:
    if len(detail) <= _DETAIL_LENGTH:
        return detail
    return detail[:_DETAIL_LENGTH] + "\n… truncated; the full text is in report.json"


def as_json(steps: Sequence[Step]) -> str:
    """The steps as JSON, for machines."""
    report = {"verdict": verdict(steps), "steps": [asdict(step) for step in steps]}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
