"""The generic test `converts_exactly` as SQL, rendered without dbt."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2

MACROS = Path(__file__).parents[2] / "template/dataops/macros/tests"


class Dispatch:
    """dbt's `adapter`: the macro of a warehouse, else the default."""

    def __init__(self, warehouse: str) -> None:
        self.warehouse = warehouse
        self.macros: dict[str, Any] = {}

    def dispatch(self, name: str) -> Any:
        return self.macros.get(f"{self.warehouse}__{name}") or self.macros[f"default__{name}"]


def query(relation: str, columns: dict[str, Any], warehouse: str = "duckdb") -> str:
    """The SQL of the test over a relation, in the words of a warehouse."""
    text = "".join(
        (MACROS / f"{name}.sql").read_text(encoding="utf-8")
        for name in ("matches_pattern", "converts_exactly")
    )
    text = re.sub(r"{% test (\w+)\(", r"{% macro test_\1(", text).replace("endtest", "endmacro")
    adapter = Dispatch(warehouse)
    environment = jinja2.Environment(
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined, autoescape=False
    )
    template = environment.from_string(text)
    context = {"adapter": adapter, "return": lambda value: value, "config": lambda **_: ""}
    module = template.make_module(context)
    adapter.macros |= vars(module)
    rendered: str = module.test_converts_exactly(relation, columns)  # type: ignore[attr-defined]
    return rendered
