"""The phase that searches the files of the repository for values of people that raw holds.

A check does so where raw is at hand as files. It has no rights in raw on a server or in a bucket,
which a release reads. What may have come to the repository came with a commit, so only the first
release of a commit is asked; one that brings nothing but data costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from first_light.dbt.engine import QueryRunner
from first_light.dbt.manifest import Manifest, Node
from first_light.dbt.raw_table import full_name
from first_light.dbt.source_plan import PlannedTable, read_plan
from first_light.history.record import REJECTED
from first_light.monitors.queries import columns_of
from first_light.privacy import repository_values as search
from first_light.privacy.kinds import KINDS
from first_light.privacy.repository_values import RealValue
from first_light.project import personal_files
from first_light.project.personal_files import STEP, PersonalPlace
from first_light.project.product import Product
from first_light.release.build import manifest_of
from first_light.release.context import Context
from first_light.release.draft import Draft
from first_light.utils import steps
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import quoted
from first_light.utils.steps import Step
from first_light.warehouse.base import Relation
from first_light.warehouse.dialect import dialect_of
from first_light.warehouse.personal_texts import load_personal, texts_in
from first_light.warehouse.scratch import Connection, EngineError, temporary

_MOST_VALUES = 500_000  # different ones of a column: some 100 MB
_MOST_BYTES = 1_000_000_000  # of raw in files: reading it takes seconds
_MEMORY = "500MB"
_SHOWN = 5


@dataclass(frozen=True)
class MarkedTable:
    """A table of raw with personal columns.

    Attributes:
        name: as messages name it.
        place: where it is, in the SQL of the warehouse.
        columns: kind of personal data by column, in the warehouse's spelling.
        planned: how its sample is read; None where there is none.
    """

    name: str
    place: str
    columns: Mapping[str, str]
    planned: PlannedTable | None = None


@dataclass(frozen=True)
class Searched:
    """What was found.

    Attributes:
        places: where the files hold a value.
        notes: what could not be compared.
    """

    places: tuple[PersonalPlace, ...] = ()
    notes: tuple[str, ...] = ()


def search_files(context: Context, draft: Draft) -> Draft:
    """Reject a new commit whose files hold values of people, as a check does where raw is files.

    A single word, such as a name, may be a word like others, and nobody could look before the
    commit was merged: it warns.
    """
    product = context.product
    if not draft.is_real or not _is_new(draft) or _is_at_hand(draft):
        return draft
    if not product.in_git:
        return _not_compared(context, draft, "there is no git repository")
    begin, manifest = time.monotonic(), manifest_of(draft)
    plan, problem = _plan(product)
    with draft.engine.connect() as queries:
        if draft.raw_tables is not None:
            tables = tables_of_server(queries, manifest, plan)
        else:
            tables = _tables_of_files(plan, draft.place.absolute)
        if not tables:
            return _not_compared(context, draft, problem)
        if draft.raw_tables is None and _size(draft) > _MOST_BYTES:
            return _not_compared(context, draft, "raw is too large")
        searched = search_in(queries, tables, product, manifest.owners)
    problem, doubt = problem_of(searched.places), doubt_of(searched.places)
    is_whole = all(table.columns for table in tables)
    verdict = steps.FAILED if problem else steps.PASSED if is_whole and not doubt else steps.WARNED
    count = f"{len(tables)} table{'s' * (len(tables) != 1)} of raw"
    step = Step(STEP, verdict, time.monotonic() - begin, "; ".join((count, *searched.notes)))
    context.reporter.step(step)
    draft = draft.with_step(step)
    if searched.places:
        context.reporter.say("\n".join(personal_files.acceptance_of(searched.places)))
    if problem:
        return draft.ended(REJECTED, problem)
    if doubt:
        context.reporter.warn(doubt)
        draft = draft.with_note(doubt)
    return draft


def _not_compared(context: Context, draft: Draft, reason: str) -> Draft:
    """Say so where columns are marked."""
    sources = manifest_of(draft).of("source")
    if not any(column.pii for node in sources for column in node.columns):
        return draft
    step = Step(STEP, steps.SKIPPED, summary=f"not compared with raw: {reason}")
    context.reporter.step(step)
    return draft.with_step(step)


def _size(draft: Draft) -> int:
    return sum(file.size for file in draft.raw_files)


def _is_at_hand(draft: Draft) -> bool:
    """Whether raw is a folder, with which a check compares the files."""
    return draft.raw_tables is None and "://" not in draft.place.absolute


def _is_new(draft: Draft) -> bool:
    """Whether readers have no release of these files yet."""
    base, git = draft.base_release, draft.record.git
    return base is None or not draft.continues_base or git.dirty or base.git.commit != git.commit


def problem_of(places: Sequence[PersonalPlace]) -> str:
    """Why the release is rejected; empty if no place holds a distinctive value."""
    certain = [place for place in places if not place.is_single_word]
    if not certain:
        return ""
    return "\n".join(
        (
            "Files of the repository hold values of people that raw holds too.",
            personal_files.lines_of(certain),
            *personal_files.advice_on(certain),
            "then commit, and: uv run dataops release",
            "The history of git keeps them. See: uv run dataops docs security",
        )
    )


def doubt_of(places: Sequence[PersonalPlace]) -> str:
    """What may be a name; empty if no place holds a single word of a personal column."""
    words = [place for place in places if place.is_single_word]
    if not words:
        return ""
    named = ", ".join(f"{p.shown} ({p.value.column})" for p in words[:_SHOWN])
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return (
        f"Files of the repository may hold names of people that raw holds too: {named}{more}. "
        "Write invented values there, if they are no words like others."
    )


def search_in(
    queries: QueryRunner,
    tables: Sequence[MarkedTable],
    product: Product,
    owners: Collection[str],
) -> Searched:
    """Compare the files with the different values of the personal columns.

    Args:
        queries: asks the warehouse, with rights in raw.
        tables: what is read.
        product: its repository is searched.
        owners: names and addresses that are in files on purpose.
    """
    contents = personal_files.contents_of(product)
    words = personal_files.words_in(contents)
    values: list[RealValue] = []
    notes: list[str] = []
    for table in tables:
        if not table.columns:
            notes.append(f"{table.name} is not compared: none of its marked columns was found")
        masks = _masks(table, product)
        for column, kind in table.columns.items():
            name = f"{table.name}.{column.lower()}"
            query = (
                f"select distinct {quoted(column)} from {table.place} "
                f"where {quoted(column)} is not null limit {_MOST_VALUES + 1}"
            )
            try:
                rows = queries.run(dialect_of(queries.name).translated(query)).rows
            except DataopsError:  # a type without equality
                notes.append(f"{name} could not be read")
                continue
            if len(rows) > _MOST_VALUES:
                notes.append(f"of {name} only {_MOST_VALUES:,} values were compared")
            texts = {text for row in rows for text in search.texts_of(row[0])}
            in_raw = {text for text in texts if search.key_word(text) in words}
            values += search.real_values(in_raw, masks.get(column.lower(), set()), name, kind)
    found = personal_files.personal_places(product, contents, values, owners)
    return Searched(found.refused, (*found.notes, *notes))


def tables_of_server(
    queries: QueryRunner, manifest: Manifest, plan: Sequence[PlannedTable]
) -> list[MarkedTable]:
    """The source tables with personal columns, as they are in the warehouse.

    Args:
        queries: asks the warehouse.
        manifest: names the tables and their marks.
        plan: how the sample is read, where it is: references add marks.
    """
    planned = {table.name: table for table in plan}
    marked: list[tuple[Node, PlannedTable | None, dict[str, str]]] = []
    for node in manifest.of("source"):
        table = planned.get(full_name(node.unique_id))
        if kinds := _kinds(node, table):
            marked.append((node, table, kinds))
    relations = [Relation(node.schema, node.alias) for node, _, _ in marked]
    columns = columns_of(queries, relations, [node for node, _, _ in marked])
    dialect = dialect_of(queries.name)
    return [
        MarkedTable(
            f"{node.schema}.{node.name}",
            dialect.relation(node.relation),
            {
                name: kinds[name.lower()]
                for name, _ in columns.get(relation, ())
                if name.lower() in kinds
            },
            table,
        )
        for (node, table, kinds), relation in zip(marked, relations, strict=True)
    ]


def _kinds(node: Node, planned: PlannedTable | None) -> dict[str, str]:
    """The kinds of personal data by column, in lower case."""
    kinds = {column.name: column.pii for column in node.columns if column.pii in KINDS}
    if planned is not None:
        kinds |= planned.personal
    return {name.lower(): kind for name, kind in kinds.items()}


def _tables_of_files(plan: Sequence[PlannedTable], raw: str) -> list[MarkedTable]:
    return [
        MarkedTable(table.name, table.relation(raw), table.personal, table)
        for table in plan
        if table.personal
    ]


def _plan(product: Product) -> tuple[tuple[PlannedTable, ...], str]:
    """How files of raw and of the sample are read, or why that is not known."""
    try:
        return read_plan(product.root), ""
    except DataopsError as error:  # sources are no files
        return (), error.message


def _masks(table: MarkedTable, product: Product) -> dict[str, set[str]]:
    """What the sample has in the place of personal values, by column in lower case."""
    if table.planned is None:
        return {}
    with temporary("dataops-masks-", _MEMORY) as (connection, _):
        try:
            load_personal(connection, table.planned, product.sample, "of_sample")
            return dict(_texts(connection, table.planned))
        except EngineError:  # no sample of it
            return {}


def _texts(connection: Connection, table: PlannedTable) -> Iterator[tuple[str, set[str]]]:
    for column in table.personal:
        yield column.lower(), set(texts_in(connection, "of_sample", column))
