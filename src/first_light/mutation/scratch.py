"""The product in memory on its sample: built once, then with one model changed at a time.

A changed model and what depends on it are built in a transaction that is rolled back, so that each
mutant meets the product as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager

from first_light.dbt.manifest import Node
from first_light.dbt.unit_tests import Rows, UnitTest
from first_light.mutation.plan import Plan
from first_light.utils.errors import DataopsError
from first_light.utils.sql_names import literal, quoted
from first_light.warehouse.scratch import Connection, EngineError, connect
from first_light.warehouse.scratch_build import build_statements, verdict_query

_CATALOG = "warehouse"  # as dbt's relations spell it
_OWN = f'"{_CATALOG}"."mutation"'
_MUTANT = f'{_OWN}."mutant"'


class Scratch:
    """A product, built in memory.

    Args:
        plan: its SQL.

    Attributes:
        unsteady: columns, by model, that differ between two builds of the same code.

    Raises:
        DataopsError: it cannot be built as it is.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.connection: Connection = connect()
        # One thread: sums of the same rows are the same to the last digit.
        self.connection.execute("set TimeZone = 'UTC'; set threads = 1")
        self.connection.execute(f"attach ':memory:' as {_CATALOG}")
        self.connection.execute(f"use {_CATALOG}")
        self.connection.execute(f"set file_search_path = {literal(str(plan.root))}")
        for schema in sorted({node.schema for node in plan.order} | {"mutation"}):
            self.connection.execute(f"create schema if not exists {quoted(schema)}")
        self._tables = {
            source: f"{_OWN}.{quoted(f'source_{number}')}"
            for number, source in enumerate(plan.sources)
        }
        self._load()
        self._build_all()
        self.unsteady = self._differences_of_a_second_build()

    def table(self, unique_id: str) -> str:
        """Where a node, or what was read of a source, is."""
        return self._tables.get(unique_id) or place(self._plan.manifest.nodes[unique_id])

    def query(self, node: Node) -> str:
        """A model's compiled SQL, which reads loaded sources."""
        return self._on_tables(node.code, is_test=False)

    def columns(self, relation: str) -> dict[str, str]:
        """Types of a relation's columns, or of a query in brackets."""
        rows = self.connection.execute(f"describe select * from {relation}").fetchall()
        return {str(row[0]): str(row[1]) for row in rows}

    def differs(self, left: str, right: str, without: Collection[str] = ()) -> bool:
        """Whether two relations hold other rows."""
        columns = self.columns(left)
        if list(columns) != list(self.columns(right)):
            return True
        names = ", ".join(quoted(name) for name in columns if name not in without)
        if not names:
            return False
        rows = (
            f"select 1 from ((select {names} from {left} except all select {names} from {right}) "
            f"union all (select {names} from {right} except all select {names} from {left})) "
            "as different limit 1"
        )
        return bool(self.connection.execute(rows).fetchall())

    # ── Mutants ──────────────────────────────────────────────────────────────────────────────

    def build_mutant(self, sql: str) -> str:
        """The rows of a changed model, beside those of the model as it is: the table's name.

        Raises:
            EngineError: the query fails.
        """
        self.connection.execute(f"create or replace table {_MUTANT} as {sql}")
        return _MUTANT

    @contextmanager
    def changed(self, node: Node, sql: str, below: Sequence[Node]) -> Iterator[Node | None]:
        """The product with one model changed; at the end it is as before.

        Yields:
            The node that cannot be built; None when all can.
        """
        self.connection.execute("begin transaction")
        try:
            yield self._rebuild(node, sql, below)
        finally:
            self.connection.execute("rollback")

    def _rebuild(self, node: Node, sql: str, below: Sequence[Node]) -> Node | None:
        for built, query in ((node, sql), *((below_, self.query(below_)) for below_ in below)):
            try:
                self._build(built, query)
            except EngineError:
                return built
        return None

    def keep(self, node: Node) -> str:
        """The rows of a node as it is, under a name that no build changes."""
        return f"{_OWN}.{quoted('base_' + node.unique_id)}"

    # ── Tests ────────────────────────────────────────────────────────────────────────────────

    def failing_tests(self, tests: Sequence[Node]) -> list[str]:
        """Names of the data tests that would reject a release now.

        Raises:
            EngineError: one of them cannot run.
        """
        queries = [
            verdict_query(number, test.verdict, self._on_tables(test.code, is_test=True))
            for number, test in enumerate(tests)
            if test.verdict is not None
        ]
        if not queries:
            return []
        rows = self.connection.execute(" union all ".join(queries)).fetchall()
        return [tests[number].name for number, _, _, fails in rows if fails]

    def failing_unit_tests(self, tests: Sequence[UnitTest], sql: str) -> list[str]:
        """Names of the unit tests of a model that its SQL fails."""
        return [test.name for test in tests if not self._passes(test, sql)]

    def _passes(self, test: UnitTest, sql: str) -> bool:
        try:
            query = self.on_rows(sql, test.given)
            made = self.columns(f"({query})")
            names = _expected_names(test.expected, made, self.connection)
            listed = ", ".join(map(quoted, names))
            expected = rows_query(test.expected, made, names)
            return not self.differs(f"(select {listed} from ({query}) as made)", f"({expected})")
        except EngineError:
            return False

    def on_rows(self, sql: str, given: Mapping[str, Rows]) -> str:
        """A model's SQL that reads given rows in the place of its inputs."""
        for unique_id, rows in given.items():
            relation = self.table(unique_id)
            types = self.columns(relation)
            sql = sql.replace(relation, f"({rows_query(rows, types, list(types))})")
        return sql

    # ── The product as it is ─────────────────────────────────────────────────────────────────

    def _load(self) -> None:
        for source, reading in self._plan.sources.items():
            try:
                self.connection.execute(
                    f"create table {self._tables[source]} as select * from {reading}"
                )
            except EngineError as error:
                node = self._plan.manifest.nodes[source]
                raise DataopsError(
                    f"The sample of {node.schema}.{node.name} cannot be read.",
                    where=str(error).splitlines()[0],
                    fix="uv run dataops sample",
                ) from error

    def _build_all(self) -> None:
        for node in self._plan.order:
            try:
                self._build(node, self.query(node))
                if node.kind == "model":
                    self.connection.execute(
                        f"create or replace table {self.keep(node)} as from {place(node)}"
                    )
            except EngineError as error:
                raise DataopsError(
                    f"{node.name} cannot be built on the sample.",
                    where=f"{node.path}: {str(error).splitlines()[0]}",
                    fix=f"uv run dbt build --select +{node.name}",
                ) from error

    def _differences_of_a_second_build(self) -> dict[str, frozenset[str]]:
        """Columns that chance or the clock makes: two builds of the same code differ in them."""
        for node in self._plan.order:
            self._build(node, self.query(node))
        unsteady = {}
        for node in self._plan.order:
            if node.kind == "model" and self.differs(self.keep(node), place(node)):
                columns = self.columns(place(node))
                different = frozenset(
                    name
                    for name in columns
                    if self.differs(
                        f"(select {quoted(name)} from {self.keep(node)})",
                        f"(select {quoted(name)} from {place(node)})",
                    )
                )
                unsteady[node.unique_id] = different or frozenset(columns)
        return unsteady

    def _build(self, node: Node, sql: str) -> None:
        for statement in _as_table(node, sql, self._plan):
            self.connection.execute(statement)

    def _on_tables(self, sql: str, *, is_test: bool) -> str:
        for source, reading in self._plan.sources.items():
            table = self._tables[source]
            if is_test and "filename" not in reading:
                table = f"(select *, cast(null as varchar) as filename from {table})"
            sql = sql.replace(reading, table)
        return sql


def place(node: Node) -> str:
    """The name of a node's relation, quoted."""
    return f"{quoted(_CATALOG)}.{quoted(node.schema)}.{quoted(node.alias)}"


def rows_query(rows: Rows, types: Mapping[str, str], names: Sequence[str]) -> str:
    """Given rows as a query, each value in the type of its column; what is not given is null."""
    if rows.records is None:
        return rows.query
    lines = []
    by_lower = [{name.lower(): value for name, value in row.items()} for row in rows.records]
    for row in by_lower or [{}]:
        values = ", ".join(
            f"cast({_value(row.get(name.lower()))} as {types[name]}) as {quoted(name)}"
            for name in names
        )
        lines.append(f"select {values}" + ("" if by_lower else " where false"))
    return " union all ".join(lines)


def _value(value: object) -> str:
    return "null" if value is None else literal(str(value))


def _expected_names(rows: Rows, types: Mapping[str, str], connection: Connection) -> list[str]:
    """The columns that a unit test expects, as the model spells them."""
    if rows.records is None:
        described = connection.execute(f"describe select * from ({rows.query}) as e").fetchall()
        given = [str(row[0]) for row in described]
    else:
        given = list(dict.fromkeys(name for row in rows.records for name in row))
    spelled = {name.lower(): name for name in types}
    return [spelled.get(name.lower(), name) for name in given] or list(types)


def _as_table(node: Node, sql: str, plan: Plan) -> list[str]:
    """A view is a table here: its rows must stay while others change."""
    if node.materialized == "view":
        return [f"create or replace table {place(node)} as {sql}"]
    return build_statements(node, place(node), sql, plan.root)
