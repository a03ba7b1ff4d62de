"""The documents of the commands that show what a change does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from first_light.commands import baseline as baseline_command
from first_light.commands import preview as preview_command
from first_light.project.baseline import FILE
from first_light.utils.steps import Problem, Step, problems, verdict


@dataclass(frozen=True)
class Check:
    """The result of `dataops check`."""

    verdict: str
    """`passed`, `warned` or `failed`: the worst of the steps."""
    steps: tuple[Step, ...]
    """What was checked, in order."""
    problems: tuple[Problem, ...]
    """Everything that failed; empty if the check passed."""
    report: str
    """The folder of the reports, relative to the product: report.json, impact.json, impact.html."""


@dataclass(frozen=True)
class Baseline:
    """The result of `dataops baseline`."""

    file: str
    """The file with the findings, relative to the product."""
    findings: int
    """Number of findings now."""
    before: int | None
    """Number of findings before; null if this is the first record."""
    rules: dict[str, int]
    """Findings by rule."""
    new_rules: tuple[str, ...] = ()
    """Rules that were recorded now, because an update brought them."""
    dbt_warnings: tuple[str, ...] = ()
    """Names of dbt's warnings that fail the check and are not accepted."""


@dataclass(frozen=True)
class Preview:
    """The result of `dataops preview`."""

    folder: str
    """Absolute path of the preview."""
    database: str
    """Absolute path of its database."""
    branch: str
    """The branch that was built."""
    commit: str
    """Full hash of the commit; empty if there is none."""
    dirty: bool
    """Whether there are changes that are not committed."""
    built_from: str
    """`sample` or `raw`."""
    built_at: str
    """ISO 8601, UTC."""
    pages: tuple[str, ...] = ()
    """Pages in the folder."""
    failed: tuple[str, ...] = ()
    """Models and tests that failed."""
    pruned: tuple[str, ...] = field(default=())
    """Older previews that were deleted."""


def check(steps: Sequence[Step]) -> Check:
    """What a check found."""
    return Check(verdict(steps), tuple(steps), problems(steps), "target/check")


def baseline(recorded: baseline_command.Recorded) -> Baseline:
    """What was recorded."""
    findings = recorded.baseline.findings
    rules = {rule: sum(files.values()) for rule, files in sorted(findings.items()) if files}
    total = recorded.baseline.total
    return Baseline(FILE, total, recorded.before, rules, recorded.new_rules, recorded.dbt_warnings)


def preview(built: preview_command.Preview) -> Preview:
    """What was built."""
    return Preview(
        str(built.folder),
        str(built.database),
        built.branch,
        built.commit,
        built.dirty,
        built.built_from,
        built.built_at,
        built.pages,
        built.failed,
        built.pruned,
    )
