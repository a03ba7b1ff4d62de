"""The changes that a test of SQL should notice: each makes one place of a query different.

The operators follow Tuya, Suárez-Cabal and de la Riva, *Mutating database queries* (Information and
Software Technology 49, 2007): clauses, operators, nulls. Joins that multiply rows and units are
added, since these are the mistakes that published figures suffer from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError


@dataclass(frozen=True)
class Mutant:
    """One query with one place changed.

    Attributes:
        operator: the kind of change, such as `boundary`.
        before: the place as it was, in SQL.
        after: as it is now; empty where it was removed.
        line: its line in the query, from 1; 0 where it is unknown.
        sql: the whole query.
    """

    operator: str
    before: str
    after: str
    line: int
    sql: str


class UnreadableSQLError(Exception):
    """The query cannot be parsed."""


Change = tuple[exp.Expr, exp.Expr | None]
"""A node of the query and what takes its place; None removes it."""


def normalized(sql: str, dialect: str) -> str:
    """The query as its mutants are written: parsed, and written again.

    Raises:
        UnreadableSQLError: it cannot be parsed.
    """
    return _parsed(sql, dialect).sql(dialect)


def mutants(sql: str, dialect: str) -> list[Mutant]:
    """Every mutant of a query, in the order of its places.

    Args:
        sql: one query.
        dialect: its SQL, as sqlglot calls it.

    Raises:
        UnreadableSQLError: it cannot be parsed.
    """
    tree = _parsed(sql, dialect)
    made: list[Mutant] = []
    seen = {tree.sql(dialect)}
    nodes = list(tree.walk())
    for at, node in enumerate(nodes):
        for name, operator in OPERATORS.items():
            for number, _ in enumerate(operator(node)):
                # Each mutant is made in a copy of its own, whose nodes come in the same order.
                copy = tree.copy()
                twin = next(twin for index, twin in enumerate(copy.walk()) if index == at)
                place, replacement = list(operator(twin))[number]
                before = place.sql(dialect, comments=False)
                after = replacement.sql(dialect, comments=False) if replacement else ""
                line = _line(node) or _line(node.parent or node)
                if replacement is None:
                    place.pop()
                else:
                    place.replace(replacement)
                text = copy.sql(dialect)
                if text not in seen:
                    seen.add(text)
                    made.append(Mutant(name, before, after, line, text))
    return sorted(made, key=lambda mutant: mutant.line)


def _parsed(sql: str, dialect: str) -> exp.Expr:
    try:
        tree = parse_one(sql, dialect=dialect)
    except SqlglotError as error:
        raise UnreadableSQLError(str(error).splitlines()[0]) from error
    if not isinstance(tree, exp.Query):
        raise UnreadableSQLError("it is not a query")
    return tree


def _line(node: exp.Expr) -> int:
    """The line of the first word that belongs to a node."""
    lines = [int(inner.meta["line"]) for inner in node.walk() if "line" in inner.meta]
    return min(lines, default=0)


# ── Operators: from a node to what can take its place ────────────────────────────────────────────


def _filter_dropped(node: exp.Expr) -> Iterator[Change]:
    """A condition of where, having or qualify is missing."""
    if not isinstance(node, (exp.Where, exp.Having, exp.Qualify)):
        return
    condition = node.this
    conditions = _conjuncts(condition)
    if len(conditions) == 1:
        yield node, None
        return
    for dropped in conditions:
        others = [other.copy() for other in conditions if other is not dropped]
        yield condition, exp.and_(*others)


def _join_kind(node: exp.Expr) -> Iterator[Change]:
    """An inner join is a left one, and the other way round."""
    if not isinstance(node, exp.Join) or not (node.args.get("on") or node.args.get("using")):
        return
    side, kind = (node.side or "").upper(), (node.kind or "").upper()
    if kind in {"SEMI", "ANTI", "CROSS", "ASOF"}:
        return
    other = node.copy()
    other.set("side", None if side else "LEFT")
    other.set("kind", None)
    yield node, other


def _join_condition(node: exp.Expr) -> Iterator[Change]:
    """A join has one condition less."""
    condition = node.args.get("on") if isinstance(node, exp.Join) else None
    conditions = _conjuncts(condition) if condition else []
    if condition and len(conditions) > 1:
        for dropped in conditions:
            others = [other.copy() for other in conditions if other is not dropped]
            yield condition, exp.and_(*others)


def _fan_out(node: exp.Expr) -> Iterator[Change]:
    """A joined relation has each row twice."""
    if not isinstance(node, exp.Join) or (node.kind or "").upper() in {"SEMI", "ANTI"}:
        return
    relation = node.this
    if isinstance(relation, exp.Table) and relation.name and not relation.args.get("joins"):
        rows = relation.copy()
        rows.set("alias", None)
        once = exp.select("*").from_(rows)
        twice = exp.union(once, once.copy(), distinct=False)
        yield relation, twice.subquery(relation.alias_or_name)


def _arithmetic(node: exp.Expr) -> Iterator[Change]:
    """A sign is wrong, a factor divides."""
    others: dict[type[exp.Expr], type[exp.Binary]] = {
        exp.Add: exp.Sub, exp.Sub: exp.Add, exp.Mul: exp.Div, exp.Div: exp.Mul,
    }  # fmt: skip
    if other := others.get(type(node)):
        yield node, other(this=node.this.copy(), expression=node.expression.copy())


def _negation(node: exp.Expr) -> Iterator[Change]:
    """A minus is missing."""
    if isinstance(node, exp.Neg) and not isinstance(node.this, exp.Literal):
        yield node, node.this.copy()


def _boundary(node: exp.Expr) -> Iterator[Change]:
    """A limit belongs to the other side."""
    others: dict[type[exp.Expr], type[exp.Binary]] = {
        exp.GT: exp.GTE, exp.GTE: exp.GT, exp.LT: exp.LTE, exp.LTE: exp.LT,
    }  # fmt: skip
    if other := others.get(type(node)):
        yield node, other(this=node.this.copy(), expression=node.expression.copy())


def _comparison(node: exp.Expr) -> Iterator[Change]:
    """A comparison, a list or a test for nulls says the opposite."""
    if _is_join_condition(node):
        return
    if isinstance(node, (exp.EQ, exp.NEQ)):
        other = exp.NEQ if isinstance(node, exp.EQ) else exp.EQ
        yield node, other(this=node.this.copy(), expression=node.expression.copy())
    elif isinstance(node, exp.Not) and isinstance(node.this, (exp.In, exp.Is, exp.Like)):
        yield node, node.this.copy()
    elif isinstance(node, (exp.In, exp.Is, exp.Like)) and not isinstance(node.parent, exp.Not):
        yield node, exp.Not(this=node.copy())


def _connective(node: exp.Expr) -> Iterator[Change]:
    """`and` is `or`, and the other way round."""
    if isinstance(node, exp.And) and not _is_join_condition(node):
        yield node, exp.paren(exp.Or(this=node.this.copy(), expression=node.expression.copy()))
    elif isinstance(node, exp.Or):
        yield node, exp.And(this=node.this.copy(), expression=node.expression.copy())


def _coalesce_removed(node: exp.Expr) -> Iterator[Change]:
    """A null stays a null."""
    if isinstance(node, exp.Coalesce) and node.expressions:
        yield node, node.this.copy()


def _distinct_removed(node: exp.Expr) -> Iterator[Change]:
    """Repeated rows, or values in an aggregate, count again."""
    if not isinstance(node, exp.Distinct):
        return
    if isinstance(node.parent, exp.Select):
        if not node.args.get("on"):
            yield node, None
    elif len(node.expressions) == 1:
        yield node, node.expressions[0].copy()


def _union(node: exp.Expr) -> Iterator[Change]:
    """`union` keeps repeated rows, `union all` loses them."""
    if isinstance(node, exp.Union):
        other = node.copy()
        other.set("distinct", not node.args.get("distinct"))
        yield node, other


def _aggregate(node: exp.Expr) -> Iterator[Change]:
    """Another figure of the same rows."""
    others: dict[type[exp.Expr], type[exp.AggFunc]] = {
        exp.Min: exp.Max, exp.Max: exp.Min, exp.Sum: exp.Max, exp.Avg: exp.Sum,
    }  # fmt: skip
    other = others.get(type(node))
    if other and not node.expressions:
        yield node, other(this=node.this.copy())


def _window_order(node: exp.Expr) -> Iterator[Change]:
    """The last row of a window is the first."""
    if isinstance(node, exp.Ordered) and node.find_ancestor(exp.Window):
        other = node.copy()
        other.set("desc", not node.args.get("desc"))
        yield node, other


def _window_partition(node: exp.Expr) -> Iterator[Change]:
    """A window spans what it should keep apart."""
    if isinstance(node, exp.Window) and (parts := node.args.get("partition_by")):
        other = node.copy()
        other.set("partition_by", [part.copy() for part in parts[1:]])
        yield node, other


def _case(node: exp.Expr) -> Iterator[Change]:
    """A case has no `else`, or one branch less."""
    if not isinstance(node, exp.Case):
        return
    default = node.args.get("default")
    if default and not isinstance(default, exp.Null):
        other = node.copy()
        other.set("default", None)
        yield node, other
    branches = node.args.get("ifs") or []
    if len(branches) > 1:
        for index in range(len(branches)):
            other = node.copy()
            other.set("ifs", [b.copy() for i, b in enumerate(branches) if i != index])
            yield node, other


def _unit(node: exp.Expr) -> Iterator[Change]:
    """A sum is in another unit."""
    if isinstance(node, exp.Sum) and not isinstance(node.parent, exp.Window):
        yield node, exp.paren(exp.Mul(this=node.copy(), expression=exp.Literal.number(100)))


def _constant(node: exp.Expr) -> Iterator[Change]:
    """A number that something is compared with is one more, a text is another."""
    is_compared = isinstance(
        node.parent, (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In)
    )
    if not isinstance(node, exp.Literal) or not is_compared or _is_join_condition(node.parent):
        return
    if node.is_string:
        yield node, exp.Literal.string(f"not {node.this}")
    elif node.is_int:
        yield node, exp.Literal.number(int(node.this) + 1)


def _interval(node: exp.Expr) -> Iterator[Change]:
    """An interval is one longer."""
    if isinstance(node, exp.Interval) and isinstance(node.this, exp.Literal):
        text = str(node.this.this)
        if text.isdecimal():
            other = node.copy()
            other.set("this", exp.Literal.string(str(int(text) + 1)))
            yield node, other


OPERATORS: dict[str, Callable[[exp.Expr], Iterator[Change]]] = {
    "filter dropped": _filter_dropped,
    "join kind": _join_kind,
    "join condition dropped": _join_condition,
    "fan-out": _fan_out,
    "arithmetic": _arithmetic,
    "sign": _negation,
    "boundary": _boundary,
    "comparison": _comparison,
    "and, or": _connective,
    "coalesce removed": _coalesce_removed,
    "distinct removed": _distinct_removed,
    "union": _union,
    "aggregate": _aggregate,
    "window order": _window_order,
    "window partition": _window_partition,
    "case": _case,
    "unit": _unit,
    "constant": _constant,
    "interval": _interval,
}
"""The kinds of change by name; each lists the changes at one node of a query."""


def _conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    """The conditions that `and` joins."""
    inner = condition.unnest()
    return list(inner.flatten()) if isinstance(inner, exp.And) else [inner]


def _is_join_condition(node: exp.Expr | None) -> bool:
    """Whether it is how two relations are joined: other operators change that."""
    while isinstance(node, (exp.And, exp.Paren, exp.EQ, exp.NEQ)):
        if isinstance(node.parent, exp.Join):
            return True
        node = node.parent
    return False
