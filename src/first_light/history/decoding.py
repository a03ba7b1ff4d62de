"""Records from JSON, of every schema so far."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from first_light.history.record import (
    SCHEMA,
    ColumnProfile,
    CommitFact,
    DrillFact,
    FindingRun,
    FreshnessRun,
    GitFacts,
    IncidentFact,
    NodeRun,
    NotificationFact,
    RawFacts,
    RawTable,
    Record,
    RelationProfile,
)
from first_light.utils.errors import DataopsError

# From each earlier schema version to the next: a record's fields, as the next one calls them.
UPGRADES: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def read_record(data: bytes) -> Record:
    """The record in one line of JSON, of any schema so far; fields added since are left out.

    Raises:
        ValueError: this is no whole record.
        DataopsError: a newer dataops wrote it, in a schema that this one does not know.
    """
    try:
        raw = upgraded(json.loads(data))
        git = dict(raw.get("git") or {})
        git["commits"] = tuple(_only(CommitFact, commit) for commit in git.get("commits") or ())
        state = dict(raw.get("raw") or {})
        state["tables"] = tuple(_only(RawTable, table) for table in state.get("tables") or ())
        for name in ("modified", "removed"):
            state[name] = tuple(state.get(name) or ())
        nodes = [
            _only(NodeRun, dict(node, depends_on=tuple(node.get("depends_on") or ())))
            for node in raw.get("nodes") or ()
        ]
        given = dict(
            raw,
            git=_only(GitFacts, git),
            raw=_only(RawFacts, state),
            nodes=tuple(nodes),
            freshness=tuple(_only(FreshnessRun, one) for one in raw.get("freshness") or ()),
            profile=tuple(_profile(one) for one in raw.get("profile") or ()),
            findings=tuple(_only(FindingRun, one) for one in raw.get("findings") or ()),
            notes=tuple(raw.get("notes") or ()),
            incident=_only(IncidentFact, raw.get("incident") or {}),
            notifications=tuple(
                _only(NotificationFact, dict(one, keys=tuple(one.get("keys") or ())))
                for one in raw.get("notifications") or ()
            ),
            drill=_drill(raw.get("drill") or {}),
        )
        record: Record = _only(Record, given)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not a record: {error}") from error
    return record


def upgraded(raw: dict[str, Any]) -> dict[str, Any]:
    """A record's fields in this version's schema, whichever version wrote them.

    Raises:
        DataopsError: a newer version did; a guess at what it meant would be wrong in silence.
    """
    written = int(raw["schema_version"])
    if written > SCHEMA:
        raise DataopsError(
            "This history was written by a newer version of the package.",
            where=f"{raw['run']} has schema {written}, this version reads up to {SCHEMA}",
            fix="uv run dataops update",
        )
    for version in range(written, SCHEMA):
        raw = UPGRADES[version](raw) | {"schema_version": version + 1}
    return raw


def _profile(given: dict[str, Any]) -> RelationProfile:
    columns = tuple(_only(ColumnProfile, column) for column in given.get("columns") or ())
    profile: RelationProfile = _only(RelationProfile, dict(given, columns=columns))
    return profile


def _drill(given: dict[str, Any]) -> DrillFact:
    drill: DrillFact = _only(DrillFact, dict(given, missed=tuple(given.get("missed") or ())))
    return drill


def _only(kind: Any, given: dict[str, Any]) -> Any:
    """`kind` from those of the given fields that it has."""
    return kind(**{name: given[name] for name in kind.__dataclass_fields__ if name in given})
