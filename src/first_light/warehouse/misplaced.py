"""What dbt would build outside the schemas, or the database, of a run on a server.

The names come from the team's macros and settings. A candidate among the tables of readers would be
published before its audit, so nothing is built.
"""

from __future__ import annotations

from collections.abc import Mapping

from first_light.dbt.manifest import Manifest, Node

_KINDS = ("model", "snapshot", "seed")
_MOST = 5


def misplaced(manifest: Manifest, environment: Mapping[str, str]) -> str:
    """Why a run must not build; empty if all is inside its own schemas or its own database.

    Args:
        manifest: the project as it was parsed for the run, with packages.
        environment: the run's variables, which name its schemas or its database.
    """
    schema = environment.get("DATAOPS_SCHEMA", "").lower()
    database = environment.get("DATAOPS_DATABASE", "").lower()
    listed = [
        f"{node.name} in {place} ({node.path})"
        for kind in _KINDS
        for node in manifest.of(kind)
        if node.relation and (place := _outside(node, schema, database))
    ]
    if not listed:
        return ""
    more = len(listed) - _MOST
    names = "\n".join([*listed[:_MOST], *([f"and {more} more"] if more > 0 else [])])
    if database:
        own, fix = f"the database of this run, {database}", "Leave out the setting database."
    else:
        own = f"the schemas of this run, which begin with {schema}"
        fix = (
            "Let the macro generate_schema_name begin each name with target.schema, or delete it. "
            "In snapshots use the setting schema, not target_schema."
        )
    count = f"{len(listed)} relation{'s' * (len(listed) != 1)}"
    return f"{count} would be built outside {own}:\n{names}\n{fix}"


def _outside(node: Node, schema: str, database: str) -> str:
    """Where a node is built, if that is not the run's."""
    if schema and not f"{node.schema.lower()}_".startswith(f"{schema}_"):
        return node.schema
    name = node.relation.split(".")[0].strip('"`')
    return name if database and name.lower() != database else ""
