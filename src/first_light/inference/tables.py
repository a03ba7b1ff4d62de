"""The story of a draft: read, profile, decide, try every test on all rows, write it down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from first_light.inference import (
    keys,
    mart,
    names,
    number_types,
    personal,
    postgres,
    relationships,
    sql,
    tests,
    text_formats,
    types,
)
from first_light.inference.personal import Classify
from first_light.inference.profile import Bench, Staged, bench
from first_light.inference.render import sql as render_sql
from first_light.inference.render import yaml as render_yaml
from first_light.inference.values import (
    NOTHING,
    Cast,
    Column,
    Doubt,
    Key,
    Leaf,
    Reference,
    Table,
    Test,
)
from first_light.project.source_table import SourceTable
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import CAST_ERRORS

TRIES = 60
"""Combinations of columns that are checked on all rows, at most, in search of a key."""

ROUNDS = 12
"""How often the reading of a long column is put right before the column stays text."""

STAGING = "models/staging"
MARTS = "models/marts"


@dataclass(frozen=True)
class Known:
    """A source table that the product has already, and the columns of its staging model.

    Attributes:
        columns: their names; None when they are those that a draft would give them.
    """

    source: SourceTable
    columns: frozenset[str] | None


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
class _Found:
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


def draft_tables(
    tables: Sequence[SourceTable],
    known: Sequence[Known | SourceTable],
    root: Path,
    group: str,
    classify: Classify,
    taken: Mapping[str, str] | None = None,
    warehouse: str = "duckdb",
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
        warehouse: which SQL is drafted: duckdb or postgres.

    Raises:
        DataopsError: when a file can't be read.
    """
    with bench(root) as scratch:
        found = _find(scratch, tables, [_as_known(table) for table in known], classify)
    return _write_down(found, group, not known, taken or {}, warehouse)


def _as_known(table: Known | SourceTable) -> Known:
    return table if isinstance(table, Known) else Known(table, None)


def _find(
    scratch: Bench, tables: Sequence[SourceTable], known: Sequence[Known], classify: Classify
) -> _Found:
    doubts: list[Doubt] = []
    staged = [scratch.stage(source) for source in tables]
    for old in known:
        # Without its files (raw is local) a known table can't be compared; nothing depends on it.
        try:
            staged.append(scratch.stage(old.source))
        except DataopsError as error:
            why = f"no references to it were sought: {error.what}"
            doubts.append(Doubt(old.source.name, "", why))
    offered = {k.source.name: k.columns for k in known}
    profiled = _profiled(scratch, staged, offered, classify, doubts)
    key_of = {t.name: key for t in profiled for key in [keys.single(t)] if key}
    references = _references(scratch, profiled, key_of, doubts)
    for table in profiled:
        if table.name not in key_of and not table.known:
            key = _combined(scratch, table, references, doubts)
            if key:
                key_of[table.name] = key
    new = [t for t in profiled if not t.known]
    loaded = {t.name: column for t in new for column in [tests.loaded_column(t)] if column}
    return _Found(
        tables=tuple(profiled),
        leaves={s.source.name: s.leaves for s in staged},
        keys=key_of,
        references=tuple(references),
        tests={t.name: _tests(scratch, t, key_of, references, loaded, doubts) for t in new},
        loaded=loaded,
        gaps={name: scratch.days(f"stg {name}", c.name, 0.95) for name, c in loaded.items()},
        types={t.name: dict(scratch.describe(f"stg {t.name}")) for t in profiled},
        doubts=tuple(doubts),
    )


def _profiled(
    scratch: Bench,
    staged: Sequence[Staged],
    offered: Mapping[str, frozenset[str] | None],
    classify: Classify,
    doubts: list[Doubt],
) -> list[Table]:
    """All tables with their types and statistics; their typed rows stay in the scratch database."""
    draft_names = {
        s.source.name: names.column_names([leaf.path for leaf in s.leaves], s.source.name)
        for s in staged
    }
    pii = {
        s.source.name: personal.kinds(scratch.examples(s), s.source.name, classify) for s in staged
    }
    decided = {
        s.source.name: _decided(
            scratch, s, dict(zip(s.leaves, draft_names[s.source.name], strict=True)),
            pii[s.source.name],
        )
        for s in staged
    }  # fmt: skip
    sure = {
        word
        for readings in decided.values()
        for reading in readings.values()
        if reading.reading
        for word in reading.cast.null_words
    }
    found = []
    for s in staged:
        name = s.source.name
        named = dict(zip(s.leaves, draft_names[name], strict=True))
        casts = _casts(scratch, s, named, decided[name], pii[name], sure, doubts)
        table = _table(scratch, s, named, casts, pii[name], doubts)
        found.append(replace(table, known=name in offered, offered=offered.get(name)))
    return found


def _decided(
    scratch: Bench, staged: Staged, named: Mapping[Leaf, str], pii: Mapping[Leaf, str | None]
) -> dict[Leaf, types.Decided]:
    """How each text column is read, checked on all rows."""
    found = {}
    for leaf, sight in scratch.sights(staged).items():
        decided = types.likely(sight, named[leaf], pii[leaf])
        for _ in range(ROUNDS):
            if sight.complete:
                break
            known = sight
            for reading in types.open_readings(sight, decided):
                wrong = scratch.misread(staged, leaf, types.as_read(sight, reading))
                if wrong:
                    sight = types.corrected(sight, reading, wrong)
            if sight == known:
                break
            decided = types.likely(sight, named[leaf], pii[leaf])
        else:
            decided = types.Decided(Cast("text", "varchar"))
        if not decided.reading:
            words, padded = sight.null_words, sight.padded
            if not sight.complete:
                words, padded = scratch.null_words(staged, leaf)
            cast = replace(decided.cast, null_words=words, trim=padded)
            decided = replace(decided, cast=cast)
        found[leaf] = decided
    return found


def _casts(
    scratch: Bench,
    staged: Staged,
    named: Mapping[Leaf, str],
    decided: Mapping[Leaf, types.Decided],
    pii: Mapping[Leaf, str | None],
    sure: set[str],
    doubts: list[Doubt],
) -> dict[Leaf, Cast]:
    """The cast of every column, in full."""
    casts: dict[Leaf, Cast] = {}
    numbers = {
        leaf: found.cast
        for leaf, found in decided.items()
        if found.cast.kind in {"integer", "decimal"}
    }
    sizes = scratch.sizes(staged, numbers)
    for leaf in staged.leaves:
        if leaf not in decided:
            casts[leaf] = _typed(scratch, staged, leaf, named[leaf])
            continue
        found = decided[leaf]
        if found.doubt:
            doubts.append(Doubt(staged.source.name, named[leaf], found.doubt))
        if leaf in numbers:
            cast = number_types.sized(found.cast, sizes[leaf], named[leaf])
            if shape := "" if pii[leaf] else number_types.raw_shape(cast):
                value = sql.flat(sql.source_column(leaf, rendered=True))
                kept = scratch.holds(staged, f"regexp_matches({value}, {sql.text(shape)})")
                cast = replace(cast, shape=shape if kept else "")
            casts[leaf] = cast
        elif found.reading:
            casts[leaf] = found.cast
        else:
            shapes: tuple[str, ...] = ()
            if set(found.cast.null_words) & set(text_formats.DOUBTFUL_NULLS):
                shapes = scratch.raw_shapes(staged, leaf, found.cast.null_words)
            words, doubt = types.text_nulls(found.cast.null_words, sure, shapes)
            if doubt:
                doubts.append(Doubt(staged.source.name, named[leaf], doubt))
            casts[leaf] = replace(found.cast, null_words=words)
    return casts


def _typed(scratch: Bench, staged: Staged, leaf: Leaf, name: str) -> Cast:
    cast = types.typed(leaf)
    if cast.kind == "double" and number_types.money(name):
        value = sql.flat(sql.source_column(leaf, rendered=True))
        if scratch.holds(staged, f"{value} = round({value}, 2) and abs({value}) < 1e13"):
            return Cast("decimal", "decimal(18, 2)")
    return cast


def _table(
    scratch: Bench,
    staged: Staged,
    named: Mapping[Leaf, str],
    casts: dict[Leaf, Cast],
    pii: Mapping[Leaf, str | None],
    doubts: list[Doubt],
) -> Table:
    source = staged.source

    def built() -> Table:
        return Table(
            source,
            staged.rows,
            tuple(
                Column(named[leaf], leaf, casts[leaf], pii[leaf], NOTHING) for leaf in staged.leaves
            ),
        )

    def profiled() -> Table:
        table = built()
        scratch.define(f"stg {source.name}", render_sql.staging_query(table, staged.raw))
        stats = scratch.stats(f"stg {source.name}", table.columns, staged.rows)
        return replace(table, columns=tuple(replace(c, stats=stats[c.name]) for c in table.columns))

    try:
        return profiled()
    except CAST_ERRORS:
        # Rare: a value that its reading lets through and the cast refuses. It stays as it is.
        for leaf in staged.leaves:
            if scratch.refuses(staged, sql.flat(sql.column_sql(casts[leaf], leaf, rendered=True))):
                casts[leaf] = Cast("text", "varchar")
                why = "some value can't be cast: kept as text"
                doubts.append(Doubt(source.name, named[leaf], why))
        return profiled()


def _references(
    scratch: Bench, tables: Sequence[Table], key_of: Mapping[str, Key], doubts: list[Doubt]
) -> list[Reference]:
    found: list[Reference] = []
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
            found.append(verdict)
        elif isinstance(verdict, Doubt):
            remarks.append((candidate.named, verdict))
    settled = relationships.settled(found, tables, key_of)
    decided = {(r.child, r.column) for r in settled}
    doubts += [
        doubt for _, doubt in sorted(remarks, key=lambda r: not r[0])
        if (doubt.table, doubt.column) not in decided
    ]  # fmt: skip
    return settled


def _combined(
    scratch: Bench, table: Table, references: Sequence[Reference], doubts: list[Doubt]
) -> Key | None:
    """A key of several columns: rejected on some rows where possible, proven on all."""
    if table.rows < 2:
        return None
    model = f"stg {table.name}"
    different = scratch.different(model, [c.name for c in table.columns])
    repeated = table.rows - different
    sample = scratch.hashes(
        model, [keys.candidates(table, references), [c.name for c in table.columns]]
    )
    tried = islice(keys.combined(table, references, sample, 1 if repeated else 2), TRIES)
    found = next((some for some in tried if scratch.different(model, some) == different), None)
    if found and not repeated:
        return keys.of_combination(table, found, references)
    why = "no column or combination was found that identifies a row"
    if repeated:
        why = f"{repeated:,} of {table.rows:,} rows repeat another one, so there is no key"
        if found:
            why += f"; without them it would be {', '.join(found)}"
    doubts.append(Doubt(table.name, "", why))
    return None


def _tests(
    scratch: Bench,
    table: Table,
    key_of: Mapping[str, Key],
    references: Sequence[Reference],
    loaded: Mapping[str, Column],
    doubts: list[Doubt],
) -> tuple[Test, ...]:
    """The tests of a table, each tried on all rows; what the data contradicts is left out."""
    key = key_of.get(table.name)
    own = [r for r in references if r.child == table.name]
    newest = loaded.get(table.name)
    drafted = tests.of_table(
        table, key, keys.alternatives(table, key), own, newest.name if newest else ""
    )
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


def _write_down(
    found: _Found, group: str, mart_wanted: bool, taken: Mapping[str, str], warehouse: str
) -> Drafts:
    on_server = warehouse == "postgres"
    spelled = postgres.spelled if on_server else _as_it_is
    files: dict[str, str] = {}
    drafted = []
    by_name = {t.name: t for t in found.tables}
    for table in found.tables:
        if table.known:
            continue
        key = found.keys.get(table.name)
        own = [r for r in found.references if r.child == table.name]
        doubts = [d for d in found.doubts if d.table == table.name]
        groups = mart.ordered(table, key, own)
        loaded = found.loaded.get(table.name)
        fresh = tests.freshness(table, loaded, found.gaps[table.name], spelled) if loaded else None
        written = found.tests[table.name]
        files[f"{STAGING}/raw_{table.name}.yml"] = render_yaml.source(
            table, found.leaves[table.name], fresh, own, by_name, on_server
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
                tuple(r for r in found.references if table.name in {r.child, r.parent}),
                {c.name: c.pii for c in table.columns if c.pii},
                tuple(doubts),
            )
        )
    name = ""
    if mart_wanted:
        elsewhere = {n for n, path in taken.items() if path != f"{MARTS}/{n}.sql"}
        first = mart.first(
            found.tables, found.keys, found.references, elsewhere | {t.model for t in found.tables}
        )
        if first:
            name = first.name
            files |= _mart_files(first, found.types, group, on_server)
    suggestions = tuple(r for r in found.references if by_name[r.child].known)
    read = {t.name for t in found.tables}
    unread = tuple(d for d in found.doubts if d.table not in read)
    return Drafts(files, tuple(drafted), name, suggestions, unread)


def _as_it_is(expression: sql.Sql) -> sql.Sql:
    return expression


def _mart_files(
    first: mart.Mart, made: Mapping[str, Mapping[str, str]], group: str, on_server: bool
) -> dict[str, str]:
    kinds = {c.name: made[first.fact.name][c.name] for c in first.columns}
    kinds |= {j.name: made[j.reference.parent][j.column.name] for j in first.joins}
    if on_server:
        kinds = {name: postgres.type_name(kind) for name, kind in kinds.items()}
    files = {
        f"{MARTS}/{first.name}.sql": render_sql.mart(first),
        f"{MARTS}/{first.name}.yml": render_yaml.mart(first, kinds, group),
    }
    if first.joins:
        files[f"tests/{first.name}_keeps_every_row.sql"] = render_sql.keeps_every_row(first)
    return files
