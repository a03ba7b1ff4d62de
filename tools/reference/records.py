"""records.md: the fields of a record; record.schema.json: the same as JSON Schema."""

from __future__ import annotations

import inspect
import json

from first_light.history.record import Record
from tools.reference.fields import fields_of, json_schema, parts_of, title, type_name
from tools.reference.page import Page, replace_section, table


def text() -> str:
    """The fields of a record and of its parts, as the code has them now."""
    return "\n".join(map(_section, parts_of(Record)))


def schema() -> str:
    """The JSON Schema of a record."""
    return json.dumps(json_schema(Record), indent=2, ensure_ascii=False) + "\n"


PAGE = Page("records.md", lambda page: replace_section(page, "fields", text()))
SCHEMA = Page("record.schema.json", lambda _: schema())


def _section(part: type) -> str:
    rows = [(f"`{one.name}`", type_name(one.type), one.description) for one in fields_of(part)]
    about = " ".join(inspect.cleandoc(part.__doc__ or "").split())
    return f"### {title(part)}\n\n{about}\n\n{table(('field', 'type', 'meaning'), rows)}"
