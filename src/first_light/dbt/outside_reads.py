"""Whether a model reads what is no node: files, other databases, tables of a server.

Nobody has marked the columns of such relations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import sqlglot
from sqlglot import exp

from first_light.dbt.manifest import Node
from first_light.utils.sql_functions import READERS, called

_NODE = "node_of_the_project"
# Functions that are no table of their arguments alone; in Python too.
_READERS = re.compile(
    rf"{READERS}|\w+_scan|\w*query|sniff_csv|st_read\w*|\w*execute\w*|duckdb_\w+|pragma_\w+"
    "|which_secret",
    re.IGNORECASE,
)
_PYTHON = (
    r"open|sql|table|view|connect|cursor|load\w*|urlopen|urlretrieve|popen|check_output|exec|eval"
    r"|import_module|__import__|getattr"
)
_CALLED = re.compile(rf"\b(?:{_READERS.pattern})\s*\(", re.IGNORECASE)
_CALL = re.compile(
    rf"\b(?:{_READERS.pattern}|{_PYTHON})\s*\(|['\"][^'\"\n]*\.(?:csv|parquet|json\w*)['\"]",
    re.IGNORECASE,
)


def in_sql(sql: str, nodes: Iterable[Node]) -> bool:
    """Whether SQL reads anything but nodes of the project; yes where it cannot be parsed.

    Args:
        sql: compiled; empty if there is none, which reads nothing.
        nodes: those that it may read. Where a build defers to another one, their schemas differ.
    """
    read = tuple(nodes)
    relations = {node.relation for node in read if node.relation}
    for relation in sorted(relations, key=len, reverse=True):
        sql = sql.replace(relation, _NODE)
    return _in_sql(sql, frozenset((node.alias or node.name).lower() for node in read))


def calls(sql: str) -> int:
    """How many functions that read files or servers SQL calls."""
    return len(_CALLED.findall(sql))


def in_python(code: str) -> bool:
    """Whether code of a Python model calls something that reads files or servers."""
    return bool(_CALL.search(code))


@cache
def _in_sql(sql: str, aliases: frozenset[str]) -> bool:
    if not sql.strip():
        return False
    tree = parsed(sql)
    if tree is None:
        return True
    known = {_NODE, *(query.alias_or_name.lower() for query in tree.find_all(exp.CTE))}
    return any(_READERS.fullmatch(name) for _, name in called(tree)) or any(
        table.name.lower() not in (aliases if table.db else known)
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier)
    )


def parsed(sql: str) -> exp.Expr | None:
    """Compiled SQL as a tree; None if no dialect of a model can read it."""
    for dialect in ("duckdb", "postgres"):
        try:
            return sqlglot.parse_one(sql, read=dialect)
        except (sqlglot.errors.SqlglotError, RecursionError):
            continue
    return None
