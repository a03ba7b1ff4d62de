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
