"""A project as dbt compiles it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from first_light.dbt.engine import open_engine
from first_light.dbt.manifest import Manifest, read_manifest
from first_light.utils.errors import DataopsError


def compiled_manifest(
    root: Path,
    profile: str,
    target: Path,
    environment: Mapping[str, str],
    *options: str,
    packages: bool = False,
) -> Manifest:
    """Let dbt compile a project; nothing is built.

    Args:
        root: the product.
        profile: the target in profiles.yml.
        target: where dbt writes.
        environment: variables for dbt.
        options: more options of `dbt compile`.
        packages: whether the manifest has the nodes of packages.

    Raises:
        DataopsError: dbt can't.
    """
    engine = open_engine(root, profile, target, environment)
    compiled = engine.compile("--no-populate-cache", *options)
    if not compiled.ok:
        raise DataopsError(
            "dbt could not compile the product.", where=compiled.problem, fix="uv run dbt compile"
        )
    return read_manifest(target / "manifest.json", packages=packages)
