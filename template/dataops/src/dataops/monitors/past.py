"""What earlier runs held: the series that monitors compare with, by SQL over the history."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING

from dataops.monitors.expect import Past

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RUNS = 120

_TABLES = """
create temp table baseline as
select run, number, coalesce(ended_at, began_at) as ended_at, nodes, profile, findings
from runs
where verb = 'release' and kind = 'release' and outcome = 'published' and len(profile) > 0
order by number desc
limit ?;
"""

_MEASURED = """
create temp table measured as
with relations as (
    select number, ended_at, unnest(profile) as r from baseline
),

columns as (
    select number, ended_at, r.unique_id as subject, r.rows as rows, unnest(r.columns) as c
    from relations
),

measured as (
    select number, ended_at, 'volume' as metric, r.unique_id as subject, '' as name,
        r.rows::double as value
    from relations

    union all

    select number, ended_at, unnest(['nulls', 'distinct', 'mean', 'high', 'low']), subject,
        c.name,
        unnest([c.nulls / nullif(rows, 0), c."distinct"::double, c.mean, c.high, c.low])
    from columns
)

select * from measured;
"""

_SERIES = """
-- What was found strange in a run is no measure of what is normal.
with strange as (
    select number, unnest(findings) as f from baseline
)

select metric, subject, name,
    list(ended_at order by number), list(value order by number)
from measured as m
where
    value is not null
    and not exists (
        select 1
        from strange as s
        where
            s.number = m.number and s.f.subject = m.subject and s.f."column" = m.name
            and s.f."check" in (m.metric, if(m.metric in ('high', 'low'), 'range', ''))
    )
group by metric, subject, name
"""


@dataclass(frozen=True)
class Series:
    """Earlier values by metric, node and column (empty for a whole relation), oldest first."""

    values: dict[tuple[str, str, str], tuple[Past, ...]]
    columns: dict[str, dict[str, str]]
    runs: int

    def of(self, metric: str, subject: str, column: str = "") -> tuple[Past, ...]:
        return self.values.get((metric, subject, column), ())


def read_series(connection: DuckDBPyConnection) -> Series:
    """The last published production runs, without what was found strange in them.

    Args:
        connection: a history's; tables are made in it.
    """
    connection.execute(_TABLES, [_RUNS])
    connection.execute(_MEASURED)
    values = {
        (metric, subject, name): tuple(
            Past(at.replace(tzinfo=timezone.utc), value) for at, value in zip(times, found)
        )
        for metric, subject, name, times, found in connection.execute(_SERIES).fetchall()
    }
    columns: dict[str, dict[str, str]] = {}
    for subject, name, kind in _newest_columns(connection):
        columns.setdefault(subject, {})[name] = kind
    counted = connection.execute("select count(*) from baseline").fetchone()
    return Series(values, columns, int(counted[0]) if counted else 0)


def _newest_columns(connection: DuckDBPyConnection) -> list[tuple[str, str, str]]:
    return connection.execute(
        "with newest as (select profile from baseline order by number desc limit 1), "
        "relations as (select unnest(profile) as r from newest), "
        "listed as (select r.unique_id as subject, unnest(r.columns) as c from relations) "
        'select subject, c.name, c."type" from listed'
    ).fetchall()


@dataclass(frozen=True)
class Code:
    """How long a node's code, and that of everything above it, has been as it is now.

    Attributes:
        new: no release has been published with it.
        first: the number of the first release with it; None when it is new, or older than memory.
    """

    new: bool
    first: int | None


def code_of(
    connection: DuckDBPyConnection, lineage: Collection[str], checksums: Collection[str]
) -> Code:
    """Since when the code has been as it is now.

    Args:
        connection: one that `read_series` has prepared.
        lineage: a node and everything above it, by dbt id.
        checksums: of these, now.
    """
    rows = connection.execute(
        "with listed as (select number, unnest(nodes) as n from baseline) "
        "select number, list(distinct n.checksum) from listed "
        "where list_contains(?, n.unique_id) and n.checksum <> '' "
        "group by number order by number desc",
        [sorted(lineage)],
    ).fetchall()
    same: int | None = None
    for number, found in rows:
        if set(found) != set(checksums):
            return Code(new=same is None, first=same)
        same = number
    return Code(new=False, first=None)


def values_of_run(
    connection: DuckDBPyConnection, number: int, subject: str
) -> dict[tuple[str, str], list[float]]:
    """What one run held of a node, by check and column, whatever was found in it."""
    rows = connection.execute(
        "select metric, name, value from measured where number = ? and subject = ?",
        [number, subject],
    ).fetchall()
    found: dict[tuple[str, str], list[float]] = {}
    for metric, name, value in rows:
        check = "range" if metric in ("high", "low") else metric
        if value is not None:
            found.setdefault((check, name), []).append(value)
    return found
