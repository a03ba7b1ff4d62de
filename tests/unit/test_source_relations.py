"""What a source is read from: files where the warehouse reads files, else its table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from first_light.dbt.manifest import read_manifest

FILES = "read_csv('raw/orders/*.csv', delim=',')"


@pytest.mark.parametrize(
    ("adapter", "relation"), [("duckdb", FILES), ("postgres", '"shop"."raw"."orders"')]
)
def test_a_source_on_a_server_is_a_table(tmp_path: Path, adapter: str, relation: str) -> None:
    """Both have an external_location: the same repository serves both."""
    source = {
        "unique_id": "source.shop.raw.orders",
        "resource_type": "source",
        "package_name": "shop",
        "name": "orders",
        "original_file_path": "models/staging/raw_orders.yml",
        "relation_name": '"shop"."raw"."orders"',
        "schema": "raw",
        "config": {"meta": {"external_location": FILES}},
    }
    path = tmp_path / "manifest.json"
    metadata = {"project_name": "shop", "adapter_type": adapter}
    path.write_text(
        json.dumps({"metadata": metadata, "sources": {"source.shop.raw.orders": source}})
    )
    assert read_manifest(path).nodes["source.shop.raw.orders"].relation == relation
