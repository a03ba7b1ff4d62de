"""Another answer to the question for the warehouse: what follows in sources, and what cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import yaml
from yaml.nodes import Node, ScalarNode

from first_light.dbt.driver import load_kind
from first_light.project.source_table import SOURCE, table_name
from first_light.utils.yaml_nodes import items, values
from first_light.warehouse.base import WarehouseKind
from first_light.warehouse.setup import Setup

# Above the schema in the sources of the template's example.
_COMMENT = "# Your loader fills raw, which prod reads."


def setup_of(warehouse: str) -> Setup:
    """How a product with this answer is set up.

    Raises:
        DataopsError: no installed package brings this warehouse.
    """
    kind: WarehouseKind = load_kind(warehouse)
    return kind.setup


def sources(text: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """A YAML file whose sources are read from where another warehouse has raw.

    Only sources with tables that have files change; a key that a team wrote stays.

    Args:
        text: the file.
        before: the keys of sources in the old warehouse; none where raw is files.
        after: those in the new one.

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
        changes: list[tuple[Node, Mapping[str, str], Mapping[str, str]]] = [(source, before, after)]
        for table in read_from_files if name != SOURCE else ():
            own = {"identifier": table_name(name, _text(table, "name"))}
            changes.append((table, own if before else {}, own if after else {}))
        for node, old, new in changes:
            added = ""
            for key in dict.fromkeys((*old, *new)):
                if key not in new:
                    if _text(node, key) == old[key]:
                        edits.append((*_place(node, key, lines), ""))
                elif not list(values(node, key)):
                    _, indent = _second_line(node)
                    added += f"{indent}{key}: {json.dumps(new[key])}{end}"
                elif key in old and new[key] != old[key] == _text(node, key):
                    _, stop = _place(node, key, lines)
                    indent = lines[stop - 1][: -len(lines[stop - 1].lstrip())]
                    edits.append((stop - 1, stop, f"{indent}{key}: {json.dumps(new[key])}{end}"))
            if added:
                line, _ = _second_line(node)
                edits.append((line, line, added))
    for start, stop, text_there in sorted(edits, reverse=True):
        lines[start:stop] = [text_there] if text_there else []
    return "".join(lines)


def remaining(warehouse: str) -> tuple[str, ...]:
    """What the command cannot change, each with the next command."""
    kind: WarehouseKind = load_kind(warehouse)
    setup = kind.setup
    try_models = setup.try_models or f"uv run dataops move --to {warehouse}"
    sql = (
        f"models, tests and macros keep their SQL; what {setup.name} does not understand is named "
        f"by: {try_models}"
    )
    readers = (
        "what is published stays where it is until the next release, which is built from raw "
        f"alone, in {setup.name if setup.source else 'the store'}: uv run dataops release"
    )
    if not setup.source:
        return (
            sql,
            "raw is the folder raw/, or DATAOPS_RAW; the tables of raw in the database are not "
            "read any more: uv run dataops docs files",
            readers,
        )
    return (
        sql,
        f"releases read the tables of raw, not the files in raw/; {kind.how_to_load}: "
        f"uv run dataops docs {setup.page}",
        f"pipelines need the variables of the connection, see dataops docs {setup.page}: "
        "uv run dataops docs deploy",
        readers,
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
