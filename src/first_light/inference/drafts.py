"""The files of a draft: sources, staging models, tests and the first mart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from first_light.inference import (
    exactness,
    freshness,
    identities,
    mart,
    model_names,
    server_sql,
    sql,
)
from first_light.inference.identities import Identity
from first_light.inference.render import mart as render_mart
from first_light.inference.render import sql as render_sql
from first_light.inference.render import yaml as render_yaml
from first_light.inference.render.board import BoardDraft, draft_board
from first_light.inference.values import Column, Doubt, Key, Leaf, Reference, Table, Test
from first_light.project import layers


@dataclass(frozen=True)
class Drafted:
    """What was found out about one table, for the screen.

    Attributes:
        key: columns that identify a row; empty when none do.
        tests: number of drafted tests by name.
        references: those from this table and those to it.
        personal: columns that hold personal data, with the kind.
        undecided: what was left open.
        newest: the last day on which a row was made or changed; empty where no column says so.
        called: what the model calls each column, by its name in the files.
    """

    name: str
    rows: int
    columns: int
    key: tuple[str, ...]
    tests: Mapping[str, int]
    references: tuple[Reference, ...]
    personal: Mapping[str, str]
    undecided: tuple[Doubt, ...]
    newest: str = ""
    called: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drafts:
    """Drafted files and what they are built on.

    Attributes:
        files: text of each file by its path in the product.
        tables: one summary a drafted table, in the order given.
        marts: names of the drafted marts, facts first.
        suggestions: references from tables that the product has to the new ones; their files are
            the team's, so it is for the team to add the test.
        unread: tables that the product has and whose files could not be read, with the reason.
        board: the first fact by week, for readers; None without a fact that has a day.
    """

    files: Mapping[str, str]
    tables: tuple[Drafted, ...]
    marts: tuple[str, ...] = ()
    suggestions: tuple[Reference, ...] = ()
    unread: tuple[Doubt, ...] = ()
    board: BoardDraft | None = None


@dataclass(frozen=True)
class Decisions:
    """Everything that was decided about the tables, before it is written down.

    Columns have the names under which they were profiled, see `model_names`.

    Attributes:
        declared: columns of the models that the product has already, by table.
        identities: arithmetic that holds on all rows of each table.
        sums: what a column is the sum or product of, in words, by table and column.
    """

    tables: tuple[Table, ...]
    leaves: Mapping[str, tuple[Leaf, ...]]
    keys: Mapping[str, Key]
    references: tuple[Reference, ...]
    tests: Mapping[str, tuple[Test, ...]]
    loaded: Mapping[str, Column]
    gaps: Mapping[str, float | None]
    types: Mapping[str, Mapping[str, str]]
    doubts: tuple[Doubt, ...] = field(default=())
    declared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    identities: Mapping[str, tuple[Identity, ...]] = field(default_factory=dict)
    sums: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def drafts_of(
    decisions: Decisions,
    group: str,
    mart_wanted: bool,
    taken: Mapping[str, str],
    on_server: bool,
    source_keys: Mapping[str, str],
    spines: Sequence[str] = (),
) -> Drafts:
    spelled = server_sql.spelled if on_server else _as_it_is
    if source_keys:
        decisions = replace(decisions, tables=tuple(map(server_sql.as_loaded, decisions.tables)))
    files: dict[str, str] = {}
    made = model_names.model_names(
        decisions.tables, decisions.keys, decisions.references, decisions.declared
    )
    found = _summaries(decisions, made)
    decisions = _named(decisions, made)
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
            freshness.freshness(table, loaded, decisions.gaps[table.name], spelled)
            if loaded
            else None
        )
        written = decisions.tests[table.name]
        folder = f"{layers.first_folder()}/{table.folder}"
        files[f"{folder}{table.source.source}_{table.source.table}.yml"] = render_yaml.source(
            table,
            decisions.leaves[table.name],
            key,
            fresh,
            own,
            by_name,
            source_keys,
            exactness.guarded(table, spelled),
        )
        files[f"{folder}{table.model}.sql"] = render_sql.staging(table, groups, spelled)
        files[f"{folder}{table.model}.yml"] = render_yaml.staging(
            table, key, groups, written, doubts, own, decisions.sums.get(table.name, {}), group
        )
    names: tuple[str, ...] = ()
    board: BoardDraft | None = None
    if mart_wanted:
        marts = layers.last_folder()
        elsewhere = {n for n, path in taken.items() if path != f"{marts}/{n}.sql"}
        types = {
            table: {n: server_sql.type_name(kind) if on_server else kind for n, kind in of.items()}
            for table, of in decisions.types.items()
        }
        drafted, dates = mart.marts(
            decisions.tables,
            decisions.keys,
            decisions.references,
            types,
            decisions.sums,
            elsewhere | {t.model for t in decisions.tables},
            layers.mart_prefixes(),
        )
        names = (*(m.name for m in drafted), *([dates.name] if dates else []))
        files |= render_mart.files(drafted, dates, group, marts, spines)
        board = draft_board(drafted, decisions.references)
    suggestions = tuple(r for r in decisions.references if by_name[r.child].known)
    read = {t.name for t in decisions.tables}
    unread = tuple(d for d in decisions.doubts if d.table not in read)
    return Drafts(files, found, names, suggestions, unread, board)


def _summaries(decisions: Decisions, made: model_names.Names) -> tuple[Drafted, ...]:
    """What was found out about each new table, in the words of its files."""
    return tuple(
        Drafted(
            table.name,
            table.rows,
            len(table.columns),
            key.columns if (key := decisions.keys.get(table.name)) else (),
            dict(
                Counter(
                    [
                        *(test.name for test in decisions.tests[table.name]),
                        *("expression_is_true" for _ in decisions.identities.get(table.name, ())),
                    ]
                )
            ),
            tuple(r for r in decisions.references if table.name in {r.child, r.parent}),
            {c.name: c.pii for c in table.columns if c.pii},
            tuple(d for d in decisions.doubts if d.table == table.name),
            (loaded.stats.high or "")[:10] if (loaded := decisions.loaded.get(table.name)) else "",
            made[table.name],
        )
        for table in decisions.tables
        if not table.known
    )


def _named(decisions: Decisions, made: model_names.Names) -> Decisions:
    """The decisions with all columns as the models call them."""
    references = decisions.references
    by_name = {table.name: table for table in decisions.tables}
    return replace(
        decisions,
        tables=tuple(model_names.renamed_table(t, made) for t in decisions.tables),
        keys={t: model_names.renamed_key(t, key, made) for t, key in decisions.keys.items()},
        references=tuple(model_names.renamed_reference(r, made) for r in references),
        tests={
            table: tuple(
                model_names.renamed_test(
                    table, test, made, [r for r in references if r.child == table]
                )
                for test in several
            )
            + tuple(
                identities.test(identity, by_name[table], made[table])
                for identity in decisions.identities.get(table, ())
            )
            for table, several in decisions.tests.items()
        },
        types={
            table: {made[table][name]: kind for name, kind in kinds.items() if name in made[table]}
            for table, kinds in decisions.types.items()
        },
        doubts=tuple(model_names.renamed_doubt(d, made) for d in decisions.doubts),
        sums={
            table: {made[table][i.result]: identities.meaning(i, made[table]) for i in several}
            for table, several in decisions.identities.items()
        },
    )


def _as_it_is(expression: sql.Sql) -> sql.Sql:
    return expression
