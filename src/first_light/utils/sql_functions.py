"""Functions in SQL that read relations, files or servers, though they are no tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

READERS: Final = (
    r"query|query_table|\w+_to_xml\w*|pg_\w+|lo_\w+|dblink\w*|read_\w+|glob|getenv|getvariable"
    r"|xpath_table|ts_stat|crosstab\w*"
)
"""A pattern of their names, for a match of the whole name in any case."""

SETTINGS: Final = "current_setting|set_config|nextval|currval|lastval"
"""The same of functions that read settings and counters of a server."""


def called(tree: exp.Expr) -> Iterator[tuple[exp.Func, str]]:
    """All functions that SQL calls, each with its name in lower case."""
    for function in tree.find_all(exp.Func):
        yield function, name_of(function)


def name_of(function: exp.Func) -> str:
    """The name of a function, in lower case, also of one that the parser does not know."""
    is_unknown = isinstance(function, exp.Anonymous)
    return (function.name if is_unknown else function.sql_name()).lower()


def has_loose_names(tree: exp.Expr) -> bool:
    """Whether SQL names columns in a way that the parser does not take for one: `email.lower()`."""
    variables = {
        name.name.lower() for function in tree.find_all(exp.Lambda) for name in function.expressions
    }
    return any(
        identifier.name.lower() not in variables
        for identifier in tree.find_all(exp.Identifier)
        if _is_loose(identifier)
    )


def _is_loose(identifier: exp.Identifier) -> bool:
    parent = identifier.parent
    if isinstance(parent, exp.Dot):
        return identifier.arg_key == "this"
    return isinstance(parent, (exp.Paren, exp.Bracket))
