"""The results that dbt v2 writes and prints, as small typed objects."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from first_light.dbt.engine import NodeResult
from first_light.dbt.folders import plain
from first_light.dbt.manifest import Node, read_manifest
from first_light.utils.errors import DataopsError

_DIFFERENCE = re.compile(r"^Test failed: (\S+)\n(.+?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)


def read_results(place: Path) -> tuple[NodeResult, ...]:
    """The results that a command wrote, with what its manifest says of their nodes.

    Raises:
        DataopsError: they cannot be read.
    """
    nodes = read_manifest(place / "manifest.json", packages=True).nodes
    try:
        results = json.loads((place / "run_results.json").read_bytes())["results"]
        return tuple(_node_result(result, nodes[result["unique_id"]]) for result in results)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataopsError(
            "dbt's results could not be read.", where=str(error), fix="repeat the command"
        ) from error


def compiled_nodes(place: Path) -> tuple[NodeResult, ...]:
    """What `dbt compile` compiled, of which it writes no results.

    Raises:
        DataopsError: its manifest cannot be read.
    """
    manifest = read_manifest(place / "manifest.json", packages=True)
    compiled = (node for node in manifest.nodes.values() if node.code)
    return tuple(_node_result({"unique_id": n.unique_id, "status": "success"}, n) for n in compiled)


def _node_result(result: Mapping[str, Any], node: Node) -> NodeResult:
    return NodeResult(
        unique_id=node.unique_id,
        kind=node.kind,
        name=node.name,
        path=node.path,
        status=str(result["status"]),
        seconds=float(result.get("execution_time") or 0.0),
        failures=result.get("failures"),
        message=_message(result, node),
        sql=node.code,
        depends_on=node.depends_on,
        scanned=int((result.get("adapter_response") or {}).get("bytes_billed") or 0),
    )


def _message(result: Mapping[str, Any], node: Node) -> str:
    """dbt's message; of a data test that found rows, as dbt 1.12 says it."""
    verdict, status, failures = node.verdict, result["status"], result.get("failures")
    if verdict is None or status not in ("fail", "warn") or failures is None:
        return plain(result.get("message") or "")
    condition = verdict.warn_if if status == "warn" else verdict.error_if
    rows = f"{failures} result{'s' * (failures != 1)}"
    return f"Got {rows}, configured to {status} if {condition}"


def differences(text: str) -> dict[str, str]:
    """How failed unit tests differ, by their names.

    Args:
        text: what dbt v2 prints for people.
    """
    found = (match.groups() for match in _DIFFERENCE.finditer(text))
    return {name: f"Expected -> actual:\n{table.strip()}" for name, table in found}


def add_results(place: Path, other: Path) -> None:
    """Add the results of another folder to those of `place`, in the file that others read."""
    name = "run_results.json"
    if not (other / name).is_file():
        return
    content = json.loads((place / name).read_bytes())
    content["results"] += json.loads((other / name).read_bytes())["results"]
    (place / name).write_text(json.dumps(content), encoding="utf-8")
