"""The SQL of a board: which models it reads, and the query that the warehouse gets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlglot
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from first_light.boards.document import Board, Query
from first_light.boards.metric_tables import MetricTables
from first_light.dbt.manifest import Manifest, Node
from first_light.utils.errors import DataopsError
from first_light.utils.sql_functions import READERS, SETTINGS, called, name_of
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import DIALECT

MOST_ROWS = 5_000
_READ = ("model", "snapshot", "seed")
# Tables that are made of arguments alone; any other function could read outside of the models.
_GENERATORS = frozenset({"unnest", "generate_series", "range"})
_READERS = re.compile(f"{READERS}|{SETTINGS}")


@dataclass(frozen=True)
class References:
    """What the queries of a board read, each once, in order.

    Attributes:
        models: the names that they pass to `ref()`.
        metrics: the names that they pass to `metric()`.
    """

    models: tuple[str, ...]
    metrics: tuple[str, ...]


def references(board: Board) -> References:
    """What the queries of a board read.

    Raises:
        DataopsError: a query is not valid.
    """
    models: dict[str, None] = {}
    metrics: dict[str, None] = {}
    tables: dict[str, None] = {}

    def ref(name: str) -> str:
        models[name] = None
        return quoted(name)

    def metric(names: str | Sequence[str], by: str | Sequence[str] = ()) -> str:
        metrics.update(dict.fromkeys(_names(names)))
        tables[name := _table_name(len(tables))] = None
        return quoted(name)

    for query in board.queries.values():
        sql = _rendered(board, query, ref, metric)
        _raise_if_other_read(board, query, sql, {*models, *tables})
    return References(tuple(models), tuple(metrics))


def readers_query(
    board: Board,
    query: Query,
    manifest: Manifest,
    columns: Callable[[Node], Sequence[str]],
    metrics: MetricTables,
) -> str:
    """The query with only those columns of each model that readers get.

    Every model is a common table expression in front of the query, so that a name in it can be
    nothing else.

    Args:
        board: the board.
        query: one of its queries.
        manifest: the project, parsed.
        columns: the columns of a model that readers get, in order.
        metrics: what `metric()` stands for.

    Raises:
        DataopsError: it names a model or a metric that does not exist, or of which readers get
            nothing.
    """
    nodes = models(manifest)
    read: dict[str, Node] = {}

    def ref(name: str) -> str:
        if name not in nodes:
            raise DataopsError(
                f"There is no model {name}.", where=board.at(query.line), fix="uv run dbt ls"
            )
        read[name] = nodes[name]
        return quoted(name)

    tables: dict[str, str] = {}

    def metric(names: str | Sequence[str], by: str | Sequence[str] = ()) -> str:
        text, nodes_read = metrics.query(_names(names), _names(by), board.at(query.line))
        read.update(nodes_read)
        # An expression of a metric could hold a query of its own.
        _raise_if_other_read(board, query, text, set(nodes_read))
        tables[_table_name(len(tables))] = text
        return quoted(_table_name(len(tables) - 1))

    sql = _rendered(board, query, ref, metric)
    _raise_if_other_read(board, query, sql, set(read) | set(tables))
    parts = []
    for name, node in read.items():
        names = columns(node)
        if not names:
            raise DataopsError(
                f"Readers get no column of {name}, or it was not built.",
                where=board.at(query.line),
                fix=f"uv run dbt build --select +{name}",
            )
        parts.append(
            f"{quoted(name)} as (select {', '.join(map(quoted, names))} from {node.relation})"
        )
    parts += [f"{quoted(name)} as (\n{text}\n)" for name, text in tables.items()]
    ahead = f"with {', '.join(parts)}\n" if parts else ""
    return f"{ahead}select * from (\n{sql}\n) as board_query limit {MOST_ROWS + 1}"


def models(manifest: Manifest) -> dict[str, Node]:
    """What `ref()` can name, by name: those of the project itself first."""
    nodes: dict[str, Node] = {}
    for node in manifest.nodes.values():
        if node.kind in _READ and node.relation:
            nodes.setdefault(node.name, node)
    return nodes


def _names(given: str | Sequence[str]) -> list[str]:
    return [given] if isinstance(given, str) else [str(name) for name in given]


def _table_name(number: int) -> str:
    """Of the table that a call of `metric()` stands for, within its query."""
    return f"metric_table_{number}"


def _rendered(
    board: Board, query: Query, ref: Callable[[str], str], metric: Callable[..., str]
) -> str:
    environment = SandboxedEnvironment(undefined=StrictUndefined)
    environment.globals = {"ref": ref, "metric": metric}
    try:
        text = environment.from_string(query.sql).render()
    except (TemplateError, TypeError) as error:
        raise DataopsError(
            f"The query {query.name} can use ref(), metric() and nothing else of dbt: {error}.",
            where=board.at(query.line),
            fix="move what it needs into a model, and read that with {{ ref('MODEL') }}",
        ) from None
    return text.strip().rstrip(";").rstrip()


def _raise_if_other_read(board: Board, query: Query, sql: str, allowed: set[str]) -> None:
    """Stop where the SQL reads anything but models: what is no model may hold personal columns."""
    where = board.at(query.line)
    try:
        statements = sqlglot.parse(sql, dialect=DIALECT)
    except sqlglot.errors.SqlglotError as error:
        reason = str(error).splitlines()[0]
        raise DataopsError(
            f"The query {query.name} cannot be read: {reason}", where=where, fix="correct its SQL"
        ) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise DataopsError(
            f"The query {query.name} is not one select.", where=where, fix="write one select"
        )
    reads = [
        name
        for function, name in called(statements[0])
        if _READERS.fullmatch(name) and not isinstance(function.parent, exp.Table)
    ]
    names = {name.lower() for name in allowed}
    reads += [read for table in _tables(statements[0]) if (read := _other(table, names))]
    if reads:
        raise DataopsError(
            f"The query {query.name} reads {reads[0]}, which is no ref().",
            where=where,
            fix="read models and metrics only: from {{ ref('MODEL') }} or {{ metric('METRIC') }}",
        )


def _tables(statement: exp.Query) -> list[exp.Table]:
    """All tables that are no common table expression where they are."""
    expressions: set[int] = set()
    for scope in traverse_scope(statement):
        expressions |= {
            id(table)
            for table in scope.tables
            if isinstance(table.this, exp.Identifier)
            and not table.db
            and not isinstance(scope.sources.get(table.alias_or_name, table), exp.Table)
        }
    return [table for table in statement.find_all(exp.Table) if id(table) not in expressions]


def _other(table: exp.Table, names: set[str]) -> str:
    """What a table is, in words, if it is neither a model nor made of its arguments; else empty."""
    source = table.this
    if isinstance(source, exp.Identifier):
        is_model = not table.db and not table.catalog and source.name.lower() in names
        return "" if is_model else table.sql(dialect=DIALECT)
    name = name_of(source) if isinstance(source, exp.Func) else str(source)
    return "" if name in _GENERATORS else name


def columns_without(
    built: Mapping[tuple[str, str], Sequence[str]],
    withheld: Mapping[tuple[str, str], Sequence[str]],
) -> Callable[[Node], Sequence[str]]:
    """What gives the columns of a model that readers get.

    Args:
        built: schema and name of each relation, with its columns in order.
        withheld: columns that readers do not get, likewise.
    """

    def columns(node: Node) -> Sequence[str]:
        place = (node.schema, node.alias or node.name)
        hidden = {name.lower() for name in withheld.get(place, ())}
        return [name for name in built.get(place, ()) if name.lower() not in hidden]

    return columns
