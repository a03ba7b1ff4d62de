"""The history in SQL: a record's DuckDB types, and the views that figures read."""

from __future__ import annotations

import json

# The record as DuckDB's types. Times stay text here and become timestamps in the views.
_NODE = (
    "STRUCT(unique_id VARCHAR, resource_type VARCHAR, name VARCHAR, original_file_path VARCHAR, "
    '"group" VARCHAR, '
    "subject VARCHAR, depends_on VARCHAR[], status VARCHAR, seconds DOUBLE, rows BIGINT, "
    "failures BIGINT, message VARCHAR, checksum VARCHAR)[]"
)

_COLUMNS: dict[str, str] = {
    "run": "VARCHAR",
    "number": "BIGINT",
    "product": "VARCHAR",
    "command": "VARCHAR",
    "trigger": "VARCHAR",
    "outcome": "VARCHAR",
    "started_at": "VARCHAR",
    "kind": "VARCHAR",
    "schema_version": "INTEGER",
    "problem": "VARCHAR",
    "ended_at": "VARCHAR",
    "seconds": "DOUBLE",
    "base": "VARCHAR",
    "current": "VARCHAR",
    "warehouse": "VARCHAR",
    "full_refresh": "BOOLEAN",
    "git": (
        'STRUCT("commit" VARCHAR, branch VARCHAR, authored_at VARCHAR, committed_at VARCHAR, '
        'dirty BOOLEAN, base_commit VARCHAR, commits STRUCT("commit" VARCHAR, authored_at VARCHAR, '
        "committed_at VARCHAR)[], commits_total BIGINT)"
    ),
    "raw": (
        "STRUCT(fingerprint VARCHAR, files BIGINT, bytes BIGINT, "
        "tables STRUCT(name VARCHAR, files BIGINT, bytes BIGINT)[], changed_during_build BIGINT, "
        "modified VARCHAR[], removed VARCHAR[])"
    ),
    "tools": "MAP(VARCHAR, VARCHAR)",
    "counts": "MAP(VARCHAR, BIGINT)",
    "nodes": _NODE,
    "freshness": (
        "STRUCT(unique_id VARCHAR, name VARCHAR, status VARCHAR, max_loaded_at VARCHAR, "
        "age_seconds DOUBLE, message VARCHAR)[]"
    ),
    "profile": (
        "STRUCT(unique_id VARCHAR, name VARCHAR, rows BIGINT, columns STRUCT(name VARCHAR, "
        '"type" VARCHAR, nulls BIGINT, "distinct" BIGINT, min DOUBLE, max DOUBLE, mean DOUBLE, '
        "min_length BIGINT, max_length BIGINT, mean_length DOUBLE, distinct_days BIGINT, "
        "counts MAP(VARCHAR, BIGINT))[], newest DOUBLE, files BIGINT, repeated_files BIGINT, "
        "fingerprint VARCHAR, orphans MAP(VARCHAR, BIGINT), problem VARCHAR)[]"
    ),
    "findings": (
        'STRUCT("check" VARCHAR, subject VARCHAR, name VARCHAR, "column" VARCHAR, level VARCHAR, '
        "message VARCHAR, value DOUBLE, expected_low DOUBLE, expected_high DOUBLE)[]"
    ),
    "phases": "MAP(VARCHAR, DOUBLE)",
    "notes": "VARCHAR[]",
    "incident": (
        "STRUCT(incident VARCHAR, subject VARCHAR, release VARCHAR, text VARCHAR, "
        "started_at VARCHAR)"
    ),
    "notifications": "STRUCT(channel VARCHAR, keys VARCHAR[], problem VARCHAR)[]",
    "drill": (
        "STRUCT(clean_days BIGINT, false_alarms BIGINT, warned_days BIGINT, replayed BIGINT, "
        "detected BIGINT, missed VARCHAR[])"
    ),
}

VIEWS = """
create view runs as
select
    * exclude (started_at, ended_at),
    try_cast(nullif(started_at, '') as timestamp) as started_at,
    try_cast(nullif(ended_at, '') as timestamp) as ended_at
from records;

create view nodes as
select
    run, number, command, trigger, outcome,
    try_cast(nullif(started_at, '') as timestamp) as started_at,
    unnest(nodes, recursive := true)
from records;

create view freshness as
select
    run, number, trigger,
    try_cast(nullif(started_at, '') as timestamp) as started_at,
    unnest(freshness, recursive := true)
from records;

create view commits as
select
    run, number, trigger, outcome,
    try_cast(nullif(ended_at, '') as timestamp) as ended_at,
    unnest(git.commits, recursive := true)
from records;
"""

_STRUCTURE = json.dumps(_COLUMNS)

FROM_TEXT = (
    "select record, unnest(from_json(record, '"
    + _STRUCTURE.replace("'", "''").replace("{", "{{").replace("}", "}}")
    + "')) from {}"
)
