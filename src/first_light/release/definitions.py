"""Views whose definition holds values of people: a database keeps it, and readers can see it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from first_light.dbt.hidden_code import keeps_results
from first_light.dbt.manifest import Manifest
from first_light.warehouse.withheld_columns import PERMISSION, Place, permitted_columns

STEP = "definitions of views"


def views_with_values(
    manifest: Manifest, sql: Mapping[str, str], tables: Collection[Place]
) -> tuple[str, ...]:
    """What is wrong with views that would show readers what dbt read while it compiled them.

    Args:
        manifest: the project.
        sql: compiled SQL by node.
        tables: relations of which readers get a table, though they are views in the project.

    Raises:
        DataopsError: a model's permission is not valid.
    """
    marked = {n.unique_id for n in manifest.nodes.values() if any(c.pii for c in n.columns)}
    problems = []
    for unique_id, text in sql.items():
        node = manifest.nodes.get(unique_id)
        if node is None or "*" in permitted_columns(node):
            continue
        read = {node.unique_id, *manifest.graph.ancestors(node.unique_id)}
        if (node.schema, node.alias) in tables or not marked & read:
            continue
        if keeps_results(manifest, node, text):
            problems.append(
                f"{node.path}: the definition of the view {node.name} holds values that dbt read "
                "while it compiled it, and what it reads has personal columns. Make it a table, "
                f"`config(materialized='table')`, or permit it with `config.meta.{PERMISSION}`."
            )
    return tuple(problems)
