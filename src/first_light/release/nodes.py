"""What dbt's results mean for a release and for its record."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

from first_light.dbt.engine import DbtRun, NodeResult
from first_light.dbt.manifest import Manifest
from first_light.dbt.root_cause import owner_of, subject_of
from first_light.history.record import NodeRun
from first_light.privacy.messages import masked
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Relation

# What does not go on from its last state: everything else does, a team's own materialization too.
_STATELESS = frozenset({"", "table", "view", "ephemeral", "seed", "test", "unit", "external"})
_STATEFUL_KINDS = frozenset({"model", "snapshot"})
_PLURALS = {"saved_query": "saved_queries", "analysis": "analyses"}
_DISK_FULL = ("no space left on device", os.strerror(errno.ENOSPC).lower(), "disk quota exceeded")


def stateful(manifest: Manifest) -> list[Relation]:
    """The relations that go on from what they hold: incremental models, snapshots, a team's own."""
    return sorted(
        Relation(node.schema, node.alias)
        for node in manifest.nodes.values()
        if node.kind in _STATEFUL_KINDS and node.materialized not in _STATELESS and node.alias
    )


def rebuildable(manifest: Manifest) -> set[Relation]:
    """The stateful relations that raw is enough to build again."""
    return {
        Relation(node.schema, node.alias)
        for node in manifest.nodes.values()
        if node.kind == "model" and node.materialized == "incremental" and node.alias
    }


def node_run(
    result: NodeResult, manifest: Manifest, rows: int | None, carried_from: str = ""
) -> NodeRun:
    """dbt's result as a record holds it.

    Args:
        result: what dbt said.
        manifest: the project.
        rows: of the table that it built; None where there is none.
        carried_from: the release that built it; empty where this run did.
    """
    subject = subject_of(result, manifest)
    group = manifest.nodes[subject].group if subject in manifest.nodes else ""
    node = manifest.nodes.get(result.unique_id)
    return NodeRun(
        unique_id=result.unique_id,
        resource_type=result.kind,
        name=result.name,
        original_file_path=result.path,
        group=group or owner_of(subject, manifest)[0],
        subject=subject,
        depends_on=result.depends_on,
        status=result.status,
        seconds=round(result.seconds, 3),
        rows=rows,
        failures=result.failures,
        message="" if result.status in ("success", "pass") else masked(result.message),
        checksum=node.checksum[:12] if node else "",
        carried_from=carried_from,
    )


def dbt_counts(run_results: Path) -> dict[str, int]:
    """dbt's own counts of nodes by status, from the file that it wrote.

    Raises:
        DataopsError: dbt wrote none.
    """
    try:
        results = json.loads(run_results.read_bytes())["results"]
        return dict(sorted(Counter(str(result["status"]) for result in results).items()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataopsError(
            "dbt's results could not be read.", str(error), "repeat the command"
        ) from error


def summary(run: DbtRun, carried: Collection[str] = ()) -> str:
    """What dbt did, in a line.

    Args:
        run: with the results that were carried over.
        carried: the ids of these.
    """
    counts = Counter(node.kind for node in run.nodes if node.unique_id not in carried)
    parts = [
        f"{count} {_PLURALS.get(kind, f'{kind}s') if count != 1 else kind}".replace("_", " ")
        for kind, count in counts.items()
    ]
    for word, nodes in (("failed", run.failed), ("warned", run.warned), ("skipped", run.skipped)):
        if nodes:
            parts.append(f"{len(nodes)} {word}")
    if count := sum(node.unique_id in carried for node in run.nodes):
        parts.append(f"{count} carried over")
    return ", ".join(parts)


def trouble(run: DbtRun) -> str:
    """Why dbt did not do what it was asked; empty when it did."""
    return "" if run.ok else run.problem or "dbt build failed."


def failure_summary(failed: Sequence[NodeResult]) -> str:
    """What failed, in a line."""
    names = ", ".join(f"{result.kind} {result.name}" for result in failed[:5])
    return f"{len(failed)} failed: {names}{' …' if len(failed) > 5 else ''}"


def disk_is_full(failed: tuple[NodeResult, ...]) -> bool:
    """Whether that is why they failed."""
    return any(sign in result.message.lower() for result in failed for sign in _DISK_FULL)
