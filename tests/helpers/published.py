"""A release of hand-made tables, published without dbt, on DuckDB or PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from first_light.history.record import PUBLISHED, Record
from first_light.project.product import Product
from first_light.store.locate import store_of
from first_light.store.run_ids import run_number
from first_light.warehouse.base import Label, Relation, open_warehouse
from first_light.warehouse.postgres.server import connect

AT = "2026-11-29T00:00:00Z"


def product(root: Path, kind: str) -> Product:
    """The least that has a profile."""
    root.mkdir()
    (root / ".copier-answers.yml").write_text("{}\n")
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (root / "profiles.yml").write_text(f"shop: {{outputs: {{prod: {{type: {kind}}}}}}}\n")
    return Product(root)


def publish(
    shop: Product,
    kind: str,
    tables: Mapping[str, str],
    withheld: Mapping[str, Sequence[str]] | None = None,
    private: Sequence[str] = (),
) -> str:
    """Publish a release; returns its id.

    Args:
        shop: the product.
        kind: duckdb or postgres.
        tables: the query of each model in marts, in the SQL of the warehouse.
        withheld: columns that readers do not get, by model.
        private: models that are not public.
    """
    store, warehouse = store_of(shop), open_warehouse(shop, store_of(shop))
    schema = {"duckdb": "marts", "postgres": "candidate_marts"}[kind]
    with store.lock():
        warehouse.lock()
        run = f"{store.next_number(0):06d}-20261129T000000Z-test"
        environment = warehouse.begin(run, "", ())
        statements = [f"create schema {schema}"]
        statements += [f"create table {schema}.{name} as {sql}" for name, sql in tables.items()]
        if kind == "duckdb":
            with duckdb.connect(environment["DATAOPS_DB"]) as file:
                file.execute("set TimeZone = 'UTC'; " + "; ".join(statements))
        else:
            with connect(shop) as connection:
                connection.cursor().execute("; ".join(statements))
        hidden = {Relation(schema, name): names for name, names in (withheld or {}).items()}
        warehouse.seal(run, Label(run, "release", "raw", "", False, "", AT), hidden)
        record = Record(
            run, run_number(run), "shop", "release", "manual", PUBLISHED, AT, warehouse=kind
        )
        store.write_record(run, record.to_json())
        (store.candidate(run) / "manifest.json").write_text(
            json.dumps(_manifest(kind, schema, tables, private))
        )
        store.promote(run)
        warehouse.publish(run)
        store.point(run, (run, record.to_json()))
        store.conclude(run)
        warehouse.unlock()
    return run


def _manifest(
    kind: str, schema: str, tables: Mapping[str, str], private: Sequence[str]
) -> dict[str, object]:
    nodes = {
        f"model.shop.{name}": {
            "unique_id": f"model.shop.{name}",
            "resource_type": "model",
            "package_name": "shop",
            "name": name,
            "alias": name,
            "schema": schema,
            "original_file_path": f"models/{name}.sql",
            "access": "protected" if name in private else "public",
            "config": {"materialized": "table"},
        }
        for name in tables
    }
    return {"metadata": {"project_name": "shop", "adapter_type": kind}, "nodes": nodes}
