"""What the SQL expressions of metrics read: nothing but columns of their own models.

An expression becomes part of a query on the whole relation, personal columns included.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

import sqlglot
from sqlglot import exp

from first_light.utils.sql_functions import READERS, SETTINGS, called, has_loose_names
from first_light.warehouse.scratch import DIALECT

OTHER = "It holds a query of its own."
PERSONAL = "It reads a personal column."
# As MetricFlow calls relations and its own queries: such a name alone is a whole row.
_ROW = re.compile(r"\w+_src(_\d+)?|\w*subq_\d+|\w+_sq_\d+", re.IGNORECASE)
_READERS = re.compile(f"{READERS}|{SETTINGS}")
_QUERY = re.compile(r"\b(select|from|table|values|pivot|unpivot|summarize)\b", re.IGNORECASE)
_QUERIES = (exp.Query, exp.From, exp.Values, exp.Table, exp.Describe, exp.Summarize, exp.Pivot)


def is_query(expressions: Iterable[str]) -> bool:
    """Whether one of them reads relations, files or settings by itself."""
    return any(_is_query(expression) for expression in expressions)


def is_personal(expressions: Iterable[str], columns: Collection[str]) -> bool:
    """Whether one of them reads one of these columns; one that cannot be parsed may."""
    hidden = {name.lower() for name in columns}
    return bool(hidden) and any(_reads(expression, hidden) for expression in expressions)


def _is_query(expression: str) -> bool:
    tree = _parsed(expression)
    if tree is None:
        return bool(_QUERY.search(expression))
    return tree.find(*_QUERIES) is not None or any(
        _READERS.fullmatch(name) for _, name in called(tree)
    )


def _reads(expression: str, hidden: Collection[str]) -> bool:
    tree = _parsed(expression)
    if tree is None or tree.find(exp.Columns, exp.PositionalColumn) or has_loose_names(tree):
        return True
    if any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star)):
        return True
    return any(
        column.name.lower() in hidden or _ROW.fullmatch(column.name)
        for column in tree.find_all(exp.Column)
    )


def _parsed(expression: str) -> exp.Expr | None:
    try:
        return sqlglot.parse_one(expression, read=DIALECT)
    except (sqlglot.errors.SqlglotError, RecursionError):
        return None
