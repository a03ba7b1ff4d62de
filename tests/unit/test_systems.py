"""Files of several systems: a source, a folder and names per system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import landing_files as make
from first_light.commands.add import Delivered, delivered
from first_light.dbt.source_plan import marked_columns, read_plan, table_names
from first_light.inference import Drafts, draft_tables
from first_light.ingest import land
from first_light.privacy.detect import classify
from first_light.project.source_table import SourceTable
from first_light.utils.errors import DataopsError
from first_light.warehouse.postgres.setup import SETUP

Systems = dict[str, dict[str, str]]


def landed(tmp_path: Path, systems: Systems) -> list[SourceTable]:
    tables: list[SourceTable] = []
    for system, files in systems.items():
        folder = tmp_path / "inbox" / system
        make.put(folder, files)
        name = "" if system == "unnamed" else system
        tables += land(folder, tmp_path / "raw", system=name)
    return tables


def drafted(tmp_path: Path, systems: Systems, on_server: bool = False) -> Drafts:
    found = landed(tmp_path, systems)
    return draft_tables(
        found,
        (),
        tmp_path / "raw",
        "team",
        classify,
        on_server=on_server,
        source_keys=SETUP.source if on_server else None,
    )


def customers(ids: range) -> str:
    lines = (f"{n},C{n:04d},Person{n}@example.org,{n % 3}" for n in ids)
    return "\n".join(["id,customer_code,email,tier", *lines]) + "\n"


def orders(ids: range, parents: int) -> str:
    lines = (
        f"{n},{n % parents + 1},C{n % parents + 1:04d},2026-01-{n % 28 + 1:02d},{n}.50" for n in ids
    )
    return "\n".join(["id,customer_id,customer_code,ordered_at,amount", *lines]) + "\n"


TWO: Systems = {
    "crm": {"customers.csv": customers(range(1, 61))},
    "shop": {
        "customers.csv": customers(range(1, 41))
        .replace(",C", ",L")
        .replace("customer_code", "loyalty_no"),
        "orders.csv": orders(range(1, 201), 40),
    },
}


def source(drafts: Drafts, path: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(drafts.files[path])["sources"][0]
    return loaded


def test_two_systems_may_have_one_table(tmp_path: Path) -> None:
    drafts = drafted(tmp_path, TWO)
    for system in ("crm", "shop"):
        folder = f"models/staging/{system}"
        assert source(drafts, f"{folder}/{system}_customers.yml")["name"] == system
        sql = drafts.files[f"{folder}/stg_{system}__customers.sql"]
        assert f"source('{system}', 'customers')" in sql
        assert f"models/marts/{system}_customers.sql" in drafts.files
        assert (tmp_path / f"raw/{system}__customers/customers.csv").is_file()
    assert "models/marts/orders.sql" in drafts.files  # one system only has it
    model = yaml.safe_load(drafts.files["models/staging/shop/stg_shop__customers.yml"])
    assert model["models"][0]["columns"][0]["name"] == "customer_id"


def test_a_reference_stays_in_its_system(tmp_path: Path) -> None:
    drafts = drafted(tmp_path, TWO)
    (table,) = source(drafts, "models/staging/shop/shop_orders.yml")["tables"]
    meta = {c["name"]: c.get("config", {}).get("meta", {}) for c in table["columns"]}
    assert meta["customer_id"]["references"] == "shop__customers.id"
    # Codes under one name mean the same thing; the other system may be late, so it only warns.
    assert meta["customer_code"]["references"] == "crm__customers.customer_code"
    severities = {
        (r.column, r.parent): r.severity
        for t in drafts.tables
        for r in t.references
        if r.child == "shop__orders"
    }
    assert severities["customer_code", "crm__customers"] == "warn"
    assert severities["customer_id", "shop__customers"] == "error"


def test_numbers_of_another_system_are_an_open_question(tmp_path: Path) -> None:
    systems = {"crm": TWO["crm"], "shop": {"orders.csv": orders(range(1, 201), 40)}}
    drafts = drafted(tmp_path, systems)
    (table,) = (t for t in drafts.tables if t.name == "shop__orders")
    assert [r.column for r in table.references] == ["customer_code"]
    (doubt,) = (d for d in table.undecided if d.column == "customer_id")
    assert doubt.why == "all values occur in crm__customers.id, of another system: " + (
        "no reference drafted"
    )


def test_the_plan_reads_the_sources_of_all_systems(tmp_path: Path) -> None:
    drafts = drafted(tmp_path, TWO)
    for path, text in drafts.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    plan = {table.name: table for table in read_plan(tmp_path)}
    assert (
        set(plan) == {"crm__customers", "shop__customers", "shop__orders"} == table_names(tmp_path)
    )
    assert plan["shop__customers"].source == "shop"
    assert plan["shop__customers"].table == "customers"
    assert plan["shop__customers"].personal == {"email": "email"}
    assert {mark.table for mark in marked_columns(tmp_path)} == {
        "crm__customers",
        "shop__customers",
    }


def test_on_a_server_the_tables_of_all_systems_are_in_one_schema(tmp_path: Path) -> None:
    drafts = drafted(tmp_path, TWO, on_server=True)
    (table,) = source(drafts, "models/staging/crm/crm_customers.yml")["tables"]
    assert table["identifier"] == "crm__customers"


def test_a_later_file_joins_the_table_of_its_system(tmp_path: Path) -> None:
    landed(tmp_path, TWO)
    make.put(tmp_path / "later", {"customers_2026-02.csv": customers(range(61, 70))})
    (table,) = land(tmp_path / "later", tmp_path / "raw", system="crm")
    assert (table.name, len(table.files)) == ("crm__customers", 2)
    with pytest.raises(DataopsError, match="customers is a table of crm, shop") as rejected:
        land(tmp_path / "later", tmp_path / "raw")
    assert rejected.value.fix.startswith("uv run dataops add crm=PATH")


def test_without_a_system_nothing_is_named_after_one(tmp_path: Path) -> None:
    drafts = drafted(tmp_path, {"unnamed": {"orders.csv": orders(range(1, 50), 7)}})
    assert source(drafts, "models/staging/raw_orders.yml")["name"] == "raw"
    assert "models/staging/stg_orders.sql" in drafts.files


def test_the_option_names_a_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert delivered("crm=../export") == Delivered(Path("../export"), "crm")
    assert delivered("../a=b/export") == Delivered(Path("../a=b/export"))
    (tmp_path / "year=2026").mkdir()
    assert delivered("year=2026") == Delivered(Path("year=2026"))
    for name in ("raw", "CRM", "a__b", "2crm"):
        with pytest.raises(DataopsError, match="A system needs a name") as rejected:
            delivered(f"{name}=../export")
        assert rejected.value.fix != f"{name}=../export"
