"""External models, which write files while they are built: before the audit, beside the release.

What readers get of a release has no personal columns, but such a file is written as it is. So a
model that would write personal columns is stopped before it is built.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from first_light.dbt.engine import EXTERNAL, Engine
from first_light.dbt.manifest import Manifest, Node, read_manifest
from first_light.dbt.personal_columns import described, personal_columns
from first_light.dbt.project_lineage import lineage_of
from first_light.history.record import REJECTED
from first_light.privacy.messages import masked
from first_light.release.build import manifest_of
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.utils import steps
from first_light.utils.steps import Step
from first_light.warehouse.withheld_columns import PERMISSION, permitted_columns

STEP = "external files"
_KINDS = ("model", "snapshot")


def check_external(context: Context, draft: Draft) -> Draft:
    """Reject a release whose external models would write personal columns.

    Raises:
        DataopsError: a model's permission is not valid.
    """
    if not draft.is_real or not _at_risk(manifest_of(draft)):
        return draft
    begin = time.monotonic()
    problem = external_problem(manifest_of(draft), draft.engine, context.target)
    verdict = steps.FAILED if problem else steps.PASSED
    step = Step(STEP, verdict, time.monotonic() - begin, "")
    context.reporter.step(step)
    draft = draft.with_step(step)
    return draft.ended(REJECTED, problem) if problem else draft


def external_problem(manifest: Manifest, engine: Engine, target: Path) -> str:
    """What external models would write that readers may not get; empty if nothing.

    Args:
        manifest: the project, with packages.
        engine: compiles these models and what they read.
        target: where the engine writes.

    Raises:
        DataopsError: a model's permission is not valid.
    """
    models = _at_risk(manifest)
    if not models:
        return ""
    selection = [f"+{node.name}" for node in models]
    compiled = engine.compile("--no-populate-cache", "--select", *selection)
    if not compiled.ok:
        names = ", ".join(node.name for node in models)
        reason = masked(compiled.problem)
        return (
            f"The external models {names} write their files while they are built, and what they "
            f"read has personal columns, but dbt could not compile them.\n{reason}"
        )
    manifest = read_manifest(target / "manifest.json", packages=True)
    problems = []
    for name, columns in _personal(manifest, [node.unique_id for node in models]).items():
        node = manifest.nodes[name]
        permitted = permitted_columns(node)
        if "*" not in permitted and (hidden := sorted(columns - permitted)):
            what = ", ".join(hidden) if "*" not in hidden else "its SQL cannot be read"
            problems.append(
                f"{node.path}: the external model {node.name} would write personal columns to a "
                f"file ({what}). Leave them out, or permit them with `config.meta.{PERMISSION}`."
            )
    return "\n".join(problems)


def _at_risk(manifest: Manifest) -> list[Node]:
    """External models that read something with a marked column, without permission for all."""
    marked = {
        node.unique_id for node in manifest.nodes.values() if any(c.pii for c in node.columns)
    }
    return [
        node
        for node in manifest.of("model")
        if node.materialized == EXTERNAL
        and "*" not in permitted_columns(node)
        and marked & {node.unique_id, *manifest.graph.ancestors(node.unique_id)}
    ]


def _personal(manifest: Manifest, models: Collection[str]) -> dict[str, frozenset[str]]:
    """The personal columns of these models; `*` where their columns are not known.

    Nothing is built yet, so the columns of a model are those that its SQL selects.
    """
    names: dict[str, list[str]] = {}
    for name in manifest.graph.in_order():
        if (node := manifest.nodes.get(name)) is None:
            continue
        names[name] = [column.lower() for column in described(node)]
        if node.kind in _KINDS:
            parents = [manifest.nodes[p] for p in node.depends_on if names.get(p)]
            lineage, _ = lineage_of(node.code, parents, names)
            names[name] = list(lineage.columns) or names[name]
    personal = personal_columns(
        manifest, lambda name: manifest.nodes[name].code, lambda node: names[node.unique_id]
    )
    return {
        name: personal.get(name, frozenset()) if names[name] else frozenset({"*"})
        for name in models
    }
