"""What a check does not prove, where it runs on another warehouse than releases."""

from __future__ import annotations

from collections.abc import Mapping

from first_light.dbt.manifest import Manifest
from first_light.dbt.profile import read_type
from first_light.project.product import Product
from first_light.utils.steps import SKIPPED, Step
from first_light.warehouse.kinds import CHECKS, warehouse_type

NAME = "warehouse of releases"
_KINDS = {"model": "models", "snapshot": "snapshots", "seed": "seeds", "test": "data tests"}


def unproven(manifest: Manifest, checked_on: str, released_on: str) -> Step | None:
    """The step of a check; None if releases are built on the same kind of warehouse.

    Args:
        manifest: the project.
        checked_on: the kind of warehouse of the check.
        released_on: that of releases.
    """
    if checked_on == released_on:
        return None
    counts: Mapping[str, int] = {name: len(manifest.of(kind)) for kind, name in _KINDS.items()}
    present = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    summary = (
        f"built on {checked_on}; not proven on {released_on}: the SQL, types and contracts of "
        f"{present or 'no node'}. A release proves them, before readers see it"
    )
    return Step(NAME, SKIPPED, 0.0, summary)


def step(product: Product, manifest: Manifest) -> Step | None:
    """The same for a product.

    Raises:
        DataopsError: profiles.yml cannot be read.
    """
    return unproven(manifest, read_type(product.root, CHECKS), warehouse_type(product))
