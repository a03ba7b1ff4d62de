"""Profiles and findings of relations that a release has taken over unchanged: they still hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from first_light.dbt.manifest import Manifest, Node
from first_light.history.record import FindingRun
from first_light.monitors import metric_rules
from first_light.monitors.accepted import Accepted, accepted_values
from first_light.monitors.levels import WARN
from first_light.monitors.past import is_accepted


def same_as_profiled(manifest: Manifest, same: Collection[str]) -> frozenset[str]:
    """The relations whose profiles still hold.

    Orphaned foreign keys are part of a profile: what the keys refer to must be the same as well.

    Args:
        manifest: the project.
        same: ids of relations that hold what they held.
    """
    names = {manifest.nodes[name].name for name in same}
    return frozenset(
        name
        for name in same
        if _references(manifest.nodes[name]) <= names
        and all(
            parent in same
            for test in manifest.tests_of(name)
            if test.call and test.call.name == "relationships"
            for parent in test.depends_on
        )
    )


def still_warned(
    findings: Iterable[FindingRun],
    same: Collection[str],
    accepted: Sequence[Accepted],
) -> tuple[FindingRun, ...]:
    """Warnings about relations that hold what they held, but for those accepted since.

    Args:
        findings: of the release that they are taken from.
        same: ids of the relations.
        accepted: what the team takes for normal.
    """
    return tuple(
        finding
        for finding in findings
        if finding.subject in same
        and finding.level == WARN
        and finding.check != metric_rules.CHECK
        and not is_accepted(finding, accepted_values(accepted, finding.subject))
    )


def _references(node: Node) -> set[str]:
    tables = {column.references.rpartition(".")[0] for column in node.columns}
    return tables - {""}
