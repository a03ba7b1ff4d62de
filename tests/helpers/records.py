"""Records of runs that never were, as many as a test needs."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

from first_light.history.record import (
    PUBLISHED,
    REJECTED,
    CommitFact,
    FreshnessRun,
    GitFacts,
    NodeRun,
    RawFacts,
    RawTable,
    Record,
)
from first_light.utils.timestamps import utc

BEGIN = datetime(2023, 1, 1, tzinfo=timezone.utc)


def make_record(number: int, nodes: int = 3, **more: Any) -> Record:
    """A record like those of an hourly schedule."""
    at = BEGIN + timedelta(hours=number)
    ran = tuple(
        NodeRun(
            unique_id=f"model.shop.model_{n}",
            resource_type="model",
            name=f"model_{n}",
            original_file_path=f"models/marts/model_{n}.sql",
            group="data_team",
            subject=f"model.shop.model_{n}",
            depends_on=(f"model.shop.model_{n - 1}",),
            status="success" if (number + n) % 97 else "error",
            seconds=round(0.01 * n + 0.001 * (number % 13), 3),
            rows=1000 * n + number,
        )
        for n in range(nodes)
    )
    given = {
        "run": f"{number:06d}-{at:%Y%m%dT%H%M%SZ}-abc{number % 10}",
        "number": number,
        "product": "shop",
        "command": "release",
        "trigger": "schedule",
        "outcome": PUBLISHED if number % 17 else REJECTED,
        "started_at": utc(at),
        "ended_at": utc(at + timedelta(minutes=4)),
        "seconds": 240.0,
        "git": GitFacts("a" * 40, commits=(CommitFact("a" * 40, utc(at), utc(at)),)),
        "raw": RawFacts("f" * 32, 1, 10, (RawTable("orders", 1, 10),)),
        "tools": {"dbt-core": "1.12.0"},
        "counts": dict(Counter(node.status for node in ran)),
        "nodes": ran,
        "freshness": (FreshnessRun("source.shop.raw.orders", "orders", "pass", utc(at), 60.0),),
        "phases": {"dbt build": 200.0},
        **more,
    }
    return Record(**given)
