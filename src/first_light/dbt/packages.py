"""The packages that build a product, and what the dbt packages in it bring along."""

from __future__ import annotations

from first_light.dbt.manifest import Manifest

# What every product has.
EMBEDDED = ("dbt-core", "dbt-duckdb", "duckdb")
PACKAGES = (
    *("dbt-core", "dbt-bigquery", "dbt-duckdb", "dbt-postgres", "dbt-snowflake", "dbt-spark"),
    "duckdb",
)
_BUILT = frozenset({"model", "snapshot", "seed"})


def unasked_nodes(manifest: Manifest, project: str) -> frozenset[str]:
    """The models, snapshots and seeds of installed packages that nobody has asked for.

    They serve the project's own models, or its developers. The team asks for one with
    `config.meta.dataops.publish: true`, which `dbt_project.yml` can set for a whole package, or
    with an exposure that reads it.

    Args:
        manifest: the project, with its packages.
        project: the name of the dbt project.
    """
    read = {name for exposure in manifest.of("exposure") for name in exposure.depends_on}
    return frozenset(
        node.unique_id
        for node in manifest.nodes.values()
        if node.kind in _BUILT
        and node.unique_id.split(".")[1] != project
        and node.unique_id not in read
        and (node.meta.get("dataops") or {}).get("publish") is not True
    )
