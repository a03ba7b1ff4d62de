"""The files of a draft: sources, staging models, tests and the first mart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from first_light.inference import exactness, mart, server_sql, sql, tests
from first_light.inference.render import sql as render_sql
from first_light.inference.render import yaml as render_yaml
from first_light.inference.values import Column, Doubt, Key, Leaf, Reference, Table, Test

STAGING = "models/staging"
MARTS = "models/marts"


@dataclass(frozen=True)
class Drafted:
    """What was found out about one table, for the screen.

    Attributes:
        key: columns that identify a row; empty when none do.
        tests: number of drafted tests by name.
        references: those from this table and those to it.
        personal: columns that hold personal data, with the kind.
    """

    name: str
    rows: int
    columns: int
    key: tuple[str, ...]
    tests: Mapping[str, int]
    references: tuple[Reference, ...]
    personal: Mapping[str, str]
    undecided: tuple[Doubt, ...]


@dataclass(frozen=True)
class Drafts:
    """Drafted files and what they are built on.

    Attributes:
        files: text of each file by its path in the product.
        tables: one summary a drafted table, in the order given.
        mart: name of the drafted mart; empty when there is none.
        suggestions: references from tables that the product has to the new ones; their files are
            the team's, so it is for the team to add the test.
        unread: tables that the product has and whose files could not be read, with the reason.
    """

    files: Mapping[str, str]
    tables: tuple[Drafted, ...]
    mart: str = ""
    suggestions: tuple[Reference, ...] = ()
    unread: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class Decisions:
    """Everything that was decided about the tables, before it is written down."""

    tables: tuple[Table, ...]
    leaves: Mapping[str, tuple[Leaf, ...]]
    keys: Mapping[str, Key]
    references: tuple[Reference, ...]
    tests: Mapping[str, tuple[Test, ...]]
    loaded: Mapping[str, Column]
    gaps: Mapping[str, float | None]
    types: Mapping[str, Mapping[str, str]]
    doubts: tuple[Doubt, ...] = field(default=())


def drafts_of(
    decisions: Decisions, group: str, mart_wanted: bool, taken: Mapping[str, str], on_server: bool
) -> Drafts:
    spelled = server_sql.spelled if on_server else _as_it_is
    files: dict[str, str] = {}
    drafted = []
    by_name = {t.name: t for t in decisions.tables}
    for table in decisions.tables:
        if table.known:
            continue
        key = decisions.keys.get(table.name)
        own = [r for r in decisions.references if r.child == table.name]
        doubts = [d for d in decisions.doubts if d.table == table.name]
        groups = mart.ordered(table, key, own)
        loaded = decisions.loaded.get(table.name)
        fresh = (
            tests.freshness(table, loaded, decisions.gaps[table.name], spelled) if loaded else None
        )
        written = decisions.tests[table.name]
        files[f"{STAGING}/raw_{table.name}.yml"] = render_yaml.source(
            table,
            decisions.leaves[table.name],
            fresh,
            own,
            by_name,
            on_server,
            exactness.guarded(table, spelled),
        )
        files[f"{STAGING}/{table.model}.sql"] = render_sql.staging(table, groups, spelled)
        files[f"{STAGING}/{table.model}.yml"] = render_yaml.staging(
            table, key, groups, written, doubts, group
        )
        drafted.append(
            Drafted(
                table.name,
                table.rows,
                len(table.columns),
                key.columns if key else (),
                dict(Counter(test.name for test in written)),
                tuple(r for r in decisions.references if table.name in {r.child, r.parent}),
                {c.name: c.pii for c in table.columns if c.pii},
                tuple(doubts),
            )
        )
    name = ""
    if mart_wanted:
        elsewhere = {n for n, path in taken.items() if path != f"{MARTS}/{n}.sql"}
        first = mart.first(
            decisions.tables,
            decisions.keys,
            decisions.references,
            elsewhere | {t.model for t in decisions.tables},
        )
        if first:
            name = first.name
            files |= _mart_files(first, decisions.types, group, on_server)
    suggestions = tuple(r for r in decisions.references if by_name[r.child].known)
    read = {t.name for t in decisions.tables}
    unread = tuple(d for d in decisions.doubts if d.table not in read)
    return Drafts(files, tuple(drafted), name, suggestions, unread)


def _as_it_is(expression: sql.Sql) -> sql.Sql:
    return expression


def _mart_files(
    first: mart.Mart, made: Mapping[str, Mapping[str, str]], group: str, on_server: bool
) -> dict[str, str]:
    kinds = {c.name: made[first.fact.name][c.name] for c in first.columns}
    kinds |= {j.name: made[j.reference.parent][j.column.name] for j in first.joins}
    if on_server:
        kinds = {name: server_sql.type_name(kind) for name, kind in kinds.items()}
    files = {
        f"{MARTS}/{first.name}.sql": render_sql.mart(first),
        f"{MARTS}/{first.name}.yml": render_yaml.mart(first, kinds, group),
    }
    if first.joins:
        files[f"tests/{first.name}_keeps_every_row.sql"] = render_sql.keeps_every_row(first)
    return files
