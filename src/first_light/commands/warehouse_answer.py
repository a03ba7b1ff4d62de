"""Another answer to the question for the warehouse: what follows in sources, and what cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator

import yaml
from yaml.nodes import Node, ScalarNode

from first_light.project.source_table import SERVER_SCHEMA, SOURCE, table_name
from first_light.utils.yaml_nodes import items, values

# Above the schema in the sources of the template's example.
_COMMENT = "# Your loader fills raw, which prod reads."


def is_server(warehouse: str) -> bool:
    """Whether an answer is a warehouse that reads raw from a schema, not from files."""
    return warehouse == "postgres"


def sources(text: str, on_server: bool) -> str:
    """A YAML file whose sources are read from the schema of raw on a server, or from files.

    Only sources with tables that have files change; a schema that a team wrote stays.

    Args:
        text: the file.
        on_server: whether the warehouse is a server.

    Raises:
        ValueError: the file is no YAML, or its sources are on one line.
    """
    try:
        document = yaml.compose(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    edits: list[tuple[int, int, str]] = []  # from a line to a line, and what is there instead
    for source in (item for listed in values(document, "sources") for item in items(listed)):
        tables = [item for listed in values(source, "tables") for item in items(listed)]
        read_from_files = [table for table in tables if _has_files(table)]
        if not read_from_files:
            continue
        name = _text(source, "name")
        wanted: list[tuple[Node, str, str]] = [(source, "schema", SERVER_SCHEMA)]
        for table in read_from_files if name != SOURCE else ():
            wanted.append((table, "identifier", table_name(name, _text(table, "name"))))
        for node, key, value in wanted:
            if on_server and not list(values(node, key)):
                line, indent = _second_line(node)
                edits.append((line, line, f"{indent}{key}: {json.dumps(value)}{end}"))
            elif not on_server and _text(node, key) == value:
                edits.append((*_place(node, key, lines), ""))
    for start, stop, new in sorted(edits, reverse=True):
        lines[start:stop] = [new] if new else []
    return "".join(lines)


def remaining(warehouse: str) -> tuple[str, ...]:
    """What the command cannot change, each with the next command."""
    readers = "what is published stays where it is until the next release, which is built from "
    if is_server(warehouse):
        return (
            "models, tests and macros keep their SQL; what PostgreSQL does not understand is named "
            "by: createdb, uv run dataops sample --load, uv run dataops check",
            "raw is the schema raw of the database, which your loader fills; the files in raw/ are "
            "not read any more: uv run dataops docs postgres",
            "pipelines need the connection, PGHOST and the others: uv run dataops docs deploy",
            f"{readers}raw alone, in PostgreSQL: uv run dataops release",
        )
    return (
        "models, tests and macros keep their SQL; what DuckDB does not understand is named by: "
        "uv run dataops check",
        "raw is the folder raw/, or DATAOPS_RAW; the schema raw of the database is not read any "
        "more: uv run dataops docs files",
        f"{readers}raw alone, in the store: uv run dataops release",
    )


def _has_files(table: Node) -> bool:
    keys = (("config", "meta", "external_location"), ("meta", "external_location"))
    return any(True for path in keys for _ in values(table, *path))


def _text(node: Node, key: str) -> str:
    """The scalar of a key; empty without one."""
    return next((value.value for value in _scalars(node, key)), "")


def _scalars(node: Node, key: str) -> Iterator[ScalarNode]:
    return (value for value in values(node, key) if isinstance(value, ScalarNode))


def _second_line(node: Node) -> tuple[int, str]:
    """The line of a mapping's first key below its first line, and that key's indent."""
    first = node.start_mark.line
    for key, _ in node.value:
        if key.start_mark.line > first:
            return key.start_mark.line, " " * key.start_mark.column
    raise ValueError(f"line {first + 1} holds a whole source")


def _place(node: Node, key: str, lines: list[str]) -> tuple[int, int]:
    """The lines of a key and its value on one line, with the template's comment above."""
    (start,) = (name.start_mark.line for name, _ in node.value if name.value == key)
    if start == node.start_mark.line:
        raise ValueError(f"line {start + 1} begins with {key}")
    above = lines[start - 1].strip().startswith(_COMMENT)
    return start - above, start + 1
