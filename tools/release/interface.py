"""Names that people and programs use: commands and options, settings, fields of JSON and records.

They are read from the reference, which is generated from the code and committed, so that those of
a release can be compared with those of the one before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_COMMAND = re.compile(r"^## (dataops [\w -]+)$")
_OPTION = re.compile(r"^\| `(-[-\w]+)")
_VARIABLE = re.compile(r"\bDATAOPS_[A-Z_]+\b")
_REFERENCE = Path("docs", "reference")
_DOCUMENTS = {"output.schema.json": "JSON", "record.schema.json": "record"}


def names(root: Path) -> frozenset[str]:
    """Every name, with its kind; none of a version without a reference."""
    folder = root / _REFERENCE
    if not folder.is_dir():
        return frozenset()
    settings = (folder / "settings.md").read_text(encoding="utf-8")
    return frozenset(
        (
            *commands((folder / "commands.md").read_text(encoding="utf-8")),
            *(f"variable {name}" for name in _VARIABLE.findall(settings)),
            *(
                name
                for file, kind in _DOCUMENTS.items()
                for name in fields(json.loads((folder / file).read_text(encoding="utf-8")), kind)
            ),
        )
    )


def commands(page: str) -> Iterator[str]:
    """Commands and their options, from the page that lists them."""
    command = ""
    for line in page.splitlines():
        if match := _COMMAND.match(line):
            command = match[1]
            yield command
        elif command and (option := _OPTION.match(line)):
            yield f"{command} {option[1]}"


def fields(schema: Mapping[str, Any], kind: str) -> Iterator[str]:
    """Documents of a JSON Schema, and the fields of each."""
    for document, definition in schema["$defs"].items():
        yield f"{kind} {document}"
        for field in definition.get("properties", {}):
            yield f"{kind} {document}.{field}"
