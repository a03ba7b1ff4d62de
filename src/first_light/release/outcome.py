"""What a run of `dataops release` has done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from first_light.dbt.engine import NodeResult
from first_light.dbt.manifest import Manifest
from first_light.dbt.root_cause import Cause, stands_on
from first_light.history.record import PUBLISHED, REJECTED, FindingRun, Record
from first_light.metrics.changes import MetricChange
from first_light.release.brought import Brought, Suspects
from first_light.utils.steps import Step


def is_missing_delivery(finding: FindingRun) -> bool:
    """Whether a finding says that no delivery came to a source where one was due."""
    of_source = finding.subject.startswith("source.") and not finding.column
    return finding.check == "delivery" and finding.level == "warn" and of_source


def faults_above(
    findings: Sequence[FindingRun], cause: Cause, manifest: Manifest
) -> tuple[FindingRun, ...]:
    """What is wrong with deliveries that a failure of dbt's checks may follow from: errors, and
    deliveries that did not come, which leave references of others without a target."""
    above = stands_on(cause.result, manifest)
    errors = [finding for finding in findings if finding.level == "error"]
    missing = [finding for finding in findings if is_missing_delivery(finding)]
    return tuple(finding for finding in (*errors, *missing) if finding.subject in above)


@dataclass(frozen=True)
class Released:
    """How it went.

    Attributes:
        record: what was written down.
        steps: what was done, with verdicts.
        failed: what the audit saw, most upstream first.
        cause: the failure to look at first; None when nothing failed.
        faults: what is wrong with deliveries to sources that this failure may follow from.
        recorded: whether the record was written; else `warnings` says why not.
        warnings: what somebody should know, one sentence each.
        log: where dbt said it in full.
        address: where readers open the current release's database; empty where none is current.
        boards: the page that lists the current release's boards; empty where there is none.
        open_to: who can read it, where the first release from raw lies open to more than its place
            says; else empty.
        brought: what came to raw since the release that was current at the start.
        moves: the metrics that differ from those of the release that was current at the start.
        suspects: the new files that the failure, or the findings, may come from.
    """

    record: Record
    steps: tuple[Step, ...]
    failed: tuple[NodeResult, ...]
    cause: Cause | None
    recorded: bool
    warnings: tuple[str, ...]
    log: Path
    address: str = ""
    boards: str = ""
    open_to: str = ""
    brought: tuple[Brought, ...] = ()
    suspects: Suspects = field(default_factory=Suspects)
    faults: tuple[FindingRun, ...] = ()
    moves: tuple[MetricChange, ...] = ()

    @property
    def exit_code(self) -> int:
        return {PUBLISHED: 0, REJECTED: 1}.get(self.record.outcome, 2)
