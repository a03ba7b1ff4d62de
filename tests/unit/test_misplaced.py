"""What a run on a server would build where readers have their tables."""

from __future__ import annotations

import pytest

from first_light.dbt.manifest import Manifest, Node
from first_light.warehouse.misplaced import misplaced


def manifest(schema: str, relation: str = '"db"."s"."a"', kind: str = "model") -> Manifest:
    node = Node(f"{kind}.shop.a", kind, "a", "a.sql", schema=schema, alias="a", relation=relation)
    return Manifest({node.unique_id: node}, {})


@pytest.mark.parametrize(
    ("schema", "is_misplaced"),
    [
        ("candidate", False),
        ("candidate_marts", False),
        ("CANDIDATE_MARTS", False),  # as some warehouses write names
        ("marts", True),
        ("candidates", True),
        ("my_candidate_marts", True),
    ],
)
def test_every_schema_begins_with_that_of_the_run(schema: str, is_misplaced: bool) -> None:
    for kind in ("model", "seed", "snapshot"):
        problem = misplaced(manifest(schema, kind=kind), {"DATAOPS_SCHEMA": "candidate"})
        assert bool(problem) == is_misplaced
        assert not is_misplaced or f"a in {schema} (a.sql)" in problem
    # Sources are others' tables, an ephemeral model is none, and files are a run's own.
    assert not misplaced(manifest(schema, kind="source"), {"DATAOPS_SCHEMA": "candidate"})
    assert not misplaced(manifest(schema, ""), {"DATAOPS_SCHEMA": "candidate"})
    assert not misplaced(manifest(schema), {})


def test_the_database_is_that_of_the_run() -> None:
    environment = {"DATAOPS_DATABASE": "shop_r000012"}
    assert not misplaced(manifest("marts", "SHOP_R000012.marts.a"), environment)
    assert "a in shop (a.sql)" in misplaced(manifest("marts", '"shop"."marts"."a"'), environment)
