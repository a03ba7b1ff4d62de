"""External models write files while they are built: none with personal columns is built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from first_light.dbt.engine import DbtRun
from first_light.dbt.manifest import read_manifest
from first_light.release.external import external_problem

FILES = "read_csv('raw/customers/*.csv', header=true)"


class Compiler:
    """An engine that knows the compiled SQL; `selected` is what it was asked to compile."""

    def __init__(self, target: Path, sql: dict[str, str], ok: bool = True) -> None:
        self.target, self.sql, self.ok, self.selected = target, sql, ok, ""

    def compile(self, *arguments: str) -> DbtRun:
        self.selected = arguments[-1]
        manifest = json.loads((self.target / "manifest.json").read_text())
        for name, sql in self.sql.items():
            manifest["nodes"][f"model.shop.{name}"]["compiled_code"] = sql
        (self.target / "manifest.json").write_text(json.dumps(manifest))
        return DbtRun(self.ok, problem="" if self.ok else "Compilation Error")


def node(kind: str, name: str, parent: str = "", **config: Any) -> dict[str, Any]:
    schema = "raw" if kind == "source" else "marts"
    return {
        "unique_id": f"{kind}.shop.{name}",
        "resource_type": kind,
        "name": name,
        "alias": name,
        "schema": schema,
        "relation_name": FILES if kind == "source" else f'"warehouse"."marts"."{name}"',
        "original_file_path": f"models/{name}.sql",
        "package_name": "shop",
        "config": config,
        "depends_on": {"nodes": [parent] if parent else []},
    }


def problem(tmp_path: Path, sql: str, ok: bool = True, **config: Any) -> tuple[str, str]:
    """What is said of a model that exports a column, and what was compiled for it."""
    source = node("source", "customers")
    source["columns"] = {
        name: {"name": name, "config": {"meta": {"pii": "email"} if name == "email" else {}}}
        for name in ("id", "email", "city")
    }
    models = [
        node("model", "stg", "source.shop.customers", materialized="view"),
        node("model", "export", "model.shop.stg", **{"materialized": "external", **config}),
    ]
    manifest = {
        "metadata": {"project_name": "shop"},
        "nodes": {model["unique_id"]: model for model in models},
        "sources": {source["unique_id"]: source},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    compiled = {"stg": f"select * from {FILES}", "export": sql}
    engine: Any = Compiler(tmp_path, compiled, ok)
    parsed = read_manifest(tmp_path / "manifest.json", packages=True)
    return external_problem(parsed, engine, tmp_path), engine.selected


STG = '"warehouse"."marts"."stg"'


@pytest.mark.parametrize(
    ("sql", "meta", "columns"),
    [
        (f"select * from {STG}", {}, "email"),
        (f"select id, lower(email) as contact from {STG}", {}, "contact"),
        (f"select id, email from {STG}", {"publish_personal": ["id"]}, "email"),
        (f"pivot {STG} on city using first(email)", {}, "its SQL cannot be read"),
        ("not SQL at all", {}, "its SQL cannot be read"),
    ],
)
def test_personal_columns_are_not_exported(
    tmp_path: Path, sql: str, meta: dict[str, Any], columns: str
) -> None:
    said, selected = problem(tmp_path, sql, meta=meta)
    assert said.startswith("models/export.sql: the external model export would write personal")
    assert f"({columns})" in said
    assert selected == "+export"


@pytest.mark.parametrize(
    ("sql", "meta"),
    [
        (f"select id, city from {STG}", {}),
        (f"select count(email) as mails from {STG}", {}),
        (f"select id, email from {STG}", {"publish_personal": ["email"]}),
        (f"select * from {STG}", {"publish_personal": True}),
    ],
)
def test_other_columns_are_exported(tmp_path: Path, sql: str, meta: dict[str, Any]) -> None:
    assert problem(tmp_path, sql, meta=meta)[0] == ""


def test_what_cannot_be_compiled_is_not_built(tmp_path: Path) -> None:
    said, _ = problem(tmp_path, f"select id from {STG}", ok=False)
    assert "could not compile" in said


def test_other_models_are_not_compiled(tmp_path: Path) -> None:
    assert problem(tmp_path, f"select * from {STG}", materialized="table") == ("", "")
