"""The story of a draft: read, profile, decide, try every test on all rows, write it down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path

from first_light.inference import (
    counters,
    freshness,
    full_exports,
    identities,
    keys,
    model_names,
    relationships,
    tests,
)
from first_light.inference.casts import profiled_tables
from first_light.inference.drafts import Decisions, Drafts, drafts_of
from first_light.inference.identities import Identity
from first_light.inference.personal import Classify
from first_light.inference.profile import ScratchDatabase, scratch_database
from first_light.inference.record_rules import of_records
from first_light.inference.values import (
    Column,
    Doubt,
    Key,
    Reference,
    Table,
    Test,
)
from first_light.project.product import now
from first_light.project.source_table import SourceTable
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted

TRIES = 60
"""Combinations of columns that are checked on all rows, at most, in search of a key."""


@dataclass(frozen=True)
class Known:
    """A source table that the product has already, and the columns of its staging model.

    Attributes:
        columns: their names; None when they are those that a draft would give them.
    """

    source: SourceTable
    columns: frozenset[str] | None


def draft_tables(
    tables: Sequence[SourceTable],
    known: Sequence[Known | SourceTable],
    root: Path,
    group: str,
    classify: Classify,
    taken: Mapping[str, str] | None = None,
    on_server: bool = False,
    source_keys: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
    spines: Sequence[str] = (),
) -> Drafts:
    """Drafts sources, staging models and tests for `tables`, and a first mart when none are known.

    Args:
        tables: the new source tables; their files lie under `root`.
        known: tables that the product has; read as well, so that references are found both ways.
            With a plain source table, its model is taken to be as it would be drafted.
        root: the raw folder.
        group: the dbt group that the models belong to.
        classify: says whether a column is personal; its values appear in no draft then.
        taken: path of each resource of the product by its name, so that no name is used twice.
        on_server: whether the SQL is for a server, which loads the files into tables.
        source_keys: keys of sources whose tables are in raw, where releases read no files.
        progress: called with a short line before each table and each longer step.
        spines: paths of the YAML that names a time spine.

    Raises:
        DataopsError: when a file can't be read.
    """
    with scratch_database(root) as scratch:
        of_product = [_as_known(table) for table in known]
        decisions = _find(scratch, tables, of_product, classify, progress or (lambda line: None))
    keys = source_keys or {}
    return drafts_of(decisions, group, not known, taken or {}, on_server, keys, spines)


def _as_known(table: Known | SourceTable) -> Known:
    return table if isinstance(table, Known) else Known(table, None)


def _find(
    scratch: ScratchDatabase,
    tables: Sequence[SourceTable],
    known: Sequence[Known],
    classify: Classify,
    progress: Callable[[str], None],
) -> Decisions:
    doubts: list[Doubt] = []
    staged = [of_records(scratch, scratch.stage(source), doubts) for source in tables]
    doubts += [Doubt(s.source.name, "", full_exports.OPEN) for s in staged if s.source.export]
    for old in known:
        # Without its files (raw is local) a known table can't be compared; nothing depends on it.
        try:
            staged.append(of_records(scratch, scratch.stage(old.source), []))
        except DataopsError as error:
            why = f"no references to it were sought: {error.message}"
            doubts.append(Doubt(old.source.name, "", why))
    offered = {k.source.name: k.columns for k in known}
    profiled = [
        replace(t, offered=model_names.offered(t, t.offered)) if t.offered is not None else t
        for t in profiled_tables(scratch, staged, offered, classify, doubts, progress)
    ]
    progress("drafting: keys and references")
    counting = counters.counters(profiled)
    telling = [counters.without(t, counting) for t in profiled]
    key_of = {t.name: key for t in telling for key in [keys.single(t)] if key}
    references = _references(scratch, telling, key_of, doubts)
    for table, whole in zip(telling, profiled, strict=True):
        if table.name in key_of:
            key_of[table.name] = keys.beside_references(table, key_of[table.name], references)
        elif not table.known:
            key = _combined(
                scratch, table, references, counters.likely_key(whole, counting), doubts
            )
            if key:
                key_of[table.name] = key
    new = [t for t in profiled if not t.known]
    today = now().date()
    newest = freshness.newest(profiled, today)
    loaded, gaps = _loaded(scratch, new, newest, today, doubts)
    drafted = [_came_once(t, key_of, loaded, profiled, doubts) for t in profiled]
    return Decisions(
        tables=tuple(drafted),
        leaves={s.source.name: s.leaves for s in staged},
        keys=key_of,
        references=tuple(references),
        tests={
            t.name: _tests(scratch, t, key_of, references, loaded, counting, doubts) for t in new
        },
        loaded=loaded,
        gaps=gaps,
        types={t.name: dict(scratch.describe(f"stg {t.name}")) for t in profiled},
        doubts=tuple(doubts),
        identities={t.name: _identities(scratch, t, key_of, references) for t in new},
        declared={name: columns for name, columns in offered.items() if columns is not None},
    )


def _came_once(
    table: Table,
    key_of: Mapping[str, Key],
    loaded: Mapping[str, Column],
    tables: Sequence[Table],
    doubts: list[Doubt],
) -> Table:
    """A new table, as a full export where it came once, see `full_exports.came_once`."""
    if table.known or table.name in loaded:
        return table
    whole = full_exports.came_once(table, key_of.get(table.name), tables)
    if whole is not table:
        doubts.append(Doubt(table.name, "", full_exports.CAME_ONCE))
    return whole


def _loaded(
    scratch: ScratchDatabase,
    tables: Sequence[Table],
    newest: date | None,
    today: date,
    doubts: list[Doubt],
) -> tuple[dict[str, Column], dict[str, float | None]]:
    """The column of each table that says when a row was made, and the days between its days."""
    loaded: dict[str, Column] = {}
    gaps: dict[str, float | None] = {}
    for table in tables:
        columns = freshness.candidates(table, today)
        times = {c.name: scratch.times(f"stg {table.name}", c.name, table.rows) for c in columns}
        verdict = freshness.chosen(table, columns, times, newest)
        if isinstance(verdict, Column):
            loaded[table.name] = verdict
            gaps[table.name] = times[verdict.name].gap
        elif verdict:
            doubts.append(verdict)
    return loaded, gaps


def _references(
    scratch: ScratchDatabase,
    tables: Sequence[Table],
    key_of: Mapping[str, Key],
    doubts: list[Doubt],
) -> list[Reference]:
    accepted: list[Reference] = []
    remarks: list[tuple[bool, Doubt]] = []
    for candidate in relationships.candidates(tables, key_of):
        child, parent = f"stg {candidate.child.name}", f"stg {candidate.parent.name}"
        column, key = candidate.column.name, candidate.key.name
        frequent = [value for value, _ in candidate.column.stats.counts][:20]
        if not candidate.named and len(frequent) > 1:
            matched = scratch.contained(frequent, parent, key)
            if matched < relationships.NEAR * len(frequent):
                continue
        overlap = scratch.overlap(child, column, parent, key)
        verdict = relationships.judged(candidate, overlap)
        if isinstance(verdict, Reference):
            accepted.append(verdict)
        elif isinstance(verdict, Doubt):
            remarks.append((candidate.named, verdict))
    settled = relationships.settled(accepted, tables, key_of)
    decided = {(r.child, r.column) for r in settled}
    doubts += [
        doubt for _, doubt in sorted(remarks, key=lambda r: not r[0])
        if (doubt.table, doubt.column) not in decided
    ]  # fmt: skip
    return settled


def _combined(
    scratch: ScratchDatabase,
    table: Table,
    references: Sequence[Reference],
    counter: Key | None,
    doubts: list[Doubt],
) -> Key | None:
    """A key of several columns: rejected on some rows where possible, proven on all.

    Without one it is the column that numbers the rows, if there is such a column.
    """
    if table.rows < 2 or not table.columns:
        return counter
    model = f"stg {table.name}"
    different = scratch.different(model, [c.name for c in table.columns])
    repeated = table.rows - different
    sample = scratch.hashes(
        model, [keys.candidates(table, references), [c.name for c in table.columns]]
    )
    tried = islice(keys.combined(table, references, sample, 1 if repeated else 2), TRIES)
    combination = next(
        (some for some in tried if scratch.different(model, some) == different), None
    )
    why = "no column or combination was found that identifies a row"
    if combination and not repeated:
        key = keys.of_combination(table, combination, references)
        if key and not (counter and keys.is_chance(table, combination)):
            return key
        why = f"{', '.join(combination)} identify each row so far, which may be chance"
    if repeated:
        why = f"{repeated:,} of {table.rows:,} rows repeat another one, so there is no key"
        if combination:
            why += f"; without them it would be {', '.join(combination)}"
    if counter:
        doubts.append(Doubt(table.name, counter.columns[0], counters.NUMBERS_ROWS))
        return counter
    doubts.append(Doubt(table.name, "", why))
    return None


def _tests(
    scratch: ScratchDatabase,
    table: Table,
    key_of: Mapping[str, Key],
    references: Sequence[Reference],
    loaded: Mapping[str, Column],
    counting: Mapping[str, frozenset[str]],
    doubts: list[Doubt],
) -> tuple[Test, ...]:
    """The tests of a table, each tried on all rows; what the data contradicts is left out."""
    key = key_of.get(table.name)
    own = [r for r in references if r.child == table.name]
    newest = loaded.get(table.name)
    others = keys.alternatives(counters.without(table, counting), key, own)
    drafted = tests.of_table(table, key, others, own, newest.name if newest else "")
    kept = []
    for test in drafted:
        parent = next((r.parent for r in own if r.column == test.column), "")
        query = tests.failing_rows(test, quoted(f"stg {table.name}"), quoted(f"stg {parent}"))
        # A pattern comes from the shapes in a part of the rows, so it is often refuted here.
        if scratch.failing(query) <= test.allowed:
            kept.append(test)
        elif test.name != "matches_pattern":
            doubts.append(Doubt(table.name, test.column, f"{test.name} does not hold on all rows"))
    return tuple(kept)


def _identities(
    scratch: ScratchDatabase,
    table: Table,
    key_of: Mapping[str, Key],
    references: Sequence[Reference],
) -> tuple[Identity, ...]:
    """The arithmetic that holds on all rows of a table."""
    refers = {r.column for r in references if r.child == table.name}
    columns = identities.candidates(table, key_of.get(table.name), refers)
    if len(columns) < 3:
        return ()
    model = f"stg {table.name}"
    rows = scratch.numbers(model, [c.name for c in columns], table.rows)
    quoted_names = {c.name: quoted(c.name) for c in columns}
    return tuple(
        identity
        for identity in identities.found(columns, rows)
        if scratch.holds_in(model, identities.expression(identity, quoted_names))
    )
