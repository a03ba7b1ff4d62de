"""Which columns a model's columns come from, read from its compiled SQL with sqlglot.

Two ways to depend on a column: by value (it stands in what a column is computed from) and by rows
(it decides which rows there are: a filter, a join, a grouping).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from first_light.utils.sql_functions import has_loose_names


@dataclass(frozen=True)
class Origin:
    """A column of a direct parent.

    Attributes:
        parent: the relation, as given in the schema, lower case.
        column: its column, lower case.
        counted: whether only the number of its values is used, not the values.
    """

    parent: Relation
    column: str
    counted: bool = False


@dataclass(frozen=True)
class Lineage:
    """Where the columns of one model come from.

    Attributes:
        columns: each column of the model, lower case, with what its value is computed from.
        rows: what decides which rows there are.
        unknown: columns of which not everything could be traced.
    """

    columns: dict[str, frozenset[Origin]] = field(default_factory=dict)
    rows: frozenset[Origin] = frozenset()
    unknown: frozenset[str] = frozenset()

    @property
    def known(self) -> bool:
        return bool(self.columns)


_AGAIN = "\0"  # in the key of a column whose name another one has already
# A relation is its catalog, schema and name.
Relation = tuple[str, str, str]
Schema = Mapping[Relation, list[str]]


def trace(sql: str, schema: Schema, dialect: str = "duckdb") -> Lineage:
    """The lineage of one query; an empty one when it cannot be read.

    Args:
        sql: one select, relations spelt with catalog and schema.
        schema: relation → its columns.
    """
    types: dict[str, object] = {}
    for (catalog, db, name), columns_of in schema.items():
        place: Any = types.setdefault(catalog, {})
        place.setdefault(db, {})[name] = dict.fromkeys(columns_of, "text")
    try:
        parsed = sqlglot.parse_one(sql, read=dialect)
        qualified = qualify(
            parsed,
            dialect=dialect,
            schema=types,
            validate_qualify_columns=False,
            quote_identifiers=False,
            identify=False,
        )
        scope = build_scope(qualified)
        if scope is None:
            return Lineage()
        traced = _Tracer({_folded(relation) for relation in schema}).of(scope)
    except (SqlglotError, RecursionError, LookupError, TypeError, ValueError, AttributeError):
        # Not all that DuckDB runs can be read here. Unknown is safe: values stay hidden.
        return Lineage()
    columns = {
        name: frozenset(origins)
        for name, (origins, _) in traced.columns.items()
        if _AGAIN not in name
    }
    unknown = {name for name, (_, whole) in traced.columns.items() if not whole}
    unknown |= {name for name in columns if traced.is_ambiguous(name)}
    if "*" in columns:
        return Lineage()
    return Lineage(columns, frozenset(traced.rows), frozenset(unknown))


@dataclass
class _Traced:
    """Of one scope: its columns in order, those that share a name, and what decides its rows."""

    columns: dict[str, tuple[set[Origin], bool]] = field(default_factory=dict)
    ambiguous: set[str] = field(default_factory=set)
    rows: set[Origin] = field(default_factory=set)

    def is_ambiguous(self, name: str) -> bool:
        """Whether a name may mean one of several columns: `x`, and `x_1` for the second `x`."""
        return any(re.fullmatch(rf"{re.escape(shared)}(_\d+)*", name) for shared in self.ambiguous)


class _Tracer:
    """Follows columns from scope to scope, each scope once."""

    def __init__(self, relations: set[Relation]) -> None:
        self._relations = relations
        self._done: dict[int, _Traced] = {}

    def of(self, scope: Scope) -> _Traced:
        if (known := self._done.get(id(scope))) is not None:
            return known
        traced = _Traced()
        self._done[id(scope)] = traced  # a recursive CTE meets itself: then with nothing yet
        if isinstance(scope.expression, exp.SetOperation):
            self._set_operation(scope, traced)
        elif isinstance(scope.expression, exp.Select):
            self._select(scope, traced)
        return traced

    def _set_operation(self, scope: Scope, traced: _Traced) -> None:
        left, right = (self.of(side) for side in scope.set_operation_scopes)
        traced.ambiguous |= left.ambiguous
        by_name = bool(scope.expression.args.get("by_name"))
        rights = list(right.columns.values())
        for i, (name, (origins, whole)) in enumerate(left.columns.items()):
            same = right.columns.get(name) if by_name else rights[i] if i < len(rights) else None
            more, also = same or (set(), by_name)
            traced.columns[name] = (origins | more, whole and also)
        if by_name:
            for name, origin in right.columns.items():
                traced.columns.setdefault(name, origin)
        traced.rows |= left.rows | right.rows
        if scope.expression.args.get("distinct"):
            for origins, _ in traced.columns.values():
                traced.rows |= origins

    def _select(self, scope: Scope, traced: _Traced) -> None:
        select: Any = scope.expression
        inside: set[int] = set()
        for place, projection in enumerate(select.selects):
            inside |= {id(node) for node in projection.walk()}
            name = projection.alias_or_name.lower()
            if name in traced.columns:  # the engine gives it another name, by its place
                traced.ambiguous.add(name)
                name = f"{name}{_AGAIN}{place}"
            traced.columns[name] = self._value(projection, scope)
        for column in scope.columns:
            if id(column) not in inside:
                traced.rows |= self._column(column, scope)[0]
        for source in scope.sources.values():
            if isinstance(source, Scope):
                traced.rows |= self.of(source).rows
        for nested in scope.subquery_scopes:
            inner = self.of(nested)
            traced.rows |= inner.rows
            if id(nested.expression) not in inside:
                for origins, _ in inner.columns.values():
                    traced.rows |= origins
        if select.args.get("distinct"):
            for origins, _ in traced.columns.values():
                traced.rows |= origins

    def _value(self, projection: exp.Expression, scope: Scope) -> tuple[set[Origin], bool]:
        collected: set[Origin] = set()
        whole = True
        nested = {id(n) for s in scope.subquery_scopes for n in s.expression.walk()}
        if projection.find(exp.Star) and not projection.find(exp.Count):
            whole = False
        # A whole row, #2, or the columns that match a pattern.
        if projection.find(exp.TableColumn, exp.PositionalColumn, exp.Columns):
            whole = False
        if has_loose_names(projection):
            whole = False
        for column in projection.find_all(exp.Column):
            if id(column) in nested:
                continue
            origins, known = self._column(column, scope)
            if _is_counted(column):
                origins = {Origin(o.parent, o.column, True) for o in origins}
            collected |= origins
            whole = whole and known
        for inner in scope.subquery_scopes:
            if any(inner.expression is node for node in projection.walk()):
                for origins, known in self.of(inner).columns.values():
                    collected |= origins
                    whole = whole and known
        return collected, whole

    def _column(self, column: exp.Column, scope: Scope) -> tuple[set[Origin], bool]:
        source: Any = scope.sources.get(column.table)
        if isinstance(source, Scope):
            if not isinstance(source.expression, (exp.Select, exp.SetOperation)):
                return set(), False
            inner, name = self.of(source), column.name.lower()
            traced_column = None if inner.is_ambiguous(name) else inner.columns.get(name)
            return (set(traced_column[0]), traced_column[1]) if traced_column else (set(), False)
        if isinstance(source, exp.Table):
            if source.alias_column_names or source.args.get("pivots"):
                return set(), False  # its columns have other names here, in an order of their own
            relation = _folded((source.catalog, source.db, source.name))
            if relation in self._relations:
                return {Origin(relation, column.name.lower())}, True
        return set(), False


def _is_counted(column: exp.Column) -> bool:
    """Whether only the number of its values is used: not those that a condition tells apart."""
    parent = column.find_ancestor(exp.Count, exp.Case, exp.If, exp.Nullif, exp.Predicate)
    return isinstance(parent, exp.Count)


def _folded(relation: Relation) -> Relation:
    catalog, schema, name = relation
    return catalog.lower(), schema.lower(), name.lower()
