"""The freshness of sources by one query, where dbt has no command for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from first_light.dbt.engine import DbtRun, NodeResult
from first_light.dbt.manifest import Manifest, read_manifest
from first_light.utils.errors import DataopsError

Show = Callable[[str], list[dict[str, Any]]]
"""The rows of a query with Jinja."""


@dataclass(frozen=True)
class Source:
    """A source whose freshness is judged.

    Attributes:
        result: of it, without a status.
        call: `{{ source(…) }}`.
        loaded_at: SQL for the time of a row.
        query: SQL for the newest time; empty where `loaded_at` says it.
        filter: a condition that its rows meet; empty for all.
        warn, error: its age in seconds that warns, and that is an error; None where not set.
    """

    result: NodeResult
    call: str
    loaded_at: str
    query: str
    filter: str
    warn: float | None
    error: float | None

    @property
    def newest(self) -> str:
        """A query of one row: the id, the newest time and the clock."""
        time = f"({self.query})"
        if not self.query:
            where = f" where {self.filter}" if self.filter else ""
            time = f"(select max({self.loaded_at}) from {self.call}{where})"
        kind = "timestamp with time zone"
        return (
            f"select '{self.result.unique_id}' as unique_id, cast({time} as {kind}) as loaded_at, "
            f"cast({{{{ current_timestamp() }}}} as {kind}) as clock"
        )

    def judged(self, row: dict[str, Any]) -> NodeResult:
        """The result for the row of `newest`; a source without rows is of any age."""
        if row["loaded_at"] is None:
            status = "error" if self.error is not None else "warn"
            return replace(self.result, status=status)
        loaded_at = _time(row["loaded_at"])
        age = (_time(row["clock"]) - loaded_at).total_seconds()
        limits = (("error", self.error), ("warn", self.warn))
        passed = (word for word, limit in limits if limit is not None and age > limit)
        return replace(
            self.result, status=next(passed, "pass"), loaded_at=loaded_at.isoformat(), age=age
        )


def sources(path: Path) -> list[Source]:
    """The sources of a manifest that have limits, by their ids.

    Raises:
        DataopsError: the manifest cannot be read.
    """
    manifest = read_manifest(path, packages=True)
    raw = json.loads(path.read_text(encoding="utf-8"))["sources"]
    return [_source(manifest, raw[name], name) for name in sorted(raw) if _is_judged(raw[name])]


def judge(judged: Sequence[Source], show: Show) -> DbtRun:
    """The freshness of sources, read in one query; in one each where that fails."""
    if not judged:
        return DbtRun(True)
    by_id = {source.result.unique_id: source for source in judged}
    try:
        rows = show("\nunion all\n".join(source.newest for source in judged))
        nodes = [by_id[row["unique_id"]].judged(row) for row in rows]
    except DataopsError:
        nodes = [_alone(source, show) for source in judged]
    return DbtRun(not any(node.failed for node in nodes), tuple(nodes))


def _alone(source: Source, show: Show) -> NodeResult:
    try:
        return source.judged(show(source.newest)[0])
    except DataopsError as error:
        return replace(source.result, status="runtime error", message=error.where)


def _is_judged(entry: dict[str, Any]) -> bool:
    limits = entry.get("freshness") or (entry.get("config") or {}).get("freshness") or {}
    named = any((limits.get(name) or {}).get("count") for name in ("warn_after", "error_after"))
    return named and bool(_of(entry, "loaded_at_field") or _of(entry, "loaded_at_query"))


def _source(manifest: Manifest, entry: dict[str, Any], name: str) -> Source:
    node = manifest.nodes[name]
    warn, error = node.fresh
    limits = entry.get("freshness") or entry["config"]["freshness"]
    return Source(
        NodeResult(name, node.kind, node.name, node.path, "pass", 0.0),
        f"{{{{ source('{entry['source_name']}', '{entry['name']}') }}}}",
        node.loaded_at,
        str(_of(entry, "loaded_at_query") or ""),
        str(limits.get("filter") or ""),
        warn,
        error,
    )


def _of(entry: dict[str, Any], key: str) -> Any:
    return entry.get(key) or (entry.get("config") or {}).get(key)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
