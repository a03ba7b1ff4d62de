"""settings.md: every setting; settings.schema.json: those of pyproject.toml as JSON Schema."""

from __future__ import annotations

import json
from typing import Any

from first_light.project.settings import LocalSettings, Secrets, TeamSettings, key
from first_light.utils.variables import variable
from tools.reference.fields import Field, fields_of, json_schema, type_name
from tools.reference.page import Page, replace_section, table


def schema() -> str:
    """The JSON Schema of pyproject.toml as far as it is about dataops."""
    described = json_schema(TeamSettings)["$defs"][TeamSettings.__name__]
    properties = {key(name): setting for name, setting in described["properties"].items()}
    settings = {**described, "properties": properties, "additionalProperties": False}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"tool": {"type": "object", "properties": {"dataops": settings}}},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _page(page: str) -> str:
    team = [
        (f"`{key(one.name)}`", f"`{variable(one.name)}`", type_name(one.type), *_meaning(one))
        for one in fields_of(TeamSettings)
    ]
    page = replace_section(
        page, "team", table(("setting", "variable", "type", "default", "meaning"), team)
    )
    local = [(f"`{variable(one.name)}`", one.description) for one in fields_of(LocalSettings)]
    page = replace_section(page, "local", table(("variable", "meaning"), local))
    secrets = [(f"`{variable(one.name)}`", one.description) for one in fields_of(Secrets)]
    return replace_section(page, "secrets", table(("variable", "meaning"), secrets))


PAGE = Page("settings.md", _page)
SCHEMA = Page("settings.schema.json", lambda _: schema())


def _meaning(setting: Field) -> tuple[str, str]:
    default: Any = getattr(TeamSettings(), setting.name)
    return f"`{json.dumps(default)}`", setting.description
