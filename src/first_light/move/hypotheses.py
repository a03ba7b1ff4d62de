"""How other warehouses read the same SQL, as SQL that does the same on the first side.

A hypothesis rewrites a model's SQL, so that it gives here what the other warehouse gives. If it
does, the difference has this cause: that is seen from the rows, and not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from first_light.warehouse.scratch import DIALECT, Connection

if TYPE_CHECKING:
    from sqlglot import Dialect, exp

_WHOLE = "('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UTINYINT', 'USMALLINT', "
_WHOLE += "'UINTEGER', 'UBIGINT', 'UHUGEINT')"
_FLOAT = "('DOUBLE', 'FLOAT')"
_EXACT = f"(typeof(a) in {_WHOLE} or typeof(a) like 'DECIMAL%')"

MACROS = (
    "move_divide(a, b) as case when typeof(a) in {whole} and typeof(b) in {whole} "
    "then trunc(a / b) else a / b end",
    "move_divide_six(a, b) as case when {exact_a} and {exact_b} then round(a / b, 6) "
    "else a / b end",
    "move_cut(a) as case when {exact_a} or typeof(a) in {float} "
    "then trunc(cast(a as decimal(38, 9))) else null end",
    "move_away(a) as round(cast(a as double))",
    "move_even(a, n) as case when typeof(a) in {float} then round_even(a, n) else round(a, n) end",
    "move_short(a) as case when typeof(a) in {float} then printf('%.15g', cast(a as double)) "
    "else cast(a as varchar) end",
)
"""What rewritten SQL calls."""


@dataclass(frozen=True)
class Rewritten:
    """SQL that does what the other warehouse does.

    Attributes:
        tree: the SQL.
        replaced: the expressions that were replaced, as they were.
    """

    tree: exp.Expr
    replaced: tuple[exp.Expr, ...]


@dataclass(frozen=True)
class Hypothesis:
    """A known difference between warehouses.

    Attributes:
        name: how it is called.
        meaning: what the other warehouse does.
        change: what to write, so that both do the same.
        rewrite: rewrites SQL; nothing is replaced where it does not apply.
        code: what a line of a model has that this is about, as a regular expression.
        settings: of the session while rewritten SQL runs.
    """

    name: str
    meaning: str
    change: str
    rewrite: Callable[[str], Rewritten]
    code: str
    settings: Mapping[str, str] = field(default_factory=dict)


def define_macros(connection: Connection) -> None:
    """Define what rewritten SQL calls."""
    parts = {
        "whole": _WHOLE,
        "float": _FLOAT,
        "exact_a": _EXACT,
        "exact_b": _EXACT.replace("(a)", "(b)"),
    }
    for text in MACROS:
        connection.execute(f"create macro memory.main.{text.format(**parts)}")


def parsed(sql: str, null_order: str = "nulls_are_last") -> exp.Expr:
    """SQL as a tree; `null_order` says where a sort without a word on nulls has them.

    Raises:
        sqlglot.errors.SqlglotError: it cannot be read.
    """
    import sqlglot

    own = sqlglot.Dialect.get_or_raise(DIALECT).__class__
    dialect = own if null_order == own.NULL_ORDERING else _ordered(own, null_order)
    return sqlglot.parse_one(sql, dialect=dialect)


@cache
def _ordered(dialect: type[Dialect], null_order: str) -> type[Dialect]:
    return type("Ordered", (dialect,), {"NULL_ORDERING": null_order})


def written(tree: exp.Expr) -> str:
    """A tree as SQL of the first side."""
    return tree.sql(dialect=DIALECT)


def hypotheses(null_order: str) -> tuple[Hypothesis, ...]:
    """All hypotheses, the most frequent first.

    Args:
        null_order: where the other warehouse sorts nulls, as `Setup` says it.
    """
    return (
        Hypothesis(
            "division of integers",
            "divides an integer by an integer without a remainder",
            "make one of the numbers a double or a decimal: cast(a as double precision) / b",
            _divided("move_divide"),
            r"/",
        ),
        Hypothesis(
            "digits of a division",
            "keeps six digits of a quotient of exact numbers",
            "make one of the numbers a double: cast(a as double precision) / b",
            _divided("move_divide_six"),
            r"/",
        ),
        Hypothesis(
            "order of nulls",
            "sorts nulls elsewhere",
            "say where nulls are: order by a desc nulls last",
            lambda sql: _reordered(sql, null_order),
            r"\border\s+by\b",
        ),
        Hypothesis(
            "order of texts",
            "sorts texts by the rules of a language, not by their characters",
            'say the order, such as collate "C", or order by a number or a time as well',
            _unchanged,
            r"\border\s+by\b|\bm(ax|in)\s*\(",
            {"default_collation": "en_US"},
        ),
        Hypothesis(
            "rounding of halves",
            "cuts a number off when it becomes an integer",
            "round first: cast(round(a) as integer)",
            _cast_to_whole("move_cut"),
            r"\bcast\s*\(|::",
        ),
        Hypothesis(
            "rounding of halves",
            "rounds halves away from zero when a number becomes an integer",
            "round first: cast(round(a) as integer)",
            _cast_to_whole("move_away"),
            r"\bcast\s*\(|::",
        ),
        Hypothesis(
            "rounding of halves",
            "rounds halves of floating point numbers to the even neighbour",
            "round decimals, not doubles: round(cast(a as decimal(38, 9)), 2)",
            _rounded,
            r"\bround\s*\(",
        ),
        Hypothesis(
            "rounding of halves",
            "takes a floating point number as the decimal that it is written as",
            "compute with decimals from the beginning, or: "
            "cast(round(cast(a as decimal(38, 9)), 2) as decimal(18, 2))",
            _short_decimals,
            r"\bcast\s*\(|::|\bround\s*\(",
        ),
        Hypothesis(
            "nulls in concat",
            "makes a text null if a part of it is null",
            "replace nulls: concat(coalesce(a, ''), b)",
            _concatenated,
            r"\bconcat\s*\(",
        ),
        Hypothesis(
            "nulls in greatest and least",
            "makes the result null if one of the values is null",
            "replace nulls: greatest(coalesce(a, b), b)",
            _greatest,
            r"\b(greatest|least)\s*\(",
        ),
    )


def _replaced(
    sql: str, find: Callable[[exp.Expr], bool], make: Callable[[exp.Expr], str]
) -> Rewritten:
    """Replace the expressions that a function finds, innermost first."""
    import sqlglot

    tree = parsed(sql)
    nodes = [node for node in tree.walk() if find(node)]
    before = tuple(node.copy() for node in nodes)
    for node in reversed(nodes):
        node.replace(sqlglot.parse_one(make(node), dialect=DIALECT))
    return Rewritten(tree, before)


def _text(node: exp.Expr | None) -> str:
    return node.sql(dialect=DIALECT) if node is not None else ""


def _divided(macro: str) -> Callable[[str], Rewritten]:
    def rewrite(sql: str) -> Rewritten:
        from sqlglot import exp

        return _replaced(
            sql,
            lambda node: isinstance(node, exp.Div),
            lambda node: f"{macro}({_text(node.this)}, {_text(node.expression)})",
        )

    return rewrite


def _reordered(sql: str, null_order: str) -> Rewritten:
    from sqlglot import exp

    tree, other = parsed(sql), parsed(sql, null_order)
    pairs = zip(tree.find_all(exp.Order), other.find_all(exp.Order))
    return Rewritten(other, tuple(before for before, after in pairs if before != after))


def _unchanged(sql: str) -> Rewritten:
    from sqlglot import exp

    tree = parsed(sql)
    return Rewritten(tree, tuple(tree.find_all(exp.Order, exp.Min, exp.Max)))


def _cast_to_whole(macro: str) -> Callable[[str], Rewritten]:
    def rewrite(sql: str) -> Rewritten:
        from sqlglot import exp

        def find(node: exp.Expr) -> bool:
            return isinstance(node, exp.Cast) and node.to.this in exp.DataType.INTEGER_TYPES

        def make(node: exp.Expr) -> str:
            inner = _text(node.this)
            kind = _text(node.args["to"])
            return (
                f"case when typeof({inner}) in {_FLOAT} or typeof({inner}) like 'DECIMAL%' "
                f"then cast({macro}(try_cast({inner} as double)) as {kind}) "
                f"else cast({inner} as {kind}) end"
            )

        return _replaced(sql, find, make)

    return rewrite


def _rounded(sql: str) -> Rewritten:
    from sqlglot import exp

    def make(node: exp.Expr) -> str:
        return f"move_even({_text(node.this)}, {_text(node.args.get('decimals')) or '0'})"

    return _replaced(sql, lambda node: isinstance(node, exp.Round), make)


def _short_decimals(sql: str) -> Rewritten:
    from sqlglot import exp

    def find(node: exp.Expr) -> bool:
        return isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.DECIMAL

    def make(node: exp.Expr) -> str:
        return f"cast(move_short({_text(node.this)}) as {_text(node.args['to'])})"

    return _replaced(sql, find, make)


def _concatenated(sql: str) -> Rewritten:
    from sqlglot import exp

    return _replaced(
        sql,
        lambda node: isinstance(node, exp.Concat),
        lambda node: "(" + " || ".join(_text(part) for part in node.expressions) + ")",
    )


def _greatest(sql: str) -> Rewritten:
    from sqlglot import exp

    def make(node: exp.Expr) -> str:
        parts: Sequence[exp.Expr] = (node.this, *node.expressions)
        missing = " or ".join(f"({_text(part)}) is null" for part in parts)
        return f"case when {missing} then null else {_text(node)} end"

    return _replaced(sql, lambda node: isinstance(node, (exp.Greatest, exp.Least)), make)
