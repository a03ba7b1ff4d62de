"""Why a model's rows differ: its SQL is run here, as the other warehouse reads it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from first_light.dbt.manifest import Node
from first_light.impact.tables import TableDiff
from first_light.move.hypotheses import Hypothesis, hypotheses, parsed, written
from first_light.move.lines import places
from first_light.move.result import Cause, Place
from first_light.move.rows import Rows
from first_light.utils.sql_names import quoted
from first_light.warehouse.scratch import DIALECT, EngineError

ROWS = ""
"""The part of a difference that is rows which only one side has."""
_ROW_ORDER = r"\border\s+by\b|\blimit\b|\b(first|last|any_value|arg_min|arg_max)\s*\(|_agg\s*\("


@dataclass
class Explainer:
    """Finds causes, model by model, in the order of the graph.

    Attributes:
        rows: both sides.
        null_order: where the other warehouse sorts nulls.
        moved: nodes whose rows differ, those upstream first.
    """

    rows: Rows
    null_order: str
    moved: list[str] = field(default_factory=list)

    def causes(
        self,
        node: Node,
        diff: TableDiff,
        keys: Sequence[Sequence[str]],
        hidden: Collection[str],
    ) -> dict[str, tuple[Cause, ...]]:
        """The causes of a difference, by column; `ROWS` for rows that only one side has."""
        open_parts = parts_of(diff)
        found: dict[str, tuple[Cause, ...]] = {}
        inputs = [name for name in node.depends_on if name in self.moved]
        sql = self.rows.before.sql.get(node.unique_id, "")
        trial = _Trial(self, node, keys, hidden, inputs)
        if self.rows.before.kind == DIALECT and sql and node.kind == "model":
            found = trial.run(sql, open_parts)
        elif inputs:
            found = {part: (self._inputs(inputs, "it is built from them"),) for part in open_parts}
        return found

    def _inputs(self, inputs: Sequence[str], evidence: str) -> Cause:
        nodes = self.rows.before.nodes
        names = ", ".join(nodes[name].name for name in inputs)
        return Cause(
            "inputs",
            evidence,
            f"see {names}",
            tuple(Place(nodes[name].path) for name in inputs),
        )


def parts_of(diff: TableDiff) -> set[str]:
    """What differs: columns, and `ROWS`."""
    parts = {column.name for column in diff.columns if column.differs}
    return parts | ({ROWS} if diff.added or diff.removed else set())


@dataclass
class _Trial:
    explainer: Explainer
    node: Node
    keys: Sequence[Sequence[str]]
    hidden: Collection[str]
    inputs: Sequence[str]

    @property
    def rows(self) -> Rows:
        return self.explainer.rows

    def run(self, sql: str, wanted: set[str]) -> dict[str, tuple[Cause, ...]]:
        from sqlglot.errors import SqlglotError

        try:
            base = written(parsed(sql))
        except SqlglotError:
            return {}
        causes: dict[str, tuple[Cause, ...]] = {}
        left = set(wanted)
        other = self.rows.after.kind
        if self.inputs:
            base = self._on_other_inputs(sql)
            if (still := self._still(base)) is not None:
                evidence = f"with {other}'s rows of its inputs it gives the same rows here"
                cause = self.explainer._inputs(self.inputs, evidence)
                causes |= dict.fromkeys(left - still, (cause,))
                left &= still
        applicable = []
        for hypothesis in hypotheses(self.explainer.null_order) if left else ():
            try:
                rewritten = hypothesis.rewrite(base)
            except SqlglotError:
                continue
            if not rewritten.replaced:
                continue
            applicable.append(hypothesis)
            still = self._still(written(rewritten.tree), hypothesis)
            if still is None or not left - still:
                continue
            expressions = [written(node) for node in rewritten.replaced]
            cause = self._cause(hypothesis, expressions)
            causes |= dict.fromkeys(left - still, (cause,))
            left &= still
        if left and len(applicable) > 1:
            causes |= self._together(base, applicable, left)
            left -= set(causes)
        if left:
            causes |= self._row_order(base, left)
        return causes

    def _cause(self, hypothesis: Hypothesis, expressions: Sequence[str] = ()) -> Cause:
        other = self.rows.after.kind
        return Cause(
            hypothesis.name,
            f"{other} {hypothesis.meaning}; with SQL that does so it gives the same here",
            hypothesis.change,
            places(self.rows.before.product.root, self.node.path, hypothesis.code, expressions),
        )

    def _together(
        self, base: str, applicable: Sequence[Hypothesis], left: set[str]
    ) -> dict[str, tuple[Cause, ...]]:
        """Pairs of hypotheses, for a column that two of them change."""
        for n, first in enumerate(applicable):
            for second in applicable[n + 1 :]:
                if first.name == second.name:
                    continue
                tree = second.rewrite(written(first.rewrite(base).tree)).tree
                still = self._still(written(tree), first, second)
                if still is not None and left - still:
                    both = (self._cause(first), self._cause(second))
                    return dict.fromkeys(left - still, both)
        return {}

    def _row_order(self, base: str, left: set[str]) -> dict[str, tuple[Cause, ...]]:
        """What depends on the order of rows: with its inputs in another order it differs here."""
        from sqlglot import exp

        tree = parsed(base)
        tables = [table for table in tree.find_all(exp.Table) if table.db]
        for number, table in enumerate(tables):
            name = table.copy()
            name.set("alias", None)
            reversed_ = f"memory.main.reversed_{number}"
            try:
                self.rows.connection.execute(
                    f"create or replace table {reversed_} as select * exclude (move_row) from "
                    f"(select *, row_number() over () as move_row from {written(name)}) "
                    "order by move_row desc"
                )
            except EngineError:
                return {}
            self._replace(table, f"(select * from {reversed_})")
        if not tables or not self._runs(written(tree), "reordered"):
            return {}
        if not self._runs(base, "ordered"):
            return {}
        pairs = self.rows.pairs(self.node.unique_id)
        all_names = [column.name for column, _ in pairs]
        known = {name.lower() for name in all_names}
        key = next((key for key in self.keys if known.issuperset(map(str.lower, key))), None)
        changed = set()
        for part in left:
            names = [*key, part] if part != ROWS and key else all_names
            selected = ", ".join(map(quoted, names))
            ((count,),) = self.rows.connection.execute(
                "select count(*) from "
                f"((select {selected}, count(*) from memory.main.ordered group by all) "
                f"except (select {selected}, count(*) from memory.main.reordered group by all))"
            ).fetchall()
            if count:
                changed.add(part)
        cause = Cause(
            "order of rows",
            "with the rows of its inputs in another order it differs here too",
            "sort by columns that are unique together, in each order by that chooses rows",
            places(self.rows.before.product.root, self.node.path, _ROW_ORDER),
        )
        return dict.fromkeys(changed, (cause,))

    def _on_other_inputs(self, sql: str) -> str:
        """SQL that reads the other side's rows, in the types of the first."""
        from sqlglot import exp

        tree = parsed(sql)
        before = self.rows.before
        wanted = {}
        for number, name in enumerate(self.inputs):
            place = before.place(name)
            if place is None or self.rows.after.place(name) is None:
                continue
            view = f"memory.main.input_{number}"
            selected = ", ".join(
                f"cast({quoted(after.name)} as {column.type}) as {quoted(column.name)}"
                for column, after in self.rows.pairs(name)
            )
            self.rows.connection.execute(
                f"create or replace view {view} as select {selected} "
                f"from {self.rows.stored(self.rows.after, name)}"
            )
            wanted[place.schema.lower(), place.name.lower()] = view
        for table in list(tree.find_all(exp.Table)):
            place_ = (table.db.lower(), table.name.lower())
            if place_ in wanted:
                self._replace(table, f"(select * from {wanted[place_]})")
        return written(tree)

    def _replace(self, table: object, text: str) -> None:
        import sqlglot
        from sqlglot import exp

        assert isinstance(table, exp.Table)
        subquery = sqlglot.parse_one(f"select * from {text} as t", dialect=DIALECT).find(
            exp.Subquery
        )
        assert subquery is not None
        alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
        subquery.set("alias", alias.copy())
        for part in ("joins", "sample", "pivots"):
            if table.args.get(part):
                subquery.set(part, table.args[part])
        table.replace(subquery)

    def _still(self, sql: str, *assumed: Hypothesis) -> set[str] | None:
        """What still differs when the model is built so; None if it cannot be."""
        settings = {k: v for hypothesis in assumed for k, v in hypothesis.settings.items()}
        if not self._runs(sql, "rebuilt", settings):
            return None
        try:
            diff = self.rows.compare(
                self.node.unique_id, self.keys, self.hidden, "memory.main.rebuilt"
            )
        except EngineError:
            return None
        return parts_of(diff)

    def _runs(self, sql: str, table: str, settings: dict[str, str] | None = None) -> bool:
        """Build the model's table in memory, in the types that it has here; whether it worked."""
        connection = self.rows.connection
        columns = self.rows.columns(self.rows.before, self.node.unique_id)
        selected = ", ".join(
            f"cast({quoted(column.name)} as {column.type}) as {quoted(column.name)}"
            for column in columns
        )
        try:
            for setting, value in (settings or {}).items():
                connection.execute(f"set {setting} = '{value}'")
            connection.execute(
                f"create or replace table memory.main.{table} as select {selected} from ({sql})"
            )
        except EngineError:
            return False
        finally:
            for setting in settings or {}:
                connection.execute(f"reset {setting}")
        return True
