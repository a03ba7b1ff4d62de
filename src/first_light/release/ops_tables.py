"""The schema `ops` in each release: runs, errors, incidents, figures as tables, to query and chart,
and what to trust in it.

Derived anew for every release from the history and its catalog; nothing reads them back.
"""

from __future__ import annotations

from datetime import timezone
from typing import Any

from first_light.dbt.manifest import Manifest
from first_light.figures.compute import NAMES, Ledger, ledger, weeks
from first_light.incidents.derive import incidents
from first_light.project.product import now
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.release.trust_tables import Facts, trust_tables
from first_light.status.freshness import source_ages
from first_light.utils.errors import DataopsError
from first_light.warehouse.base import Table

SCHEMA = "ops"
_WEEKS, _DAYS = 13, 90
# Of these runs rows and ages are listed a relation: of all there ever were it would be millions.
_NEWEST = "(select run from production order by number desc limit 1000)"
_TEXT, _COUNT, _NUMBER, _TIME, _FLAG = (
    "varchar", "bigint", "double precision", "timestamp", "boolean",
)  # fmt: skip

# Each table: what it holds, its columns, and the query over what figures/base.sql derives.
_TABLES: tuple[tuple[str, str, tuple[tuple[str, str], ...], str], ...] = (
    (
        "runs",
        "Production runs, this one included: one row a run. Times are UTC.",
        (("run", _TEXT), ("number", _COUNT), ("trigger", _TEXT), ("outcome", _TEXT),
         ("started_at", _TIME), ("ended_at", _TIME), ("seconds", _NUMBER), ("commit", _TEXT),
         ("errors", _COUNT)),
        "select p.run, number, trigger, outcome, started_at, ended_at, seconds, commit, "
        "(select count(*) from problems as e where e.run = p.run) "
        "from production as p order by number",
    ),
    (
        "errors",
        "What failed in each production run: one row a failed check.",
        (("run", _TEXT), ("number", _COUNT), ("check", _TEXT), ("kind", _TEXT), ("name", _TEXT),
         ("subject", _TEXT), ("owner", _TEXT), ("happened_at", _TIME)),
        "select run, number, check_id, kind, name, subject, coalesce(owner, ''), happened_at "
        "from problems order by number, check_id",
    ),
    (
        "relations",
        "Rows of each relation in each of the last 1,000 production runs that profiled it.",
        (("run", _TEXT), ("number", _COUNT), ("relation", _TEXT), ("name", _TEXT),
         ("rows", _COUNT)),
        "with listed as (select run, number, unnest(profile) as r from runs "
        f"where run in {_NEWEST}) "
        "select run, number, r.unique_id, r.name, r.rows from listed order by number, r.unique_id",
    ),
    (
        "freshness",
        "How old the newest row of each source was in the last 1,000 production runs, in seconds.",
        (("run", _TEXT), ("number", _COUNT), ("source", _TEXT), ("name", _TEXT),
         ("status", _TEXT), ("max_loaded_at", _TIME), ("age_seconds", _NUMBER)),
        "select run, number, unique_id, name, status, "
        "try_cast(nullif(max_loaded_at, '') as timestamp), age_seconds from sources "
        f"where run in {_NEWEST} order by number, unique_id",
    ),
)  # fmt: skip


def write_ops(context: Context, draft: Draft) -> tuple[str, ...]:
    """Write the tables into a candidate that passed its audit, before it is sealed.

    Args:
        context: the run's context.
        draft: the run, with the record as it will be written.

    Returns:
        What went wrong, one sentence: the release is as good without them.
    """
    from first_light.warehouse.scratch import EngineError

    record, manifest = draft.record, draft.manifest
    try:
        with ledger(context.history, context.product.deadline, now(), also=record) as book:
            ops_tables = tables(book, manifest)
            if manifest is not None:
                ops_tables += trust_tables(
                    Facts(
                        record=record,
                        manifest=manifest,
                        relations=draft.catalog,
                        reader_schema=context.warehouse.reader_schema,
                        open_incidents=[i for i in incidents(book, manifest) if i.open],
                        sources=source_ages(book, record, manifest),
                        at=book.at,
                    )
                )
        context.warehouse.write(record.run, SCHEMA, ops_tables)
    except (DataopsError, EngineError) as error:
        return (f"error: the release has no schema {SCHEMA}: {error}",)
    return ()


def tables(book: Ledger, manifest: Manifest | None) -> tuple[Table, ...]:
    """The tables that a history amounts to."""
    queried = [
        Table(name, comment, columns, tuple(book.connection.execute(query).fetchall()))
        for name, comment, columns, query in _TABLES
    ]
    return (*queried, _incidents(book, manifest), _figures(book))


def _incidents(book: Ledger, manifest: Manifest | None) -> Table:
    columns = (
        ("incident", _TEXT), ("check", _TEXT), ("kind", _TEXT), ("name", _TEXT),
        ("subject", _TEXT), ("owner", _TEXT), ("root_cause", _TEXT), ("detected_by", _TEXT),
        ("opened_run", _TEXT), ("opened_at", _TIME), ("closed_run", _TEXT), ("closed_at", _TIME),
        ("seconds", _NUMBER), ("runs", _COUNT), ("open", _FLAG),
    )  # fmt: skip
    rows = tuple(
        (
            incident.incident,
            incident.check,
            incident.kind,
            incident.name,
            incident.subject,
            incident.owner,
            incident.root_cause,
            incident.detected_by,
            incident.opened_run,
            _naive(incident.opened_at),
            incident.closed_run or None,
            _naive(incident.closed_at) if incident.closed_at else None,
            incident.seconds,
            incident.runs,
            incident.open,
        )
        for incident in incidents(book, manifest)
    )
    comment = "Incidents: from the first failing run of a check to the first passing one."
    return Table("incidents", comment, columns, rows)


def _figures(book: Ledger) -> Table:
    columns = (
        ("figure", _TEXT), ("period", _TEXT), ("since", _TIME), ("until", _TIME), ("unit", _TEXT),
        ("better", _TEXT), ("value", _NUMBER), ("part", _NUMBER), ("whole", _NUMBER),
        ("definition", _TEXT),
    )  # fmt: skip
    (whole,) = weeks(book.at, 1, _DAYS)
    spans = [(f"{_DAYS} days", whole), *(("week", span) for span in weeks(book.at, _WEEKS))]
    rows: list[tuple[Any, ...]] = []
    for name in NAMES:
        figures = book.trend(name, [span for _, span in spans])
        for figure, (label, (since, until)) in zip(figures, spans):
            rows.append(
                (
                    name,
                    label,
                    _naive(since),
                    _naive(until),
                    figure.unit,
                    figure.better,
                    figure.value,
                    figure.part,
                    figure.whole,
                    figure.definition,
                )
            )
    comment = f"The figures: of the last {_DAYS} days, and of each of the last {_WEEKS} weeks."
    return Table("figures", comment, columns, tuple(rows))


def _naive(moment: Any) -> Any:
    return moment.astimezone(timezone.utc).replace(tzinfo=None)
