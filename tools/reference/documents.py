"""json.md: what commands print with --json; output.schema.json: the same as JSON Schema."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

from first_light.cli.output.documents.index import DOCUMENTS
from first_light.cli.output.documents.parts import Error
from tools.reference.fields import fields_of, json_schema, parts_of, title, type_name
from tools.reference.page import Page, replace_section, table


def commands() -> str:
    """The commands with their documents."""
    rows = [
        (f"`dataops {each.command}`", "a list of " * each.is_list + type_name(each.kind))
        for each in DOCUMENTS
    ]
    return table(("command", "document"), rows)


def fields() -> str:
    """The fields of all documents and of their parts, as the code has them now."""
    return "\n".join(map(_section, _kinds()))


def schema() -> str:
    """One JSON Schema: `$defs` has every document, `x-commands` names that of each command."""
    definitions: dict[str, Any] = {}
    for kind in (*(each.kind for each in DOCUMENTS), Error):
        definitions |= json_schema(kind)["$defs"]
    by_command = {}
    for each in DOCUMENTS:
        reference = {"$ref": f"#/$defs/{each.kind.__name__}"}
        by_command[each.command] = (
            {"type": "array", "items": reference} if each.is_list else reference
        )
    content = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What dataops prints with --json",
        "anyOf": [*_unique(by_command.values()), {"$ref": f"#/$defs/{Error.__name__}"}],
        "x-commands": by_command,
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _page(page: str) -> str:
    return replace_section(replace_section(page, "commands", commands()), "fields", fields())


PAGE = Page("json.md", _page)
SCHEMA = Page("output.schema.json", lambda _: schema())


def _kinds() -> Iterator[type]:
    kinds: dict[type, None] = {}
    for kind in (Error, *(each.kind for each in DOCUMENTS)):
        kinds.update(dict.fromkeys(parts_of(kind)))
    yield from kinds


def _unique(values: Any) -> list[Any]:
    return list({json.dumps(value): value for value in values}.values())


def _section(part: type) -> str:
    rows = [(f"`{each.name}`", type_name(each.type), each.description) for each in fields_of(part)]
    about = " ".join(inspect.cleandoc(part.__doc__ or "").split())
    return f"### {title(part)}\n\n{about}\n\n{table(('field', 'type', 'meaning'), rows)}"
