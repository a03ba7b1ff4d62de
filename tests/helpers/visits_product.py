"""A small product for servers, and a publisher that is cut short before any statement."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from first_light.boards.document import read_boards
from first_light.boards.exposures import write_exposures
from first_light.release.verify.place import Place
from first_light.release.verify.reader import visit

FILES = {
    "sample/visits/visits.csv": "visit_id,visited_at\n1,2026-01-01 10:00\n2,2026-01-02 10:00\n",
    "models/staging/raw_visits.yml": """sources:
  - name: raw
    schema: "{{ env_var('DATAOPS_RAW_SCHEMA', 'raw') }}"
    tables:
      - name: visits
        description: Visits, as they arrive.
        config:
          meta:
            external_location: "read_csv('{{ env_var('DATAOPS_RAW', 'sample') }}/visits/*.csv')"
""",
    "models/staging/stg_visits.sql": """select
    cast(visit_id as bigint) as visit_id,
    cast(visited_at as timestamp) as visited_at
from {{ source('raw', 'visits') }}
""",
    "models/marts/visits.sql": """{{ config(materialized='incremental') }}
select visit_id, visited_at from {{ ref('stg_visits') }}
""",
    "models/marts/days.sql": """select cast(visited_at as date) as visited_on, count(*) as visits
from {{ ref('stg_visits') }} group by cast(visited_at as date)
""",
    "models/models.yml": """models:
  - name: stg_visits
    description: Visits.
    columns:
      - name: visit_id
        description: It's a number.
        data_tests: [not_null, unique]
  - name: visits
    description: Visits, those of each release again.
  - name: days
    description: Visits by day.
    config:
      contract: {enforced: true}
    columns:
      - name: visited_on
        description: The day.
        data_type: date
        data_tests: [unique]
        constraints: [{type: not_null}]
      - name: visits
        description: How many.
        data_type: bigint
""",
}
"""A product with a mart that keeps its rows, and one with a contract."""


def write(root: Path, profile: str = "") -> None:
    """Write it into a rendered product.

    Args:
        root: the product.
        profile: profiles.yml; empty to keep the one of its answer.
    """
    for name, text in {**FILES, **({"profiles.yml": profile} if profile else {})}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


BOARD = """---
title: Visits
description: Visits by week.
owner: {name: data-team, email: data-team@example.com}
---
In the week from **{{ weeks.week }}** there were **{{ weeks.visits }}** visits.

```sql weeks
select cast(date_trunc('week', visited_at) as date) as week, count(*) as visits
from {{ ref('visits') }}
group by 1
order by 1
limit 1
```
"""


def add_board(root: Path) -> None:
    """A board in the SQL of checks."""
    (root / "boards").mkdir()
    (root / "boards" / "visits.md").write_text(BOARD)
    write_exposures(root, read_boards(root))


def published_board(root: Path) -> str:
    """The board of the newest release."""
    (*_, newest) = sorted(root.glob("store/releases/*/boards/visits.html"))
    return newest.read_text(encoding="utf-8")


def minimal(root: Path, profile: str) -> Path:
    """The least that has a profile."""
    root.mkdir()
    (root / ".copier-answers.yml").write_text("{}\n")
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (root / "profiles.yml").write_text(profile)
    return root


def run(root: Path, environment: Mapping[str, str], arguments: Sequence[str], code: int = 0) -> str:
    """What a command prints; also what it says to standard error if it should fail."""
    command = [sys.executable, "-m", "first_light.cli.app", *arguments]
    ended = subprocess.run(
        command, cwd=root, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr * bool(code)


def seen(place: Place) -> str:
    """The release that a reader sees, whole."""
    result = visit(place)
    assert not result["problem"], result
    return str(result["release"])


class Cut(Exception):
    """The end of a process: nothing handles it."""


class CutCursor:
    """A cursor of a process that ends before a statement that changes something.

    Args:
        cursor: what runs the statements before.
        count: how many.
    """

    def __init__(self, cursor: Any, count: int) -> None:
        self._cursor, self._left = cursor, count

    def execute(self, statement: str) -> None:
        if self._left == 0:
            raise Cut
        self._left -= 1
        self._cursor.execute(statement)

    def execute_all(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self.execute(statement)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def cut_release(place: Place) -> str:
    """A release that is built and stored, and not yet published."""

    def reached(step: str) -> None:
        if step == "publish":
            raise Cut

    try:
        place.release(reached)
    except Cut:
        (run,) = place.store.publishing()
        return run
    raise AssertionError("the release was published")
