"""dbt's unit tests as the manifest has them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from first_light.dbt.manifest import Manifest, Node
from first_light.utils.errors import DataopsError

_QUOTED = re.compile(r"""(['"])(.*?)\1""")
_VERSION = re.compile(r"(?:v|version)\s*=\s*['\"]?([\w.]+)")


@dataclass(frozen=True)
class Rows:
    """Rows that a unit test gives or expects: either records by column, or a query.

    Attributes:
        records: values by column; None where `query` has the rows.
        query: SQL for the rows.
    """

    records: tuple[Mapping[str, Any], ...] | None
    query: str = ""


@dataclass(frozen=True)
class UnitTest:
    """One unit test.

    Attributes:
        name: its name.
        model: unique id of the model.
        given: rows by the unique id of the input.
        expected: the rows that the model has then.
        obstacle: why compiled SQL alone cannot run it; empty when it can.
    """

    name: str
    model: str
    given: Mapping[str, Rows]
    expected: Rows
    obstacle: str = ""


def read_unit_tests(path: Path, manifest: Manifest) -> tuple[UnitTest, ...]:
    """The unit tests of a manifest, by name.

    Raises:
        DataopsError: it cannot be read.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8")).get("unit_tests", {})
        tests = [_unit_test(entry, manifest) for entry in entries.values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataopsError(
            "dbt's manifest could not be read.", where=f"{path}: {error}", fix="uv run dbt parse"
        ) from error
    return tuple(sorted(tests, key=lambda test: test.name))


def _unit_test(entry: Mapping[str, Any], manifest: Manifest) -> UnitTest:
    model = next(iter((entry.get("depends_on") or {}).get("nodes") or ()), "")
    given, obstacle = {}, ""
    overrides = entry.get("overrides") or {}
    # Compiled with --full-refresh, an incremental model is its full query.
    macros = {
        k: v for k, v in (overrides.get("macros") or {}).items() if k != "is_incremental" or v
    }
    if macros or overrides.get("vars") or overrides.get("env_vars"):
        obstacle = "it overrides macros or variables"
    for rows in entry.get("given") or ():
        node = input_node(str(rows["input"]), manifest, manifest.nodes.get(model))
        if node is None:
            obstacle = obstacle or f"its input {rows['input']} is not built from SQL alone"
            continue
        if rows.get("rows") is None and rows.get("fixture"):
            obstacle = obstacle or "its rows are in a fixture file"
        given[node.unique_id] = _rows(rows)
    return UnitTest(str(entry["name"]), model, given, _rows(entry["expect"]), obstacle)


def input_node(call: str, manifest: Manifest, model: Node | None) -> Node | None:
    """The parent of a model that `ref('x')` or `source('a', 'b')` of a unit test's input names.

    None for `this`, or where no parent has that name.
    """
    words = [word for _, word in _QUOTED.findall(_VERSION.sub("", call))]
    version = match.group(1) if (match := _VERSION.search(call)) else ""
    if not words or model is None:
        return None
    parents = [manifest.nodes[up] for up in model.depends_on if up in manifest.nodes]
    is_source = call.strip().startswith("source")
    for parent in parents:
        if parent.name != words[-1] or (parent.kind == "source") != is_source:
            continue
        if (is_source and parent.unique_id.split(".")[-2] != words[0]) or (
            version and parent.version != version
        ):
            continue
        return parent
    return None


def _rows(given: Mapping[str, Any]) -> Rows:
    rows = given.get("rows")
    if isinstance(rows, str):
        return Rows(None, rows)
    return Rows(tuple(dict(row) for row in rows or ()))
